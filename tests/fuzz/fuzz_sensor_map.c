/* Any bytes as a sensor map: what is taken of them is in its bounds. SPDX-License-Identifier: MIT */
#include "config/sensor_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void check_text(const char *text, size_t capacity) {
    CHECK(memchr(text, '\0', capacity));
    for (; *text; text++)
        CHECK(*text >= ' ' && *text <= '~');
}

static void check_log(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    (void)level;
    check_text(message, 512);
}

static void check_number(double value, double least, double most) {
    CHECK(isnan(value) || (value >= least && value <= most));
}

static void check_note(const struct perfadapt__sensor_map *map, const struct perfadapt__sensor_note *note) {
    check_text(note->id, sizeof note->id);
    check_text(note->label, sizeof note->label);
    CHECK(*note->id && perfadapt__sensor_map_find(map, note->id) == note); /* each id once */
    CHECK(note->role <= PERFADAPT_SENSOR_SKIN || note->role == PERFADAPT__NOTE_UNSET);
    check_number(note->limit_c, PERFADAPT__NOTE_LIMIT_C_LEAST, PERFADAPT__NOTE_LIMIT_C_MOST);
    check_number(note->scale, -PERFADAPT__NOTE_SCALE_MOST, PERFADAPT__NOTE_SCALE_MOST);
    check_number(note->offset_c, -PERFADAPT__NOTE_OFFSET_C_MOST, PERFADAPT__NOTE_OFFSET_C_MOST);
    CHECK(fabs(note->scale) > 0 || isnan(note->scale));
    CHECK(note->ignore >= -1 && note->ignore <= 1 && note->read >= -1 && note->read <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct perfadapt__sensor_map map;
    const struct perfadapt_log log = {.write = check_log};
    char *text = malloc(size ? size : 1); /* of its own and without a NUL, so that the sanitizer sees its end */
    CHECK(text);
    memcpy(text, data, size);
    map.count = 0;
    const bool used = perfadapt__sensor_map_add(&map, text, size, "fuzz", size & 1 ? "boot" : NULL, &log);
    CHECK(used || map.count == 0);
    CHECK(map.count <= PERFADAPT__SENSOR_NOTES_MAX);
    for (size_t i = 0; i < map.count; i++)
        check_note(&map, &map.notes[i]);
    const size_t count = map.count;
    CHECK(perfadapt__sensor_map_add(&map, text, size, "fuzz", size & 1 ? "boot" : NULL, &log) == used);
    CHECK(map.count == count); /* the same again adds nothing */
    free(text);
    return 0;
}
