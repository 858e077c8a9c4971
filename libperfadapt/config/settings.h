/*
 * What may be set, as numbers in the units of the policy. SPDX-License-Identifier: MIT
 *
 * One struct for every layer: a layer says what it says and leaves the rest NAN, and layers are merged key by key.
 */
#ifndef PERFADAPT_CONFIG_SETTINGS_H
#define PERFADAPT_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/* Every number a double; NAN = not given. Words are kept as their place among the words of their key. */
struct perfadapt__settings {
    double mode, prefer, yield, role; /* of the enums; yield: 0 = on */
    double incidents;                 /* 0 = yes */
    double quality_min, quality_max;  /* levels */
    double target_ns;                 /* 0 = none */
    double slowest_ns;
    double refresh_ns; /* 0 = none */
    double limit_c, margin_c;
    double battery_busy;
    double reserve_bytes;
    double memory_share;                         /* of the machine's, or of the cgroup's limit */
    double quality_share_min, quality_share_max; /* of the app's levels, 0 … 1: what a preset can say of them */
    double scale_min, scale_max;
    double frames_in_flight, worker_threads;
    double dispatch_ns; /* 0 = none */
    char preset[32]; /* policy.preset: the name of the preset to use; "" = not given, "auto" = what fits the device */
};

/* Nothing given. */
void perfadapt__settings_init(struct perfadapt__settings *settings);

/* What `from` gives replaces what `to` has. */
void perfadapt__settings_merge(struct perfadapt__settings *to, const struct perfadapt__settings *from);

#endif
