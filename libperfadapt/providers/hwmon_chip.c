/* SPDX-License-Identifier: MIT */
#include "providers/hwmon_chip.h"

#include "providers/kernel_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of a sensor's id, so much is for the device: the same for every sensor of a chip, so that they compare equal. */
#define ID_DEVICE_MAX 63
#define ID_HEAD_MAX 31

static const struct {
    const char *name;
    const char *reason;
    bool has_free_labels; /* the kernel's own words: the device is not asked for them */
} avoided[] = {
    {"nvme", "each read is a SMART command to the drive", true},
    {"drivetemp", "each read is a SMART command to the drive", false},
    {"asus", "WMI calls into the firmware can stop fans", false},
    {"asus_wmi_sensors", "WMI calls into the firmware can stop fans", false},
    {"asus_ec_sensors", "polling the embedded controller can stop fans", false},
    {"asusec", "polling the embedded controller can stop fans", false},
    {"atk0110", "ACPI calls race with the firmware's own", false},
    {"dell_smm", "each read stops every CPU in system management mode", false},
    {"dell_ddv", "WMI calls into the firmware are slow", false},
    {"gigabyte_wmi", "WMI calls into the firmware are slow", false},
    {"hp_wmi_sensors", "WMI calls into the firmware are slow", false},
    {"thinkpad", "polling the embedded controller is slow", false},
    {"applesmc", "polling the system management controller is slow", false},
};

/* Zen processors and the graphics inside them state no limit; they throttle at 95 °C, mobile ones up to 105 °C. Intel's
 * first discrete graphics have a temperature and no limit; those whose driver states one throttle at 100 °C. */
static const struct {
    const char *name;
    int64_t millidegrees;
} usual_limits[] = {{"k10temp", 95000}, {"zenpower", 95000}, {"amdgpu", 95000}, {"i915", 100000}, {"xe", 100000}};

const char *perfadapt__hwmon_chip_avoid(const char *name) {
    for (size_t i = 0; i < sizeof avoided / sizeof avoided[0]; i++)
        if (strcmp(name, avoided[i].name) == 0)
            return avoided[i].reason;
    return NULL;
}

bool perfadapt__hwmon_chip_has_labels(const char *name) {
    for (size_t i = 0; i < sizeof avoided / sizeof avoided[0]; i++)
        if (strcmp(name, avoided[i].name) == 0)
            return avoided[i].has_free_labels;
    return true;
}

int64_t perfadapt__hwmon_chip_usual_limit(const char *name) {
    for (size_t i = 0; i < sizeof usual_limits / sizeof usual_limits[0]; i++)
        if (strcmp(name, usual_limits[i].name) == 0)
            return usual_limits[i].millidegrees;
    return 0;
}

/* k10temp says 70 °C of everything: so much was the limit of the Phenom. Only Zen has a Tdie, and before Linux 5.6 it was
 * said of that too. */
bool perfadapt__hwmon_chip_max_counts(const char *name, const char *label) {
    return strcmp(name, "k10temp") != 0 || strcmp(label, "Tdie") != 0;
}

static bool cut_suffix(char *text, const char *suffix) {
    const size_t length = strlen(text);
    const size_t suffix_length = strlen(suffix);
    if (length <= suffix_length || strcmp(text + length - suffix_length, suffix) != 0)
        return false;
    text[length - suffix_length] = '\0';
    return true;
}

/* Chips of virtual devices, and recorded trees, have no device link: there the directory above tells. */
static int find_device(const struct perfadapt__root *root, uint32_t number, struct perfadapt__hwmon_chip *chip) {
    char path[96];
    snprintf(path, sizeof path, PERFADAPT__HWMON_CLASS "/hwmon%u/device", (unsigned)number);
    const int error = perfadapt__kernel_file_canonical(root, path, chip->device, sizeof chip->device);
    if (error == 0 || perfadapt__kernel_file_is_shortage(error))
        return error;
    snprintf(path, sizeof path, PERFADAPT__HWMON_CLASS "/hwmon%u", (unsigned)number);
    const int class_error = perfadapt__kernel_file_canonical(root, path, chip->device, sizeof chip->device);
    if (class_error != 0) {
        snprintf(chip->device, sizeof chip->device, "%s", path);
        return perfadapt__kernel_file_is_shortage(class_error) ? class_error : 0;
    }
    char tail[32];
    snprintf(tail, sizeof tail, "/hwmon/hwmon%u", (unsigned)number);
    if (strcmp(chip->device, path) != 0)
        cut_suffix(chip->device, tail);
    return 0;
}

static int read_name(const struct perfadapt__root *root, const char *directory, char *out, size_t capacity) {
    char path[96];
    snprintf(path, sizeof path, "%s/name", directory);
    const ssize_t length = perfadapt__fs_read_once(root, path, out, capacity);
    if (length < 0)
        return (int)length;
    out[strcspn(out, "\r\n")] = '\0';
    perfadapt__fs_trim(out);
    return *out ? 0 : -ENODATA;
}

/* Drivers of before Linux 3.14 put every attribute into the device. */
static int find_attributes(const struct perfadapt__root *root, uint32_t number, struct perfadapt__hwmon_chip *chip) {
    static const char *const below[] = {"", "/device"};
    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
        snprintf(chip->directory, sizeof chip->directory, PERFADAPT__HWMON_CLASS "/hwmon%u%s", (unsigned)number,
                 below[i]);
        const int error = read_name(root, chip->directory, chip->name, sizeof chip->name);
        if (error == 0 || perfadapt__kernel_file_is_shortage(error))
            return error;
    }
    snprintf(chip->directory, sizeof chip->directory, PERFADAPT__HWMON_CLASS "/hwmon%u", (unsigned)number);
    snprintf(chip->name, sizeof chip->name, "unnamed");
    return 0;
}

int perfadapt__hwmon_chip_describe(const struct perfadapt__root *root, uint32_t number,
                                   struct perfadapt__hwmon_chip *out_chip) {
    *out_chip = (struct perfadapt__hwmon_chip){0};
    char path[64];
    char canonical[512];
    snprintf(path, sizeof path, PERFADAPT__HWMON_CLASS "/hwmon%u", (unsigned)number);
    int error = perfadapt__kernel_file_canonical(root, path, canonical, sizeof canonical);
    if (error == 0)
        error = find_device(root, number, out_chip);
    return error == 0 ? find_attributes(root, number, out_chip) : error;
}

bool perfadapt__hwmon_chip_same(const struct perfadapt__hwmon_chip *one, const struct perfadapt__hwmon_chip *other) {
    return strcmp(one->name, other->name) == 0 && strcmp(one->device, other->device) == 0;
}

bool perfadapt__hwmon_chip_is_gpu(const char *name) {
    static const char *const names[] = {"amdgpu", "i915", "xe", "nouveau", "radeon"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static const char *without_prefix(const char *path) {
    static const char *const prefixes[] = {"/sys/devices/", "/sys/class/", "/sys/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
            return path + strlen(prefixes[i]);
    return path;
}

/* The end of a path tells devices apart; it is cut between directories. */
static const char *last_part(const char *path, size_t longest) {
    const size_t length = strlen(path);
    if (length <= longest)
        return path;
    const char *tail = path + length - longest;
    const char *slash = strchr(tail, '/');
    return slash ? slash + 1 : tail;
}

void perfadapt__hwmon_chip_id(const struct perfadapt__hwmon_chip *chip, const char *label, char *out, size_t capacity) {
    char head[ID_HEAD_MAX + 40];
    snprintf(head, sizeof head, "%s/%s", chip->name, label);
    snprintf(out, capacity, "%.*s@%s", ID_HEAD_MAX, head, last_part(without_prefix(chip->device), ID_DEVICE_MAX));
    /* As the snapshot will have it: ids are compared. */
    for (; *out; out++)
        if (*out < ' ' || *out > '~')
            *out = '?';
}
