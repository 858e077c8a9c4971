/* SPDX-License-Identifier: MIT */
#include "probe/sensors.h"

#include "core/clock.h"
#include "providers/kernel_file.h"
#include "providers/thermal_zone.h"

#include <math.h>
#include <sensors/error.h>
#include <sensors/sensors.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHIPS_MAX 64
#define FEATURES_MAX 64
#define POINTS_MAX 32

static const double millidegrees_per_degree = 1000;

/* libsensors' hooks have no argument of ours. */
static struct probe_sensors *warned;
static const char *config_name;

struct reading {
    const struct perfadapt__root *root;
    const struct probe_sensors_options *options;
    struct perfadapt__gates gates;
    struct probe_sensors *sensors;
};

/* ---- libsensors' hooks ---- */

static void take_parse_error(const char *error, const char *file, int line) {
    const size_t index = warned->warning_count++;
    if (index < PROBE_WARNINGS_MAX)
        snprintf(warned->warnings[index], sizeof warned->warnings[index], "%s:%d: %s",
                 file ? file : (config_name ? config_name : "configuration"), line, error);
}

/* Must not come back (libsensors: error.h). Its own would end the process with 1, which is "the check failed" here. */
static void take_fatal_error(const char *procedure, const char *error) {
    fprintf(stderr, "perfadapt-probe: libsensors: %s: %s\n", procedure, error);
    _exit(3);
}

/* ---- the chip of a directory ---- */

/* libsensors has the path of the directory that holds the attributes, through the class or below the device. */
static const sensors_chip_name *find_chip_name(const struct perfadapt__root *root, const char *directory) {
    char wanted[512];
    char path[512];
    const sensors_chip_name *name;
    int next = 0;
    if (perfadapt__kernel_file_canonical(root, directory, wanted, sizeof wanted) != 0)
        return NULL;
    while ((name = sensors_get_detected_chips(NULL, &next)))
        if (name->path && perfadapt__kernel_file_canonical(root, name->path, path, sizeof path) == 0 &&
            strcmp(path, wanted) == 0)
            return name;
    return NULL;
}

static void describe_chip(const sensors_chip_name *name, struct probe_chip *chip) {
    const char *adapter = sensors_get_adapter_name(&name->bus);
    if (sensors_snprintf_chip_name(chip->name, sizeof chip->name, name) < 0)
        chip->name[0] = '\0';
    snprintf(chip->adapter, sizeof chip->adapter, "%s", adapter ? adapter : "");
}

/* libsensors hands out no feature that its configuration ignores. */
static const sensors_feature *find_feature(const sensors_chip_name *name, uint32_t number) {
    char wanted[24];
    const sensors_feature *feature;
    int next = 0;
    snprintf(wanted, sizeof wanted, "temp%u", (unsigned)number);
    while ((feature = sensors_get_features(name, &next)))
        if (feature->type == SENSORS_FEATURE_TEMP && strcmp(feature->name, wanted) == 0)
            return feature;
    return NULL;
}

/* ---- ids and labels, as providers/hwmon.c and thermal_zone.c make them ---- */

static void read_kernel_label(const struct reading *reading, const struct probe_chip *chip,
                              struct probe_feature *feature) {
    char path[128];
    char *label = feature->kernel_label;
    snprintf(path, sizeof path, "%s/temp%u_label", chip->identity.directory, (unsigned)feature->number);
    if (perfadapt__fs_read_once(reading->root, path, label, sizeof feature->kernel_label) >= 0) {
        label[strcspn(label, "\r\n")] = '\0';
        perfadapt__fs_trim(label);
        if (*label)
            return;
    }
    snprintf(label, sizeof feature->kernel_label, "temp%u", (unsigned)feature->number);
}

/* Of the features before it: those of finished chips, and of the one in hand, of which `count` are named. */
static bool id_is_taken(const struct reading *reading, const struct probe_chip *chip, size_t count, const char *id) {
    for (const struct probe_chip *other = reading->sensors->chips; other <= chip; other++) {
        const size_t named = other == chip ? count : other->count;
        for (size_t i = 0; i < named; i++)
            if (strcmp(other->features[i].id, id) == 0)
                return true;
    }
    return false;
}

static void choose_id(const struct reading *reading, const struct probe_chip *chip, size_t index) {
    struct probe_feature *feature = &chip->features[index];
    char name[24];
    perfadapt__hwmon_chip_id(&chip->identity, feature->kernel_label, feature->id, sizeof feature->id);
    if (!id_is_taken(reading, chip, index, feature->id))
        return;
    snprintf(name, sizeof name, "temp%u", (unsigned)feature->number);
    perfadapt__hwmon_chip_id(&chip->identity, name, feature->id, sizeof feature->id);
    for (unsigned i = 2; id_is_taken(reading, chip, index, feature->id) && i <= PERFADAPT_SENSORS_MAX; i++) {
        snprintf(name, sizeof name, "temp%u#%u", (unsigned)feature->number, i);
        perfadapt__hwmon_chip_id(&chip->identity, name, feature->id, sizeof feature->id);
    }
}

/* Of the zones of one type the first makes the chip, and each has its tempN there in the order of registration
 * (kernel: drivers/thermal/thermal_hwmon.c). */
static void choose_zone_id(const struct reading *reading, const struct probe_chip *chip,
                           struct probe_feature *feature) {
    static const char zone[] = "/thermal_zone";
    char path[128];
    char type[32];
    uint64_t number;
    const char *base = strrchr(chip->identity.device, '/');
    if (!base || strncmp(base, zone, sizeof zone - 1) != 0)
        return;
    base += sizeof zone - 1;
    if (!perfadapt__fs_parse_u64(&base, &number) || *base)
        return;
    snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%u/type", (unsigned)number);
    if (perfadapt__fs_read_once(reading->root, path, type, sizeof type) < 0)
        return;
    perfadapt__fs_trim(type);
    if (*type && feature->number <= 1)
        snprintf(feature->zone_id, sizeof feature->zone_id, PERFADAPT__THERMAL_ZONE_ID "%s", type);
    else if (*type)
        snprintf(feature->zone_id, sizeof feature->zone_id, PERFADAPT__THERMAL_ZONE_ID "%s#%u", type,
                 (unsigned)feature->number);
}

/* ---- values ---- */

static bool read_raw(const struct reading *reading, const struct probe_chip *chip, const char *file,
                     int64_t *out_millidegrees) {
    char path[128];
    char text[32];
    snprintf(path, sizeof path, "%s/%s", chip->identity.directory, file);
    const ssize_t length = perfadapt__fs_read_once(reading->root, path, text, sizeof text);
    return perfadapt__kernel_file_number(text, length, sizeof text, out_millidegrees) == PERFADAPT_WHY_NONE;
}

/* The kernel's value around libsensors': a temperature that moves between the two tells nothing of the formula. */
static bool read_point(const struct reading *reading, const struct probe_chip *chip, const sensors_chip_name *name,
                       const sensors_subfeature *subfeature, struct probe_point *out_point) {
    for (int attempt = 0; attempt < 3; attempt++) {
        int64_t before;
        int64_t after;
        double value;
        if (!read_raw(reading, chip, subfeature->name, &before) ||
            sensors_get_value(name, subfeature->number, &value) != 0 ||
            !read_raw(reading, chip, subfeature->name, &after))
            return false;
        *out_point = (struct probe_point){.raw_c = (double)before / millidegrees_per_degree, .value_c = value};
        if (before == after && isfinite(value))
            return true;
    }
    return false;
}

static struct probe_compute find_compute(const struct reading *reading, const struct probe_chip *chip,
                                         const sensors_chip_name *name, const sensors_feature *feature) {
    struct probe_point points[POINTS_MAX];
    size_t count = 0;
    const sensors_subfeature *subfeature;
    int next = 0;
    while (count < POINTS_MAX && (subfeature = sensors_get_all_subfeatures(name, feature, &next)))
        if ((subfeature->flags & SENSORS_COMPUTE_MAPPING) && (subfeature->flags & SENSORS_MODE_R))
            count += read_point(reading, chip, name, subfeature, &points[count]);
    return probe_compute_fit(points, count);
}

/* NAN where the chip has no such value, or it cannot be read; then *out_error, where given, says why. */
static double read_value(const sensors_chip_name *name, const sensors_feature *feature, sensors_subfeature_type type,
                         const char **out_error) {
    double value;
    const sensors_subfeature *subfeature = sensors_get_subfeature(name, feature, type);
    const int error = subfeature ? sensors_get_value(name, subfeature->number, &value) : -SENSORS_ERR_NO_ENTRY;
    if (error != 0 && out_error)
        *out_error = sensors_strerror(error);
    return error == 0 && isfinite(value) ? value : (double)NAN;
}

static void read_values(const struct reading *reading, const struct probe_chip *chip, const sensors_chip_name *name,
                        const sensors_feature *known, struct probe_feature *feature) {
    feature->input_c = read_value(name, known, SENSORS_SUBFEATURE_TEMP_INPUT, &feature->error);
    feature->max_c = read_value(name, known, SENSORS_SUBFEATURE_TEMP_MAX, NULL);
    feature->crit_c = read_value(name, known, SENSORS_SUBFEATURE_TEMP_CRIT, NULL);
    feature->emergency_c = read_value(name, known, SENSORS_SUBFEATURE_TEMP_EMERGENCY, NULL);
    const double fault = read_value(name, known, SENSORS_SUBFEATURE_TEMP_FAULT, NULL);
    feature->fault = isnan(fault) ? -1 : fault > 0;
    feature->compute = find_compute(reading, chip, name, known);
}

static void take_label(const sensors_chip_name *name, const sensors_feature *known, struct probe_feature *feature) {
    char *label = sensors_get_label(name, known);
    snprintf(feature->label, sizeof feature->label, "%s", label ? label : feature->kernel_label);
    free(label);
}

/* A device that sleeps is not woken; it may fall asleep between two values. */
static bool may_read(struct reading *reading, struct probe_chip *chip) {
    struct perfadapt__gate *gate = perfadapt__gates_find(&reading->gates, chip->identity.device,
                                                         perfadapt__hwmon_chip_is_gpu(chip->identity.name));
    chip->gate = gate ? perfadapt__gate_ask(reading->root, gate, false, perfadapt__now_ns()) : PERFADAPT__GATE_FAULTY;
    return chip->gate == PERFADAPT__GATE_OPEN && (!chip->avoided || reading->options->all);
}

static void read_feature(struct reading *reading, struct probe_chip *chip, const sensors_chip_name *name,
                         size_t index) {
    struct probe_feature *feature = &chip->features[index];
    read_kernel_label(reading, chip, feature);
    choose_id(reading, chip, index);
    choose_zone_id(reading, chip, feature);
    const sensors_feature *known = name ? find_feature(name, feature->number) : NULL;
    const bool readable = may_read(reading, chip);
    snprintf(feature->label, sizeof feature->label, "%s", feature->kernel_label);
    feature->unknown = !name || feature->number == 0; /* libsensors counts from temp1 */
    feature->ignored = !known && !feature->unknown;
    if (!known)
        return;
    take_label(name, known, feature);
    if (readable)
        read_values(reading, chip, name, known, feature);
}

/* ---- chips ---- */

static bool read_chip(struct reading *reading, uint32_t number, struct probe_chip *chip) {
    uint32_t numbers[FEATURES_MAX];
    if (perfadapt__hwmon_chip_describe(reading->root, number, &chip->identity) != 0)
        return true;
    const ssize_t count = perfadapt__kernel_directory_numbers(reading->root, chip->identity.directory, "temp", "_input",
                                                              numbers, FEATURES_MAX);
    if (count <= 0)
        return true;
    chip->features = calloc((size_t)count, sizeof *chip->features);
    if (!chip->features)
        return false;
    chip->count = (size_t)count;
    chip->avoided = perfadapt__hwmon_chip_avoid(chip->identity.name);
    const sensors_chip_name *name = find_chip_name(reading->root, chip->identity.directory);
    if (name)
        describe_chip(name, chip);
    for (size_t i = 0; i < chip->count; i++) {
        const double unknown = (double)NAN;
        chip->features[i] = (struct probe_feature){.number = numbers[i],
                                                   .input_c = unknown,
                                                   .max_c = unknown,
                                                   .crit_c = unknown,
                                                   .emergency_c = unknown,
                                                   .fault = -1,
                                                   .compute = probe_compute_fit(NULL, 0)};
        read_feature(reading, chip, name, i);
    }
    return true;
}

/* Only chips that have temperatures. */
static bool read_chips(struct reading *reading) {
    uint32_t numbers[CHIPS_MAX];
    const ssize_t count =
        perfadapt__kernel_directory_numbers(reading->root, PERFADAPT__HWMON_CLASS, "hwmon", "", numbers, CHIPS_MAX);
    reading->sensors->chips = calloc(CHIPS_MAX, sizeof *reading->sensors->chips);
    if (!reading->sensors->chips)
        return false;
    for (ssize_t i = 0; i < count; i++) {
        struct probe_chip *chip = &reading->sensors->chips[reading->sensors->chip_count];
        *chip = (struct probe_chip){0};
        if (!read_chip(reading, numbers[i], chip))
            return false;
        reading->sensors->chip_count += chip->count > 0;
    }
    return true;
}

bool probe_sensors_read(const struct perfadapt__root *root, const struct probe_sensors_options *options,
                        struct probe_sensors *out_sensors, const char **out_reason) {
    struct reading reading = {.root = root, .options = options, .sensors = out_sensors};
    *out_sensors = (struct probe_sensors){0};
    warned = out_sensors;
    config_name = options->config_name;
    sensors_parse_error_wfn = take_parse_error;
    sensors_fatal_error = take_fatal_error;
    const int error = sensors_init(options->config);
    if (error != 0) {
        *out_reason = sensors_strerror(error);
        return false;
    }
    perfadapt__gates_init(&reading.gates, root);
    const bool done = read_chips(&reading);
    perfadapt__gates_finish(&reading.gates);
    if (!done)
        *out_reason = "out of memory";
    return done;
}

void probe_sensors_finish(struct probe_sensors *sensors) {
    for (size_t i = 0; i < sensors->chip_count; i++)
        free(sensors->chips[i].features);
    free(sensors->chips);
    *sensors = (struct probe_sensors){0};
    sensors_cleanup();
}
