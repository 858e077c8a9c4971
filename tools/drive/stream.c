/* SPDX-License-Identifier: MIT */
#include "drive/stream.h"

#include "core/clock.h"

#include <math.h> /* NAN and isnan only */
#include <string.h>

/*
 * Times are shifted so that the first line is at one second: control takes 0 for "never", drivers may start at 0.
 * Beyond 73 years time stands still, far from where sums of times overflow.
 */
static const int64_t start_ns = PERFADAPT__NS_PER_S;
static const int64_t longest_ns = INT64_C(1) << 61;

/*
 * Where tick lines stay away, frames make ticks of their own, so that load is acted on all the same. Drivers tick at
 * 0.5 to 10 Hz: a gap is one where half as long again as between the last two has passed.
 */
static const int64_t patience_least_ns = 1500 * PERFADAPT__NS_PER_MS;
static const int64_t patience_most_ns = 15 * PERFADAPT__NS_PER_S;
static const int64_t slowest_gap_ns = 2 * PERFADAPT__NS_PER_S; /* assumed after a single tick line */
static const int64_t own_gap_ns = PERFADAPT__NS_PER_S;

static const uint32_t sensor_key = 1;

void drive_stream_init(struct drive_stream *stream, const struct perfadapt__policy *policy) {
    struct perfadapt__ladder ladder;
    memset(stream, 0, sizeof *stream);
    perfadapt__ladder_init(&ladder, policy);
    perfadapt__tick_init(&stream->tick, policy, &ladder);
    perfadapt__decider_init(&stream->decider, policy, &stream->tick.caps, start_ns);
    stream->tick_due_ns = start_ns + patience_least_ns;
    stream->limit_c = (double)NAN;
}

/* By the stream's own time. The difference of two int64 fits uint64. */
static int64_t own_time(const struct drive_stream *stream, int64_t time_ns) {
    const uint64_t since_ns = stream->begun ? (uint64_t)time_ns - (uint64_t)stream->first_ns : 0;
    return start_ns + (since_ns < (uint64_t)longest_ns ? (int64_t)since_ns : longest_ns);
}

/* ---- ticks ---- */

static void read_machine(struct perfadapt__reading *reading, const struct drive_tick *tick) {
    reading->busy = tick->busy;
    reading->power_w = tick->power_w;
    reading->clock_mhz = tick->clock_mhz;
    reading->clock_max_mhz = tick->clock_max_mhz;
    reading->throttle = tick->throttle;
    reading->machine_memory.some_us = tick->memory_some_us;
    reading->machine_memory.full_us = tick->memory_full_us;
    reading->memory_available = tick->memory_available;
    reading->memory_total = tick->memory_total;
    reading->gpu_memory_used = tick->gpu_memory_used;
    reading->gpu_memory_budget = tick->gpu_memory_budget;
    reading->resident = tick->resident;
    reading->on_ac = tick->on_ac;
}

/*
 * A temperature that is not there after it has been there is lost, and counts against the limit it had; before that
 * there is no sensor. `tick` NULL = no line told anything.
 */
static void read_heat(struct drive_stream *stream, struct perfadapt__reading *reading, const struct drive_tick *tick) {
    const bool known = tick && !isnan(tick->temperature_c);
    if (known || (tick && !isnan(tick->limit_c)))
        stream->limit_c = tick->limit_c;
    stream->temperature_seen |= known;
    if (!stream->temperature_seen)
        return;
    reading->heat_count = 1;
    reading->heat[0] = (struct perfadapt__heat_reading){
        .key = sensor_key,
        .state = known ? PERFADAPT_STATE_OK : PERFADAPT_STATE_ERROR,
        .timestamp_ns = reading->now_ns,
        .temperature_c = known ? tick->temperature_c : (double)NAN,
        .limit_c = stream->limit_c,
        .remembered_c = (double)NAN,
    };
}

static void step_tick(struct drive_stream *stream, const struct drive_tick *tick, int64_t now_ns) {
    struct perfadapt__decider *decider = &stream->decider;
    struct perfadapt__reading reading;
    perfadapt__reading_init(&reading, now_ns);
    if (tick)
        read_machine(&reading, tick);
    read_heat(stream, &reading, tick);
    if (perfadapt__tick_step(&stream->tick, &decider->policy, &decider->ladder, &reading, &decider->frame.statistics))
        perfadapt__decider_take_caps(decider, &stream->tick.caps);
}

static int64_t patience_ns(const struct drive_stream *stream) {
    const int64_t gap_ns = stream->told_gap_ns ? stream->told_gap_ns : slowest_gap_ns;
    const int64_t wanted_ns = gap_ns < patience_most_ns ? gap_ns + gap_ns / 2 : patience_most_ns;
    return wanted_ns > patience_least_ns ? wanted_ns : patience_least_ns;
}

/* The idle step behind it lets the answer to a tick show what the tick changed. */
static void take_tick(struct drive_stream *stream, const struct drive_tick *tick, int64_t now_ns) {
    const struct perfadapt__frame_input idle = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = now_ns};
    if (stream->told_ns)
        stream->told_gap_ns = now_ns - stream->told_ns;
    stream->told_ns = now_ns;
    stream->tick_due_ns = now_ns + patience_ns(stream);
    step_tick(stream, tick, now_ns);
    perfadapt__decider_step(&stream->decider, &idle);
}

static void tick_where_due(struct drive_stream *stream, int64_t now_ns) {
    if (now_ns < stream->tick_due_ns)
        return;
    stream->tick_due_ns = now_ns + own_gap_ns;
    step_tick(stream, NULL, now_ns);
}

/* ---- frames ---- */

/* The driver is taken to have drawn the frame with the budget that it was last told; what wrote a log knew none. */
static void take_frame(struct drive_stream *stream, const struct drive_line *line, int64_t now_ns) {
    const struct perfadapt_budget *budget = &stream->decider.arbiter.budget;
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_DONE,
        .quality = stream->open_loop ? budget->quality_levels - 1 : budget->quality,
        .frame = ++stream->frames,
        .now_ns = now_ns,
        .cpu_ns = line->cpu_ns,
        .period_ns = stream->frame_ns ? now_ns - stream->frame_ns : -1,
        .gpu_ns = line->gpu_ns,
        .render_scale = stream->open_loop ? 1.0F : budget->render_scale,
    };
    stream->frame_ns = now_ns;
    tick_where_due(stream, now_ns);
    perfadapt__decider_step(&stream->decider, &input);
}

/* A time that will not come is no news. */
static void take_gpu(struct drive_stream *stream, const struct drive_line *line, int64_t now_ns) {
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_GPU, .frame = line->index + 1, .now_ns = now_ns, .gpu_ns = line->gpu_ns};
    if (line->gpu_ns >= 0)
        perfadapt__decider_step(&stream->decider, &input);
}

static void take_event(struct drive_stream *stream, const struct drive_line *line, int64_t now_ns) {
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_EVENT, .event = line->event, .now_ns = now_ns, .value = line->value};
    perfadapt__decider_step(&stream->decider, &input);
}

static void take_hold(struct drive_stream *stream, const struct drive_line *line, int64_t now_ns) {
    const struct perfadapt__frame_input input = {.kind = PERFADAPT__FRAME_HOLD, .now_ns = now_ns, .value = line->value};
    perfadapt__decider_step(&stream->decider, &input);
}

/* ---- lines ---- */

static void dispatch(struct drive_stream *stream, const struct drive_line *line, int64_t now_ns) {
    switch (line->kind) {
    case DRIVE_LINE_FRAME:
        take_frame(stream, line, now_ns);
        break;
    case DRIVE_LINE_GPU:
        take_gpu(stream, line, now_ns);
        break;
    case DRIVE_LINE_TICK:
        take_tick(stream, &line->tick, now_ns);
        break;
    case DRIVE_LINE_EVENT:
        take_event(stream, line, now_ns);
        break;
    default:
        take_hold(stream, line, now_ns);
        break;
    }
}

bool drive_stream_take(struct drive_stream *stream, const struct drive_line *line, char out_reason[DRIVE_REASON_MAX]) {
    if (stream->begun && line->time_ns < stream->newest_ns)
        return drive_refuse("time goes back", out_reason);
    if (line->kind == DRIVE_LINE_GPU && line->index >= stream->frames)
        return drive_refuse("GPU time of a frame that has not been there", out_reason);
    if (!stream->begun)
        stream->first_ns = line->time_ns;
    stream->begun = true;
    stream->newest_ns = line->time_ns;
    dispatch(stream, line, own_time(stream, line->time_ns));
    return true;
}
