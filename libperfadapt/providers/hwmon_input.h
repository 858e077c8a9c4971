/* One temperature input of a hwmon chip: its files, its label, its limits. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_HWMON_INPUT_H
#define PERFADAPT_PROVIDERS_HWMON_INPUT_H

#include "providers/hwmon_chip.h"
#include "providers/thermometer.h"

struct perfadapt__hwmon_input {
    struct perfadapt__thermometer thermometer;
    uint32_t number; /* of temp<number>_input */
    bool left_alone; /* listed, never read */
    bool max_counts; /* tempN_max is of this very chip */
    int fault_fd;    /* tempN_fault and tempN_enable; -1 = has none, or not open */
    int enable_fd;
};

/* Nothing is open. */
struct perfadapt__hwmon_input perfadapt__hwmon_input_make(const struct perfadapt__hwmon_chip *chip, uint32_t number,
                                                          const char *label, uint32_t sensor);
void perfadapt__hwmon_input_close(struct perfadapt__hwmon_input *input);

/* What the driver calls it, or "temp<number>": 0, or -errno where descriptors were short. */
int perfadapt__hwmon_input_label(const struct perfadapt__root *root, const struct perfadapt__hwmon_chip *chip,
                                 uint32_t number, char *out, size_t capacity);

/* Sets the sensor's limit: 0, or -errno where descriptors were short, and it is not decided. Touches the device. */
int perfadapt__hwmon_input_limit(const struct perfadapt__root *root, const struct perfadapt__hwmon_chip *chip,
                                 const struct perfadapt__hwmon_input *input, struct perfadapt_sensor *sensor);

/* Touches the device. *out_denied: it answered EPERM. */
enum perfadapt_why perfadapt__hwmon_input_read(const struct perfadapt__root *root,
                                               const struct perfadapt__hwmon_chip *chip,
                                               struct perfadapt__hwmon_input *input, int64_t *out_millidegrees,
                                               bool *out_denied);

#endif
