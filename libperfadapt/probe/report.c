/* SPDX-License-Identifier: MIT */
#include "probe/report.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <perfadapt/version.h>
#include <sensors/sensors.h>
#include <string.h>

/* More than millidegrees and the scales of dividers need, less than what a double adds of its own: 45.85, not
 * 45.850000000000001. */
#define DIGITS 12

/* Configurations may be in Latin-1, labels of broken firmware in nothing: JSON is UTF-8. */
static json_t *text_or_null(const char *text) {
    char plain[256];
    if (!text || !*text)
        return json_null();
    json_t *value = json_string(text);
    if (value)
        return value;
    snprintf(plain, sizeof plain, "%s", text);
    for (char *c = plain; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return json_string(plain);
}

static json_t *number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *gate_word(enum perfadapt__gate_answer answer) {
    static const char *const words[] = {"open", "asleep", "resting", "faulty", "gone"};
    return json_string((size_t)answer < sizeof words / sizeof words[0] ? words[answer] : "unknown");
}

static json_t *compute_object(const struct probe_compute *compute) {
    if (compute->fit == PROBE_FIT_NONE || compute->fit == PROBE_FIT_IDENTITY)
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "scale", number_or_null(compute->scale));
    json_object_set_new(object, "offset_c", number_or_null(compute->offset_c));
    json_object_set_new(object, "points", json_integer((json_int_t)compute->points));
    json_object_set_new(object, "fit", json_string(probe_fit_name(compute->fit)));
    json_object_set_new(object, "written", json_boolean(probe_compute_says_something(compute)));
    return object;
}

static json_t *feature_object(const struct probe_feature *feature) {
    json_t *object = json_object();
    json_object_set_new(object, "number", json_integer((json_int_t)feature->number));
    json_object_set_new(object, "id", text_or_null(feature->id));
    json_object_set_new(object, "zone_id", text_or_null(feature->zone_id));
    json_object_set_new(object, "label", text_or_null(feature->label));
    json_object_set_new(object, "kernel_label", text_or_null(feature->kernel_label));
    json_object_set_new(object, "input_c", number_or_null(feature->input_c));
    json_object_set_new(object, "max_c", number_or_null(feature->max_c));
    json_object_set_new(object, "crit_c", number_or_null(feature->crit_c));
    json_object_set_new(object, "emergency_c", number_or_null(feature->emergency_c));
    json_object_set_new(object, "fault", feature->fault < 0 ? json_null() : json_boolean(feature->fault));
    json_object_set_new(object, "ignored", feature->unknown ? json_null() : json_boolean(feature->ignored));
    json_object_set_new(object, "compute", compute_object(&feature->compute));
    json_object_set_new(object, "error", text_or_null(feature->error));
    return object;
}

static json_t *chip_object(const struct probe_chip *chip) {
    json_t *object = json_object();
    json_t *features = json_array();
    json_object_set_new(object, "name", text_or_null(chip->name));
    json_object_set_new(object, "adapter", text_or_null(chip->adapter));
    json_object_set_new(object, "driver", text_or_null(chip->identity.name));
    json_object_set_new(object, "directory", text_or_null(chip->identity.directory));
    json_object_set_new(object, "device", text_or_null(chip->identity.device));
    json_object_set_new(object, "avoided", text_or_null(chip->avoided));
    json_object_set_new(object, "power", gate_word(chip->gate));
    for (size_t i = 0; i < chip->count; i++)
        json_array_append_new(features, feature_object(&chip->features[i]));
    json_object_set_new(object, "features", features);
    return object;
}

static json_t *sensors_object(const struct probe_sensors *sensors) {
    json_t *object = json_object();
    json_t *warnings = json_array();
    json_t *chips = json_array();
    for (size_t i = 0; i < sensors->warning_count && i < PROBE_WARNINGS_MAX; i++)
        json_array_append_new(warnings, text_or_null(sensors->warnings[i]));
    for (size_t i = 0; i < sensors->chip_count; i++)
        json_array_append_new(chips, chip_object(&sensors->chips[i]));
    json_object_set_new(object, "libsensors", text_or_null(libsensors_version));
    json_object_set_new(object, "warnings", warnings);
    json_object_set_new(object, "chips", chips);
    return object;
}

bool probe_report_print(const struct probe_sensors *sensors, FILE *file) {
    json_t *object = json_object();
    json_object_set_new(object, "schema", json_string("perfadapt.probe/1"));
    json_object_set_new(object, "version", json_string(PERFADAPT_VERSION_STRING));
    json_object_set_new(object, "sensors", sensors_object(sensors));
    errno = ENOMEM; /* what is left to fail before the writing */
    const bool dumped = json_dumpf(object, file, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) == 0;
    json_decref(object);
    return dumped && fputc('\n', file) != EOF && fflush(file) == 0;
}
