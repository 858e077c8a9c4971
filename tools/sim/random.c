/* SPDX-License-Identifier: MIT */
#include "sim/random.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotated(uint64_t value, unsigned bits) {
    return (value << bits) | (value >> (64 - bits));
}

void sim_random_init(struct sim_random *random, uint64_t seed, uint64_t stream) {
    uint64_t state = seed;
    state = splitmix(&state) ^ stream;
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&state);
    random->spare = 0;
    random->has_spare = false;
}

uint64_t sim_random_next(struct sim_random *random) {
    uint64_t *s = random->state;
    const uint64_t result = rotated(s[0] + s[3], 23) + s[0];
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 45);
    return result;
}

double sim_random_uniform(struct sim_random *random) {
    return (double)(sim_random_next(random) >> 11) * 0x1p-53;
}

/* Marsaglia's polar method. */
double sim_random_normal(struct sim_random *random) {
    if (random->has_spare) {
        random->has_spare = false;
        return random->spare;
    }
    double x, y, square;
    do {
        x = 2 * sim_random_uniform(random) - 1;
        y = 2 * sim_random_uniform(random) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    const double scale = sqrt(-2 * log(square) / square);
    random->spare = y * scale;
    random->has_spare = true;
    return x * scale;
}
