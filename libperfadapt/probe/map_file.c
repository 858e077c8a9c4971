/* SPDX-License-Identifier: MIT */
#include "probe/map_file.h"

#include "config/sensor_map.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The label as the library will have it. */
static void make_label(const char *from, char *out, size_t capacity) {
    snprintf(out, capacity, "%.*s", (int)capacity - 1, from);
    for (char *c = out; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    perfadapt__fs_trim(out);
}

static bool is_renamed(const struct probe_feature *feature, const char *label) {
    char kernel_label[32];
    make_label(feature->kernel_label, kernel_label, sizeof kernel_label);
    return *label && strcmp(label, kernel_label) != 0;
}

static void print_note(FILE *file, const char *id, const struct probe_feature *feature, const char *label) {
    fprintf(file, "\n[sensor]\nid = %s\n", id);
    if (is_renamed(feature, label))
        fprintf(file, "label = %s\n", label);
    if (feature->ignored)
        fputs("ignore = yes\n", file);
    if (!probe_compute_says_something(&feature->compute))
        return;
    if (feature->compute.fit != PROBE_FIT_LINE)
        fprintf(file, "; from %s\n", probe_fit_name(feature->compute.fit));
    fprintf(file, "scale = %.9f\noffset_c = %.9f\n", feature->compute.scale, feature->compute.offset_c);
}

/* A thermal zone that is the same sensor is told the same. */
static size_t print_feature(FILE *file, const struct probe_feature *feature, size_t room) {
    char label[32];
    size_t notes = 0;
    make_label(feature->label, label, sizeof label);
    if (!feature->ignored && !is_renamed(feature, label) && !probe_compute_says_something(&feature->compute))
        return 0;
    if (notes++ < room)
        print_note(file, feature->id, feature, label);
    if (*feature->zone_id && notes++ < room)
        print_note(file, feature->zone_id, feature, label);
    return notes;
}

static void print_head(FILE *file, const char *boot_id) {
    char written[32] = "";
    struct tm parts;
    const time_t now = time(NULL);
    if (gmtime_r(&now, &parts))
        strftime(written, sizeof written, "%Y-%m-%dT%H:%M:%SZ", &parts);
    fprintf(file, "; Written by perfadapt-probe from libsensors' configuration, and written over by it.\n");
    fprintf(file, "; What you want to say of a sensor goes into ~/.config/perfadapt/sensors.ini.\n");
    fprintf(file, "[map]\nversion = %d\nboot_id = %s\nwritten = %s\n", PERFADAPT__SENSOR_MAP_VERSION, boot_id, written);
}

static size_t print_map(FILE *file, const struct probe_sensors *sensors, const char *boot_id) {
    size_t notes = 0;
    print_head(file, boot_id);
    for (size_t i = 0; i < sensors->chip_count; i++)
        for (size_t j = 0; j < sensors->chips[i].count; j++)
            notes += print_feature(file, &sensors->chips[i].features[j],
                                   notes < PERFADAPT__SENSOR_NOTES_MAX ? PERFADAPT__SENSOR_NOTES_MAX - notes : 0);
    return notes > PERFADAPT__SENSOR_NOTES_MAX ? notes - PERFADAPT__SENSOR_NOTES_MAX : 0;
}

char *probe_map_text(const struct probe_sensors *sensors, const char *boot_id, size_t *out_length,
                     size_t *out_left_out) {
    char *text = NULL;
    FILE *file = open_memstream(&text, out_length);
    if (!file)
        return NULL;
    *out_left_out = print_map(file, sensors, boot_id);
    const bool failed = ferror(file);
    if (fclose(file) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}
