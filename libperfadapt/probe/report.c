/* SPDX-License-Identifier: MIT */
#include "probe/report.h"

#include "probe/json_value.h"
#include "probe/report_devices.h"

#include <errno.h>
#include <perfadapt/version.h>

static json_t *warnings_array(const struct probe_report *report) {
    json_t *array = json_array();
    for (size_t i = 0; i < PROBE_REPORT_WARNINGS_MAX; i++)
        if (report->warnings[i] && *report->warnings[i])
            json_array_append_new(array, probe_json_text(report->warnings[i]));
    return array;
}

static json_t *sensors_value(const struct probe_report *report) {
    json_t *value = report->sensors ? json_loads(report->sensors, 0, NULL) : NULL;
    return value ? value : json_null();
}

bool probe_report_print(const struct probe_report *report, FILE *file) {
    const struct probe_devices *devices = report->devices;
    json_t *object = json_object();
    probe_json_set(object, "schema", json_string("perfadapt.probe/1"));
    probe_json_set(object, "version", json_string(PERFADAPT_VERSION_STRING));
    probe_json_set(object, "state", json_string(perfadapt_state_name(devices->state)));
    probe_json_set(object, "reason", probe_json_text(devices->reason));
    probe_json_set(object, "error", probe_json_text(devices->error));
    probe_json_set(object, "best_device", probe_json_index(devices->best));
    probe_json_set(object, "devices", probe_devices_json(report->gathered, devices));
    probe_json_set(object, "icds", probe_icds_json(report->gathered));
    probe_json_set(object, "system", probe_system_json(report->system));
    probe_json_set(object, "warnings", warnings_array(report));
    probe_json_set(object, "sensors", sensors_value(report));
    probe_json_set(object, "sensors_error", probe_json_text(report->sensors_error));
    errno = ENOMEM; /* what is left to fail before the writing */
    const bool dumped = json_dumpf(object, file, PROBE_JSON_FLAGS) == 0;
    json_decref(object);
    return dumped && fputc('\n', file) != EOF && fflush(file) == 0;
}
