/* A thermometer as machines have them: late, noisy, coarse. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_SENSOR_H
#define PERFADAPT_TOOLS_SIM_SENSOR_H

#include "sim/body.h"
#include "sim/random.h"

#define SIM_SENSOR_LAG_S 0.5

struct sim_sensor {
    double lagged_c;
    double step_c;
    double deviation_c;
    double spike_share; /* of readings that are off by spike_c */
    struct sim_random random;
};

void sim_sensor_init(struct sim_sensor *sensor, const struct sim_body *body, enum sim_variant variant, uint64_t seed);
double sim_sensor_share(double seconds); /* how far a reading follows in this time */
double sim_sensor_read(struct sim_sensor *sensor);

#endif
