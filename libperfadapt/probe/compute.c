/* SPDX-License-Identifier: MIT */
#include "probe/compute.h"

#include "config/sensor_map.h"

#include <math.h>

/* Kernel files count in millidegrees. */
static const double least_distance_c = 0.0005;

static bool is_same(double one, double other) {
    return fabs(one - other) <= 1e-6 * fmax(1, fabs(one));
}

static size_t count_different(const struct probe_point *points, size_t count) {
    size_t different = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_new = true;
        for (size_t j = 0; j < i; j++)
            is_new &= fabs(points[i].raw_c - points[j].raw_c) >= least_distance_c;
        different += is_new;
    }
    return different;
}

static bool is_identity(const struct probe_point *points, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_same(points[i].raw_c, points[i].value_c))
            return false;
    return true;
}

/* Through the points furthest apart, where rounding counts least. */
static void lay_line(const struct probe_point *points, size_t count, struct probe_compute *compute) {
    const struct probe_point *least = points;
    const struct probe_point *most = points;
    for (size_t i = 1; i < count; i++) {
        if (points[i].raw_c < least->raw_c)
            least = &points[i];
        if (points[i].raw_c > most->raw_c)
            most = &points[i];
    }
    compute->scale = compute->points > 1 ? (most->value_c - least->value_c) / (most->raw_c - least->raw_c) : 1;
    compute->offset_c = least->value_c - compute->scale * least->raw_c;
}

static bool is_line(const struct probe_point *points, size_t count, const struct probe_compute *compute) {
    for (size_t i = 0; i < count; i++)
        if (!is_same(points[i].value_c, compute->scale * points[i].raw_c + compute->offset_c))
            return false;
    return true;
}

static bool is_in_range(const struct probe_compute *compute) {
    const double magnitude = fabs(compute->scale);
    return magnitude >= PERFADAPT__NOTE_SCALE_LEAST && magnitude <= PERFADAPT__NOTE_SCALE_MOST &&
           fabs(compute->offset_c) <= PERFADAPT__NOTE_OFFSET_C_MOST;
}

static enum probe_fit judge(const struct probe_point *points, size_t count, const struct probe_compute *compute) {
    if (!is_line(points, count, compute))
        return PROBE_FIT_NOT_LINEAR;
    if (!is_in_range(compute))
        return PROBE_FIT_OUT_OF_RANGE;
    if (compute->points == 1)
        return PROBE_FIT_ONE_POINT;
    return compute->points == 2 ? PROBE_FIT_TWO_POINTS : PROBE_FIT_LINE;
}

struct probe_compute probe_compute_fit(const struct probe_point *points, size_t count) {
    struct probe_compute compute = {.fit = PROBE_FIT_NONE, .scale = (double)NAN, .offset_c = (double)NAN};
    compute.points = count_different(points, count);
    if (count == 0)
        return compute;
    if (is_identity(points, count)) {
        compute.fit = PROBE_FIT_IDENTITY;
        compute.scale = 1;
        compute.offset_c = 0;
        return compute;
    }
    lay_line(points, count, &compute);
    compute.fit = judge(points, count, &compute);
    if (compute.fit == PROBE_FIT_NOT_LINEAR)
        compute.scale = compute.offset_c = (double)NAN;
    return compute;
}

bool probe_compute_says_something(const struct probe_compute *compute) {
    return compute->fit == PROBE_FIT_LINE || compute->fit == PROBE_FIT_TWO_POINTS ||
           compute->fit == PROBE_FIT_ONE_POINT;
}

const char *probe_fit_name(enum probe_fit fit) {
    static const char *const names[] = {"none",      "identity",   "line",        "two points",
                                        "one point", "not linear", "out of range"};
    return (size_t)fit < sizeof names / sizeof names[0] ? names[fit] : "unknown";
}
