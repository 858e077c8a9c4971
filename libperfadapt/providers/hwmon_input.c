/* SPDX-License-Identifier: MIT */
#include "providers/hwmon_input.h"

#include "core/clock.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void file_path(const struct perfadapt__hwmon_chip *chip, uint32_t number, const char *what, char *out,
                      size_t capacity) {
    snprintf(out, capacity, "%s/temp%u_%s", chip->directory, (unsigned)number, what);
}

struct perfadapt__hwmon_input perfadapt__hwmon_input_make(const struct perfadapt__hwmon_chip *chip, uint32_t number,
                                                          const char *label, uint32_t sensor) {
    return (struct perfadapt__hwmon_input){.thermometer = {.sensor = sensor, .input_fd = -1},
                                           .number = number,
                                           .max_counts = perfadapt__hwmon_chip_max_counts(chip->name, label),
                                           .fault_fd = -1,
                                           .enable_fd = -1};
}

void perfadapt__hwmon_input_close(struct perfadapt__hwmon_input *input) {
    perfadapt__kernel_file_close(&input->thermometer.input_fd);
    perfadapt__kernel_file_close(&input->fault_fd);
    perfadapt__kernel_file_close(&input->enable_fd);
}

int perfadapt__hwmon_input_label(const struct perfadapt__root *root, const struct perfadapt__hwmon_chip *chip,
                                 uint32_t number, char *out, size_t capacity) {
    char path[96];
    file_path(chip, number, "label", path, sizeof path);
    const ssize_t length =
        perfadapt__hwmon_chip_has_labels(chip->name) ? perfadapt__fs_read_once(root, path, out, capacity) : -ENOENT;
    if (length >= 0) {
        out[strcspn(out, "\r\n")] = '\0';
        perfadapt__fs_trim(out);
        if (*out)
            return 0;
    }
    snprintf(out, capacity, "temp%u", (unsigned)number);
    return perfadapt__kernel_file_is_shortage(length) ? (int)length : 0;
}

/* ---- limits ---- */

/* 1 where the file says a limit that can be, 0 where it does not, -errno where descriptors were short. */
static int read_limit(const struct perfadapt__root *root, const struct perfadapt__hwmon_chip *chip,
                      const struct perfadapt__hwmon_input *input, const char *what, enum perfadapt_limit_source source,
                      struct perfadapt_sensor *sensor) {
    char path[96];
    char text[32];
    int64_t millidegrees;
    file_path(chip, input->number, what, path, sizeof path);
    const ssize_t length = perfadapt__fs_read_once(root, path, text, sizeof text);
    if (perfadapt__kernel_file_is_shortage(length))
        return (int)length;
    const enum perfadapt_why why = perfadapt__kernel_file_number(text, length, sizeof text, &millidegrees);
    if (why == PERFADAPT_WHY_NONE)
        return perfadapt__thermometer_limit(sensor, perfadapt__thermometer_convert(&input->thermometer, millidegrees),
                                            source, perfadapt__now_ns());
    if (length != -ENOENT)
        sensor->limit_why = (uint32_t)why;
    return 0;
}

/* Neither missing nor wrong: what it said before still holds. */
static bool is_unreadable(uint32_t limit_why) {
    return limit_why == PERFADAPT_WHY_IO_ERROR || limit_why == PERFADAPT_WHY_BUSY ||
           limit_why == PERFADAPT_WHY_VANISHED;
}

/* tempN_emergency is where the device switches off, so it is never one. A limit that stands in for one that may exist
 * would stay: nothing is then decided. */
int perfadapt__hwmon_input_limit(const struct perfadapt__root *root, const struct perfadapt__hwmon_chip *chip,
                                 const struct perfadapt__hwmon_input *input, struct perfadapt_sensor *sensor) {
    sensor->limit_why = PERFADAPT_WHY_NONE;
    int found = read_limit(root, chip, input, "crit", PERFADAPT_LIMIT_CRIT, sensor);
    if (found == 0 && input->max_counts)
        found = read_limit(root, chip, input, "max", PERFADAPT_LIMIT_MAX, sensor);
    if (found != 0)
        return found < 0 ? found : 0;
    if (sensor->limit.state == PERFADAPT_STATE_OK && is_unreadable(sensor->limit_why))
        return 0;
    sensor->limit = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_UNSUPPORTED);
    const int64_t usual = perfadapt__hwmon_chip_usual_limit(chip->name);
    if (usual > 0)
        perfadapt__thermometer_limit(sensor, usual, PERFADAPT_LIMIT_TABLE, perfadapt__now_ns());
    return 0;
}

/* ---- reading ---- */

static int open_flag(const struct perfadapt__root *root, const struct perfadapt__hwmon_chip *chip, uint32_t number,
                     const char *what, int *out_fd) {
    char path[96];
    file_path(chip, number, what, path, sizeof path);
    const int fd = perfadapt__root_openat(root, path, 0);
    *out_fd = fd >= 0 ? fd : -1;
    return perfadapt__kernel_file_is_shortage(fd) ? fd : 0;
}

/* 0, or -errno where a flag may be set that could not be looked at. */
static int open_flags(const struct perfadapt__root *root, const struct perfadapt__hwmon_chip *chip,
                      struct perfadapt__hwmon_input *input) {
    perfadapt__hwmon_input_close(input);
    const int error = open_flag(root, chip, input->number, "fault", &input->fault_fd);
    return error ? error : open_flag(root, chip, input->number, "enable", &input->enable_fd);
}

static bool flag_is(int fd, int64_t wanted) {
    char text[24];
    int64_t value;
    return fd >= 0 &&
           perfadapt__kernel_file_number(text, perfadapt__fs_pread(fd, text, sizeof text), sizeof text, &value) ==
               PERFADAPT_WHY_NONE &&
           value == wanted;
}

enum perfadapt_why perfadapt__hwmon_input_read(const struct perfadapt__root *root,
                                               const struct perfadapt__hwmon_chip *chip,
                                               struct perfadapt__hwmon_input *input, int64_t *out_millidegrees,
                                               bool *out_denied) {
    char path[96];
    char text[32];
    const bool is_open = input->thermometer.input_fd >= 0;
    const int error = is_open ? 0 : open_flags(root, chip, input);
    if (error)
        return perfadapt__fs_why(error);
    if (flag_is(input->enable_fd, 0))
        return PERFADAPT_WHY_DISABLED;
    if (flag_is(input->fault_fd, 1))
        return PERFADAPT_WHY_FAULT_FLAG;
    path[0] = '\0';
    if (!is_open) /* the path is for opening only */
        file_path(chip, input->number, "input", path, sizeof path);
    const ssize_t length = perfadapt__kernel_file_read(root, path, &input->thermometer.input_fd, text, sizeof text);
    *out_denied = length == -EPERM;
    return perfadapt__kernel_file_number(text, length, sizeof text, out_millidegrees);
}
