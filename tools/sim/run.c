/* SPDX-License-Identifier: MIT */
#include "sim/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sensor.h"

static const uint64_t frame_stream = 0x6672616d65; /* "frame" */
static const double cpu_s = 3e-3;                  /* never the bottleneck: this is about the GPU's heat */
static const int64_t trace_ns = INT64_C(1000000000);

struct run {
    const struct sim_cell *cell;
    const struct sim_policy *policy;
    void *state;
    FILE *trace;
    struct sim_rules rules;
    struct sim_body body;
    struct sim_sensor sensor;
    struct sim_random random;
    struct sim_metrics metrics;
    struct sim_stretch stretches[PERFADAPT__RUNGS_MAX]; /* one frame in time, per rung */
    double sensor_shares[PERFADAPT__RUNGS_MAX];
    struct sim_gpu late[SIM_GPU_LATE_MOST + 1]; /* GPU times that are still under way, by frame index */
    int64_t now_ns, tick_at_ns, ticked_ns, trace_at_ns;
    uint64_t index;
    double busy_s, energy_j; /* since the last tick */
    double read_c, busy;     /* of the last tick */
};

/* What one frame does. */
struct moment {
    uint32_t rung;
    double gpu_s, frame_s;
    double work_ms;
    double ambient_c;
};

static void start(struct run *run, const struct sim_cell *cell) {
    const struct sim_conditions *conditions = cell->conditions;
    const double target_c = cell->plant->soft_c - conditions->margin_c;
    sim_body_init(&run->body, cell->plant, cell->variant);
    sim_sensor_init(&run->sensor, &run->body, cell->variant, cell->seed);
    sim_random_init(&run->random, cell->seed, frame_stream);
    sim_metrics_init(&run->metrics, &conditions->ladder, conditions->true_cost, cell->scene);
    for (uint32_t rung = 0; rung < conditions->ladder.count; rung++) {
        const double seconds = (double)conditions->ladder.rungs[rung].frame_ns * 1e-9;
        run->stretches[rung] = sim_body_stretch(cell->plant, seconds);
        run->sensor_shares[rung] = sim_sensor_share(seconds);
    }
    run->rules = (struct sim_rules){
        .ladder = &conditions->ladder,
        .policy = &conditions->policy,
        .target_c = target_c,
        .limit_c = cell->plant->soft_c,
        .tick_s = (double)conditions->tick_ns * 1e-9,
        .sustainable_w = sim_plant_sustainable_w(cell->plant, target_c),
        .nominal = cell->nominal,
        .plant = cell->plant,
        .scene = cell->scene,
        .body = &run->body,
        .true_cost = conditions->true_cost,
    };
    run->read_c = run->sensor.lagged_c;
    run->tick_at_ns = conditions->tick_ns;
    run->policy->start(run->state, &run->rules);
}

static struct moment draw(struct run *run) {
    const struct sim_scene *scene = run->cell->scene;
    const size_t slot = sim_scene_slot(scene, (double)run->now_ns * 1e-9);
    struct moment moment = {
        .rung = run->policy->rung(run->state),
        .work_ms = (double)scene->work_ms[slot],
        .ambient_c = run->cell->plant->ambient_c + (double)scene->ambient_c[slot],
    };
    double gpu_ms = moment.work_ms * run->cell->conditions->true_cost[moment.rung];
    if (scene->noise > 0)
        gpu_ms *= exp(scene->noise * sim_random_normal(&run->random));
    if (scene->hitch_share > 0 && sim_random_uniform(&run->random) < scene->hitch_share)
        gpu_ms += sim_scene_hitch_ms;
    moment.gpu_s = gpu_ms * 1e-3 / run->body.clock;
    const double frame_s = (double)run->rules.ladder->rungs[moment.rung].frame_ns * 1e-9;
    moment.frame_s = moment.gpu_s > frame_s ? moment.gpu_s : frame_s;
    return moment;
}

/* The machine through that frame: heat, sensor, throttle. */
static void live(struct run *run, const struct moment *moment) {
    const bool in_time = moment->frame_s > moment->gpu_s;
    const double clock = run->body.clock;
    if (in_time) {
        sim_body_heat(&run->body, &run->stretches[moment->rung], moment->gpu_s / moment->frame_s, moment->ambient_c);
        run->sensor.lagged_c += run->sensor_shares[moment->rung] * (run->body.die_c - run->sensor.lagged_c);
    } else {
        const struct sim_stretch stretch = sim_body_stretch(run->cell->plant, moment->frame_s);
        sim_body_heat(&run->body, &stretch, 1.0, moment->ambient_c);
        run->sensor.lagged_c += sim_sensor_share(moment->frame_s) * (run->body.die_c - run->sensor.lagged_c);
    }
    run->busy_s += moment->gpu_s;
    run->energy_j += run->body.power_w * moment->frame_s;
    const struct sim_metrics_frame frame = {moment->rung, moment->frame_s, clock, run->body.power_w, run->body.die_c};
    sim_metrics_frame(&run->metrics, &frame);
    sim_body_throttle(&run->body);
}

static void tell_frame(struct run *run, const struct moment *moment) {
    const unsigned late = run->cell->conditions->gpu_late;
    const struct perfadapt__rung *rung = &run->rules.ladder->rungs[moment->rung];
    const struct sim_frame frame = {
        .index = run->index,
        .end_ns = run->now_ns,
        .period_ns = (int64_t)(moment->frame_s * 1e9),
        .cpu_ns = (int64_t)(cpu_s * 1e9),
        .gpu_ns = late == 0 ? (int64_t)(moment->gpu_s * 1e9) : -1,
        .rung = moment->rung,
        .quality = rung->quality,
        .render_scale = rung->render_scale,
    };
    if (run->policy->frame)
        run->policy->frame(run->state, &frame);
    if (late == 0 || !run->policy->gpu)
        return;
    struct sim_gpu gpu = sim_gpu_of_frame(&frame);
    gpu.gpu_ns = (int64_t)(moment->gpu_s * 1e9);
    run->late[run->index % (late + 1)] = gpu;
    if (run->index < late)
        return;
    struct sim_gpu *arrived = &run->late[(run->index - late) % (late + 1)];
    arrived->now_ns = run->now_ns;
    run->policy->gpu(run->state, arrived);
}

static void tell_tick(struct run *run) {
    const double elapsed_s = (double)(run->now_ns - run->ticked_ns) * 1e-9;
    const double clock_mhz = run->cell->plant->clock_mhz;
    run->read_c = sim_sensor_read(&run->sensor);
    run->busy = run->busy_s / elapsed_s;
    const struct sim_tick tick = {
        .now_ns = run->now_ns,
        .temperature_c = run->read_c,
        .limit_c = run->rules.limit_c,
        .busy = run->busy < 1.0 ? run->busy : 1.0,
        .power_w = run->energy_j / elapsed_s,
        .clock_mhz = clock_mhz * run->body.clock,
        .clock_max_mhz = clock_mhz,
        .throttled = run->body.clock < 1.0,
    };
    if (run->policy->tick)
        run->policy->tick(run->state, &tick);
    run->busy_s = run->energy_j = 0;
    run->ticked_ns = run->now_ns;
    while (run->tick_at_ns <= run->now_ns)
        run->tick_at_ns += run->cell->conditions->tick_ns;
}

static void write_trace(struct run *run, const struct moment *moment) {
    if (!run->trace || run->now_ns < run->trace_at_ns)
        return;
    run->trace_at_ns += trace_ns;
    fprintf(run->trace, "%.3f,%.3f,%.2f,%u,%.4f,%.3f,%.3f\n", (double)run->now_ns * 1e-9, run->body.die_c, run->read_c,
            moment->rung, run->busy, run->body.clock, moment->work_ms);
}

static void run_scene(struct run *run) {
    const int64_t end_ns = (int64_t)(run->cell->scene->duration_s * 1e9);
    while (run->now_ns < end_ns) {
        const struct moment moment = draw(run);
        sim_metrics_rung(&run->metrics, moment.rung, (double)run->now_ns * 1e-9);
        run->now_ns += (int64_t)(moment.frame_s * 1e9);
        live(run, &moment);
        tell_frame(run, &moment);
        if (run->now_ns >= run->tick_at_ns)
            tell_tick(run);
        write_trace(run, &moment);
        run->index++;
    }
}

bool sim_run(const struct sim_cell *cell, const struct sim_policy *policy, FILE *trace, struct sim_result *out_result) {
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return false;
    run->cell = cell;
    run->policy = policy;
    run->trace = trace;
    run->state = calloc(1, policy->state_bytes);
    if (run->state) {
        if (trace)
            fputs("t_s,die_c,read_c,rung,busy,clock,work_ms\n", trace);
        start(run, cell);
        run_scene(run);
        sim_metrics_finish(&run->metrics, run->rules.target_c, out_result);
    }
    const bool good = run->state != NULL;
    free(run->state);
    free(run);
    return good;
}
