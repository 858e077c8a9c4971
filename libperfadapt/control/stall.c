/* SPDX-License-Identifier: MIT */
#include "control/stall.h"

#include <math.h> /* isnan only: no libm is linked */

#define SECOND INT64_C(1000000000)

static const int64_t window_ns = 2 * SECOND;
static const int64_t newest_ns = SECOND / 2;
static const int64_t sample_gap_ns = SECOND / 10;
static const int64_t reread_ns = 3 * SECOND; /* at the slowest; totals stand still between two reads */
static const double largest_us = 1e18;

/* Stalls take no more time than passes: a total that runs ahead, or back, is another cgroup's. */
static bool is_another_total(const struct perfadapt__stall_window *window, double some_us, double full_us,
                             int64_t now_ns) {
    const double some_gained_us = some_us - window->some_us[window->newest];
    const double full_gained_us = full_us - window->full_us[window->newest];
    const int64_t still_ns = now_ns - window->moved_ns;
    const int64_t elapsed_ns = now_ns - window->time_ns[window->newest];
    const int64_t possible_ns = still_ns < reread_ns ? still_ns : reread_ns;
    const double most_us = (double)(elapsed_ns > possible_ns ? elapsed_ns : possible_ns) / 1000.0 * 1.5 + 100000.0;
    return some_gained_us < 0 || some_gained_us > most_us || full_gained_us < 0 || full_gained_us > most_us;
}

static void add_sample(struct perfadapt__stall_window *window, double some_us, double read_full_us, int64_t now_ns) {
    if (window->count && now_ns - window->time_ns[window->newest] < sample_gap_ns)
        return;
    const double last_full_us = window->count ? window->full_us[window->newest] : 0;
    const double full_us = read_full_us >= 0 && read_full_us <= some_us ? read_full_us : last_full_us;
    if (window->count && is_another_total(window, some_us, full_us, now_ns))
        window->count = 0;
    if (!window->count || some_us > window->some_us[window->newest])
        window->moved_ns = now_ns;
    window->newest = window->count ? (window->newest + 1) % PERFADAPT__STALL_SAMPLES : 0;
    window->time_ns[window->newest] = now_ns;
    window->some_us[window->newest] = some_us;
    window->full_us[window->newest] = full_us;
    if (window->count < PERFADAPT__STALL_SAMPLES)
        window->count++;
}

/* The oldest sample within that time; with a slow sampler, the one before the newest. */
static uint32_t base_sample(const struct perfadapt__stall_window *window, int64_t within_ns) {
    const int64_t last_ns = window->time_ns[window->newest];
    uint32_t base = window->newest;
    for (uint32_t back = 1; back < window->count; back++) {
        const uint32_t i = (window->newest + PERFADAPT__STALL_SAMPLES - back) % PERFADAPT__STALL_SAMPLES;
        if (back > 1 && last_ns - window->time_ns[i] > within_ns)
            break;
        base = i;
    }
    return base;
}

static double rate(double gained_us, double seconds) {
    const double ms_per_s = gained_us / 1000.0 / seconds;
    return ms_per_s <= 0 ? 0 : ms_per_s < 1000 ? ms_per_s : 1000;
}

static void measure(const struct perfadapt__stall_window *window, int64_t within_ns, double *out_some,
                    double *out_full) {
    const uint32_t base = base_sample(window, within_ns);
    /* Never less than the whole time: a first short stretch must not be blown up into a rate. */
    const int64_t span_ns = window->time_ns[window->newest] - window->time_ns[base];
    const double seconds = (double)(span_ns > within_ns ? span_ns : within_ns) / (double)SECOND;
    *out_some = rate(window->some_us[window->newest] - window->some_us[base], seconds);
    *out_full = rate(window->full_us[window->newest] - window->full_us[base], seconds);
}

struct perfadapt__stall perfadapt__stall_step(struct perfadapt__stall_window *window,
                                              const struct perfadapt__stall_reading *reading, int64_t now_ns) {
    /* All tasks stalled are some, too: a kernel or driver of a test that tells only of all is believed. */
    const double some_us = isnan(reading->some_us) ? reading->full_us : reading->some_us;
    if (!(some_us >= 0 && some_us <= largest_us))
        return (struct perfadapt__stall){0};
    add_sample(window, some_us, reading->full_us, now_ns);
    struct perfadapt__stall stall = {.known = true};
    measure(window, window_ns, &stall.some, &stall.full);
    measure(window, newest_ns, &stall.newest_some, &stall.newest_full);
    return stall;
}
