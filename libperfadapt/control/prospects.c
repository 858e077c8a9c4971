/* SPDX-License-Identifier: MIT */
#include "control/prospects.h"

#include <math.h> /* INFINITY only: no libm is linked */
#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const double down_spreads = 2.0, up_spreads = 2.5;
static const double down_slack = 1.5;
static const double leeway_share = 0.3; /* of a coarse sensor's grain, that a small step may be too hot by … */
static const double down_leeway = 1.5;  /* … before it is taken, and this times it afterwards … */
static const double steady_band = 0.05; /* … while the load stays within this of its middle */
static const double guard_c = 0.5;

static const enum perfadapt__horizon down_horizons[] = {PERFADAPT__AFTER_3_S, PERFADAPT__AFTER_8_S,
                                                        PERFADAPT__AFTER_20_S};
static const enum perfadapt__horizon aim_horizons[] = {PERFADAPT__AFTER_5_S, PERFADAPT__AFTER_20_S};
static const enum perfadapt__horizon late_aim_horizons[] = {PERFADAPT__AFTER_60_S};
static const enum perfadapt__horizon up_horizons[] = {PERFADAPT__AFTER_10_S, PERFADAPT__AFTER_30_S};
static const enum perfadapt__horizon far_horizons[] = {PERFADAPT__AFTER_60_S, PERFADAPT__AFTER_120_S};
static const enum perfadapt__horizon jump_horizons[] = {PERFADAPT__AFTER_500_MS, PERFADAPT__AFTER_1_S,
                                                        PERFADAPT__AFTER_2_S, PERFADAPT__AFTER_4_S};

double perfadapt__prospects_cost(const struct perfadapt__prospects *prospects, uint32_t rung) {
    return perfadapt__cost_of_rung(&prospects->frames->cost, prospects->policy, &prospects->ladder->rungs[rung]);
}

double perfadapt__prospects_load(const struct perfadapt__prospects *prospects, uint32_t rung) {
    return perfadapt__prospects_cost(prospects, rung) * prospects->ladder->rungs[rung].per_frame_ns;
}

static bool frames_fit(const struct perfadapt__prospects *prospects, uint32_t rung, double work_ns, double spreads) {
    const double time_ns = work_ns * perfadapt__prospects_cost(prospects, rung);
    return time_ns * (1.0 + spreads * prospects->load->spread) * prospects->ladder->rungs[rung].per_frame_ns <=
           PERFADAPT__LATE_RATIO;
}

static double utilisation_at(const struct perfadapt__prospects *prospects, uint32_t rung, double work_ns) {
    const struct perfadapt__rung *at = &prospects->ladder->rungs[rung];
    if (!(at->per_frame_ns > 0))
        return 1.0; /* without a target the GPU is as busy as it can be */
    const double utilisation = work_ns * perfadapt__prospects_cost(prospects, rung) * at->per_frame_ns;
    return utilisation < 1.0 ? utilisation : 1.0;
}

/* By how much the target is higher where the frame rate would have to give way. */
static double allowance(const struct perfadapt__prospects *prospects, uint32_t rung) {
    const struct perfadapt__ladder *ladder = prospects->ladder;
    return ladder->full_rate > 0 && rung >= ladder->full_rate ? prospects->thermal->last_resort_c : 0.0;
}

/* The largest excess over the target at any of the horizons, °C. */
static double excess_at(const struct perfadapt__prospects *prospects, uint32_t rung, double work_ns,
                        const enum perfadapt__horizon *horizons, size_t count) {
    double worst = -(double)INFINITY;
    for (size_t i = 0; i < count; i++) {
        const double ahead_ns = perfadapt__load_ahead_ns(prospects->load, work_ns, horizons[i]);
        const double excess =
            perfadapt__thermal_excess_c(prospects->thermal, utilisation_at(prospects, rung, ahead_ns), horizons[i]);
        worst = excess > worst ? excess : worst;
    }
    return worst - allowance(prospects, rung);
}

/* After a jump the fast pole decides, of which least is known: the model's doubt counts as heat. */
static double jump_excess_at(const struct perfadapt__prospects *prospects, uint32_t rung, double work_ns) {
    double worst = -(double)INFINITY;
    for (size_t i = 0; i < COUNT(jump_horizons); i++) {
        const double excess = perfadapt__thermal_doubtful_excess_c(
            prospects->thermal, utilisation_at(prospects, rung, work_ns), jump_horizons[i], 2.0);
        worst = excess > worst ? excess : worst;
    }
    return worst - allowance(prospects, rung);
}

double perfadapt__prospects_move_share(const struct perfadapt__prospects *prospects, uint32_t rung_a, uint32_t rung_b) {
    const double load_a = perfadapt__prospects_load(prospects, rung_a);
    const double load_b = perfadapt__prospects_load(prospects, rung_b);
    const double more = load_a > load_b ? load_a : load_b;
    const double less = load_a > load_b ? load_b : load_a;
    const double share = more > 0 ? (more - less) / more / PERFADAPT__FULL_STEP : 1.0;
    return share < 1.0 ? share : 1.0;
}

/* The step below a rung; below the last one there is none to follow anything down by. */
static double step_share(const struct perfadapt__prospects *prospects, uint32_t rung) {
    return rung + 1 < prospects->ladder->count ? perfadapt__prospects_move_share(prospects, rung, rung + 1) : 1.0;
}

/* What comes late cannot overshoot: it can be followed down, rung by rung. That is bought with switches, so it counts the
 * more, the larger the step below is. */
static double followed_excess(const struct perfadapt__prospects *prospects, uint32_t rung, double soon, double late) {
    if (!(late > soon))
        return soon;
    const double share = step_share(prospects, rung);
    return soon + share * share * (late - soon);
}

bool perfadapt__prospects_stays_cool(const struct perfadapt__prospects *prospects, uint32_t rung) {
    const double work_ns = prospects->load->middle_ns;
    const double soon = excess_at(prospects, rung, work_ns, aim_horizons, COUNT(aim_horizons));
    const double late = excess_at(prospects, rung, work_ns, late_aim_horizons, COUNT(late_aim_horizons));
    return followed_excess(prospects, rung, soon, late) + perfadapt__thermal_slack_c(prospects->thermal) <= 0;
}

double perfadapt__prospects_guarded_from_c(const struct perfadapt__prospects *prospects, uint32_t rung) {
    const double allowed_c = allowance(prospects, rung);
    return guard_c > allowed_c ? guard_c : allowed_c;
}

/* A temperature over its target stays over it, whatever the model says: where the device throttles, it learns nothing. */
static bool is_over(const struct perfadapt__prospects *prospects, uint32_t rung) {
    double temperature_c;
    double target_c;
    return perfadapt__thermal_over_c(prospects->thermal, &temperature_c, &target_c) >
           perfadapt__prospects_guarded_from_c(prospects, rung);
}

bool perfadapt__prospects_answers_heat(const struct perfadapt__prospects *prospects) {
    return prospects->ladder->rungs[0].per_frame_ns > 0;
}

double perfadapt__prospects_lasting_excess_c(const struct perfadapt__prospects *prospects, uint32_t rung) {
    const double work_ns = prospects->load->middle_ns;
    const double soon = excess_at(prospects, rung, work_ns, up_horizons, COUNT(up_horizons));
    const double late = excess_at(prospects, rung, work_ns, far_horizons, COUNT(far_horizons));
    return followed_excess(prospects, rung, soon, late);
}

bool perfadapt__prospects_is_steady(const struct perfadapt__prospects *prospects) {
    const struct perfadapt__load *load = prospects->load;
    const double least_ns = load->middle_ns * (1.0 - steady_band);
    const double most_ns = load->middle_ns * (1.0 + steady_band);
    return load->mean_ns >= least_ns && load->mean_ns <= most_ns && load->peak_ns <= most_ns;
}

/* A sensor of whole degrees leaves open what lies between two of them. By small steps that is tried out: the next reading
 * tells, and no reading can be a whole degree too high. */
static double leeway_c(const struct perfadapt__prospects *prospects, uint32_t rung) {
    if (!perfadapt__prospects_is_steady(prospects))
        return 0;
    const double share = step_share(prospects, rung);
    return leeway_share * (1.0 - share) * perfadapt__thermal_grain_c(prospects->thermal);
}

bool perfadapt__prospects_may_rise_by_heat(const struct perfadapt__prospects *prospects, uint32_t rung) {
    const struct perfadapt__load *load = prospects->load;
    if (!perfadapt__prospects_answers_heat(prospects))
        return true;
    const double leeway = leeway_c(prospects, rung);
    return !is_over(prospects, rung) && perfadapt__prospects_lasting_excess_c(prospects, rung) <= leeway &&
           jump_excess_at(prospects, rung, load->peak_ns) + perfadapt__thermal_slack_c(prospects->thermal) <= leeway;
}

bool perfadapt__prospects_may_rise_by_frames(const struct perfadapt__prospects *prospects, uint32_t rung) {
    return frames_fit(prospects, rung, prospects->load->peak_ns, up_spreads);
}

bool perfadapt__prospects_fits(const struct perfadapt__prospects *prospects, uint32_t rung) {
    return frames_fit(prospects, rung, prospects->load->middle_ns, down_spreads);
}

bool perfadapt__prospects_is_too_hot(const struct perfadapt__prospects *prospects, uint32_t rung,
                                     double *out_excess_c) {
    *out_excess_c = excess_at(prospects, rung, prospects->load->middle_ns, down_horizons, COUNT(down_horizons));
    const double allowed =
        down_slack * perfadapt__thermal_slack_c(prospects->thermal) + down_leeway * leeway_c(prospects, rung);
    return perfadapt__prospects_answers_heat(prospects) && *out_excess_c > allowed;
}
