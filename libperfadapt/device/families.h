/*
 * What is known of devices by their numbers and names: profiles/devices, read through. SPDX-License-Identifier: MIT
 *
 * Each section that fits a device adds what it knows; a later one wins key by key, so files go from the general to the
 * special. docs/devices.md has the format.
 */
#ifndef PERFADAPT_DEVICE_FAMILIES_H
#define PERFADAPT_DEVICE_FAMILIES_H

#include <perfadapt/profile.h>

/* What the sections that fit have said. NAN, 0 or "" = nothing. */
struct perfadapt__family {
    char name[50];         /* of the last section that fitted */
    char where[160];       /* "nvidia.ini:12" */
    char deny[100];        /* not "": this is no GPU to rely on; the text says why */
    double gflops;         /* of this very device, by its maker */
    double lanes_per_unit; /* single-precision lanes */
    double units;          /* where the driver does not tell */
    double clock_mhz;      /* typical, when busy */
    double tier_least, tier_most;
    uint32_t type; /* enum perfadapt_device_type + 1; 0 = not said */
    uint32_t year; /* of its generation; 0 unknown */
};

/* False where there are no files at all; *out is then empty. */
bool perfadapt__families_find(const char *data_dir, const struct perfadapt_device *device,
                              struct perfadapt__family *out_family);

#endif
