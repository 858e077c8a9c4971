/* The cached sensor map: what libsensors' configuration says, for the library to read. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_MAP_FILE_H
#define PERFADAPT_PROBE_MAP_FILE_H

#include "probe/sensors.h"

/*
 * Writes the file anew: it is there whole or not at all. Makes its directory where there is none, for the user alone. 0,
 * or -errno. *out_left_out: sensors beyond what a map holds.
 */
int probe_map_file_write(const char *path, const struct probe_sensors *sensors, const char *boot_id,
                         size_t *out_left_out);

/* Removes what a write that does not end has begun. For a signal handler. */
void probe_map_file_abandon(void);

#endif
