/* What a hwmon directory says of its chip, without waking it: who it is, where it sits, whether it sleeps.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_HWMON_CHIP_H
#define PERFADAPT_PROVIDERS_HWMON_CHIP_H

#include "core/fs.h"

#define PERFADAPT__HWMON_CLASS "/sys/class/hwmon"

struct perfadapt__hwmon_chip {
    char directory[64]; /* of the attributes: "/sys/class/hwmon/hwmon3", with old drivers its device */
    char name[32];      /* the driver's, "k10temp" */
    char device[256];   /* path of the device, links resolved: stays the same when hwmonN is numbered anew */
    int status_fd;      /* the device's runtime power status and PCI power state; -1 = not open */
    int power_fd;
    uint32_t faulty_why; /* enum perfadapt_why of the last FAULTY */
};

enum perfadapt__hwmon_power {
    PERFADAPT__HWMON_AWAKE = 0,
    PERFADAPT__HWMON_ASLEEP = 1, /* or on its way there or back: a read would wake it, or block */
    PERFADAPT__HWMON_FAULTY = 2, /* its power management failed, or could not be asked: not touched */
    PERFADAPT__HWMON_GONE = 3
};

/* Describes hwmon<number>: 0, or -errno where there is no such directory, or it could not be looked at. */
int perfadapt__hwmon_chip_describe(const struct perfadapt__root *root, uint32_t number,
                                   struct perfadapt__hwmon_chip *out_chip);

bool perfadapt__hwmon_chip_same(const struct perfadapt__hwmon_chip *one, const struct perfadapt__hwmon_chip *other);

/* Why the chip is never read, or NULL. */
const char *perfadapt__hwmon_chip_avoid(const char *name);

/* Asks the power management, which wakes nothing. */
enum perfadapt__hwmon_power perfadapt__hwmon_chip_power(const struct perfadapt__root *root,
                                                        struct perfadapt__hwmon_chip *chip);

void perfadapt__hwmon_chip_close(struct perfadapt__hwmon_chip *chip);

/* Millidegrees at which chips throttle whose drivers do not say; 0 = not known. */
int64_t perfadapt__hwmon_chip_usual_limit(const char *name);

/* The sensor's id: "k10temp/Tctl@pci0000:00/0000:00:18.3". */
void perfadapt__hwmon_chip_id(const struct perfadapt__hwmon_chip *chip, const char *label, char *out, size_t capacity);

#endif
