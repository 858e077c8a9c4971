/* SPDX-License-Identifier: MIT */
#include "control/setback.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/monitor.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static const int64_t dispatch_guess_ns = 16 * MS;  /* where nothing is known of it */
static const int64_t dispatch_least_ns = MS / 2;   /* shorter ones cost more in submissions than they save */
static const int64_t dispatch_normal_ns = 64 * MS; /* where there is no preset: nothing is killed that early */
static const int64_t longest_ns = 1000 * SECOND;   /* of a preset */
static const int64_t one_event_ns = 1 * SECOND;
static const int64_t recovery_gap_ns = 10 * SECOND;
static const int64_t wait_least_ns = 10 * SECOND;
static const int64_t wait_most_ns = 320 * SECOND;
static const int64_t soon_ns = 60 * SECOND;
static const uint32_t few_frames = 2;
static const uint64_t memory_least = UINT64_C(16) << 20; /* less is no program's usage */

static int64_t preset_dispatch(const struct perfadapt__policy *policy) {
    return policy->dispatch_ns <= 0 ? 0 : policy->dispatch_ns < longest_ns ? policy->dispatch_ns : longest_ns;
}

void perfadapt__setback_init(struct perfadapt__setback *setback, const struct perfadapt__policy *policy) {
    memset(setback, 0, sizeof *setback);
    setback->dispatch_ns = preset_dispatch(policy);
    setback->memory_bytes = PERFADAPT_NO_LIMIT;
    setback->gpu_memory_bytes = PERFADAPT_NO_LIMIT;
    setback->wait_ns = wait_least_ns;
    setback->evidence =
        (struct perfadapt__evidence){.value = (double)NAN, .limit = (double)NAN, .forecast = (double)NAN};
}

void perfadapt__setback_set_policy(struct perfadapt__setback *setback, const struct perfadapt__policy *before,
                                   const struct perfadapt__policy *policy, uint32_t rungs) {
    const int64_t preset_ns = preset_dispatch(policy);
    const bool backed_off = setback->dispatch_ns > 0 && setback->dispatch_ns != preset_dispatch(before);
    if (!backed_off || (preset_ns > 0 && preset_ns < setback->dispatch_ns))
        setback->dispatch_ns = preset_ns;
    if (setback->rung >= rungs)
        setback->rung = rungs - 1;
}

/* Never negative; times are positive here, so that it does not overflow. */
static int64_t elapsed(int64_t now_ns, int64_t since_ns) {
    return now_ns > since_ns ? now_ns - since_ns : 0;
}

/* --- Backing off --- */

static void halve_dispatch(struct perfadapt__setback *setback, const struct perfadapt__policy *policy,
                           int64_t told_ns) {
    int64_t from_ns = setback->dispatch_ns;
    if (from_ns == 0)
        from_ns = told_ns <= 0 ? dispatch_guess_ns : told_ns < dispatch_normal_ns ? told_ns : dispatch_normal_ns;
    const int64_t preset_ns = preset_dispatch(policy);
    const int64_t least_ns = preset_ns > 0 && preset_ns < dispatch_least_ns ? preset_ns : dispatch_least_ns;
    setback->dispatch_ns = from_ns / 2 > least_ns ? from_ns / 2 : least_ns;
}

/* At best `wanted`, never better than before and never below the ladder. */
static void lower_rung(struct perfadapt__setback *setback, uint32_t wanted, uint32_t rungs) {
    const uint32_t lowest = rungs > 0 ? rungs - 1 : 0;
    const uint32_t rung = wanted > setback->rung ? wanted : setback->rung;
    setback->rung = rung < lowest ? rung : lowest;
}

static uint32_t one_lower(const struct perfadapt__setback *setback, uint32_t rung) {
    const uint32_t from = rung > setback->rung ? rung : setback->rung;
    return from < UINT32_MAX ? from + 1 : from;
}

static void cap_memory(uint64_t *bytes, uint64_t *back_bytes, int64_t used_bytes) {
    if (used_bytes <= 0)
        return;
    const uint64_t used = (uint64_t)used_bytes;
    const uint64_t cap = used / 5 * 4 > memory_least ? used / 5 * 4 : memory_least;
    if (*bytes == PERFADAPT_NO_LIMIT || used > *back_bytes)
        *back_bytes = used;
    *bytes = cap < *bytes ? cap : *bytes;
}

/* Too soon after the last one: waiting longer may be what is missing. */
static void renew_wait(struct perfadapt__setback *setback, int64_t now_ns) {
    const bool set_back = setback->reasons != 0;
    const bool recovering = set_back && setback->stepped_ns > setback->happened_ns;
    const bool soon = !set_back && setback->stepped_ns && elapsed(now_ns, setback->stepped_ns) < soon_ns;
    if (recovering || soon)
        setback->wait_ns = setback->wait_ns * 2 < wait_most_ns ? setback->wait_ns * 2 : wait_most_ns;
    else if (!set_back)
        setback->wait_ns = wait_least_ns;
}

void perfadapt__setback_report(struct perfadapt__setback *setback, const struct perfadapt__policy *policy,
                               uint32_t event, int64_t value, uint32_t rung, uint32_t rungs, int64_t now_ns) {
    if (event < PERFADAPT_EVENT_GPU_TIMEOUT || event > PERFADAPT_EVENT_GPU_OUT_OF_MEMORY)
        return;
    const int64_t last_ns = setback->happened_ns > setback->stepped_ns ? setback->happened_ns : setback->stepped_ns;
    const int64_t time_ns = now_ns > last_ns ? now_ns : last_ns > 0 ? last_ns : 1;
    if (event == setback->event && elapsed(time_ns, setback->happened_ns) < one_event_ns)
        return;
    renew_wait(setback, time_ns);
    if (event == PERFADAPT_EVENT_GPU_TIMEOUT || event == PERFADAPT_EVENT_DEVICE_LOST)
        halve_dispatch(setback, policy, event == PERFADAPT_EVENT_GPU_TIMEOUT ? value : 0);
    if (event == PERFADAPT_EVENT_DEVICE_LOST)
        lower_rung(setback, rung > rungs / 2 ? rung : rungs / 2, rungs);
    if (event == PERFADAPT_EVENT_OUT_OF_MEMORY || event == PERFADAPT_EVENT_GPU_OUT_OF_MEMORY)
        lower_rung(setback, one_lower(setback, rung), rungs);
    if (event == PERFADAPT_EVENT_DEVICE_LOST || event == PERFADAPT_EVENT_OUT_OF_MEMORY)
        setback->frames_in_flight = few_frames;
    if (event == PERFADAPT_EVENT_OUT_OF_MEMORY)
        cap_memory(&setback->memory_bytes, &setback->memory_back_bytes, value);
    if (event == PERFADAPT_EVENT_GPU_OUT_OF_MEMORY)
        cap_memory(&setback->gpu_memory_bytes, &setback->gpu_memory_back_bytes, value);
    setback->reasons = PERFADAPT_REASON_EVENT;
    setback->event = event;
    setback->happened_ns = time_ns;
    setback->evidence = (struct perfadapt__evidence){
        .signal = PERFADAPT_SIGNAL_EVENT, .value = event, .limit = (double)NAN, .forecast = (double)NAN};
}

/* --- Coming back --- */

static void lengthen_dispatch(struct perfadapt__setback *setback, const struct perfadapt__policy *policy) {
    const int64_t preset_ns = preset_dispatch(policy);
    if (setback->dispatch_ns == preset_ns)
        return;
    const int64_t longer_ns = setback->dispatch_ns + setback->dispatch_ns / 10;
    const int64_t normal_ns = preset_ns > 0 ? preset_ns : dispatch_normal_ns;
    setback->dispatch_ns = longer_ns < normal_ns ? longer_ns : preset_ns;
}

static void lift_memory(uint64_t *bytes, uint64_t back_bytes) {
    if (*bytes == PERFADAPT_NO_LIMIT)
        return;
    const uint64_t more = *bytes + *bytes / 10 + 1; /* at most 1.1 x INT64_MAX */
    *bytes = more < back_bytes ? more : PERFADAPT_NO_LIMIT;
}

bool perfadapt__setback_step(struct perfadapt__setback *setback, const struct perfadapt__policy *policy,
                             int64_t now_ns) {
    if (setback->reasons == 0)
        return false;
    const bool begun = setback->stepped_ns > setback->happened_ns;
    const int64_t due_ns = begun ? recovery_gap_ns : setback->wait_ns;
    if (elapsed(now_ns, begun ? setback->stepped_ns : setback->happened_ns) < due_ns)
        return false;
    setback->stepped_ns = now_ns;
    if (setback->rung > 0)
        setback->rung--;
    lengthen_dispatch(setback, policy);
    lift_memory(&setback->memory_bytes, setback->memory_back_bytes);
    lift_memory(&setback->gpu_memory_bytes, setback->gpu_memory_back_bytes);
    const bool fits = setback->rung == 0 && setback->memory_bytes == PERFADAPT_NO_LIMIT &&
                      setback->gpu_memory_bytes == PERFADAPT_NO_LIMIT;
    if (fits)
        setback->frames_in_flight = 0;
    if (fits && setback->dispatch_ns == preset_dispatch(policy))
        setback->reasons = 0;
    return true;
}
