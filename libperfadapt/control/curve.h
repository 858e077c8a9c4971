/*
 * How much heat a busy share of the GPU's time makes: a straight line until a power meter says otherwise.
 * SPDX-License-Identifier: MIT
 *
 * Power saturates: at its cap (one datacentre GPU reaches it at 69 % busy) more work makes no more heat. The power shown
 * follows the load by up to a second, so it teaches the curve, in steady seconds, and leads nothing. The curve is in units
 * of busy: where it has been learned first it is a line of slope 1, so that what was learned of heat before stays true.
 */
#ifndef PERFADAPT_CONTROL_CURVE_H
#define PERFADAPT_CONTROL_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#define PERFADAPT__CURVE_KNOTS 9

/* At busy = i / 8. A multiple of 8 bytes: it travels with the caps. */
struct perfadapt__curve {
    double heat[PERFADAPT__CURVE_KNOTS];
};

struct perfadapt__curve_learning {
    double busy[PERFADAPT__CURVE_KNOTS];    /* mean of the samples nearest to each knot */
    double power_w[PERFADAPT__CURVE_KNOTS]; /* likewise */
    uint32_t samples[PERFADAPT__CURVE_KNOTS];
    double before;      /* busy, at the sample before; NAN = none */
    uint32_t steady;    /* samples in a row that were close together */
    double origin_busy; /* where the curve was fixed first … */
    double origin_w;
    double watt_per_busy; /* … and its slope there; 0 = not learned yet */
};

void perfadapt__curve_init(struct perfadapt__curve *curve, struct perfadapt__curve_learning *learning);

/* A second's mean busy share and the power at its end. True where the curve changed. */
bool perfadapt__curve_learn(struct perfadapt__curve *curve, struct perfadapt__curve_learning *learning, double busy,
                            double power_w);

static inline double perfadapt__curve_at(const struct perfadapt__curve *curve, double busy) {
    const double place = busy * (PERFADAPT__CURVE_KNOTS - 1);
    if (!(place > 0))
        return curve->heat[0];
    if (!(place < PERFADAPT__CURVE_KNOTS - 1))
        return curve->heat[PERFADAPT__CURVE_KNOTS - 1];
    const int knot = (int)place;
    return curve->heat[knot] + (place - knot) * (curve->heat[knot + 1] - curve->heat[knot]);
}

#endif
