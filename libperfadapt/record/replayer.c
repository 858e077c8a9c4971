/* SPDX-License-Identifier: MIT */
#include "record/replayer.h"

#include "record/state.h"

#include <math.h> /* isnan only: no libm is linked */
#include <string.h>

void perfadapt__replayer_init(struct perfadapt__replayer *replayer, const struct perfadapt__what_if *what_if) {
    memset(replayer, 0, sizeof *replayer);
    replayer->what_if = *what_if;
}

static void change_policy(const struct perfadapt__replayer *replayer, struct perfadapt__policy *policy) {
    if (replayer->what_if.change)
        replayer->what_if.change(replayer->what_if.context, policy);
}

static void see_time(struct perfadapt__replay_tally *tally, int64_t now_ns) {
    if (!tally->first_ns)
        tally->first_ns = now_ns;
    tally->last_ns = now_ns;
}

/* ---- Against what was recorded ---- */

static void differ(struct perfadapt__replayer *replayer) {
    struct perfadapt__replay_tally *tally = &replayer->tally;
    if (!tally->differing++)
        tally->differed_ns = tally->last_ns;
}

/* A change that nothing was recorded of. */
static void settle(struct perfadapt__replayer *replayer) {
    if (replayer->owed && !replayer->what_if.change)
        differ(replayer);
    replayer->owed = false;
}

static void take_budget(struct perfadapt__replayer *replayer, uint32_t hash) {
    replayer->tally.budgets++;
    if (!replayer->what_if.change &&
        (!replayer->owed || hash != perfadapt__budget_hash(&replayer->decider.arbiter.budget)))
        differ(replayer);
    replayer->owed = false;
}

static void come_to(struct perfadapt__replayer *replayer, enum perfadapt__arbiter_change change) {
    replayer->change = change;
    replayer->owed = change != PERFADAPT__BUDGET_SAME;
}

/* ---- Records ---- */

/* Its members leave no gap between them. */
static bool are_same(const struct perfadapt__policy *one, const struct perfadapt__policy *other) {
    struct perfadapt__policy same = *one;
    if (isnan(one->thermal_limit_c) && isnan(other->thermal_limit_c))
        same.thermal_limit_c = other->thermal_limit_c; /* whatever its bits */
    return memcmp(&same, other, sizeof same) == 0;
}

static void set_policy(struct perfadapt__replayer *replayer, const struct perfadapt__policy *policy, int64_t now_ns) {
    struct perfadapt__policy changed = *policy;
    change_policy(replayer, &changed);
    come_to(replayer, perfadapt__decider_set_policy(&replayer->decider, &replayer->tick, &changed, now_ns));
    replayer->caps_before = replayer->tick.caps;
}

/* A policy that is in force already is not set again: that would forget what was searched and learned. */
static void follow_policy(struct perfadapt__replayer *replayer, const struct perfadapt__decider *recorded) {
    struct perfadapt__policy changed = recorded->policy;
    change_policy(replayer, &changed);
    if (!are_same(&changed, &replayer->decider.policy))
        set_policy(replayer, &recorded->policy, recorded->frame.statistics.now_ns);
}

static void start(struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record) {
    struct perfadapt__policy policy = record->policy;
    struct perfadapt__ladder ladder;
    change_policy(replayer, &policy);
    perfadapt__ladder_init(&ladder, &policy);
    perfadapt__tick_init(&replayer->tick, &policy, &ladder);
    perfadapt__decider_init(&replayer->decider, &policy, &replayer->tick.caps, record->now_ns);
    replayer->caps_before = replayer->tick.caps;
    replayer->change = PERFADAPT__BUDGET_DECIDED;
    replayer->started = replayer->loaded = true;
}

/* What was stepped here counts, where nothing is missing: the recorded state is the same then. */
static void compare_state(struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record) {
    const bool comparable = record->state_known && !replayer->what_if.change;
    if (comparable && perfadapt__budget_hash(&replayer->decider.arbiter.budget) !=
                          perfadapt__budget_hash(&record->decider.arbiter.budget))
        differ(replayer);
}

static void load_state(struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record) {
    replayer->started = record->state_known;
    if (!record->state_known)
        return;
    replayer->loaded = true;
    replayer->decider = record->decider;
    replayer->tick = record->tick;
    replayer->caps_before = record->tick.caps;
    follow_policy(replayer, &record->decider);
    replayer->change = PERFADAPT__BUDGET_DECIDED;
}

/* What another policy has come to is no more in the recording: only what the app said meanwhile is taken from it. */
static void keep_state(struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record) {
    replayer->started = true;
    if (!record->state_known)
        return;
    replayer->decider.arbiter.holds = record->decider.arbiter.holds;
    follow_policy(replayer, &record->decider);
}

static void pass_gap(struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record) {
    replayer->tally.gaps += replayer->sequence > 0 && !replayer->stranded;
    if (replayer->what_if.change && replayer->loaded)
        keep_state(replayer, record);
    else
        load_state(replayer, record);
    replayer->stranded = !replayer->started;
}

static bool take_state(struct perfadapt__replayer *replayer, uint64_t sequence,
                       const struct perfadapt__recorded *record) {
    const bool whole = replayer->started && sequence == replayer->sequence + 1 && record->lost == 0 &&
                       record->used_before == replayer->used;
    settle(replayer);
    replayer->change = PERFADAPT__BUDGET_SAME;
    replayer->tally.lost += record->lost;
    if (whole)
        compare_state(replayer, record);
    else
        pass_gap(replayer, record);
    return replayer->started;
}

/*
 * A recorded step says that it took no other caps where the recorded ticks came to none. Those of another policy may have
 * come to some: they are in time for the step behind the next tick, as the recorded ones at the latest.
 */
static bool are_overdue(const struct perfadapt__replayer *replayer) {
    return replayer->what_if.change && replayer->decider.caps.generation < replayer->caps_before.generation;
}

static void take_input(struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record) {
    struct perfadapt__decider *decider = &replayer->decider;
    if (record->caps == PERFADAPT__RECORD_CAPS_NEWEST)
        perfadapt__decider_take_caps(decider, &replayer->tick.caps);
    else if (record->caps == PERFADAPT__RECORD_CAPS_BEFORE || are_overdue(replayer))
        perfadapt__decider_take_caps(decider, &replayer->caps_before);
    replayer->tally.frames += record->input.kind == PERFADAPT__FRAME_DONE;
    see_time(&replayer->tally, record->input.now_ns);
    come_to(replayer, perfadapt__decider_step(decider, &record->input));
}

static void take_tick(struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record) {
    const struct perfadapt__decider *decider = &replayer->decider;
    replayer->caps_before = replayer->tick.caps;
    replayer->tally.ticks++;
    see_time(&replayer->tally, record->reading.now_ns);
    (void)perfadapt__tick_step(&replayer->tick, &decider->policy, &decider->ladder, &record->reading,
                               &decider->frame.statistics);
    replayer->change = PERFADAPT__BUDGET_SAME;
}

bool perfadapt__replayer_take(struct perfadapt__replayer *replayer, uint64_t sequence, uint64_t used,
                              const struct perfadapt__recorded *record) {
    if (record->type == PERFADAPT__RECORDED_START) {
        start(replayer, record);
        see_time(&replayer->tally, record->now_ns);
    } else if (record->type == PERFADAPT__RECORDED_STATE) {
        if (!take_state(replayer, sequence, record))
            return false;
    } else if (!replayer->started) {
        return false;
    } else if (record->type == PERFADAPT__RECORDED_BUDGET) {
        take_budget(replayer, record->budget_hash);
        replayer->change = PERFADAPT__BUDGET_SAME;
    } else {
        settle(replayer);
        if (record->type == PERFADAPT__RECORDED_INPUT) {
            take_input(replayer, record);
        } else if (record->type == PERFADAPT__RECORDED_TICK) {
            take_tick(replayer, record);
        } else {
            replayer->tally.policies++;
            see_time(&replayer->tally, record->now_ns);
            set_policy(replayer, &record->policy, record->now_ns);
        }
    }
    replayer->sequence = sequence;
    replayer->used = used;
    return true;
}

void perfadapt__replayer_break(struct perfadapt__replayer *replayer) {
    replayer->started = false;
    replayer->owed = false;
}

enum perfadapt__recording_result perfadapt__replayer_next(struct perfadapt__replayer *replayer,
                                                          struct perfadapt__recording *recording,
                                                          struct perfadapt__recorded *record) {
    const enum perfadapt__recording_result result = perfadapt__recording_next(recording, record);
    replayer->change = PERFADAPT__BUDGET_SAME;
    if (result == PERFADAPT__RECORDING_RECORD)
        (void)perfadapt__replayer_take(replayer, recording->sequence, recording->used, record);
    else if (result == PERFADAPT__RECORDING_BREAK)
        perfadapt__replayer_break(replayer);
    return result;
}
