/* SPDX-License-Identifier: MIT */
#include "sim/heat_model.h"

#include <math.h>
#include <string.h>

#include "sim/load_window.h"
#include "sim/sensor.h"

static const double times_s[SIM_HEAT_MODES] = {0.15, 4, 30, 240};
static const double horizons_s[SIM_HORIZON_COUNT] = {0.1, 0.5, 1, 2, 3, 4, 5, 8, 10, 20, 30, 60, 120};
static const double return_s = 60.0; /* a load goes back to its mean */
static const double fade_s = 240.0;
static const double gains_at_first[SIM_HEAT_TERMS] = {0, 4, 8, 15, 15, 0};
static const double variances_at_first[SIM_HEAT_TERMS] = {9, 225, 100, 100, 100, 36};
static const double least[SIM_HEAT_TERMS] = {-INFINITY, 0, 0.5, 0.5, 0.5, -30};
static const double most[SIM_HEAT_TERMS] = {INFINITY, 60, 60, 60, 60, 30};
static const double walk_variance = 1e-3;
static const double noise_variance = 1.5;
static const double fast_doubt = 0.3;
static const double variance_share = 0.03;
static const double bias_share = 0.1;
static const double clamp_least_c = 0.4;

void sim_heat_model_init(struct sim_heat_model *model) {
    memset(model, 0, sizeof *model);
    model->fade = 1.0;
    model->variance = 1.0;
    for (int j = 0; j < SIM_HEAT_TERMS; j++) {
        model->gains[j] = gains_at_first[j];
        model->covariance[j][j] = variances_at_first[j];
    }
    for (int h = 0; h < SIM_HORIZON_COUNT; h++) {
        model->fade_decay[h] = exp(-horizons_s[h] / fade_s);
        for (int i = 0; i < SIM_HEAT_MODES; i++) {
            const double decay = exp(-horizons_s[h] / times_s[i]);
            model->decay[h][i] = decay;
            model->passing[h][i] = (exp(-horizons_s[h] / return_s) - decay) / (1.0 - times_s[i] / return_s);
        }
    }
}

void sim_heat_model_frame(struct sim_heat_model *model, double seconds, double busy) {
    const double lag_share = seconds / (SIM_SENSOR_LAG_S + seconds);
    for (int i = 0; i < SIM_HEAT_MODES; i++) {
        model->heat[i] += seconds / (times_s[i] + seconds) * (busy - model->heat[i]);
        model->lagged[i] += lag_share * (model->heat[i] - model->lagged[i]);
    }
}

static void fill_terms(const struct sim_heat_model *model, double terms[SIM_HEAT_TERMS]) {
    terms[0] = 1.0;
    for (int i = 0; i < SIM_HEAT_MODES; i++)
        terms[i + 1] = model->lagged[i];
    terms[SIM_HEAT_TERMS - 1] = model->fade;
}

static double product(const double a[SIM_HEAT_TERMS], const double b[SIM_HEAT_TERMS]) {
    double sum = 0;
    for (int j = 0; j < SIM_HEAT_TERMS; j++)
        sum += a[j] * b[j];
    return sum;
}

/* A gain out of its bounds moves back, and takes the others along as far as they are correlated. */
static void project(struct sim_heat_model *model) {
    for (int i = 0; i < SIM_HEAT_TERMS; i++) {
        const double gain = model->gains[i];
        const double step = gain < least[i] ? least[i] - gain : gain > most[i] ? most[i] - gain : 0.0;
        if (!(step > 0 || step < 0))
            continue;
        for (int j = 0; j < SIM_HEAT_TERMS; j++)
            model->gains[j] += model->covariance[j][i] * step / model->covariance[i][i];
    }
    for (int i = 0; i < SIM_HEAT_TERMS; i++)
        model->gains[i] = fmin(fmax(model->gains[i], least[i]), most[i]);
}

static void correct(struct sim_heat_model *model, const double terms[SIM_HEAT_TERMS], double innovation) {
    double weighted[SIM_HEAT_TERMS];
    const double fast_c = fast_doubt * model->gains[1] * (model->heat[0] - model->lagged[0]);
    for (int j = 0; j < SIM_HEAT_TERMS; j++)
        weighted[j] = product(model->covariance[j], terms);
    const double scale = 1.0 / (product(weighted, terms) + noise_variance + fast_c * fast_c);
    for (int j = 0; j < SIM_HEAT_TERMS; j++)
        model->gains[j] += weighted[j] * scale * innovation;
    for (int i = 0; i < SIM_HEAT_TERMS; i++)
        for (int j = 0; j < SIM_HEAT_TERMS; j++)
            model->covariance[i][j] -= weighted[i] * weighted[j] * scale;
    for (int j = 0; j < SIM_HEAT_TERMS - 1; j++)
        model->covariance[j][j] += walk_variance;
    project(model);
}

void sim_heat_model_learn(struct sim_heat_model *model, double temperature_c, bool learn) {
    double terms[SIM_HEAT_TERMS];
    if (!model->started)
        model->gains[0] = temperature_c;
    model->started = true;
    model->fade *= 1.0 - 1.0 / fade_s;
    fill_terms(model, terms);
    const double raw = temperature_c - product(model->gains, terms);
    double *recent = model->innovations;
    recent[0] = recent[1];
    recent[1] = recent[2];
    recent[2] = raw;
    const double middle = sim_median3(recent[0], recent[1], recent[2]);
    const double reach = 2.0 * fmax(clamp_least_c, sqrt(model->variance));
    const double innovation = fmin(fmax(raw, middle - reach), middle + reach);
    model->variance += variance_share * (innovation * innovation - model->variance);
    if (learn)
        correct(model, terms, innovation);
    const double residual = temperature_c - product(model->gains, terms);
    const double clamped = fmin(fmax(residual, middle - reach), middle + reach);
    model->bias_c += bias_share * (clamped - model->bias_c);
}

static double mode_at(const struct sim_heat_model *model, struct sim_load_forecast load, enum sim_horizon horizon,
                      int i) {
    const double decay = model->decay[horizon][i];
    return model->heat[i] * decay + load.later * (1.0 - decay) + (load.now - load.later) * model->passing[horizon][i];
}

double sim_heat_model_predict(const struct sim_heat_model *model, struct sim_load_forecast load,
                              enum sim_horizon horizon) {
    const double *gains = model->gains;
    double sum_c = gains[0] + model->bias_c;
    sum_c += gains[SIM_HEAT_TERMS - 1] * model->fade * model->fade_decay[horizon];
    for (int i = 0; i < SIM_HEAT_MODES; i++)
        sum_c += gains[i + 1] * mode_at(model, load, horizon, i);
    return sum_c;
}

double sim_heat_model_doubt(const struct sim_heat_model *model, struct sim_load_forecast load,
                            enum sim_horizon horizon) {
    double change[SIM_HEAT_TERMS] = {0};
    double sum = 0;
    for (int i = 0; i < SIM_HEAT_MODES; i++)
        change[i + 1] = mode_at(model, load, horizon, i) - model->lagged[i];
    change[SIM_HEAT_TERMS - 1] = model->fade * (model->fade_decay[horizon] - 1.0);
    for (int j = 0; j < SIM_HEAT_TERMS; j++)
        sum += change[j] * product(model->covariance[j], change);
    return sum > 0 ? sqrt(sum) : 0.0;
}
