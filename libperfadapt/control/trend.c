/* SPDX-License-Identifier: MIT */
#include "control/trend.h"

#include <math.h> /* NAN only: no libm is linked */
#include <stdbool.h>

#define SECOND INT64_C(1000000000)
#define QUARTER (PERFADAPT__TREND_SAMPLES / 4)

static const double window_quarters = (PERFADAPT__TREND_SAMPLES - 1) * 4.0 / PERFADAPT__TREND_SAMPLES;
static const int64_t sudden_ns = 1 * SECOND;
static const int64_t pause_ns = 10 * SECOND;

void perfadapt__trend_add(struct perfadapt__trend *trend, double value, int64_t gap_ns, int64_t now_ns) {
    const bool known = value >= 0 && value <= 1e18;
    const int64_t elapsed_ns = trend->count ? now_ns - trend->time_ns[trend->newest] : 0;
    if (!known || elapsed_ns > (8 * gap_ns > pause_ns ? 8 * gap_ns : pause_ns))
        trend->count = 0;
    if (!known || (trend->count && elapsed_ns < gap_ns))
        return;
    trend->newest = trend->count ? (trend->newest + 1) % PERFADAPT__TREND_SAMPLES : 0;
    trend->time_ns[trend->newest] = now_ns;
    trend->value[trend->newest] = value;
    if (trend->count < PERFADAPT__TREND_SAMPLES)
        trend->count++;
}

/* `back` samples before the newest. */
static uint32_t at(const struct perfadapt__trend *trend, uint32_t back) {
    return (trend->newest + PERFADAPT__TREND_SAMPLES - back) % PERFADAPT__TREND_SAMPLES;
}

double perfadapt__trend_sudden(const struct perfadapt__trend *trend) {
    if (trend->count < 2)
        return 0;
    const int64_t newest_ns = trend->time_ns[trend->newest];
    uint32_t base = at(trend, 1);
    for (uint32_t back = 2; back < trend->count && newest_ns - trend->time_ns[at(trend, back)] <= sudden_ns; back++)
        base = at(trend, back);
    const int64_t span_ns = newest_ns - trend->time_ns[base];
    const double seconds = (double)(span_ns > sudden_ns ? span_ns : sudden_ns) / (double)SECOND;
    return (trend->value[trend->newest] - trend->value[base]) / seconds;
}

static double least_of(const struct perfadapt__trend *trend, uint32_t first_back, uint32_t count) {
    double value = trend->value[at(trend, first_back)];
    for (uint32_t i = 1; i < count; i++) {
        const double other = trend->value[at(trend, first_back + i)];
        value = other < value ? other : value;
    }
    return value;
}

double perfadapt__trend_least(const struct perfadapt__trend *trend) {
    return trend->count > 0 ? least_of(trend, 0, trend->count) : (double)NAN;
}

double perfadapt__trend_steady_rise(const struct perfadapt__trend *trend) {
    if (trend->count < PERFADAPT__TREND_SAMPLES)
        return 0;
    double rise = (double)INFINITY;
    for (uint32_t back = 0; back < 3 * QUARTER; back += QUARTER) {
        const double other = least_of(trend, back, QUARTER) - least_of(trend, back + QUARTER, QUARTER);
        rise = other < rise ? other : rise;
    }
    const int64_t span_ns = trend->time_ns[trend->newest] - trend->time_ns[at(trend, PERFADAPT__TREND_SAMPLES - 1)];
    return rise > 0 && span_ns > 0 ? rise * window_quarters * (double)SECOND / (double)span_ns : 0;
}
