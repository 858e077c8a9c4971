/*
 * The sensor map: what files say of sensors that the kernel does not. SPDX-License-Identifier: MIT
 *
 * Three files, each optional; a later one wins key by key: the cache that perfadapt-probe writes from libsensors'
 * configuration, the administrator's, the user's. docs/sensors.md has the format.
 */
#ifndef PERFADAPT_CONFIG_SENSOR_MAP_H
#define PERFADAPT_CONFIG_SENSOR_MAP_H

#include "core/fs.h"
#include "core/variables.h"

#include <perfadapt/perfadapt.h>

#define PERFADAPT__SENSOR_NOTES_MAX 64
#define PERFADAPT__NOTE_UNSET UINT32_MAX

/* The format of the files. */
#define PERFADAPT__SENSOR_MAP_VERSION 1
#define PERFADAPT__SENSOR_MAP_BYTES_MAX 65536

/* What its numbers may be. */
#define PERFADAPT__NOTE_LIMIT_C_LEAST 30
#define PERFADAPT__NOTE_LIMIT_C_MOST 130
#define PERFADAPT__NOTE_SCALE_LEAST 0.001 /* of its magnitude */
#define PERFADAPT__NOTE_SCALE_MOST 1000
#define PERFADAPT__NOTE_OFFSET_C_MOST 500 /* likewise */

/* One sensor. °C = scale * what the kernel's file says in °C + offset_c. */
struct perfadapt__sensor_note {
    char id[96];     /* as in struct perfadapt_sensor */
    char label[32];  /* "" = unset */
    uint32_t role;   /* enum perfadapt_sensor_role, or PERFADAPT__NOTE_UNSET */
    double limit_c;  /* NAN unset */
    double scale;    /* NAN unset: 1 */
    double offset_c; /* NAN unset: 0 */
    int8_t ignore;   /* 1, 0; -1 unset */
    int8_t read;     /* 1: read it though its chip is one that is avoided; 0; -1 unset */
};

struct perfadapt__sensor_map {
    size_t count;
    struct perfadapt__sensor_note notes[PERFADAPT__SENSOR_NOTES_MAX];
};

/*
 * Reads the files; none of them is a map without notes. Warns by `log` of what is wrong with them, with file and line. The
 * cache and the user's file are read where the root is "/" and `variables` (NULL = none) say where they are, the
 * administrator's below any. Allocates for the time of the
 * call only; opens nothing that could block.
 */
void perfadapt__sensor_map_load(struct perfadapt__sensor_map *map, const struct perfadapt__root *root,
                                const struct perfadapt__variables *variables, const struct perfadapt_log *log);

/* The note of a sensor, or NULL. */
const struct perfadapt__sensor_note *perfadapt__sensor_map_find(const struct perfadapt__sensor_map *map,
                                                                const char *id);

/*
 * Adds what one file's text says. `boot_id` NULL: whatever boot it was written in. False where the text is dropped as a
 * whole: it is no INI, of another version, or of another boot.
 */
bool perfadapt__sensor_map_add(struct perfadapt__sensor_map *map, const char *text, size_t length, const char *name,
                               const char *boot_id, const struct perfadapt_log *log);

/* The boot's id without its newline: true where it could be read. */
bool perfadapt__boot_id_read(const struct perfadapt__root *root, char *out, size_t capacity);

#endif
