/* The cached sensor map: what libsensors' configuration says, for the library to read. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_MAP_FILE_H
#define PERFADAPT_PROBE_MAP_FILE_H

#include "probe/sensors.h"

/* The file's text, to be freed; NULL without memory. *out_left_out: sensors beyond what a map holds. */
char *probe_map_text(const struct probe_sensors *sensors, const char *boot_id, size_t *out_length,
                     size_t *out_left_out);

#endif
