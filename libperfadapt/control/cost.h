/*
 * What a frame costs at each quality level and render scale, relative to the best: a first guess, then learned.
 * SPDX-License-Identifier: MIT
 *
 * A switch is an experiment: the same scene right before it and right after it, so the ratio of the works tells the
 * ratio of the costs. Between switches nothing can be told apart from the scene, and nothing is learned.
 */
#ifndef PERFADAPT_CONTROL_COST_H
#define PERFADAPT_CONTROL_COST_H

#include "control/ladder.h"

#include <stdbool.h>

struct perfadapt__cost_table {
    double level[PERFADAPT__QUALITY_LEVELS_MAX]; /* by steps below the best quality; level[0] == 1 */
    double pixels;                               /* share of the work that follows the number of pixels, 0 … 1 */
};

/* One experiment in progress. */
struct perfadapt__cost_learning {
    uint32_t from_level, to_level;
    double from_scale, to_scale;
    double before[4], after[4]; /* GPU times, ns */
    uint32_t before_count, after_count;
};

void perfadapt__cost_init(struct perfadapt__cost_table *table, const struct perfadapt__policy *policy);

/* Of a frame with `level` steps below the best quality. */
static inline double perfadapt__cost_of(const struct perfadapt__cost_table *table, uint32_t level,
                                        double render_scale) {
    return table->level[level] * (1.0 - table->pixels * (1.0 - render_scale * render_scale));
}

static inline double perfadapt__cost_of_rung(const struct perfadapt__cost_table *table,
                                             const struct perfadapt__policy *policy,
                                             const struct perfadapt__rung *rung) {
    return perfadapt__cost_of(table, policy->quality_levels - 1 - rung->quality, rung->render_scale);
}

/*
 * Takes an ordinary frame's work at what it applied. True where the table changed; then `out_factor` is what works in
 * units of the best level are to be multiplied by, so that they still mean the same.
 */
bool perfadapt__cost_learn(struct perfadapt__cost_table *table, struct perfadapt__cost_learning *learning,
                           uint32_t level, double render_scale, double work_ns, uint32_t levels, double *out_factor);

#endif
