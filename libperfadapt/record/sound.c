/* SPDX-License-Identifier: MIT */
#include "record/sound.h"

#include "control/tick.h"

#include <math.h> /* isfinite only */
#include <perfadapt/perfadapt.h>
#include <string.h>

/* A quarter of what fits: differences of two times do not overflow, nor do sums of a few durations. */
#define TIME_MOST (INT64_C(1) << 61)
/* A hundred days: taken some times over, a duration does not overflow either. */
#define DURATION_MOST (INT64_C(1) << 53)
#define BYTES_MOST 1e18

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static bool is_time(int64_t time_ns) {
    return time_ns >= -TIME_MOST && time_ns <= TIME_MOST;
}

static bool is_duration(int64_t duration_ns) {
    return duration_ns >= 0 && duration_ns <= DURATION_MOST;
}

/* A member at `offset` of what `object` points to. */
static int64_t time_at(const void *object, size_t offset) {
    int64_t time_ns;
    memcpy(&time_ns, (const char *)object + offset, sizeof time_ns);
    return time_ns;
}

static uint32_t number_at(const void *object, size_t offset) {
    uint32_t number;
    memcpy(&number, (const char *)object + offset, sizeof number);
    return number;
}

static bool are_all(bool (*is)(int64_t), const void *object, const size_t *offsets, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is(time_at(object, offsets[i])))
            return false;
    return true;
}

static bool are_rungs(const void *object, const size_t *offsets, size_t count, uint32_t rungs) {
    for (size_t i = 0; i < count; i++)
        if (number_at(object, offsets[i]) >= rungs)
            return false;
    return true;
}

/* A bool that holds anything but 0 and 1 must not be looked at as one. */
static bool is_flag(const void *flag) {
    unsigned char byte;
    memcpy(&byte, flag, 1);
    return byte <= 1;
}

bool perfadapt__policy_is_sound(const struct perfadapt__policy *policy) {
    const bool in_range = policy->mode <= PERFADAPT__MODE_OFF && policy->prefer <= PERFADAPT__PREFER_BATTERY &&
                          policy->role <= PERFADAPT_ROLE_EXPORT && policy->quality_levels >= 1 &&
                          policy->quality_levels <= PERFADAPT__QUALITY_LEVELS_MAX &&
                          policy->quality_min <= policy->quality_max && policy->quality_max < policy->quality_levels;
    if (!in_range)
        return false;
    for (uint32_t i = 0; i < policy->quality_levels; i++)
        if (!(policy->cost[i] > 0) || !isfinite(policy->cost[i]))
            return false;
    return is_duration(policy->target_frame_ns) && is_duration(policy->slowest_frame_ns) &&
           is_duration(policy->refresh_ns) && is_time(policy->dispatch_ns) && policy->memory_reserve_bytes >= 0 &&
           policy->frames_in_flight >= 1 && policy->render_scale_min >= 0.25 - 1e-9 &&
           policy->render_scale_min <= policy->render_scale_max && policy->render_scale_max <= 1;
}

bool perfadapt__input_is_sound(const struct perfadapt__frame_input *input) {
    return input->kind <= PERFADAPT__FRAME_HOLD && is_time(input->now_ns) && is_time(input->cpu_ns) &&
           is_time(input->period_ns) && (input->kind == PERFADAPT__FRAME_EVENT || is_time(input->gpu_ns));
}

bool perfadapt__reading_is_sound(const struct perfadapt__reading *reading) {
    bool sound = is_time(reading->now_ns) && reading->heat_count <= PERFADAPT__HEAT_SENSORS;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        sound &= is_time(reading->heat[i].timestamp_ns);
    return sound;
}

/* ---- State ---- */

#define IN_DECIDER(member) offsetof(struct perfadapt__decider, member)
#define IN_TICK(member) offsetof(struct perfadapt__tick_control, member)

static const size_t decider_rungs[] = {
    IN_DECIDER(frame.rung), IN_DECIDER(frame.statistics.rung), IN_DECIDER(arbiter.rung),    IN_DECIDER(setback.rung),
    IN_DECIDER(caps.rung),  IN_DECIDER(caps.memory_rung),      IN_DECIDER(caps.power_rung), IN_DECIDER(caps.yield_rung),
};

static const size_t tick_rungs[] = {
    IN_TICK(choice.rung),      IN_TICK(memory.rung),     IN_TICK(power.rung),      IN_TICK(caps.rung),
    IN_TICK(caps.memory_rung), IN_TICK(caps.power_rung), IN_TICK(caps.yield_rung),
};

static const size_t decider_times[] = {
    IN_DECIDER(frame.statistics.now_ns),     IN_DECIDER(frame.statistics.last_frame_ns),
    IN_DECIDER(frame.gpu_seen_ns),           IN_DECIDER(frame.accounted_ns),
    IN_DECIDER(setback.happened_ns),         IN_DECIDER(setback.stepped_ns),
    IN_DECIDER(arbiter.budget.timestamp_ns), IN_DECIDER(arbiter.budget.frame_ns),
    IN_DECIDER(arbiter.budget.dispatch_ns),  IN_DECIDER(arbiter.budget.time_to_throttle_ns),
    IN_DECIDER(caps.time_to_throttle_ns),    IN_DECIDER(caps.pace_ns),
};

static const size_t decider_durations[] = {IN_DECIDER(setback.dispatch_ns), IN_DECIDER(setback.wait_ns)};

static const size_t tick_durations[] = {IN_TICK(memory.budget.patience_ns), IN_TICK(yield.hold_ns)};

static const size_t tick_times[] = {
    IN_TICK(looked_ns),
    IN_TICK(stepped_ns),
    IN_TICK(caps.time_to_throttle_ns),
    IN_TICK(caps.pace_ns),
    IN_TICK(thermal.looked_ns),
    IN_TICK(thermal.lost_since_ns),
    IN_TICK(thermal.calmer_ns),
    IN_TICK(thermal.stepped_ns),
    IN_TICK(memory.now_ns),
    IN_TICK(memory.stepped_ns),
    IN_TICK(memory.machine_state.called_ns),
    IN_TICK(memory.own_state.called_ns),
    IN_TICK(memory.gpu_state.called_ns),
    IN_TICK(memory.budget.cut_ns),
    IN_TICK(memory.budget.cut_at_once_ns),
    IN_TICK(memory.budget.grown_ns),
    IN_TICK(memory.gpu.cut_ns),
    IN_TICK(memory.gpu.relaxed_ns),
    IN_TICK(memory.past.machine.moved_ns),
    IN_TICK(memory.past.cgroup.moved_ns),
    IN_TICK(power.stepped_ns),
    IN_TICK(pace.pace_ns),
    IN_TICK(pace.late_since_ns),
    IN_TICK(pace.calm_since_ns),
    IN_TICK(knobs.starved_since_ns),
    IN_TICK(knobs.calm_since_ns),
    IN_TICK(knobs.looked_ns),
    IN_TICK(knobs.pressed_since_ns),
    IN_TICK(knobs.idle_since_ns),
    IN_TICK(knobs.workers_changed_ns),
    IN_TICK(yield.needed_ns),
    IN_TICK(yield.lifted_ns),
    IN_TICK(yield.pace_ns),
    IN_TICK(choice.started_ns),
    IN_TICK(choice.stepped_ns),
    IN_TICK(choice.switched_ns),
    IN_TICK(choice.guarded_ns),
    IN_TICK(choice.lost_stepped_ns),
    IN_TICK(choice.over_since_ns),
};

static bool is_ring(uint32_t count, uint32_t newest, const int64_t *times_ns, uint32_t samples) {
    bool sound = count <= samples && newest < samples;
    for (uint32_t i = 0; i < samples; i++)
        sound &= is_time(times_ns[i]);
    return sound;
}

static bool is_trend(const struct perfadapt__trend *trend) {
    return is_ring(trend->count, trend->newest, trend->time_ns, PERFADAPT__TREND_SAMPLES);
}

static bool is_stall(const struct perfadapt__stall_window *window) {
    return is_ring(window->count, window->newest, window->time_ns, PERFADAPT__STALL_SAMPLES);
}

static bool is_past(const struct perfadapt__memory_past *past) {
    bool sound = is_stall(&past->machine) && is_stall(&past->cgroup) && is_trend(&past->resident) &&
                 is_trend(&past->resident_steadily);
    for (int i = 0; i < PERFADAPT__ROOMS; i++)
        sound = sound && is_trend(&past->left[i]);
    return sound;
}

static bool is_channel(const struct perfadapt__heat_channel *channel) {
    return channel->sample_count <= 3 && is_flag(&channel->believed) && is_flag(&channel->fresh) &&
           is_flag(&channel->lost) && is_time(channel->read_ns) && is_time(channel->learned_ns);
}

static bool is_history(const struct perfadapt__frame_control *frame, uint32_t quality_levels) {
    for (int i = 0; i < PERFADAPT__FRAME_HISTORY; i++)
        if (frame->history[i].level >= quality_levels)
            return false;
    return true;
}

static bool is_learning(const struct perfadapt__cost_learning *learning, uint32_t quality_levels) {
    return learning->from_level < quality_levels && learning->to_level < quality_levels; /* counts are taken modulo */
}

/* What becomes a number of bytes. */
static bool is_memory(const struct perfadapt__memory_control *memory) {
    return memory->budget.bytes >= 0 && memory->budget.bytes <= BYTES_MOST && memory->gpu.extra_share >= 0 &&
           memory->gpu.extra_share <= 1;
}

bool perfadapt__state_is_sound(const struct perfadapt__decider *decider, const struct perfadapt__tick_control *tick) {
    const uint32_t rungs = decider->ladder.count;
    bool sound = are_rungs(decider, decider_rungs, COUNT_OF(decider_rungs), rungs) &&
                 are_rungs(tick, tick_rungs, COUNT_OF(tick_rungs), rungs) &&
                 tick->choice.rose_to <= PERFADAPT__RUNGS_MAX && is_flag(&tick->choice.dropped) &&
                 is_flag(&tick->load.known) && is_flag(&tick->yield.yielding) &&
                 is_history(&decider->frame, decider->policy.quality_levels) &&
                 is_learning(&decider->frame.learning, decider->policy.quality_levels) &&
                 are_all(is_time, decider, decider_times, COUNT_OF(decider_times)) &&
                 are_all(is_time, tick, tick_times, COUNT_OF(tick_times)) &&
                 are_all(is_duration, decider, decider_durations, COUNT_OF(decider_durations)) &&
                 are_all(is_duration, tick, tick_durations, COUNT_OF(tick_durations)) && is_memory(&tick->memory) &&
                 is_past(&tick->memory.past);
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        sound = sound && is_channel(&tick->thermal.channels[i]);
    return sound;
}
