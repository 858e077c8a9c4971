/*
 * What may be set, by `section.key=value` and in preset files: one table for both. SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_TOOLS_DRIVE_SETTINGS_H
#define PERFADAPT_TOOLS_DRIVE_SETTINGS_H

#include "control/policy.h"
#include "drive/reason.h"

#include <stdbool.h>
#include <stdio.h>

/* Numbers as given, in units of the policy; NAN = not given. */
struct drive_settings {
    double mode, prefer, role; /* of the enums */
    double quality_min, quality_max;
    double target_ns; /* 0 = none */
    double slowest_ns;
    double fastest_ns;
    double refresh_ns; /* 0 = none */
    double scale_min, scale_max;
    double limit_c, margin_c;
    double battery_busy;
    double reserve_bytes;
    double frames_in_flight, worker_threads;
    double dispatch_ns; /* 0 = none */
    uint32_t outputs;   /* mask of enum perfadapt_output: what was freed */
    uint32_t levels;    /* 0 = not given */
    uint32_t cost_count;
    double cost[PERFADAPT__QUALITY_LEVELS_MAX]; /* as given */
};

/* Nothing given. */
void drive_settings_init(struct drive_settings *settings);

/* Sets "thermal.limit_c" to "85". False, and nothing changed, where the key is unknown or the value out of range. */
bool drive_settings_set(struct drive_settings *settings, const char *key, const char *value,
                        char out_reason[DRIVE_REASON_MAX]);

/* Every key with its range and what it does, one a line. */
void drive_settings_print(FILE *stream);

#endif
