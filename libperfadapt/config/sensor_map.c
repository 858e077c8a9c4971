/* SPDX-License-Identifier: MIT */
#include "config/sensor_map.h"

#include "config/sensor_map_text.h"
#include "config/text_file.h"
#include "core/log.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h> /* isnan only: no libm is linked */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char system_path[] = "/etc/perfadapt/sensors.ini";
static const char user_file[] = "/sensors.ini";

/* ---- notes ---- */

const struct perfadapt__sensor_note *perfadapt__sensor_map_find(const struct perfadapt__sensor_map *map,
                                                                const char *id) {
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->notes[i].id, id) == 0)
            return &map->notes[i];
    return NULL;
}

static void merge_number(double *to, double from) {
    if (!isnan(from))
        *to = from;
}

static void merge_answer(int8_t *to, int8_t from) {
    if (from >= 0)
        *to = from;
}

static void merge_note(struct perfadapt__sensor_note *to, const struct perfadapt__sensor_note *from) {
    if (from->label[0])
        memcpy(to->label, from->label, sizeof to->label);
    if (from->role != PERFADAPT__NOTE_UNSET)
        to->role = from->role;
    merge_number(&to->limit_c, from->limit_c);
    merge_number(&to->scale, from->scale);
    merge_number(&to->offset_c, from->offset_c);
    merge_answer(&to->ignore, from->ignore);
    merge_answer(&to->read, from->read);
}

/* How many did not fit. */
static uint32_t merge(struct perfadapt__sensor_map *to, const struct perfadapt__sensor_map *from) {
    uint32_t left_out = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct perfadapt__sensor_note *note = perfadapt__sensor_note_find_or_add(to, from->notes[i].id);
        if (note)
            merge_note(note, &from->notes[i]);
        else
            left_out++;
    }
    return left_out;
}

/* ---- one text ---- */

/* An old cache is nothing to warn of: the next run of the probe writes it anew. */
static bool is_current(const struct perfadapt__sensor_map_text *parsed, const char *name, const char *boot_id,
                       const struct perfadapt_log *log) {
    if (parsed->version != PERFADAPT__SENSOR_MAP_VERSION) {
        perfadapt__log(log, boot_id ? PERFADAPT_LOG_DEBUG : PERFADAPT_LOG_WARNING,
                       "%.300s: the version of its [map] is not %d; the file is not used", name,
                       PERFADAPT__SENSOR_MAP_VERSION);
        return false;
    }
    if (boot_id && strcmp(parsed->boot_id, boot_id) != 0) {
        perfadapt__log(log, PERFADAPT_LOG_DEBUG, "%.300s: of another boot; the file is not used", name);
        return false;
    }
    return true;
}

bool perfadapt__sensor_map_add(struct perfadapt__sensor_map *map, const char *text, size_t length, const char *name,
                               const char *boot_id, const struct perfadapt_log *log) {
    struct perfadapt__sensor_map_text *parsed = malloc(sizeof *parsed);
    if (!parsed)
        return false;
    const bool used =
        perfadapt__sensor_map_parse(text, length, name, log, parsed) && is_current(parsed, name, boot_id, log);
    if (used) {
        const uint32_t left_out = parsed->left_out + merge(map, &parsed->map);
        if (left_out > 0)
            perfadapt__log(log, PERFADAPT_LOG_WARNING, "%.300s: %u sensors more than the %d that fit are left out",
                           name, (unsigned)left_out, PERFADAPT__SENSOR_NOTES_MAX);
    }
    free(parsed);
    return used;
}

/* ---- files ---- */

static void add_file(struct perfadapt__sensor_map *map, const struct perfadapt__root *root, const char *path,
                     bool trust, const char *boot_id, const struct perfadapt_log *log) {
    const int fd = perfadapt__root_openat(root, path, O_RDONLY);
    const struct perfadapt__text_file file = perfadapt__text_file_read(fd, PERFADAPT__SENSOR_MAP_BYTES_MAX, trust);
    if (file.text)
        perfadapt__sensor_map_add(map, file.text, file.length, path, boot_id, log);
    else if (*file.why)
        perfadapt__log(log, PERFADAPT_LOG_WARNING, "%.300s: %s; the file is not used", path, file.why);
    free(file.text);
}

bool perfadapt__boot_id_read(const struct perfadapt__root *root, char *out, size_t capacity) {
    const ssize_t length = perfadapt__fs_read_once(root, "/proc/sys/kernel/random/boot_id", out, capacity);
    perfadapt__fs_trim(out);
    return length > 0 && *out;
}

void perfadapt__sensor_map_load(struct perfadapt__sensor_map *map, const struct perfadapt__root *root,
                                const struct perfadapt__variables *variables, const struct perfadapt_log *log) {
    char path[PATH_MAX];
    char boot_id[48];
    map->count = 0;
    const bool is_own_machine = variables && !root->confined;
    if (is_own_machine && perfadapt__boot_id_read(root, boot_id, sizeof boot_id) &&
        perfadapt__user_path(variables->cache_home, variables->home, "/.cache", user_file, path, sizeof path))
        add_file(map, root, path, true, boot_id, log);
    add_file(map, root, system_path, false, NULL, log);
    if (is_own_machine &&
        perfadapt__user_path(variables->config_home, variables->home, "/.config", user_file, path, sizeof path))
        add_file(map, root, path, true, NULL, log);
}
