/* Random numbers that are the same everywhere: xoshiro256++, seeded by splitmix64. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_RANDOM_H
#define PERFADAPT_TOOLS_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state[4];
    double spare; /* normals come in pairs */
    bool has_spare;
};

/* Streams of one seed are independent of each other. */
void sim_random_init(struct sim_random *random, uint64_t seed, uint64_t stream);
uint64_t sim_random_next(struct sim_random *random);
double sim_random_uniform(struct sim_random *random); /* 0 <= x < 1 */
double sim_random_normal(struct sim_random *random);  /* mean 0, deviation 1 */

#endif
