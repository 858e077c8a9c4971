/*
 * What is known of devices by their numbers and names: profiles/devices, read through. SPDX-License-Identifier: MIT
 *
 * Each section that fits a device adds what it knows; a later one wins key by key, so files go from the general to the
 * special. docs/devices.md has the format.
 */
#ifndef PERFADAPT_DEVICE_FAMILIES_H
#define PERFADAPT_DEVICE_FAMILIES_H

#include <perfadapt/profile.h>
#include <stdbool.h>

/* What the sections that fit have said. 0, false or "" = nothing. */
struct perfadapt__family {
    char name[50];         /* of the last section that fitted */
    char where[64];        /* "nvidia.ini:12" */
    char through[50];      /* of the last section with a `share`: how the device is reached, not what it is */
    char deny[100];        /* not "": this is no GPU to rely on; the text says why */
    char broken[64];       /* "amd.ini:7": the first file that was left out, and its first line that is no INI */
    bool known;            /* by its number or its name, not by its vendor alone */
    bool tiled;            /* renders in tiles, whatever its memory types say */
    uint32_t type;         /* enum perfadapt_device_type + 1; 0 = not said */
    double gflops;         /* of this very device, by its maker */
    double lanes_per_unit; /* single-precision lanes, each a fused multiply-add a clock */
    double units;          /* where the driver does not tell */
    double clock_mhz;      /* typical, when busy */
    double share;          /* of its speed that arrives */
    double tier_least, tier_most;
    double year; /* of its generation */
};

/* `data_dir` NULL = what came with the library. False where there are no files at all; *out_family is then empty. */
bool perfadapt__families_find(const char *data_dir, const struct perfadapt_device *device,
                              struct perfadapt__family *out_family);

/* Adds what one file's text says; `file` is its name. */
void perfadapt__families_read(const struct perfadapt_device *device, const char *file, const char *text, size_t length,
                              struct perfadapt__family *family);

/*
 * Whether `text` fits one of the patterns that '|' separates; * and ? stand for letters; ASCII's case does not count.
 */
bool perfadapt__families_glob(const char *patterns, const char *text);

#endif
