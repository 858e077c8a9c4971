/* A simulated device's temperature, heated by the GPU time that the sessions report. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_FAKE_H
#define PERFADAPT_PROVIDERS_FAKE_H

#include "providers/provider.h"

/* A die and what it is fixed to: two heat capacities in a row, power into the first, the second to ambient. */
struct perfadapt__fake_plant {
    const char *name;
    double die_k_per_w;
    double die_j_per_k;
    double board_k_per_w;
    double board_j_per_k;
    double idle_w;
    double busy_w; /* added at full load */
    double leak_w; /* at 80 °C; e times more for every 40 °C */
    double ambient_c;
    double limit_c;
};

/* "NAME" or "NAME:SPEED", SPEED 0.1 … 1000 simulated seconds per second. False, and nothing set, for the rest. */
bool perfadapt__fake_parse(const char *spec, const struct perfadapt__fake_plant **out_plant, double *out_speed);

/* Its environment's `simulate` must be a text that perfadapt__fake_parse() takes. */
extern const struct perfadapt__provider_class perfadapt__fake_provider;

#endif
