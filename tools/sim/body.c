/* SPDX-License-Identifier: MIT */
#include "sim/body.h"

#include <math.h>

const char *const sim_variant_names[SIM_VARIANT_COUNT] = {"plain", "cliff", "noise"};

static const double release_c = 1.0;       /* throttling ends this far below where it began */
static const double cliff_release_c = 5.0; /* likewise, for the variant that latches */

struct poles {
    double die, board_in, board_out; /* conductance over capacity, 1/s */
    double fast, slow;               /* eigenvalues, both negative */
};

static struct poles find_poles(const struct sim_plant *plant) {
    struct poles poles = {
        .die = 1.0 / (plant->r1_k_per_w * plant->c1_j_per_k),
        .board_in = 1.0 / (plant->r1_k_per_w * plant->c2_j_per_k),
        .board_out = 1.0 / (plant->r2_k_per_w * plant->c2_j_per_k),
    };
    const double half_trace = -0.5 * (poles.die + poles.board_in + poles.board_out);
    const double determinant = poles.die * poles.board_out;
    const double root = sqrt(half_trace * half_trace - determinant);
    poles.fast = half_trace - root;
    poles.slow = determinant / poles.fast; /* half_trace + root would cancel */
    return poles;
}

double sim_body_fastest_s(const struct sim_plant *plant) {
    return -1.0 / find_poles(plant).fast;
}

/* e^(At) of the 2x2 system by its eigenvalues. */
struct sim_stretch sim_body_stretch(const struct sim_plant *plant, double seconds) {
    const struct poles poles = find_poles(plant);
    const double fast = exp(poles.fast * seconds) / (poles.fast - poles.slow);
    const double slow = exp(poles.slow * seconds) / (poles.slow - poles.fast);
    const double board = poles.board_in + poles.board_out;
    return (struct sim_stretch){
        .seconds = seconds,
        .die_die = fast * (-poles.die - poles.slow) + slow * (-poles.die - poles.fast),
        .die_board = (fast + slow) * poles.die,
        .board_die = (fast + slow) * poles.board_in,
        .board_board = fast * (-board - poles.slow) + slow * (-board - poles.fast),
    };
}

void sim_body_init(struct sim_body *body, const struct sim_plant *plant, enum sim_variant variant) {
    const double die_c = sim_plant_steady_c(plant, 0, plant->ambient_c);
    const double power_w = sim_plant_sustainable_w(plant, die_c);
    *body = (struct sim_body){
        .plant = plant,
        .die_c = die_c,
        .board_c = plant->ambient_c + power_w * plant->r2_k_per_w,
        .clock = 1.0,
        .power_w = power_w,
        .cliff = variant == SIM_CLIFF,
    };
}

void sim_body_heat(struct sim_body *body, const struct sim_stretch *stretch, double busy, double ambient_c) {
    const struct sim_plant *plant = body->plant;
    const double power_w =
        plant->idle_w + sim_plant_dynamic_w(plant, busy, body->clock) + sim_plant_leak_w(plant, body->die_c);
    const double board_end_c = ambient_c + power_w * plant->r2_k_per_w;
    const double die_end_c = board_end_c + power_w * plant->r1_k_per_w;
    const double die_c = body->die_c - die_end_c;
    const double board_c = body->board_c - board_end_c;
    body->die_c = die_end_c + stretch->die_die * die_c + stretch->die_board * board_c;
    body->board_c = board_end_c + stretch->board_die * die_c + stretch->board_board * board_c;
    body->power_w = power_w;
}

static void throttle_plain(struct sim_body *body) {
    const struct sim_plant *plant = body->plant;
    const bool too_fast = body->die_c >= plant->soft_c && body->clock > plant->clock_soft;
    const bool recovered = body->clock < plant->clock_soft && body->die_c < plant->hard_c - release_c;
    if (body->die_c >= plant->hard_c)
        body->clock = plant->clock_hard;
    else if (too_fast || recovered)
        body->clock = plant->clock_soft;
    if (body->clock < 1.0 && body->die_c < plant->soft_c - release_c)
        body->clock = 1.0;
}

void sim_body_throttle(struct sim_body *body) {
    const struct sim_plant *plant = body->plant;
    if (!body->cliff)
        throttle_plain(body);
    else if (body->die_c >= plant->soft_c)
        body->clock = plant->clock_hard;
    else if (body->die_c < plant->soft_c - cliff_release_c)
        body->clock = 1.0;
}
