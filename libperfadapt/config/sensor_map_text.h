/* The text of one sensor map, as notes. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONFIG_SENSOR_MAP_TEXT_H
#define PERFADAPT_CONFIG_SENSOR_MAP_TEXT_H

#include "config/sensor_map.h"

struct perfadapt__sensor_map_text {
    struct perfadapt__sensor_map map;
    uint32_t left_out; /* sensors beyond what the map holds */
    int64_t version;   /* of its [map] section; PERFADAPT__SENSOR_MAP_VERSION where it has none */
    char boot_id[48];  /* likewise; "" = none */
};

/* False where the text is no INI: it is then to be dropped. Keys with bad values are dropped alone. Warns of both. */
bool perfadapt__sensor_map_parse(const char *text, size_t length, const char *name, const struct perfadapt_log *log,
                                 struct perfadapt__sensor_map_text *out);

/* The note of that id, made where there is none; NULL where there is no room. */
struct perfadapt__sensor_note *perfadapt__sensor_note_find_or_add(struct perfadapt__sensor_map *map, const char *id);

#endif
