/* SPDX-License-Identifier: MIT */
#include "sim/scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/frame_log.h"
#include "sim/random.h"

const struct sim_scene_kind sim_scene_kinds[SIM_SCENE_COUNT] = {
    {"steady", "14.5 ms"},
    {"step", "9 ms, 16 ms from 240 s to 840 s"},
    {"bursts", "9.5 ms and 18 ms, 30 s each"},
    {"sine", "12.5 ± 4 ms over 90 s"},
    {"ambient", "14.5 ms; the air warms by 8 °C from 300 s to 420 s"},
    {"menu", "4 ms for the first 60 of every 300 s, else 15.5 ms"},
    {"ramp", "7 to 19 ms over 900 s"},
    {"spiky", "12 ms, with 20 ms for 0.2 to 1.5 s about every 8 s"},
    {"heavy", "24 ms"},
};

const double sim_scene_hitch_ms = 12.0;

static const uint64_t spiky_stream = 0x7370696b79; /* "spiky" */
static const double two_pi = 6.283185307179586;

static double work_at(size_t kind, double t) {
    switch (kind) {
    case 1:
        return t >= 240 && t < 840 ? 16.0 : 9.0;
    case 2:
        return fmod(t, 60.0) >= 30.0 ? 18.0 : 9.5;
    case 3:
        return 12.5 + 4.0 * sin(two_pi * t / 90.0);
    case 5:
        return fmod(t, 300.0) < 60.0 ? 4.0 : 15.5;
    case 6:
        return t < 900 ? 7.0 + 12.0 * t / 900.0 : 19.0;
    case 7:
        return 12.0;
    case 8:
        return 24.0;
    default:
        return 14.5;
    }
}

static double ambient_at(size_t kind, double t) {
    if (kind != 4 || t < 300)
        return 0.0;
    return t < 420 ? 8.0 * (t - 300.0) / 120.0 : 8.0;
}

static void add_spikes(struct sim_scene *scene, uint64_t seed) {
    struct sim_random random;
    sim_random_init(&random, seed, spiky_stream);
    const double end_s = (double)scene->slots / SIM_SCENE_SLOTS_PER_S;
    double t = 0;
    for (;;) {
        t += -8.0 * log(1.0 - sim_random_uniform(&random));
        const double until = t + 0.2 + 1.3 * sim_random_uniform(&random);
        if (t >= end_s)
            return;
        const size_t last = sim_scene_slot(scene, until);
        for (size_t slot = sim_scene_slot(scene, t); slot < last; slot++)
            scene->work_ms[slot] = 20.0f;
        t = until;
    }
}

static bool allocate(struct sim_scene *scene, char message[SIM_MESSAGE_MAX]) {
    scene->slots = (size_t)((scene->duration_s + SIM_SCENE_FORESIGHT_S) * SIM_SCENE_SLOTS_PER_S) + 1;
    scene->work_ms = calloc(scene->slots, sizeof *scene->work_ms);
    scene->ambient_c = calloc(scene->slots, sizeof *scene->ambient_c);
    scene->sum_ms = calloc(scene->slots + 1, sizeof *scene->sum_ms);
    if (scene->work_ms && scene->ambient_c && scene->sum_ms)
        return true;
    snprintf(message, SIM_MESSAGE_MAX, "%s: out of memory", scene->name);
    sim_scene_destroy(scene);
    return false;
}

static void fill_by_kind(struct sim_scene *scene, size_t kind, uint64_t seed) {
    for (size_t slot = 0; slot < scene->slots; slot++) {
        const double t = (double)slot / SIM_SCENE_SLOTS_PER_S;
        scene->work_ms[slot] = (float)work_at(kind, t);
        scene->ambient_c[slot] = (float)ambient_at(kind, t);
    }
    if (kind == 7)
        add_spikes(scene, seed);
    if (kind == 1) {
        scene->settle_from_s = 240;
        scene->settle_to_s = 840;
    }
    scene->noise = 0.05;
    scene->hitch_share = 1.0 / 2000.0;
}

static size_t find_kind(const char *name) {
    for (size_t kind = 0; kind < SIM_SCENE_COUNT; kind++)
        if (strcmp(sim_scene_kinds[kind].name, name) == 0)
            return kind;
    return SIM_SCENE_COUNT;
}

static bool is_log(const char *path) {
    const size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".csv") == 0;
}

bool sim_scene_is_known(const char *name_or_path) {
    return find_kind(name_or_path) < SIM_SCENE_COUNT || is_log(name_or_path);
}

/* The log's own noise and hitches are enough: none are added. */
static bool fill_by_log(struct sim_scene *scene, const char *path, char message[SIM_MESSAGE_MAX]) {
    struct sim_frame_log log;
    if (!sim_frame_log_read(path, &log, message))
        return false;
    size_t frame = 0;
    double frame_end_s = log.frames[0].period_ms / 1000.0;
    for (size_t slot = 0; slot < scene->slots; slot++) {
        while (frame_end_s <= (double)slot / SIM_SCENE_SLOTS_PER_S) {
            frame = frame + 1 < log.count ? frame + 1 : 0;
            frame_end_s += log.frames[frame].period_ms / 1000.0;
        }
        scene->work_ms[slot] = (float)log.frames[frame].work_ms;
    }
    sim_frame_log_free(&log);
    return true;
}

bool sim_scene_create(struct sim_scene *scene, const char *name_or_path, double duration_s, uint64_t seed,
                      char message[SIM_MESSAGE_MAX]) {
    const size_t kind = find_kind(name_or_path);
    if (!sim_scene_is_known(name_or_path)) {
        snprintf(message, SIM_MESSAGE_MAX, "no scene \"%.80s\"; sim --list names them; a log ends in .csv",
                 name_or_path);
        return false;
    }
    *scene = (struct sim_scene){.duration_s = duration_s, .settle_from_s = (double)NAN, .settle_to_s = (double)NAN};
    const char *slash = strrchr(name_or_path, '/');
    snprintf(scene->name, sizeof scene->name, "%s", slash ? slash + 1 : name_or_path);
    if (!allocate(scene, message))
        return false;
    if (kind < SIM_SCENE_COUNT) {
        fill_by_kind(scene, kind, seed);
    } else if (!fill_by_log(scene, name_or_path, message)) {
        sim_scene_destroy(scene);
        return false;
    }
    for (size_t slot = 0; slot < scene->slots; slot++)
        scene->sum_ms[slot + 1] = scene->sum_ms[slot] + (double)scene->work_ms[slot];
    return true;
}

void sim_scene_destroy(struct sim_scene *scene) {
    free(scene->work_ms);
    free(scene->sum_ms);
    free(scene->ambient_c);
    *scene = (struct sim_scene){0};
}

double sim_scene_mean_ms(const struct sim_scene *scene, double from_s, double to_s) {
    const size_t first = sim_scene_slot(scene, from_s);
    const size_t last = sim_scene_slot(scene, to_s);
    if (last <= first)
        return (double)scene->work_ms[first];
    return (scene->sum_ms[last] - scene->sum_ms[first]) / (double)(last - first);
}

double sim_scene_peak_ms(const struct sim_scene *scene, double from_s, double to_s) {
    const size_t last = sim_scene_slot(scene, to_s);
    float peak_ms = 0;
    for (size_t slot = sim_scene_slot(scene, from_s); slot <= last; slot++)
        peak_ms = scene->work_ms[slot] > peak_ms ? scene->work_ms[slot] : peak_ms;
    return (double)peak_ms;
}
