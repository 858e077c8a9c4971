/* The heat of a plant as it moves: die and board, clock throttle, hence the true state. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_BODY_H
#define PERFADAPT_TOOLS_SIM_BODY_H

#include "sim/plant.h"

enum sim_variant { SIM_PLAIN, SIM_CLIFF, SIM_NOISE, SIM_VARIANT_COUNT };
extern const char *const sim_variant_names[SIM_VARIANT_COUNT];

/* How the two temperatures move towards their end in one stretch of time: exact for constant power. */
struct sim_stretch {
    double seconds;
    double die_die, die_board, board_die, board_board;
};

struct sim_body {
    const struct sim_plant *plant;
    double die_c, board_c;
    double clock;   /* share of the full clock */
    double power_w; /* of the newest stretch */
    bool cliff;     /* throttles at once to the lowest clock, and long */
};

struct sim_stretch sim_body_stretch(const struct sim_plant *plant, double seconds);
double sim_body_fastest_s(const struct sim_plant *plant); /* the shorter time constant */

/* Idle for long. */
void sim_body_init(struct sim_body *body, const struct sim_plant *plant, enum sim_variant variant);

/* The temperatures after a stretch of constant utilisation; leakage is that of its beginning. */
void sim_body_heat(struct sim_body *body, const struct sim_stretch *stretch, double busy, double ambient_c);

/* What the hardware does about its temperature. */
void sim_body_throttle(struct sim_body *body);

#endif
