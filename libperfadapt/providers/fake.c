/* SPDX-License-Identifier: MIT */
#include "providers/fake.h"

#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* rpi4 and h200 are fitted to measured step responses, the others are estimates. */
static const struct perfadapt__fake_plant plants[] = {
    {"rpi4", 2.4, 3.7, 6.2, 16.8, 2.7, 4.3, 0.3, 25, 80},
    {"handheld", 1.0, 8, 4.0, 36, 4, 10.5, 1, 35, 95},
    {"laptop", 0.12, 60, 0.48, 400, 25, 72, 8, 28, 87},
    {"datacentre", 0.035, 150, 0.055, 900, 120, 500, 50, 32, 87},
    {"h200", 0.033, 6, 0.0065, 3000, 120, 570, 0, 30.5, 55},
};

static const double sensor_lag_s = 0.5;
static const double sensor_step_c = 0.5;
static const double hottest_c = 125;       /* where any die has switched itself off */
static const double longest_step_s = 3600; /* of one read: after a suspend the plant is in balance anyway */
static const double steps_per_time_constant = 16;

struct fake {
    struct perfadapt__provider base;
    const struct perfadapt__fake_plant *plant;
    double speed;
    double die_c;
    double board_c;
    double sensed_c;
    int64_t last_ns; /* 0 = not read yet */
    uint32_t sensor;
};

bool perfadapt__fake_parse(const char *spec, const struct perfadapt__fake_plant **out_plant, double *out_speed) {
    const size_t name_length = strcspn(spec, ":");
    double speed = 1;
    if (spec[name_length] == ':') {
        const char *at = spec + name_length + 1;
        if (*at < '0' || *at > '9' || !perfadapt__fs_parse_decimal(&at, &speed) || *at || speed < 0.1 || speed > 1000)
            return false;
    }
    for (size_t i = 0; i < sizeof plants / sizeof plants[0]; i++) {
        if (strlen(plants[i].name) != name_length || memcmp(plants[i].name, spec, name_length) != 0)
            continue;
        *out_plant = &plants[i];
        *out_speed = speed;
        return true;
    }
    return false;
}

/* For |x| up to about 10: a rational approximation of x/16, raised to the 16th. The C library's needs libm, and gives
 * other bits on other machines. */
static double exponential(double x) {
    const double y = x / 16;
    double power = (12 + 6 * y + y * y) / (12 - 6 * y + y * y);
    for (int i = 0; i < 4; i++)
        power *= power;
    return power;
}

static double power_of(const struct perfadapt__fake_plant *plant, double die_c, double busy) {
    return plant->idle_w + plant->busy_w * busy + plant->leak_w * exponential((die_c - 80) / 40);
}

static double at_most(double value, double most) {
    return value < most ? value : most;
}

static void settle_idle(struct fake *self) {
    const struct perfadapt__fake_plant *plant = self->plant;
    self->die_c = plant->ambient_c;
    for (int i = 0; i < 64; i++) {
        const double watts = power_of(plant, self->die_c, 0);
        self->board_c = plant->ambient_c + watts * plant->board_k_per_w;
        self->die_c = at_most(self->board_c + watts * plant->die_k_per_w, hottest_c);
    }
    self->sensed_c = self->die_c;
}

static void step(struct fake *self, double busy, double seconds) {
    const struct perfadapt__fake_plant *plant = self->plant;
    const double to_board = (self->die_c - self->board_c) / plant->die_k_per_w;
    const double to_ambient = (self->board_c - plant->ambient_c) / plant->board_k_per_w;
    const double die_c = self->die_c + (power_of(plant, self->die_c, busy) - to_board) / plant->die_j_per_k * seconds;
    self->board_c += (to_board - to_ambient) / plant->board_j_per_k * seconds;
    self->die_c = at_most(die_c, hottest_c);
    self->sensed_c += (self->die_c - self->sensed_c) * at_most(seconds / sensor_lag_s, 1);
}

static double shortest_time_constant(const struct perfadapt__fake_plant *plant) {
    return at_most(plant->die_k_per_w * plant->die_j_per_k,
                   at_most(plant->board_k_per_w * plant->board_j_per_k, sensor_lag_s));
}

static void advance(struct fake *self, double busy, double seconds) {
    const double longest = shortest_time_constant(self->plant) / steps_per_time_constant;
    for (double left = at_most(seconds, longest_step_s); left > 0; left -= longest)
        step(self, busy, at_most(left, longest));
}

static double quantised(double celsius) {
    const double steps = celsius / sensor_step_c;
    return sensor_step_c * (double)(int64_t)(steps < 0 ? steps - 0.5 : steps + 0.5);
}

/* NAN, where nothing is known of the GPU, fails both comparisons and is idle. */
static double busy_of(const struct perfadapt__read_context *context) {
    if (context->gpu_busy > 0)
        return at_most(context->gpu_busy, 1);
    return 0;
}

static void fake_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                      struct perfadapt_snapshot *snapshot) {
    struct fake *self = (struct fake *)provider;
    if (self->last_ns != 0 && context->now_ns > self->last_ns)
        advance(self, busy_of(context), (double)(context->now_ns - self->last_ns) / 1e9 * self->speed);
    self->last_ns = context->now_ns;
    struct perfadapt_sensor *sensor = &snapshot->sensors[self->sensor];
    sensor->temperature = perfadapt__metric_ok(quantised(self->sensed_c), PERFADAPT_UNIT_CELSIUS, context->now_ns);
    sensor->why = PERFADAPT_WHY_NONE;
}

static struct perfadapt_sensor *add_sensor(const struct perfadapt__fake_plant *plant,
                                           struct perfadapt_snapshot *snapshot) {
    char id[sizeof snapshot->sensors[0].id];
    char chip[sizeof snapshot->sensors[0].chip];
    snprintf(id, sizeof id, "simulated/junction@%s", plant->name);
    snprintf(chip, sizeof chip, "simulated %s", plant->name);
    struct perfadapt_sensor *sensor = perfadapt__sensor_add(snapshot, id, chip, "junction");
    if (!sensor)
        return NULL;
    sensor->role = PERFADAPT_SENSOR_GPU;
    sensor->simulated = 1;
    sensor->limit = perfadapt__metric_ok(plant->limit_c, PERFADAPT_UNIT_CELSIUS, perfadapt__now_ns());
    sensor->limit_source = PERFADAPT_LIMIT_SIMULATED;
    return sensor;
}

static struct perfadapt__provider *fake_create(const struct perfadapt__provider_environment *environment,
                                               struct perfadapt_snapshot *snapshot) {
    const struct perfadapt__fake_plant *plant;
    double speed;
    if (!environment->simulate || !perfadapt__fake_parse(environment->simulate, &plant, &speed))
        return NULL;
    struct fake *self = malloc(sizeof *self);
    const struct perfadapt_sensor *sensor = self ? add_sensor(plant, snapshot) : NULL;
    if (!sensor) {
        free(self);
        return NULL;
    }
    *self = (struct fake){.base.type = &perfadapt__fake_provider,
                          .plant = plant,
                          .speed = speed,
                          .sensor = (uint32_t)(sensor - snapshot->sensors)};
    settle_idle(self);
    snapshot->simulated = 1;
    return &self->base;
}

static void fake_destroy(struct perfadapt__provider *provider) {
    free(provider);
}

const struct perfadapt__provider_class perfadapt__fake_provider = {
    .name = "fake",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 100 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = true,
    .create = fake_create,
    .destroy = fake_destroy,
    .read = fake_read,
};
