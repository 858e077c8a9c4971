/* What a simulated machine is made of; profiles/plants/ explains each key. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_PLANT_H
#define PERFADAPT_TOOLS_SIM_PLANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_PLANT_NAME_MAX 64 /* one of --random: 32 bytes of the nominal name, "#" and any size_t */
#define SIM_MESSAGE_MAX 512

struct sim_plant {
    char name[SIM_PLANT_NAME_MAX];
    double r1_k_per_w, c1_j_per_k; /* the die */
    double r2_k_per_w, c2_j_per_k; /* board or skin */
    double idle_w, dynamic_w, busy_full, leak_w;
    double ambient_c;
    double soft_c, hard_c;
    double clock_soft, clock_hard;
    double clock_mhz;
    double sensor_step_c;
};

/* The plants that --all runs. */
#define SIM_PLANT_COUNT 7
extern const char *const sim_plant_names[SIM_PLANT_COUNT];

/* A path (with a slash or ending in .ini) or the name of a plant that came with the program. False: `message` says
 * why. */
bool sim_plant_load(const char *name_or_path, struct sim_plant *out_plant, char message[SIM_MESSAGE_MAX]);

/* Another machine of the same make: resistances, capacities and powers off by e^N(0, 0.2), the air by -8 … +5 °C. */
struct sim_plant sim_plant_varied(const struct sim_plant *plant, uint64_t seed);

/* Watts at a utilisation (0 … 1), a clock (share of the full one) and a die temperature. */
double sim_plant_dynamic_w(const struct sim_plant *plant, double busy, double clock);
double sim_plant_leak_w(const struct sim_plant *plant, double die_c);

/* Where the die ends at a constant utilisation and full clock; the search stops at 200 °C, beyond which leakage runs
 * away. */
double sim_plant_steady_c(const struct sim_plant *plant, double busy, double ambient_c);

/* The total power that holds the die at a temperature. */
double sim_plant_sustainable_w(const struct sim_plant *plant, double die_c);

#endif
