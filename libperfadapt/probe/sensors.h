/*
 * The temperatures of this machine as libsensors has them, beside the kernel's own. SPDX-License-Identifier: MIT
 *
 * libsensors' state is the process's, its configuration may end the process, and every value is a file opened and closed:
 * hence a process of its own, and once.
 */
#ifndef PERFADAPT_PROBE_SENSORS_H
#define PERFADAPT_PROBE_SENSORS_H

#include "core/fs.h"
#include "probe/compute.h"
#include "providers/gate.h"
#include "providers/hwmon_chip.h"

#include <stdio.h>

#define PROBE_WARNINGS_MAX 32

/* One tempN of a chip. Temperatures are libsensors', in °C; NAN where there is none, or it was not read. */
struct probe_feature {
    uint32_t number;
    char id[96];           /* the library's */
    char zone_id[96];      /* of the thermal zone that is the same sensor; "" = none */
    char kernel_label[32]; /* as the library has it: "tempN" where the driver gives none */
    char label[64];        /* libsensors' */
    double input_c;
    double max_c;
    double crit_c;
    double emergency_c;
    int fault;    /* 1, 0, -1 unknown */
    bool ignored; /* hidden by the configuration */
    bool unknown; /* libsensors does not know it, whatever the configuration says */
    struct probe_compute compute;
    const char *error; /* why input_c could not be read; NULL */
};

struct probe_chip {
    struct perfadapt__hwmon_chip identity;
    char name[128];      /* as `sensors` prints it; "" = libsensors does not know the chip */
    char adapter[128];   /* likewise */
    const char *avoided; /* why the library never reads it; NULL */
    enum perfadapt__gate_answer gate;
    size_t count;
    struct probe_feature *features;
};

struct probe_sensors {
    size_t chip_count;
    struct probe_chip *chips;
    size_t warning_count; /* of the configuration's errors; beyond PROBE_WARNINGS_MAX they are only counted */
    char warnings[PROBE_WARNINGS_MAX][256];
};

struct probe_sensors_options {
    FILE *config;            /* instead of the system's configuration; NULL */
    const char *config_name; /* its name in messages */
    bool all;                /* read chips too that the library leaves alone */
};

/* False, with the reason, where libsensors cannot work at all. probe_sensors_finish is due in either case. */
bool probe_sensors_read(const struct perfadapt__root *root, const struct probe_sensors_options *options,
                        struct probe_sensors *out_sensors, const char **out_reason);
void probe_sensors_finish(struct probe_sensors *sensors);

#endif
