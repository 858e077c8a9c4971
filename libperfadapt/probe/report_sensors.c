/* SPDX-License-Identifier: MIT */
#include "probe/report_sensors.h"

#include "probe/json_value.h"

#include <sensors/sensors.h>

static json_t *gate_word(enum perfadapt__gate_answer answer) {
    static const char *const words[] = {"open", "asleep", "resting", "faulty", "gone"};
    return json_string((size_t)answer < sizeof words / sizeof words[0] ? words[answer] : "unknown");
}

static json_t *compute_object(const struct probe_compute *compute) {
    if (compute->fit == PROBE_FIT_NONE || compute->fit == PROBE_FIT_IDENTITY)
        return json_null();
    json_t *object = json_object();
    probe_json_set(object, "scale", probe_json_number(compute->scale));
    probe_json_set(object, "offset_c", probe_json_number(compute->offset_c));
    probe_json_set(object, "points", json_integer((json_int_t)compute->points));
    probe_json_set(object, "fit", json_string(probe_fit_name(compute->fit)));
    probe_json_set(object, "written", json_boolean(probe_compute_says_something(compute)));
    return object;
}

static json_t *feature_object(const struct probe_feature *feature) {
    json_t *object = json_object();
    probe_json_set(object, "number", json_integer((json_int_t)feature->number));
    probe_json_set(object, "id", probe_json_text(feature->id));
    probe_json_set(object, "zone_id", probe_json_text(feature->zone_id));
    probe_json_set(object, "label", probe_json_text(feature->label));
    probe_json_set(object, "kernel_label", probe_json_text(feature->kernel_label));
    probe_json_set(object, "input_c", probe_json_number(feature->input_c));
    probe_json_set(object, "max_c", probe_json_number(feature->max_c));
    probe_json_set(object, "crit_c", probe_json_number(feature->crit_c));
    probe_json_set(object, "emergency_c", probe_json_number(feature->emergency_c));
    probe_json_set(object, "fault", feature->fault < 0 ? json_null() : json_boolean(feature->fault));
    probe_json_set(object, "ignored", feature->unknown ? json_null() : json_boolean(feature->ignored));
    probe_json_set(object, "compute", compute_object(&feature->compute));
    probe_json_set(object, "error", probe_json_text(feature->error));
    return object;
}

static json_t *chip_object(const struct probe_chip *chip) {
    json_t *object = json_object();
    json_t *features = json_array();
    probe_json_set(object, "name", probe_json_text(chip->name));
    probe_json_set(object, "adapter", probe_json_text(chip->adapter));
    probe_json_set(object, "driver", probe_json_text(chip->identity.name));
    probe_json_set(object, "directory", probe_json_text(chip->identity.directory));
    probe_json_set(object, "device", probe_json_text(chip->identity.device));
    probe_json_set(object, "avoided", probe_json_text(chip->avoided));
    probe_json_set(object, "power", gate_word(chip->gate));
    for (size_t i = 0; i < chip->count; i++)
        json_array_append_new(features, feature_object(&chip->features[i]));
    probe_json_set(object, "features", features);
    return object;
}

json_t *probe_sensors_json(const struct probe_sensors *sensors) {
    json_t *object = json_object();
    json_t *warnings = json_array();
    json_t *chips = json_array();
    for (size_t i = 0; i < sensors->warning_count && i < PROBE_WARNINGS_MAX; i++)
        json_array_append_new(warnings, probe_json_text(sensors->warnings[i]));
    for (size_t i = 0; i < sensors->chip_count; i++)
        json_array_append_new(chips, chip_object(&sensors->chips[i]));
    probe_json_set(object, "libsensors", probe_json_text(libsensors_version));
    probe_json_set(object, "warnings", warnings);
    probe_json_set(object, "chips", chips);
    return object;
}
