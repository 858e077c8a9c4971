/* SPDX-License-Identifier: MIT */
#include "recorded_session.h"

#include "publish/region.h"
#include "record/dump.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool chance(struct recorded_session *session, uint32_t in) {
    return loop_random(&session->random) % in == 0;
}

static double between(struct recorded_session *session, double low, double high) {
    return low + (high - low) * loop_random_share(&session->random);
}

struct perfadapt__record_ring *recorded_ring(struct recorded_session *session) {
    return perfadapt__region_behind(session->region);
}

void recorded_open(struct recorded_session *session, const struct perfadapt__policy *policy, uint64_t seed) {
    const struct perfadapt__region_options options = {.name = "recorded",
                                                      .quality_levels = policy->quality_levels,
                                                      .target_frame_ns = policy->target_frame_ns,
                                                      .behind_bytes = sizeof(struct perfadapt__record_ring)};
    struct perfadapt__ladder ladder;
    memset(session, 0, sizeof *session);
    session->random = seed;
    session->now_ns = session->ticked_ns = 1000 * SECOND;
    session->tick_gap_ns = SECOND / 10;
    session->work_ms = 10;
    session->temperature_c = 60;
    session->region = perfadapt__region_create(&options, &session->fd);
    if (!session->region)
        abort();
    perfadapt__ladder_init(&ladder, policy);
    perfadapt__tick_init(&session->tick, policy, &ladder);
    perfadapt__stepper_init(&session->stepper, policy, &session->tick.caps, session->region, recorded_ring(session),
                            session->now_ns);
    perfadapt__reading_init(&session->reading, session->now_ns);
}

void recorded_close(struct recorded_session *session) {
    perfadapt__region_destroy(&session->region, sizeof(struct perfadapt__record_ring), &session->fd, false);
}

static void submit(struct recorded_session *session, const struct perfadapt__frame_input *input) {
    const uint64_t generation = session->stepper.decider.arbiter.budget.generation;
    perfadapt__stepper_submit(&session->stepper, input);
    session->changes += session->stepper.decider.arbiter.budget.generation != generation;
}

static void read_machine(struct recorded_session *session) {
    struct perfadapt__reading *reading = &session->reading;
    reading->now_ns = session->now_ns;
    if (session->still)
        return;
    reading->heat_count = 1;
    if (session->now_ns - reading->heat[0].timestamp_ns >= SECOND) {
        session->temperature_c += between(session, -2, 2.05);
        reading->heat[0] = (struct perfadapt__heat_reading){
            .key = 1,
            .state = chance(session, 60) ? PERFADAPT_STATE_ERROR : PERFADAPT_STATE_OK,
            .timestamp_ns = session->now_ns,
            .temperature_c = (int)(session->temperature_c * 2) * 0.5,
            .limit_c = 85,
        };
        reading->memory_available = between(session, 1e9, 3e9);
        reading->memory_total = 8e9;
    }
    reading->busy = between(session, 0.2, 0.9);
}

/* A render thread may step between the record of a tick and its caps, and takes the older ones then. */
void recorded_tick(struct recorded_session *session) {
    struct perfadapt__stepper *stepper = &session->stepper;
    read_machine(session);
    session->ticked_ns = session->now_ns;
    if (!perfadapt__stepper_begin_tick(stepper, &session->tick, &session->reading, &session->frames))
        abort();
    if (chance(session, 4)) {
        const struct perfadapt__frame_input idle = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = session->now_ns};
        submit(session, &idle);
    }
    const bool late = chance(session, 8);
    const bool changed = perfadapt__tick_step(&session->tick, &stepper->decider.policy, &stepper->decider.ladder,
                                              &session->reading, &session->frames);
    if (changed && !late)
        perfadapt__stepper_put_caps(stepper, &session->tick.caps);
    const struct perfadapt__frame_input idle = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = session->now_ns};
    submit(session, &idle);
    if (changed && late)
        perfadapt__stepper_put_caps(stepper, &session->tick.caps);
}

void recorded_frame(struct recorded_session *session) {
    const struct perfadapt_budget *budget = &session->stepper.decider.arbiter.budget;
    const int64_t period_ns = (int64_t)between(session, 16.5e6, 16.9e6);
    session->now_ns += period_ns;
    const struct perfadapt__frame_input done = {.kind = PERFADAPT__FRAME_DONE,
                                                .quality = budget->quality,
                                                .frame = ++session->frame,
                                                .now_ns = session->now_ns,
                                                .cpu_ns = (int64_t)between(session, 2e6, 9e6),
                                                .period_ns = session->frame > 1 ? period_ns : -1,
                                                .gpu_ns = -1,
                                                .render_scale = budget->render_scale};
    submit(session, &done);
    if (session->frame > 3) {
        const struct perfadapt__frame_input gpu = {.kind = PERFADAPT__FRAME_GPU,
                                                   .frame = session->frame - 2,
                                                   .now_ns = session->now_ns,
                                                   .gpu_ns =
                                                       (int64_t)(session->work_ms * between(session, 0.9e6, 1.1e6))};
        submit(session, &gpu);
    }
    if (session->now_ns - session->ticked_ns >= session->tick_gap_ns)
        recorded_tick(session);
}

static void change_policy(struct recorded_session *session) {
    struct perfadapt__policy policy = session->stepper.decider.policy;
    policy.thermal_limit_c = between(session, 50, 90);
    policy.target_frame_ns = SECOND / (chance(session, 2) ? 60 : 30);
    if (!perfadapt__stepper_set_policy(&session->stepper, &session->tick, &policy, session->now_ns))
        abort();
}

static void happen(struct recorded_session *session) {
    struct perfadapt__frame_input input = {.kind = PERFADAPT__FRAME_EVENT, .now_ns = session->now_ns};
    switch (loop_random(&session->random) % 8) {
    case 0:
        input.event = 1 + (uint32_t)(loop_random(&session->random) % 6);
        input.value = (int64_t)between(session, 0, 1e9);
        submit(session, &input);
        break;
    case 1:
        input.kind = PERFADAPT__FRAME_HOLD;
        input.value = session->stepper.decider.arbiter.holds == 0;
        submit(session, &input);
        break;
    case 2:
        session->now_ns += (int64_t)between(session, 0, 5e9);
        break;
    case 3:
        change_policy(session);
        break;
    default:
        session->work_ms = between(session, 3, 30);
        break;
    }
}

void recorded_run(struct recorded_session *session, double seconds) {
    const int64_t end_ns = session->now_ns + (int64_t)(seconds * 1e9);
    while (session->now_ns < end_ns) {
        recorded_frame(session);
        if (chance(session, 150))
            happen(session);
    }
}

FILE *recorded_file(struct recorded_session *session) {
    const struct perfadapt__record_origin origin = {.name = "recorded", .pid = 1234};
    FILE *file = tmpfile();
    if (!file || !perfadapt__record_dump(fileno(file), recorded_ring(session), &origin))
        abort();
    lseek(fileno(file), 0, SEEK_SET);
    return file;
}

void replay_file(FILE *file, const struct perfadapt__what_if *what_if, struct replayed *out) {
    static const struct perfadapt__what_if as_it_was = {NULL, NULL};
    static struct perfadapt__recorded record;
    memset(out, 0, sizeof *out);
    out->opened = perfadapt__recording_init(&out->recording, file);
    perfadapt__replayer_init(&out->replayer, what_if ? what_if : &as_it_was);
    if (out->opened != PERFADAPT__FILE_OK)
        return;
    do {
        out->end = perfadapt__replayer_next(&out->replayer, &out->recording, &record);
        out->breaks += out->end == PERFADAPT__RECORDING_BREAK;
    } while (out->end <= PERFADAPT__RECORDING_BREAK);
}
