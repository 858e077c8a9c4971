/* What a scene asks for over time: GPU work at the best level and the change of the air. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_SCENE_H
#define PERFADAPT_TOOLS_SIM_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/plant.h"

#define SIM_SCENE_COUNT 9
#define SIM_SCENE_SLOTS_PER_S 100
#define SIM_SCENE_FORESIGHT_S 64 /* tables go on this long after the end, for those who look ahead */

struct sim_scene_kind {
    const char *name;
    const char *text;
};
extern const struct sim_scene_kind sim_scene_kinds[SIM_SCENE_COUNT];

struct sim_scene {
    char name[SIM_PLANT_NAME_MAX];
    double duration_s;
    size_t slots;
    float *work_ms;                    /* per slot, of the best level at full clock */
    double *sum_ms;                    /* slots + 1: of the work before a slot */
    float *ambient_c;                  /* per slot: above the plant's own */
    double noise;                      /* deviation of the logarithm of a frame's work */
    double hitch_share;                /* of frames that take sim_scene_hitch_ms longer */
    double settle_from_s, settle_to_s; /* the one lasting step of work; NAN where there is none */
};

extern const double sim_scene_hitch_ms;

/* A kind of scene, or the name of a frame log (*.csv)? */
bool sim_scene_is_known(const char *name_or_path);

/* One of the kinds above by name, or a frame log (*.csv). False: `message` says why. */
bool sim_scene_create(struct sim_scene *scene, const char *name_or_path, double duration_s, uint64_t seed,
                      char message[SIM_MESSAGE_MAX]);
void sim_scene_destroy(struct sim_scene *scene);

/* The slot of a moment, held to the table. */
static inline size_t sim_scene_slot(const struct sim_scene *scene, double seconds) {
    const size_t slot = seconds > 0 ? (size_t)(seconds * SIM_SCENE_SLOTS_PER_S) : 0;
    return slot < scene->slots ? slot : scene->slots - 1;
}

/* Of a stretch of time: the mean and the highest work. */
double sim_scene_mean_ms(const struct sim_scene *scene, double from_s, double to_s);
double sim_scene_peak_ms(const struct sim_scene *scene, double from_s, double to_s);

#endif
