/* What NVML says of one GPU, written into the snapshot. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_NVML_GPU_H
#define PERFADAPT_PROVIDERS_NVML_GPU_H

#include "providers/nvml_library.h"
#include "providers/provider.h"

/* In the order in which they are read: the limit is made of the temperature just read. */
enum perfadapt__nvml_figure {
    PERFADAPT__NVML_TEMPERATURE,
    PERFADAPT__NVML_LIMIT,
    PERFADAPT__NVML_REASONS,
    PERFADAPT__NVML_BUSY,
    PERFADAPT__NVML_POWER,
    PERFADAPT__NVML_CLOCK,
    PERFADAPT__NVML_MEMORY_TEMPERATURE,
    PERFADAPT__NVML_MEMORY_SIZE,
    PERFADAPT__NVML_POWER_LIMIT,
    PERFADAPT__NVML_CLOCK_MAX
};
#define PERFADAPT__NVML_FIGURES 10

struct perfadapt__nvml_pace {
    int64_t due_ns;   /* not before */
    int64_t pause_ns; /* length of the last pause after an error; 0 = none */
    bool unsupported; /* not asked again while the handle lives */
};

struct perfadapt__nvml_gpu {
    char address[16];              /* PCI, as sysfs writes it */
    struct perfadapt__gate *gate;  /* NULL = there are too many: never touched */
    perfadapt__nvml_device device; /* NULL = no handle at present */

    /* Indices into the snapshot, which keeps its entries; -1 = none. */
    int entry;
    int sensor;
    int memory_sensor;
    int evidence;

    struct perfadapt__nvml_pace paces[PERFADAPT__NVML_FIGURES];
    int32_t celsius;      /* as last read, */
    int64_t celsius_ns;   /* at this time */
    bool has_no_margin;   /* its limit is a threshold */
    uint32_t limit_moved; /* reads in a row that gave another limit than the sensor has */
};

/* Makes its entries: the GPU, its sensor and its evidence, all not read yet. */
void perfadapt__nvml_gpu_enter(struct perfadapt__nvml_gpu *gpu, struct perfadapt_snapshot *snapshot);

/* A handle was just taken: everything is asked anew, its name at once. */
void perfadapt__nvml_gpu_begin(struct perfadapt__nvml_gpu *gpu, const struct perfadapt__nvml_library *library,
                               struct perfadapt_snapshot *snapshot);

/* Reads what is due: SUCCESS, NOT_SUPPORTED where NVML knows nothing at all of this GPU, or the NVML return code of a
 * GPU that is lost. What is wrong with a single figure stays with that figure. */
int perfadapt__nvml_gpu_read(struct perfadapt__nvml_gpu *gpu, struct perfadapt__nvml_library *library, int64_t now_ns,
                             struct perfadapt_snapshot *snapshot);

/* It is not touched (ASLEEP), it cannot be read (ERROR), or there is nothing to read (UNSUPPORTED). */
void perfadapt__nvml_gpu_unread(const struct perfadapt__nvml_gpu *gpu, enum perfadapt_state state,
                                enum perfadapt_why why, struct perfadapt_snapshot *snapshot);

/* The enum perfadapt_why of a return code. */
enum perfadapt_why perfadapt__nvml_why(int result);

#endif
