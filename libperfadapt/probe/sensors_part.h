/*
 * The sensors, asked in a child: libsensors may end its process, and the GPUs are not to be lost with it.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_PROBE_SENSORS_PART_H
#define PERFADAPT_PROBE_SENSORS_PART_H

#include "probe/sensors.h"

struct probe_sensors_part {
    char *text; /* the JSON, or the sensor map; NULL = failed */
    size_t length;
    char error[160]; /* why, in words; "" = nothing is wrong */
};

/*
 * `boot_id` NULL: their JSON; else the sensor map of that boot. Warnings of the configuration go to standard error.
 * probe_sensors_part_finish is due.
 */
void probe_sensors_part_read(const struct perfadapt__root *root, const struct probe_sensors_options *options,
                             const char *boot_id, int64_t timeout_ms, struct probe_sensors_part *out_part);
void probe_sensors_part_finish(struct probe_sensors_part *part);

#endif
