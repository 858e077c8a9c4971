/* What the Vulkan drivers of this machine say, each asked on its own. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_GATHER_H
#define PERFADAPT_PROBE_GATHER_H

#include "device/bus.h"
#include "probe/attempt.h"
#include "probe/icds.h"
#include "probe/sentinel.h"

#define PROBE_FOUND_MAX 32

/* One device of one driver. */
struct probe_found {
    size_t icd; /* its index */
    struct perfadapt_device device;
};

/* What became of a driver. */
struct probe_asked {
    bool asked;       /* false: see its left_out */
    bool failed;      /* it crashed, hung, ended or lied */
    bool sleeps;      /* it was left out so that a GPU can sleep on */
    int code;         /* VkResult, where it did not fail */
    size_t count;     /* devices */
    char result[160]; /* in words; "" = nothing to say */
};

struct probe_gathered {
    size_t gpu_count;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX]; /* as they were before the last driver was asked */
    struct probe_icds icds;
    struct probe_asked asked[PROBE_ICDS_MAX];
    size_t found_count;
    struct probe_found found[PROBE_FOUND_MAX];
};

struct probe_gather_options {
    probe_enumerate *enumerate; /* NULL: no driver is asked, only the bus */
    const char *why_not;        /* and this is why */
    int64_t deadline_ns;
    int64_t attempt_ms; /* for each, at most */
};

/* Allocate *out_gathered. `sysroot` is where the bus is; manifests are those that the loader sees. */
void probe_gather(const struct perfadapt__root *sysroot, const struct probe_gather_options *options,
                  struct probe_sentinel *sentinel, struct probe_gathered *out_gathered);

#endif
