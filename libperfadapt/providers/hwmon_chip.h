/* What a hwmon directory says of its chip, without waking it: who it is, and where it sits.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_HWMON_CHIP_H
#define PERFADAPT_PROVIDERS_HWMON_CHIP_H

#include "core/fs.h"

#define PERFADAPT__HWMON_CLASS "/sys/class/hwmon"

struct perfadapt__hwmon_chip {
    char directory[64]; /* of the attributes: "/sys/class/hwmon/hwmon3", with old drivers its device */
    char name[32];      /* the driver's, "k10temp" */
    char device[256];   /* path of the device, links resolved: stays the same when hwmonN is numbered anew */
};

/* Describes hwmon<number>: 0, or -errno where there is no such directory, or it could not be looked at. */
int perfadapt__hwmon_chip_describe(const struct perfadapt__root *root, uint32_t number,
                                   struct perfadapt__hwmon_chip *out_chip);

bool perfadapt__hwmon_chip_same(const struct perfadapt__hwmon_chip *one, const struct perfadapt__hwmon_chip *other);

/* Why the chip is never read, or NULL. */
const char *perfadapt__hwmon_chip_avoid(const char *name);

/* Whether its labels may be read; those of some chips that are never read may. */
bool perfadapt__hwmon_chip_has_labels(const char *name);

/* Whether the chip is a graphics device's, which sleeps where nobody reads it. */
bool perfadapt__hwmon_chip_is_gpu(const char *name);

/* Millidegrees at which chips throttle whose drivers do not say; 0 = not known. */
int64_t perfadapt__hwmon_chip_usual_limit(const char *name);

/* Whether tempN_max says something of this very chip, and is no constant of the driver's. */
bool perfadapt__hwmon_chip_max_counts(const char *name, const char *label);

/* The sensor's id: "k10temp/Tctl@pci0000:00/0000:00:18.3". */
void perfadapt__hwmon_chip_id(const struct perfadapt__hwmon_chip *chip, const char *label, char *out, size_t capacity);

#endif
