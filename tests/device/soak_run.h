/* One run: a load on the GPU, sized by the library, by another policy or not at all, while the thermometer is watched.
 * SPDX-License-Identifier: MIT */
#ifndef SOAK_RUN_H
#define SOAK_RUN_H

#include "load.h"
#include "scene.h"
#include "sim/plant.h"
#include "sim/policy.h"
#include "soak_options.h"
#include "soak_watch.h"

#define SOAK_PHASES_MAX 3

/* What all runs share. */
struct soak_bench {
    struct soak_options options;
    struct gpu gpu;
    struct perfadapt_device device;
    struct ring ring;
    struct load load;
    double costs[SCENE_LEVELS_MAX];
    struct perfadapt__policy policy;
    struct perfadapt__ladder ladder;
    double limit_c;           /* NAN: not known yet */
    struct sim_plant nominal; /* for the power allocator: idle and full power, as measured here */
    double sustainable_w;     /* likewise: of the best constant level */
    struct soak_row *rows;    /* of the newest run */
    uint32_t row_count;
};

enum soak_decider { SOAK_IDLE, SOAK_PINNED, SOAK_OURS, SOAK_RIVAL };

struct soak_phase {
    enum scene_load load;
    double seconds;
    bool learning; /* before what is compared */
};

struct soak_run {
    enum soak_decider decider;
    uint32_t rung; /* where it is pinned */
    const struct sim_policy *rival;
    struct soak_phase phases[SOAK_PHASES_MAX];
    uint32_t phase_count;
    bool until_cool; /* idle: no longer than it takes to be at cool_c */
    double cool_c;
};

/* The rows are in bench->rows after it. False: the device failed, or no session could be opened; said on stderr. */
bool soak_run(struct soak_bench *bench, const struct soak_run *run);

#endif
