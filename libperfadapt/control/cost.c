/* SPDX-License-Identifier: MIT */
#include "control/cost.h"

#include <string.h>

/* Frames looked at on either side of a switch: their median of medians is not moved by one hitch. */
#define SAMPLES 4

static const double trust = 0.35;      /* how far one experiment moves the estimate */
static const double implausible = 1.6; /* a ratio this far from the expected one is a change of scene */
static const double unrest = 1.3;      /* samples of one side further apart than this tell nothing */
static const double least_cost = 1e-6; /* of a level */
static const double step_least = 0.98; /* each level costs at most this of the one above: caps need an order */
static const double scale_told = 0.05; /* less difference in pixels tells nothing of their share */

void perfadapt__cost_init(struct perfadapt__cost_table *table, const struct perfadapt__policy *policy) {
    memset(table, 0, sizeof *table);
    for (uint32_t i = 0; i < PERFADAPT__QUALITY_LEVELS_MAX; i++)
        table->level[i] = i < policy->quality_levels ? policy->cost[i] : least_cost;
    table->pixels = 1.0;
}

/* The mean of the middle ones; 0 where they lie too far apart to be of one scene. */
static double middle_of(const double *times) {
    double low = times[0];
    double high = times[0];
    double sum = times[0];
    for (int i = 1; i < SAMPLES; i++) {
        low = times[i] < low ? times[i] : low;
        high = times[i] > high ? times[i] : high;
        sum += times[i];
    }
    return high <= low * unrest ? (sum - low - high) / (SAMPLES - 2) : 0.0;
}

/* What lies between two levels moves by its share of the way, what lies beyond by as much as the nearer one. */
static void move_levels(struct perfadapt__cost_table *table, uint32_t from, uint32_t to, double factor,
                        uint32_t levels) {
    const double span = (double)to - (double)from;
    for (uint32_t i = 0; i < levels; i++) {
        const double way = ((double)i - (double)from) / span;
        const double share = way < 0 ? 0 : way > 1 ? 1 : way;
        table->level[i] *= 1.0 + share * (factor - 1.0);
    }
}

/* Costs fall from level to level whatever was measured, and the best one's is 1. Returns the factor that took. */
static double tidy(struct perfadapt__cost_table *table, uint32_t levels) {
    const double best = table->level[0];
    table->level[0] = 1.0;
    for (uint32_t i = 1; i < levels; i++) {
        const double cost = table->level[i] / best;
        const double most = table->level[i - 1] * step_least;
        table->level[i] = cost > most ? most : cost < least_cost ? least_cost : cost;
    }
    return best;
}

__attribute__((cold)) static bool conclude(struct perfadapt__cost_table *table,
                                           const struct perfadapt__cost_learning *learning, uint32_t levels,
                                           double *out_factor) {
    const double before = middle_of(learning->before);
    const double after = middle_of(learning->after);
    const double cost_before = perfadapt__cost_of(table, learning->from_level, learning->from_scale);
    const double cost_after = perfadapt__cost_of(table, learning->to_level, learning->to_scale);
    const double expected = cost_after / cost_before;
    if (!(before > 0) || !(after > 0) || !(expected > 0))
        return false;
    const double surprise = after / before / expected;
    if (!(surprise < implausible) || !(surprise * implausible > 1.0))
        return false;
    const double factor = 1.0 + trust * (surprise - 1.0);
    if (learning->from_level != learning->to_level) {
        move_levels(table, learning->from_level, learning->to_level, factor, levels);
        *out_factor = tidy(table, levels);
        return true;
    }
    const double pixels_from = learning->from_scale * learning->from_scale;
    const double pixels_to = learning->to_scale * learning->to_scale;
    const double moved = pixels_to > pixels_from ? pixels_to - pixels_from : pixels_from - pixels_to;
    if (moved < scale_told)
        return false;
    /* after / before = (1 - p (1 - to)) / (1 - p (1 - from)), solved for p. */
    const double ratio = factor * expected;
    const double divisor = (1.0 - pixels_to) - ratio * (1.0 - pixels_from);
    const double share = (1.0 - ratio) / divisor;
    if (!(share >= 0.2) || !(share <= 1.0))
        return false;
    table->pixels = share;
    *out_factor = 1.0;
    return true;
}

static bool is_elsewhere(const struct perfadapt__cost_learning *learning, uint32_t level, double render_scale) {
    return level != learning->to_level || render_scale < learning->to_scale || render_scale > learning->to_scale;
}

bool perfadapt__cost_learn(struct perfadapt__cost_table *table, struct perfadapt__cost_learning *learning,
                           uint32_t level, double render_scale, double work_ns, uint32_t levels, double *out_factor) {
    if (is_elsewhere(learning, level, render_scale)) {
        /* The frames at the old place that are remembered are the newest ones there. */
        learning->from_level = learning->to_level;
        learning->from_scale = learning->to_scale;
        memcpy(learning->before, learning->after, sizeof learning->before);
        learning->before_count = learning->after_count;
        learning->to_level = level;
        learning->to_scale = render_scale;
        learning->after_count = 0;
    }
    learning->after[learning->after_count % SAMPLES] = work_ns;
    if (learning->after_count < 1u << 30)
        learning->after_count++;
    if (learning->after_count != SAMPLES || learning->before_count < SAMPLES)
        return false;
    return conclude(table, learning, levels, out_factor);
}
