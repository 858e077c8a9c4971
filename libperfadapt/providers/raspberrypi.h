/* What a Raspberry Pi's firmware does unseen: its heat and its under-voltage limits. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_RASPBERRYPI_H
#define PERFADAPT_PROVIDERS_RASPBERRYPI_H

#include "providers/kernel_number.h"
#include "providers/provider.h"

struct perfadapt__raspberrypi {
    const struct perfadapt__root *root;
    bool present;
    bool has_zone;
    bool has_volt;
    uint32_t zone;          /* thermal_zone<zone> */
    uint32_t volt;          /* hwmon<volt> */
    int64_t soft_limit_mc;  /* the firmware slows down from about here */
    int64_t seldom_ns;      /* next look at zone and alarm, */
    int64_t search_ns;      /* and next search for them */
    int64_t temperature_mc; /* as last read; INT64_MIN = unknown */
    bool under_voltage;
    bool alarm_known;
    unsigned slow_reads; /* in a row in which the clock was low under load */
    struct perfadapt__kernel_number zone_file;
    struct perfadapt__kernel_number alarm_file;
    int evidence;
};

void perfadapt__raspberrypi_init(struct perfadapt__raspberrypi *pi, const struct perfadapt__root *root,
                                 struct perfadapt_snapshot *snapshot);
void perfadapt__raspberrypi_finish(struct perfadapt__raspberrypi *pi);

/* After the processor's load and clocks were read into the snapshot. */
void perfadapt__raspberrypi_read(struct perfadapt__raspberrypi *pi, int64_t now_ns,
                                 struct perfadapt_snapshot *snapshot);

/* True where one of the NUL-separated strings of a device tree's "compatible" starts with `prefix`. */
bool perfadapt__raspberrypi_is_compatible(const char *text, size_t length, const char *prefix);

#endif
