/* What a test sets in, and reads from, the stand-in for NVIDIA's library. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_FAKE_NVML_H
#define PERFADAPT_TESTS_FAKE_NVML_H

#include <stddef.h>

#define FAKE_NVML_GPUS 3
#define FAKE_NVML_FIELD_COUNT 4

enum fake_nvml_call {
    FAKE_NVML_TEMPERATURE,
    FAKE_NVML_TEMPERATURE_V,
    FAKE_NVML_THRESHOLD,
    FAKE_NVML_MARGIN,
    FAKE_NVML_REASONS,
    FAKE_NVML_MEMORY,
    FAKE_NVML_FIELDS,
    FAKE_NVML_POWER,
    FAKE_NVML_POWER_LIMIT,
    FAKE_NVML_CLOCK,
    FAKE_NVML_CLOCK_MAX,
    FAKE_NVML_BUSY,
    FAKE_NVML_NAME,
    FAKE_NVML_CALLS
};

struct fake_nvml_gpu {
    char address[16]; /* "" = there is none */
    char name[96];
    int celsius;
    int margin;
    int thresholds[8]; /* by NVML's number; 0 = not supported */
    struct {
        unsigned id, type;
        int value;
    } fields[FAKE_NVML_FIELD_COUNT];
    unsigned long long reasons;
    int milliwatt;
    unsigned milliwatt_limit;
    unsigned mhz, mhz_max;
    unsigned long long memory_total, memory_used, memory_reserved;
    unsigned busy_percent;

    int result;                     /* of everything; 0 = as the rest says */
    int handle_result;              /* of taking a handle */
    int result_of[FAKE_NVML_CALLS]; /* of one function */

    int held;       /* a handle was taken since the last initialisation */
    unsigned calls; /* with its handle */
};

struct fake_nvml {
    struct fake_nvml_gpu gpus[FAKE_NVML_GPUS];
    int init_result;
    unsigned delay_ms[FAKE_NVML_CALLS];

    int initialised; /* times, less shutdowns */
    unsigned inits, shutdowns, calls;
    unsigned calls_of[FAKE_NVML_CALLS];
    unsigned calls_while_shut;     /* device functions before nvmlInit or after nvmlShutdown */
    unsigned calls_without_handle; /* with a handle of an earlier initialisation */
};

#endif
