/* What a graphics driver writes into /proc/PID/fdinfo of its clients, taken apart. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_FDINFO_TEXT_H
#define PERFADAPT_PROVIDERS_FDINFO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERFADAPT__FDINFO_ENGINES_MAX 12
#define PERFADAPT__FDINFO_REGIONS_MAX 12

struct perfadapt__fdinfo_engine {
    char name[16];
    uint32_t capacity; /* engines of that name; 1 where the driver says nothing */
    bool has_busy_ns;
    bool has_cycles;
    bool has_total_cycles;
    uint64_t busy_ns;
    uint64_t cycles;
    uint64_t total_cycles;
};

struct perfadapt__fdinfo_region {
    char name[16];
    double bytes;  /* resident, else what drivers called "memory", else all of it */
    uint32_t rank; /* of what bytes are: the higher, the better */
};

struct perfadapt__fdinfo {
    char driver[16];
    char pdev[40]; /* PCI address; "" = no PCI device */
    bool has_client;
    uint64_t client;
    size_t engine_count;
    struct perfadapt__fdinfo_engine engines[PERFADAPT__FDINFO_ENGINES_MAX];
    size_t region_count;
    struct perfadapt__fdinfo_region regions[PERFADAPT__FDINFO_REGIONS_MAX];
};

/* False where it is not that of a graphics device, or names no client. Any text; lines that were cut are left out. */
bool perfadapt__fdinfo_parse(const char *text, struct perfadapt__fdinfo *out_info);

/* Bytes of all regions that hold something of the device; false where the driver names none. */
bool perfadapt__fdinfo_memory(const struct perfadapt__fdinfo *info, double *out_bytes);

/* False for engines that only copy, or code pictures: they say nothing of drawing. */
bool perfadapt__fdinfo_engine_draws(const char *name);

#endif
