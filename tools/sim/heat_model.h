/* The reference's picture of a machine: four fixed time constants whose gains a Kalman filter learns.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_HEAT_MODEL_H
#define PERFADAPT_TOOLS_SIM_HEAT_MODEL_H

#include <stdbool.h>

#define SIM_HEAT_MODES 4
#define SIM_HEAT_TERMS (SIM_HEAT_MODES + 2) /* a constant, the modes, what fades from before the start */

enum sim_horizon {
    SIM_IN_100_MS,
    SIM_IN_500_MS,
    SIM_IN_1_S,
    SIM_IN_2_S,
    SIM_IN_3_S,
    SIM_IN_4_S,
    SIM_IN_5_S,
    SIM_IN_8_S,
    SIM_IN_10_S,
    SIM_IN_20_S,
    SIM_IN_30_S,
    SIM_IN_60_S,
    SIM_IN_120_S,
    SIM_HORIZON_COUNT
};

/* Utilisation now, and the one that it goes back to. */
struct sim_load_forecast {
    double now, later;
};

struct sim_heat_model {
    double gains[SIM_HEAT_TERMS];
    double covariance[SIM_HEAT_TERMS][SIM_HEAT_TERMS];
    double heat[SIM_HEAT_MODES];   /* utilisation through each time constant … */
    double lagged[SIM_HEAT_MODES]; /* … and through the sensor */
    double fade, bias_c;
    double variance;       /* of innovations */
    double innovations[3]; /* newest last */
    double decay[SIM_HORIZON_COUNT][SIM_HEAT_MODES];
    double passing[SIM_HORIZON_COUNT][SIM_HEAT_MODES]; /* weight of a load that goes back */
    double fade_decay[SIM_HORIZON_COUNT];
    bool started;
};

void sim_heat_model_init(struct sim_heat_model *model);
void sim_heat_model_frame(struct sim_heat_model *model, double seconds, double busy);
void sim_heat_model_learn(struct sim_heat_model *model, double temperature_c, bool learn);
double sim_heat_model_predict(const struct sim_heat_model *model, struct sim_load_forecast load,
                              enum sim_horizon horizon);
/* Standard deviation of the predicted change. */
double sim_heat_model_doubt(const struct sim_heat_model *model, struct sim_load_forecast load,
                            enum sim_horizon horizon);

#endif
