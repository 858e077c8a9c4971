/* SPDX-License-Identifier: MIT */
#include "sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/options.h"
#include "sim/report.h"
#include "sim/together.h"

static const size_t cells_of_all = (size_t)SIM_VARIANT_COUNT * SIM_PLANT_COUNT * SIM_SCENE_COUNT;

static int fail(const char *message) {
    fprintf(stderr, "perfadapt sim: %s\n", message);
    return EXIT_CODE_ENVIRONMENT;
}

static int list(void) {
    puts("Plants:");
    for (size_t i = 0; i < SIM_PLANT_COUNT; i++)
        printf("  %s\n", sim_plant_names[i]);
    puts("Scenes:");
    for (size_t i = 0; i < SIM_SCENE_COUNT; i++)
        printf("  %-16s %s\n", sim_scene_kinds[i].name, sim_scene_kinds[i].text);
    puts("Policies:");
    for (size_t i = 0; i < sim_policy_count; i++)
        printf("  %-16s %s\n", sim_policies[i]->name, sim_policies[i]->text);
    return EXIT_CODE_OK;
}

static int run_one(const struct sim_options *options, struct sim_batch *batch) {
    struct sim_job job = {.scene = options->scene, .variant = options->variant, .seed = options->seed};
    char message[SIM_MESSAGE_MAX];
    FILE *trace = NULL;
    if (!sim_plant_load(options->plant, &job.plant, message))
        return fail(message);
    job.nominal = job.plant;
    if (options->trace && !(trace = fopen(options->trace, "we"))) {
        snprintf(message, sizeof message, "%s: %s", options->trace, strerror(errno));
        return fail(message);
    }
    bool good = sim_job_run(batch, &job, trace, message);
    if (trace && fclose(trace) != 0 && good) {
        snprintf(message, sizeof message, "%s: %s", options->trace, strerror(errno));
        good = false;
    }
    if (!good)
        return fail(message);
    sim_report_job(batch, &job, options->json);
    return EXIT_CODE_OK;
}

/* Only the project's own policy is held to the targets. */
static int run_jobs(const struct sim_options *options, struct sim_batch *batch) {
    char message[SIM_MESSAGE_MAX];
    if (!sim_batch_run(batch, message))
        return fail(message);
    const size_t misses = sim_report_batch(batch, options->json);
    const struct sim_policy *judged = sim_policy_judged(options->policies, options->policy_count);
    return misses > 0 && judged == sim_policy_find("perfadapt") ? EXIT_CODE_CHECK : EXIT_CODE_OK;
}

static int load_plants(struct sim_plant plants[SIM_PLANT_COUNT]) {
    char message[SIM_MESSAGE_MAX];
    for (size_t i = 0; i < SIM_PLANT_COUNT; i++)
        if (!sim_plant_load(sim_plant_names[i], &plants[i], message))
            return fail(message);
    return EXIT_CODE_OK;
}

static void fill_all(const struct sim_options *options, const struct sim_plant *plants, struct sim_job *jobs) {
    for (size_t i = 0; i < cells_of_all; i++) {
        jobs[i].plant = jobs[i].nominal = plants[i / SIM_SCENE_COUNT % SIM_PLANT_COUNT];
        jobs[i].scene = sim_scene_kinds[i % SIM_SCENE_COUNT].name;
        jobs[i].variant = (enum sim_variant)(i / SIM_SCENE_COUNT / SIM_PLANT_COUNT);
        jobs[i].seed = options->seed;
    }
}

static void fill_random(const struct sim_options *options, const struct sim_plant *plants, struct sim_job *jobs) {
    for (size_t i = 0; i < (size_t)options->random * SIM_SCENE_COUNT; i++) {
        const size_t number = i / SIM_SCENE_COUNT;
        jobs[i].nominal = plants[number % SIM_PLANT_COUNT];
        jobs[i].plant = sim_plant_varied(&jobs[i].nominal, options->seed * 100003 + number);
        snprintf(jobs[i].plant.name, sizeof jobs[i].plant.name, "%.32s#%zu", jobs[i].nominal.name, number);
        jobs[i].scene = sim_scene_kinds[i % SIM_SCENE_COUNT].name;
        jobs[i].variant = options->variant;
        jobs[i].seed = options->seed + number;
    }
}

static int run_many(const struct sim_options *options, struct sim_batch *batch) {
    struct sim_plant plants[SIM_PLANT_COUNT];
    int code = load_plants(plants);
    if (code != EXIT_CODE_OK)
        return code;
    batch->job_count = options->all ? cells_of_all : (size_t)options->random * SIM_SCENE_COUNT;
    batch->jobs = calloc(batch->job_count, sizeof *batch->jobs);
    if (!batch->jobs)
        return fail("out of memory");
    if (options->all)
        fill_all(options, plants, batch->jobs);
    else
        fill_random(options, plants, batch->jobs);
    code = run_jobs(options, batch);
    free(batch->jobs);
    return code;
}

int sim_main(int argc, char **argv) {
    struct sim_options options;
    struct sim_conditions conditions;
    const int code = sim_options_parse(argc, argv, &options);
    if (code >= 0)
        return code;
    if (options.list)
        return list();
    sim_options_conditions(&options, &conditions);
    struct sim_batch batch = {
        .conditions = &conditions,
        .policies = options.policies,
        .policy_count = options.policy_count,
        .duration_s = options.duration_s,
    };
    char message[SIM_MESSAGE_MAX];
    if (options.together)
        return sim_together(&options, &conditions, message) ? EXIT_CODE_OK : fail(message);
    return options.plant ? run_one(&options, &batch) : run_many(&options, &batch);
}
