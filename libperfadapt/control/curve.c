/* SPDX-License-Identifier: MIT */
#include "control/curve.h"

#include <math.h> /* NAN only: no libm is linked */
#include <string.h>

#define KNOTS PERFADAPT__CURVE_KNOTS

static const double steady_band = 0.04;   /* seconds further apart are a change, that power has not followed yet */
static const uint32_t steady_enough = 3;  /* seconds: meters average, too */
static const uint32_t samples_enough = 8; /* of a knot, before it counts */
static const uint32_t samples_most = 60;  /* that the newest is weighed against */
static const double range_least = 0.1;    /* of busy, that the first slope is taken over */
static const double power_most_w = 1e5;
static const double heat_most = 2.0;

void perfadapt__curve_init(struct perfadapt__curve *curve, struct perfadapt__curve_learning *learning) {
    memset(learning, 0, sizeof *learning);
    learning->before = (double)NAN;
    for (int i = 0; i < KNOTS; i++)
        curve->heat[i] = (double)i / (KNOTS - 1);
}

static bool is_steady(struct perfadapt__curve_learning *learning, double busy) {
    const double moved = busy > learning->before ? busy - learning->before : learning->before - busy;
    learning->steady = moved < steady_band ? learning->steady + 1 : 0;
    learning->before = busy;
    return learning->steady >= steady_enough;
}

static void take_sample(struct perfadapt__curve_learning *learning, double busy, double power_w) {
    const int knot = (int)(busy * (KNOTS - 1) + 0.5);
    if (learning->samples[knot] < samples_most)
        learning->samples[knot]++;
    const double share = 1.0 / learning->samples[knot];
    learning->busy[knot] += share * (busy - learning->busy[knot]);
    learning->power_w[knot] += share * (power_w - learning->power_w[knot]);
}

/* Knots that count, from the lowest; how many. */
static int known_knots(const struct perfadapt__curve_learning *learning, int *out_knots) {
    int count = 0;
    for (int i = 0; i < KNOTS; i++)
        if (learning->samples[i] >= samples_enough)
            out_knots[count++] = i;
    return count;
}

/* The first two places that are known well and apart fix the scale for good. */
static void fix_scale(struct perfadapt__curve_learning *learning, const int *knots, int count) {
    const int low = knots[0];
    const int high = knots[count - 1];
    const double range = learning->busy[high] - learning->busy[low];
    const double rise_w = learning->power_w[high] - learning->power_w[low];
    if (range < range_least || !(rise_w > 0))
        return;
    learning->origin_busy = learning->busy[low];
    learning->origin_w = learning->power_w[low];
    learning->watt_per_busy = rise_w / range;
}

static double heat_of(const struct perfadapt__curve_learning *learning, int knot) {
    return learning->origin_busy + (learning->power_w[knot] - learning->origin_w) / learning->watt_per_busy;
}

/* Through the known places; beyond them as steep as the nearest two, but never steeper than at first, nor falling. */
static double heat_at(const struct perfadapt__curve_learning *learning, const int *knots, int count, double busy) {
    int right = 1;
    while (right < count - 1 && busy > learning->busy[knots[right]])
        right++;
    const int a = knots[right - 1];
    const int b = knots[right];
    const double range = learning->busy[b] - learning->busy[a];
    double slope = range > 0 ? (heat_of(learning, b) - heat_of(learning, a)) / range : 1.0;
    slope = slope > 0 ? slope : 0;
    if (busy > learning->busy[b] && slope > 1.0)
        slope = 1.0;
    return heat_of(learning, a) + slope * (busy - learning->busy[a]);
}

static bool redraw(struct perfadapt__curve *curve, const struct perfadapt__curve_learning *learning, const int *knots,
                   int count) {
    bool changed = false;
    double below = 0;
    for (int i = 0; i < KNOTS; i++) {
        double heat = heat_at(learning, knots, count, (double)i / (KNOTS - 1));
        heat = heat > below ? (heat < heat_most ? heat : heat_most) : below;
        changed |= heat < curve->heat[i] || heat > curve->heat[i];
        curve->heat[i] = below = heat;
    }
    return changed;
}

bool perfadapt__curve_learn(struct perfadapt__curve *curve, struct perfadapt__curve_learning *learning, double busy,
                            double power_w) {
    if (!(busy >= 0) || !(busy <= 1) || !(power_w > 0) || !(power_w < power_most_w)) {
        learning->before = (double)NAN;
        return false;
    }
    if (!is_steady(learning, busy))
        return false;
    take_sample(learning, busy, power_w);
    int knots[KNOTS];
    const int count = known_knots(learning, knots);
    if (count < 2)
        return false;
    if (!(learning->watt_per_busy > 0))
        fix_scale(learning, knots, count);
    return learning->watt_per_busy > 0 && redraw(curve, learning, knots, count);
}
