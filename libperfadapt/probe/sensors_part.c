/* SPDX-License-Identifier: MIT */
#include "probe/sensors_part.h"

#include "probe/child.h"
#include "probe/json_value.h"
#include "probe/map_file.h"
#include "probe/report_sensors.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 64 chips of 64 temperatures are below half of it. */
#define TEXT_BYTES_MAX ((size_t)4 << 20)

struct work {
    const struct perfadapt__root *root;
    const struct probe_sensors_options *options;
    const char *boot_id;
};

/* ---- the child ---- */

static void print_warnings(const struct probe_sensors *sensors) {
    for (size_t i = 0; i < sensors->warning_count && i < PROBE_WARNINGS_MAX; i++)
        fprintf(stderr, "perfadapt-probe: %s\n", sensors->warnings[i]);
    if (sensors->warning_count > PROBE_WARNINGS_MAX)
        fprintf(stderr, "perfadapt-probe: %zu warnings more\n", sensors->warning_count - PROBE_WARNINGS_MAX);
}

static char *make_json(const struct probe_sensors *sensors) {
    json_t *object = probe_sensors_json(sensors);
    char *text = json_dumps(object, PROBE_JSON_FLAGS);
    json_decref(object);
    return text;
}

static char *make_map(const struct probe_sensors *sensors, const char *boot_id) {
    size_t length = 0;
    size_t left_out = 0;
    char *text = probe_map_text(sensors, boot_id, &length, &left_out);
    if (left_out > 0)
        fprintf(stderr, "perfadapt-probe: %zu sensors more than the map holds are left out\n", left_out);
    return text;
}

/* The first letter says which of the two it is: a text, or a reason. */
static void send(int out_fd, char kind, const char *text) {
    if (probe_child_write(out_fd, &kind, 1))
        probe_child_write(out_fd, text, strlen(text));
}

static void read_sensors(int out_fd, void *user) {
    const struct work *work = user;
    struct probe_sensors sensors;
    const char *reason = NULL;
    if (!probe_sensors_read(work->root, work->options, &sensors, &reason)) {
        send(out_fd, 'e', reason);
        return;
    }
    print_warnings(&sensors);
    char *text = work->boot_id ? make_map(&sensors, work->boot_id) : make_json(&sensors);
    send(out_fd, text ? 't' : 'e', text ? text : "out of memory");
    free(text);
    probe_sensors_finish(&sensors);
}

/* ---- the parent ---- */

static void take(const struct probe_child_result *end, struct probe_sensors_part *part) {
    if (end->end != PROBE_CHILD_RETURNED) {
        probe_child_describe(end, part->error, sizeof part->error);
    } else if (end->length > 1 && part->text[0] == 't') {
        part->length = end->length - 1;
        memmove(part->text, part->text + 1, part->length);
        part->text[part->length] = '\0';
        return;
    } else if (end->length > 1) {
        snprintf(part->error, sizeof part->error, "%.*s", (int)(end->length - 1), part->text + 1);
    } else {
        snprintf(part->error, sizeof part->error, "no answer");
    }
    free(part->text);
    part->text = NULL;
}

void probe_sensors_part_read(const struct perfadapt__root *root, const struct probe_sensors_options *options,
                             const char *boot_id, int64_t timeout_ms, struct probe_sensors_part *out_part) {
    struct work work = {.root = root, .options = options, .boot_id = boot_id};
    *out_part = (struct probe_sensors_part){.text = malloc(TEXT_BYTES_MAX + 1)};
    if (!out_part->text) {
        snprintf(out_part->error, sizeof out_part->error, "out of memory");
        return;
    }
    const struct probe_child_result end =
        probe_child_run(read_sensors, &work, timeout_ms, out_part->text, TEXT_BYTES_MAX);
    take(&end, out_part);
}

void probe_sensors_part_finish(struct probe_sensors_part *part) {
    free(part->text);
    part->text = NULL;
}
