/* How fast an amount of memory moves: over a second, or steadily over half a minute. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_TREND_H
#define PERFADAPT_CONTROL_TREND_H

#include <stdint.h>

#define PERFADAPT__TREND_SAMPLES 16

/* Zeroed memory is an empty trend. */
struct perfadapt__trend {
    uint32_t count, newest;
    int64_t time_ns[PERFADAPT__TREND_SAMPLES];
    double value[PERFADAPT__TREND_SAMPLES];
};

/*
 * Takes a finite value at most every `gap_ns`; NAN empties the trend, and so does a pause of eight gaps, at least ten
 * seconds: what lies before says nothing of now. `now_ns` is positive and never goes back.
 */
void perfadapt__trend_add(struct perfadapt__trend *trend, double value, int64_t gap_ns, int64_t now_ns);

/* Per second, over the newest second; a shorter time counts as a second, so that one step is not blown up. */
double perfadapt__trend_sudden(const struct perfadapt__trend *trend);

/* Of the samples kept; NAN where there is none. */
double perfadapt__trend_least(const struct perfadapt__trend *trend);

/*
 * Per second, where it rose in each quarter of the whole window: the least of those rises, each from minimum to minimum,
 * so that neither a load that is over nor a sawtooth counts. 0 where it did not, or the window is not full.
 */
double perfadapt__trend_steady_rise(const struct perfadapt__trend *trend);

#endif
