/* SPDX-License-Identifier: MIT */
#include "control/heat.h"

#include "control/clamp.h"
#include "control/median.h"
#include "control/root.h"

#include <string.h>

#define UNKNOWNS PERFADAPT__HEAT_UNKNOWNS
#define CONSTANT 0
#define FIRST_GAIN 1
#define REST (UNKNOWNS - 1)

/* exp(-horizon / pole) */
static const double left[PERFADAPT__HORIZONS][PERFADAPT__POLES] = {
    {0.513417119032592, 0.975309912028333, 0.996672216054523, 0.999583420126834},
    {0.0356739933472524, 0.882496902584595, 0.983471453821617, 0.997918835299299},
    {0.00127263380133981, 0.778800783071405, 0.967216100482006, 0.99584200184511},
    {1.61959679231261e-06, 0.606530659712633, 0.935506985031618, 0.991701292638876},
    {2.06115362243856e-09, 0.472366552741015, 0.90483741803596, 0.987577800493881},
    {2.62309376966929e-12, 0.367879441171442, 0.875173319042947, 0.983471453821617},
    {3.338237795365e-15, 0.28650479686019, 0.846481724890614, 0.97938218133124},
    {6.88062092447787e-24, 0.135335283236613, 0.765928338364649, 0.967216100482006},
    {1.11438315784034e-29, 0.0820849986238988, 0.716531310573789, 0.959189457109138},
    {1.2418498224782e-58, 0.00673794699908547, 0.513417119032592, 0.920044414629323},
    {1.38389652673674e-87, 0.000553084370147834, 0.367879441171442, 0.882496902584595},
    {1.91516959671401e-174, 3.05902320501826e-07, 0.135335283236613, 0.778800783071405},
    {0, 9.35762296884017e-14, 0.0183156388887342, 0.606530659712633},
};
static const double seconds_ahead[PERFADAPT__HORIZONS] = {0.1, 0.5, 1, 2, 3, 4, 5, 8, 10, 20, 30, 60, 120};

static const double first_guess[PERFADAPT__POLES] = {4, 8, 10, 10};
static const double first_variance[UNKNOWNS] = {9, 225, 100, 100, 100, 36};
static const double most[UNKNOWNS] = {400, 60, 60, 60, 60, 30};
static const double least[UNKNOWNS] = {-100, 0, 0.5, 0.5, 0.5, -30};
/* The sum of all gains is less in doubt than each: coolers are made to fit, so where a die heats much, less is left to
 * what lies behind it. */
static const double all_gains[UNKNOWNS] = {0, 1, 1, 1, 1, 0};
static const double total_variance = 100;
/* Variance that each gains a second: ambients drift; gains change with a fan's speed and a device's age. */
static const double walk_constant = 4e-3;
static const double walk_gain = 4e-4;
static const double sensor_variance = 0.8;
static const double noise_factor = 1.0; /* of the flicker on top: a noisy sensor teaches slowly */
static const double lag_doubt = 0.3;    /* of what the fast pole has not shown the sensor yet */
static const double fade_s = 240.0;
static const double surprise_band = 2.0; /* standard deviations around the median of three */
static const double surprise_least_c = 0.4;
static const double noise_share = 0.03;
static const double bias_share = 0.1;
static const double variance_least = 1e-9;
static const double variance_most = 1e4;

double perfadapt__horizon_seconds(enum perfadapt__horizon horizon) {
    return seconds_ahead[horizon];
}

static void update(struct perfadapt__heat *heat, const double *regressor, double surprise, double noise_variance) {
    double spread[UNKNOWNS];
    double total = noise_variance;
    for (int i = 0; i < UNKNOWNS; i++) {
        spread[i] = 0;
        for (int j = 0; j < UNKNOWNS; j++)
            spread[i] += heat->covariance[i][j] * regressor[j];
        total += regressor[i] * spread[i];
    }
    for (int i = 0; i < UNKNOWNS; i++)
        heat->unknowns[i] += spread[i] / total * surprise;
    for (int i = 0; i < UNKNOWNS; i++)
        for (int j = 0; j <= i; j++)
            heat->covariance[i][j] = heat->covariance[j][i] = heat->covariance[i][j] - spread[i] * spread[j] / total;
}

void perfadapt__heat_init(struct perfadapt__heat *heat, double temperature_c) {
    memset(heat, 0, sizeof *heat);
    heat->unknowns[CONSTANT] = temperature_c;
    memcpy(&heat->unknowns[FIRST_GAIN], first_guess, sizeof first_guess);
    for (int i = 0; i < UNKNOWNS; i++)
        heat->covariance[i][i] = first_variance[i];
    update(heat, all_gains, 0, total_variance);
    heat->fade = 1.0;
    heat->variance = surprise_least_c * surprise_least_c;
}

double perfadapt__heat_noise_c(const struct perfadapt__heat *heat) {
    return perfadapt__root(heat->variance);
}

/* A spike is one surprise far from its neighbours; it may teach no more than they do. */
static double believable(struct perfadapt__heat *heat, double surprise) {
    heat->surprises[2] = heat->surprises[1];
    heat->surprises[1] = heat->surprises[0];
    heat->surprises[0] = surprise;
    if (heat->learned < 2)
        return surprise;
    const double noise = perfadapt__heat_noise_c(heat);
    const double band = surprise_band * (noise > surprise_least_c ? noise : surprise_least_c);
    const double middle = perfadapt__median_of_3(heat->surprises);
    const double believed = perfadapt__clamp(surprise, middle - band, middle + band);
    const double step = believed - heat->believed;
    heat->believed = believed;
    heat->flicker += noise_share * (perfadapt__clamp(0.5 * step * step, 0, 25.0) - heat->flicker);
    heat->variance += noise_share * (perfadapt__clamp(believed * believed, 0, 100.0) - heat->variance);
    return believed;
}

/* The bound that is violated worst, in its own standard deviations, among those not `fixed` yet; -1 = none. */
static int worst_violation(const struct perfadapt__heat *heat, double covariance[UNKNOWNS][UNKNOWNS],
                           const bool *fixed) {
    int worst = -1;
    double most_deviations = 0;
    for (int i = 0; i < UNKNOWNS; i++) {
        const double excess = perfadapt__clamp(heat->unknowns[i], least[i], most[i]) - heat->unknowns[i];
        const double deviations =
            !fixed[i] && covariance[i][i] > variance_least ? excess * excess / covariance[i][i] : 0;
        if (deviations > most_deviations) {
            most_deviations = deviations;
            worst = i;
        }
    }
    return worst;
}

/* Conditions on one unknown being known exactly: the others move along, and vary less. */
static void condition(double covariance[UNKNOWNS][UNKNOWNS], const double *share, int known) {
    double row[UNKNOWNS];
    memcpy(row, covariance[known], sizeof row);
    for (int i = 0; i < UNKNOWNS; i++)
        for (int j = 0; j < UNKNOWNS; j++)
            covariance[i][j] -= share[i] * row[j];
}

/* One bound after the other, each with what the ones before have fixed: with the same covariance for all of them, a later
 * projection would move an earlier one out again, and the clipping after it break the fit. */
static void keep_bounds(struct perfadapt__heat *heat) {
    double covariance[UNKNOWNS][UNKNOWNS];
    bool fixed[UNKNOWNS] = {false};
    memcpy(covariance, heat->covariance, sizeof covariance);
    for (int n = 0; n < UNKNOWNS; n++) {
        const int j = worst_violation(heat, covariance, fixed);
        if (j < 0)
            break;
        fixed[j] = true;
        const double excess = perfadapt__clamp(heat->unknowns[j], least[j], most[j]) - heat->unknowns[j];
        double share[UNKNOWNS];
        for (int i = 0; i < UNKNOWNS; i++) {
            share[i] = covariance[i][j] / covariance[j][j];
            heat->unknowns[i] += i == j ? excess : fixed[i] ? 0 : share[i] * excess;
        }
        condition(covariance, share, j);
    }
    for (int j = 0; j < UNKNOWNS; j++) /* by rounding alone */
        heat->unknowns[j] = perfadapt__clamp(heat->unknowns[j], least[j], most[j]);
}

static void let_walk(struct perfadapt__heat *heat, double seconds) {
    for (int i = 0; i < REST; i++) {
        const double walk = i == CONSTANT ? walk_constant : walk_gain;
        heat->covariance[i][i] =
            perfadapt__clamp(heat->covariance[i][i] + walk * seconds, variance_least, variance_most);
    }
}

void perfadapt__heat_learn(struct perfadapt__heat *heat, const struct perfadapt__busy *busy, double temperature_c,
                           double seconds, bool frozen) {
    heat->fade *= 1.0 - perfadapt__clamp(seconds / fade_s, 0, 0.5);
    if (frozen)
        return;
    double regressor[UNKNOWNS] = {[CONSTANT] = 1.0, [REST] = heat->fade};
    memcpy(&regressor[FIRST_GAIN], busy->sensed, sizeof busy->sensed);
    double expected = 0;
    for (int i = 0; i < UNKNOWNS; i++)
        expected += regressor[i] * heat->unknowns[i];
    /* As known before: a hotter reading must not teach less for being further from the last. */
    const double flicker = heat->flicker;
    const double surprise = believable(heat, temperature_c - expected);
    const double unseen =
        lag_doubt * heat->unknowns[FIRST_GAIN] * (busy->now[PERFADAPT__POLE_FAST] - busy->sensed[PERFADAPT__POLE_FAST]);
    update(heat, regressor, surprise, sensor_variance + noise_factor * flicker + unseen * unseen);
    keep_bounds(heat);
    let_walk(heat, seconds);
    const double quiet =
        surprise_least_c * surprise_least_c / (heat->variance + surprise_least_c * surprise_least_c) * 2.0;
    heat->bias =
        perfadapt__clamp(heat->bias + bias_share * (quiet < 1.0 ? quiet : 1.0) * (surprise - heat->bias), -30, 30);
    heat->learned++;
}

double perfadapt__heat_base_c(const struct perfadapt__heat *heat) {
    return heat->unknowns[CONSTANT] + heat->unknowns[REST] * heat->fade + heat->bias;
}

double perfadapt__heat_forecast_c(const struct perfadapt__heat *heat, const struct perfadapt__busy *busy,
                                  double utilisation, enum perfadapt__horizon horizon) {
    double temperature = perfadapt__heat_base_c(heat);
    for (int i = 0; i < PERFADAPT__POLES; i++)
        temperature += heat->unknowns[FIRST_GAIN + i] * (utilisation + (busy->now[i] - utilisation) * left[horizon][i]);
    return temperature;
}

double perfadapt__heat_doubt(const struct perfadapt__heat *heat, const struct perfadapt__busy *busy, double utilisation,
                             enum perfadapt__horizon horizon) {
    double variance = 0;
    double change[PERFADAPT__POLES];
    for (int i = 0; i < PERFADAPT__POLES; i++) {
        change[i] = utilisation + (busy->now[i] - utilisation) * left[horizon][i] - busy->sensed[i];
        for (int j = 0; j <= i; j++)
            variance += (i == j ? 1.0 : 2.0) * change[i] * change[j] * heat->covariance[FIRST_GAIN + i][FIRST_GAIN + j];
    }
    return variance > 0 ? variance : 0;
}
