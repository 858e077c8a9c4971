/* SPDX-License-Identifier: MIT */
#include "sim/plant.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "sim/plant_file.h"
#include "sim/random.h"

const char *const sim_plant_names[SIM_PLANT_COUNT] = {
    "rpi4", "handheld", "laptop-dgpu", "datacentre-gpu", "h200", "phone", "mini-pc",
};

static const uint64_t varied_stream = 0x706c616e74; /* "plant" */
static const double variation = 0.2;
static const double warm_day_c = 8.0, warm_day_margin_c = 2.0;
static const int tries_most = 100;

static bool is_path(const char *text) {
    const size_t length = strlen(text);
    return strchr(text, '/') || (length > 4 && strcmp(text + length - 4, ".ini") == 0);
}

bool sim_plant_load(const char *name_or_path, struct sim_plant *out_plant, char message[SIM_MESSAGE_MAX]) {
    char path[DATA_PATH_MAX] = "";
    if (is_path(name_or_path))
        return sim_plant_file_read(name_or_path, out_plant, message);
    if (data_path("plants", name_or_path, path) && access(path, F_OK) == 0)
        return sim_plant_file_read(path, out_plant, message);
    snprintf(message, SIM_MESSAGE_MAX, "no plant \"%.80s\" (%.300s); sim --list names them", name_or_path, path);
    return false;
}

static void vary(struct sim_plant *plant, struct sim_random *random) {
    double *const factors[] = {&plant->r1_k_per_w, &plant->c1_j_per_k, &plant->r2_k_per_w, &plant->c2_j_per_k,
                               &plant->idle_w,     &plant->dynamic_w,  &plant->leak_w};
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
        *factors[i] *= exp(variation * sim_random_normal(random));
    plant->ambient_c += -8.0 + 13.0 * sim_random_uniform(random);
}

/* A machine that throttles at a tenth of its load on a warm day would not have been sold: it is drawn anew. */
struct sim_plant sim_plant_varied(const struct sim_plant *plant, uint64_t seed) {
    struct sim_random random;
    sim_random_init(&random, seed, varied_stream);
    for (int i = 0; i < tries_most; i++) {
        struct sim_plant varied = *plant;
        vary(&varied, &random);
        if (sim_plant_steady_c(&varied, 0.1, varied.ambient_c + warm_day_c) < varied.soft_c - warm_day_margin_c)
            return varied;
    }
    return *plant;
}

double sim_plant_dynamic_w(const struct sim_plant *plant, double busy, double clock) {
    const double share = busy < plant->busy_full ? busy / plant->busy_full : 1.0;
    const double voltage_and_rate = clock < 1.0 ? clock * clock * sqrt(clock) : 1.0;
    return plant->dynamic_w * share * voltage_and_rate;
}

double sim_plant_leak_w(const struct sim_plant *plant, double die_c) {
    return plant->leak_w > 0 ? plant->leak_w * exp((die_c - 80.0) / 40.0) : 0.0;
}

double sim_plant_steady_c(const struct sim_plant *plant, double busy, double ambient_c) {
    const double resistance = plant->r1_k_per_w + plant->r2_k_per_w;
    const double fixed_w = plant->idle_w + sim_plant_dynamic_w(plant, busy, 1.0);
    double die_c = ambient_c + resistance * fixed_w;
    for (int i = 0; i < 200 && die_c < 200.0; i++)
        die_c = ambient_c + resistance * (fixed_w + sim_plant_leak_w(plant, die_c));
    return die_c < 200.0 ? die_c : 200.0;
}

double sim_plant_sustainable_w(const struct sim_plant *plant, double die_c) {
    return (die_c - plant->ambient_c) / (plant->r1_k_per_w + plant->r2_k_per_w);
}
