/* SPDX-License-Identifier: MIT */
#include "sim/batch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "sim/clairvoyant.h"

#define THREADS_MOST 64

static const double mean_over_s = 60.0;

/* Does the lowest rung hold what the scene asks for over any minute, in the warmest air? */
static bool is_holdable(const struct sim_cell *cell) {
    const struct sim_conditions *conditions = cell->conditions;
    const struct sim_scene *scene = cell->scene;
    const uint32_t last = conditions->ladder.count - 1;
    const double last_ms = (double)conditions->ladder.rungs[last].frame_ns * 1e-6;
    for (double t = 0; t <= scene->duration_s; t += 5.0) {
        const double mean_ms = sim_scene_mean_ms(scene, t, t + mean_over_s);
        const double busy = mean_ms * conditions->true_cost[last] / last_ms;
        const double ambient_c = cell->plant->ambient_c + (double)scene->ambient_c[sim_scene_slot(scene, t)];
        if (sim_plant_steady_c(cell->plant, busy < 1 ? busy : 1, ambient_c) >
            cell->plant->soft_c - conditions->margin_c)
            return false;
    }
    return true;
}

static bool run_policies(const struct sim_batch *batch, struct sim_job *job, const struct sim_cell *cell, FILE *trace) {
    struct sim_result best;
    if (!sim_run(cell, &sim_clairvoyant, batch->policies[0] == &sim_clairvoyant ? trace : NULL, &best))
        return false;
    for (size_t i = 0; i < batch->policy_count; i++) {
        struct sim_result *result = &job->results[i];
        if (batch->policies[i] == &sim_clairvoyant)
            *result = best;
        else if (!sim_run(cell, batch->policies[i], i == 0 ? trace : NULL, result))
            return false;
        result->quality_share = best.quality > 0 ? result->quality / best.quality : result->quality_share;
        result->late_clairvoyant_percent = best.late_percent;
        result->overshoot_clairvoyant_c = best.overshoot_c;
    }
    return true;
}

bool sim_job_run(const struct sim_batch *batch, struct sim_job *job, FILE *trace, char message[SIM_MESSAGE_MAX]) {
    struct sim_scene scene;
    if (!sim_scene_create(&scene, job->scene, batch->duration_s, job->seed, message))
        return false;
    const struct sim_cell cell = {
        .conditions = batch->conditions,
        .plant = &job->plant,
        .nominal = &job->nominal,
        .scene = &scene,
        .variant = job->variant,
        .seed = job->seed,
    };
    job->holdable = is_holdable(&cell);
    const bool good = run_policies(batch, job, &cell, trace);
    sim_scene_destroy(&scene);
    if (!good)
        snprintf(message, SIM_MESSAGE_MAX, "out of memory");
    return good;
}

struct pool {
    const struct sim_batch *batch;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of the message */
    char *message;
};

static void *work(void *argument) {
    struct pool *pool = argument;
    for (;;) {
        char message[SIM_MESSAGE_MAX];
        const size_t index = atomic_fetch_add(&pool->next, 1);
        if (index >= pool->batch->job_count || atomic_load(&pool->failed))
            return NULL;
        if (sim_job_run(pool->batch, &pool->batch->jobs[index], NULL, message))
            continue;
        pthread_mutex_lock(&pool->lock);
        if (!atomic_exchange(&pool->failed, true))
            memcpy(pool->message, message, sizeof message);
        pthread_mutex_unlock(&pool->lock);
    }
}

static size_t thread_count(size_t jobs) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = processors > 1 ? (size_t)processors : 1;
    threads = threads < THREADS_MOST ? threads : THREADS_MOST;
    return threads < jobs ? threads : jobs;
}

/* The calling thread works too, so that a refused thread is no failure. */
bool sim_batch_run(const struct sim_batch *batch, char message[SIM_MESSAGE_MAX]) {
    struct pool pool = {.batch = batch, .lock = PTHREAD_MUTEX_INITIALIZER, .message = message};
    pthread_t threads[THREADS_MOST];
    size_t started = 0;
    const size_t wanted = thread_count(batch->job_count);
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, &pool) == 0)
        started++;
    work(&pool);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return !atomic_load(&pool.failed);
}
