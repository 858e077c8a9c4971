/* SPDX-License-Identifier: MIT */
#include "sim/shared.h"

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <stdlib.h>

#include "sim/ours.h"
#include "sim/sensor.h"

enum { INTERACTIVE, BACKGROUND, EXPORT, SESSIONS };

const char *const sim_company_names[SIM_COMPANIES] = {"alone", "yielding", "yield=off"};

static const uint64_t shared_stream = 0x736861726564; /* "shared" */
static const double tick_s = 0.1;                     /* as in the library while frames flow */
static const double heat_s = 0.01;
static const double cpu_s = 3e-3;
static const double background_ms = 6.0, export_ms = 25.0; /* GPU work at the best level */
static const double background_target_s = 1.0 / 30;
static const double slowest = 3.0; /* times the target */
static const double noise = 0.05;
static const double never_s = 1e300;
static const double done_s = 1e-12;
static const uint32_t need = PERFADAPT_REASON_FRAME_LATE | PERFADAPT_REASON_FRAME_COST | PERFADAPT_REASON_THERMAL |
                             PERFADAPT_REASON_MEMORY | PERFADAPT_REASON_POWER;

struct session {
    void *state; /* of sim_ours; NULL = there is none */
    struct perfadapt__policy policy;
    struct perfadapt__ladder ladder;
    double true_cost[PERFADAPT__RUNGS_MAX];
    struct sim_random random;
    bool drawing;
    uint32_t rung;
    double left_s; /* of the frame's work at the full clock */
    double started_s, ended_s, due_s;
    uint64_t frames;
    double busy_s;
    bool yielding;
    uint64_t yields;
    double yielded_s, slowest_yield_s;
};

struct shared {
    const struct sim_cell *cell;
    struct session sessions[SESSIONS];
    struct sim_body body;
    struct sim_sensor sensor;
    struct sim_stretch stretch; /* heat_s */
    struct sim_metrics metrics; /* of the interactive session */
    double now_s, heat_at_s, tick_at_s;
    double heat_busy_s, tick_busy_s, energy_j; /* since the last of each */
    double needed_since_s;                     /* never_s = the interactive session is not held down */
};

/* --- Setting up --- */

static struct perfadapt__policy policy_of(const struct shared *shared, int which, enum sim_company company) {
    struct perfadapt__policy policy = shared->cell->conditions->policy;
    if (which == INTERACTIVE)
        return policy;
    policy.role = which == BACKGROUND ? PERFADAPT_ROLE_BACKGROUND : PERFADAPT_ROLE_EXPORT;
    policy.yields = company == SIM_YIELDING;
    policy.outputs |= PERFADAPT_OUTPUT_FRAME_NS;
    policy.target_frame_ns = which == BACKGROUND ? (int64_t)(background_target_s * 1e9) : 0;
    policy.slowest_frame_ns = (int64_t)((double)policy.target_frame_ns * slowest);
    return policy;
}

static bool start_session(struct shared *shared, int which, enum sim_company company) {
    struct session *session = &shared->sessions[which];
    const struct sim_conditions *conditions = shared->cell->conditions;
    session->due_s = never_s;
    if (which != INTERACTIVE && company == SIM_ALONE)
        return true;
    session->state = calloc(1, sim_ours.state_bytes);
    if (!session->state)
        return false;
    session->due_s = 0;
    session->policy = policy_of(shared, which, company);
    perfadapt__ladder_init(&session->ladder, &session->policy);
    for (uint32_t rung = 0; rung < session->ladder.count; rung++)
        session->true_cost[rung] =
            which == INTERACTIVE ? conditions->true_cost[rung] : session->ladder.rungs[rung].cost;
    sim_random_init(&session->random, shared->cell->seed, shared_stream + (uint64_t)which);
    const struct sim_rules rules = {
        .ladder = &session->ladder,
        .policy = &session->policy,
        .limit_c = shared->cell->plant->soft_c,
        .target_c = shared->cell->plant->soft_c - conditions->margin_c,
    };
    sim_ours.start(session->state, &rules);
    return true;
}

static bool start(struct shared *shared, const struct sim_cell *cell, enum sim_company company) {
    shared->cell = cell;
    shared->tick_at_s = tick_s;
    shared->heat_at_s = heat_s;
    shared->needed_since_s = never_s;
    sim_body_init(&shared->body, cell->plant, cell->variant);
    sim_sensor_init(&shared->sensor, &shared->body, cell->variant, cell->seed);
    shared->stretch = sim_body_stretch(cell->plant, heat_s);
    sim_metrics_init(&shared->metrics, &cell->conditions->ladder, cell->conditions->true_cost, cell->scene);
    bool good = true;
    for (int i = 0; i < SESSIONS; i++)
        good = good && start_session(shared, i, company);
    return good;
}

/* --- Frames --- */

static double frame_s(const struct session *session) {
    return (double)sim_ours_budget(session->state)->frame_ns * 1e-9;
}

static double work_ms(const struct shared *shared, int which) {
    if (which == BACKGROUND)
        return background_ms;
    if (which == EXPORT)
        return export_ms;
    return (double)shared->cell->scene->work_ms[sim_scene_slot(shared->cell->scene, shared->now_s)];
}

static void begin_frame(struct shared *shared, int which) {
    struct session *session = &shared->sessions[which];
    session->rung = sim_ours.rung(session->state);
    const double swing = exp(noise * sim_random_normal(&session->random));
    session->left_s = work_ms(shared, which) * 1e-3 * session->true_cost[session->rung] * swing;
    session->started_s = shared->now_s;
    session->drawing = true;
    if (which == INTERACTIVE)
        sim_metrics_rung(&shared->metrics, session->rung, shared->now_s);
}

static void measure(struct shared *shared, const struct session *session, double took_s) {
    const double nominal_s = (double)session->ladder.rungs[session->rung].frame_ns * 1e-9;
    const struct sim_metrics_frame frame = {.rung = session->rung,
                                            .frame_s = took_s > nominal_s ? took_s : nominal_s,
                                            .clock = shared->body.clock,
                                            .power_w = shared->body.power_w,
                                            .die_c = shared->body.die_c};
    sim_metrics_frame(&shared->metrics, &frame);
}

/* A GPU's own timestamps count the time that others were let in as well. */
static void end_frame(struct shared *shared, int which) {
    struct session *session = &shared->sessions[which];
    const struct perfadapt__rung *rung = &session->ladder.rungs[session->rung];
    const double took_s = shared->now_s - session->started_s;
    const struct sim_frame frame = {
        .index = session->frames,
        .end_ns = (int64_t)(shared->now_s * 1e9),
        .period_ns = session->frames ? (int64_t)((shared->now_s - session->ended_s) * 1e9) : -1,
        .cpu_ns = (int64_t)(cpu_s * 1e9),
        .gpu_ns = (int64_t)(took_s * 1e9),
        .rung = session->rung,
        .quality = rung->quality,
        .render_scale = rung->render_scale,
    };
    session->drawing = false;
    session->frames++;
    session->ended_s = shared->now_s;
    sim_ours.frame(session->state, &frame);
    const double next_s = session->started_s + frame_s(session);
    session->due_s = next_s > shared->now_s ? next_s : shared->now_s;
    if (which == INTERACTIVE)
        measure(shared, session, took_s);
}

/* --- The machine --- */

static void heat(struct shared *shared) {
    const struct sim_scene *scene = shared->cell->scene;
    const double air_c = (double)scene->ambient_c[sim_scene_slot(scene, shared->now_s)];
    sim_body_heat(&shared->body, &shared->stretch, fmin(1.0, shared->heat_busy_s / heat_s),
                  shared->cell->plant->ambient_c + air_c);
    shared->sensor.lagged_c += sim_sensor_share(heat_s) * (shared->body.die_c - shared->sensor.lagged_c);
    shared->energy_j += shared->body.power_w * heat_s;
    sim_body_throttle(&shared->body);
    shared->heat_busy_s = 0;
    shared->heat_at_s += heat_s;
}

static void note_yield(struct shared *shared, struct session *session) {
    const bool yields = sim_ours_budget(session->state)->reasons & PERFADAPT_REASON_YIELD;
    session->yielded_s += yields ? tick_s : 0;
    if (yields && !session->yielding) {
        session->yields++;
        session->slowest_yield_s = fmax(session->slowest_yield_s, shared->now_s - shared->needed_since_s);
    }
    session->yielding = yields;
}

static void tick(struct shared *shared) {
    const double clock_mhz = shared->cell->plant->clock_mhz;
    struct sim_tick tick = {
        .now_ns = (int64_t)(shared->now_s * 1e9),
        .temperature_c = sim_sensor_read(&shared->sensor),
        .limit_c = shared->cell->plant->soft_c,
        .busy = fmin(1.0, shared->tick_busy_s / tick_s),
        .power_w = shared->energy_j / tick_s,
        .clock_mhz = clock_mhz * shared->body.clock,
        .clock_max_mhz = clock_mhz,
        .throttled = shared->body.clock < 1.0,
    };
    shared->tick_busy_s = shared->energy_j = 0;
    shared->tick_at_s += tick_s;
    for (int i = 0; i < SESSIONS; i++) {
        struct session *session = &shared->sessions[i];
        if (!session->state)
            continue;
        /* Those that yield tick after it here; in truth it may be before, and then one tick later. */
        tick.peer_reasons = i == INTERACTIVE ? 0 : sim_ours_budget(shared->sessions[INTERACTIVE].state)->reasons;
        sim_ours.tick(session->state, &tick);
        if (i != INTERACTIVE)
            note_yield(shared, session);
    }
}

/* --- Time --- */

static double next_event_s(const struct shared *shared, int drawing) {
    double next_s = fmin(shared->heat_at_s, shared->tick_at_s);
    for (int i = 0; i < SESSIONS; i++) {
        const struct session *session = &shared->sessions[i];
        const double at_s =
            session->drawing ? shared->now_s + session->left_s * drawing / shared->body.clock : session->due_s;
        next_s = fmin(next_s, at_s);
    }
    return fmax(next_s, shared->now_s);
}

static void advance(struct shared *shared) {
    int drawing = 0;
    for (int i = 0; i < SESSIONS; i++)
        drawing += shared->sessions[i].drawing;
    const double next_s = next_event_s(shared, drawing);
    const double passed_s = next_s - shared->now_s;
    for (int i = 0; drawing && i < SESSIONS; i++) {
        struct session *session = &shared->sessions[i];
        if (!session->drawing)
            continue;
        session->left_s -= passed_s * shared->body.clock / drawing;
        session->busy_s += passed_s / drawing;
    }
    shared->heat_busy_s += drawing ? passed_s : 0;
    shared->tick_busy_s += drawing ? passed_s : 0;
    shared->now_s = next_s;
}

static void note_need(struct shared *shared) {
    const bool needs = sim_ours_budget(shared->sessions[INTERACTIVE].state)->reasons & need;
    if (!needs)
        shared->needed_since_s = never_s;
    else if (shared->needed_since_s >= never_s)
        shared->needed_since_s = shared->now_s;
}

static void run(struct shared *shared) {
    while (shared->now_s < shared->cell->scene->duration_s) {
        advance(shared);
        for (int i = 0; i < SESSIONS; i++) {
            struct session *session = &shared->sessions[i];
            if (session->drawing && session->left_s <= done_s)
                end_frame(shared, i);
            if (!session->drawing && session->due_s <= shared->now_s)
                begin_frame(shared, i);
        }
        note_need(shared);
        if (shared->heat_at_s <= shared->now_s)
            heat(shared);
        if (shared->tick_at_s <= shared->now_s)
            tick(shared);
    }
}

static struct sim_other result_of(const struct shared *shared, const struct session *session) {
    const double share = session->state ? 1.0 / shared->now_s : (double)NAN;
    return (struct sim_other){
        .frames_per_s = (double)session->frames * share,
        .gpu_share = session->busy_s * share,
        .yielded_percent = 100.0 * session->yielded_s * share,
        .yields_per_min = 60.0 * (double)session->yields * share,
        .slowest_yield_s = session->yields ? session->slowest_yield_s : (double)NAN,
    };
}

bool sim_shared_run(const struct sim_cell *cell, enum sim_company company, struct sim_shared_result *out_result) {
    struct shared *shared = calloc(1, sizeof *shared);
    const bool good = shared && start(shared, cell, company);
    if (good) {
        run(shared);
        sim_metrics_finish(&shared->metrics, cell->plant->soft_c - cell->conditions->margin_c,
                           &out_result->interactive);
        out_result->background = result_of(shared, &shared->sessions[BACKGROUND]);
        out_result->export = result_of(shared, &shared->sessions[EXPORT]);
    }
    for (int i = 0; shared && i < SESSIONS; i++)
        free(shared->sessions[i].state);
    free(shared);
    return good;
}
