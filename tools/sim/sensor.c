/* SPDX-License-Identifier: MIT */
#include "sim/sensor.h"

#include <math.h>

static const uint64_t sensor_stream = 0x73656e736f72; /* "sensor" */
static const double spike_c = 15.0;

void sim_sensor_init(struct sim_sensor *sensor, const struct sim_body *body, enum sim_variant variant, uint64_t seed) {
    *sensor = (struct sim_sensor){
        .lagged_c = body->die_c,
        .step_c = body->plant->sensor_step_c,
        .deviation_c = variant == SIM_NOISE ? 1.0 : 0.25,
        .spike_share = variant == SIM_NOISE ? 0.01 : 0.0,
    };
    sim_random_init(&sensor->random, seed, sensor_stream);
}

double sim_sensor_share(double seconds) {
    return 1.0 - exp(-seconds / SIM_SENSOR_LAG_S);
}

double sim_sensor_read(struct sim_sensor *sensor) {
    const double noise_c = sensor->deviation_c * sim_random_normal(&sensor->random);
    const bool spike = sim_random_uniform(&sensor->random) < sensor->spike_share;
    const double read_c = sensor->lagged_c + noise_c + (spike ? spike_c : 0.0);
    return floor(read_c / sensor->step_c + 0.5) * sensor->step_c;
}
