/* How often and how long x86 processors slowed themselves down for heat. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_THERMAL_THROTTLE_H
#define PERFADAPT_PROVIDERS_THERMAL_THROTTLE_H

#include "providers/kernel_number.h"
#include "providers/provider.h"

#define PERFADAPT__THROTTLE_PACKAGES_MAX 4
#define PERFADAPT__THROTTLE_CORES_MAX 8

struct perfadapt__throttle_counter {
    struct perfadapt__kernel_number file;
    int64_t value; /* as last read */
    bool known;
};

struct perfadapt__throttle_package {
    uint32_t id;
    uint32_t cpu;   /* the one that is asked for the package */
    bool lost;      /* that one went offline: another is to be asked */
    bool has_count; /* not every processor counts for its package */
    bool has_time;
    struct perfadapt__throttle_counter count;
    struct perfadapt__throttle_counter time; /* ms */
    int evidence;
    int64_t grew_ns; /* 0 = has not grown yet */
    char growth[64];
};

struct perfadapt__throttle_core {
    uint32_t cpu;
    uint32_t core;
    size_t package; /* index */
    struct perfadapt__throttle_counter count;
};

struct perfadapt__thermal_throttle {
    const struct perfadapt__root *root;
    size_t package_count;
    struct perfadapt__throttle_package packages[PERFADAPT__THROTTLE_PACKAGES_MAX];
    size_t core_count;
    struct perfadapt__throttle_core cores[PERFADAPT__THROTTLE_CORES_MAX];
    int64_t cores_ns;  /* next look at the cores */
    int64_t search_ns; /* next search for processors that answer */
};

void perfadapt__thermal_throttle_init(struct perfadapt__thermal_throttle *throttle, const struct perfadapt__root *root,
                                      struct perfadapt_snapshot *snapshot);
void perfadapt__thermal_throttle_finish(struct perfadapt__thermal_throttle *throttle);
void perfadapt__thermal_throttle_read(struct perfadapt__thermal_throttle *throttle,
                                      const struct perfadapt__read_context *context,
                                      struct perfadapt_snapshot *snapshot);

#endif
