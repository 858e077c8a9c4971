/*
 * A stand-in for libnvidia-ml.so.1: a few GPUs that say what a test tells them to, and count who asks.
 * SPDX-License-Identifier: MIT
 *
 * Built twice: as of a new driver, and with FAKE_NVML_OLD without what came after driver 470. What a test sets it sets
 * through fake_nvml_state(), found by dlsym.
 */
#include "nvml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

enum { UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, ARGUMENT_VERSION_MISMATCH = 25 };

static struct fake_nvml state;

EXPORT struct fake_nvml *fake_nvml_state(void);
EXPORT struct fake_nvml *fake_nvml_state(void) {
    return &state;
}

static void wait_ms(unsigned delay_ms) {
    struct timespec delay = {.tv_sec = delay_ms / 1000, .tv_nsec = (long)(delay_ms % 1000) * 1000000};
    while (delay_ms && nanosleep(&delay, &delay) != 0 && errno == EINTR) {
    }
}

/* Counts the call; what it is to answer before it looks at anything. */
static int enter(struct fake_nvml_gpu *gpu, enum fake_nvml_call call) {
    state.calls++;
    state.calls_of[call]++;
    if (state.initialised == 0) {
        state.calls_while_shut++;
        return UNINITIALIZED;
    }
    wait_ms(state.delay_ms[call]);
    if (!gpu || !gpu->held) {
        state.calls_without_handle++;
        return INVALID_ARGUMENT;
    }
    gpu->calls++;
    return gpu->result ? gpu->result : gpu->result_of[call];
}

EXPORT int nvmlInit_v2(void);
EXPORT int nvmlInit_v2(void) {
    state.calls++;
    state.inits++;
    if (state.init_result)
        return state.init_result;
    state.initialised++;
    return 0;
}

EXPORT int nvmlShutdown(void);
EXPORT int nvmlShutdown(void) {
    state.calls++;
    state.shutdowns++;
    if (state.initialised == 0)
        return UNINITIALIZED;
    if (--state.initialised == 0)
        for (size_t i = 0; i < FAKE_NVML_GPUS; i++)
            state.gpus[i].held = 0;
    return 0;
}

EXPORT int nvmlDeviceGetHandleByPciBusId_v2(const char *address, void **device);
EXPORT int nvmlDeviceGetHandleByPciBusId_v2(const char *address, void **device) {
    state.calls++;
    if (state.initialised == 0) {
        state.calls_while_shut++;
        return UNINITIALIZED;
    }
    for (size_t i = 0; i < FAKE_NVML_GPUS; i++) {
        struct fake_nvml_gpu *gpu = &state.gpus[i];
        if (strcmp(gpu->address, address) != 0)
            continue;
        if (gpu->result || gpu->handle_result)
            return gpu->result ? gpu->result : gpu->handle_result;
        gpu->held = 1;
        *device = gpu;
        return 0;
    }
    return NOT_FOUND;
}

EXPORT int nvmlDeviceGetTemperature(struct fake_nvml_gpu *gpu, unsigned sensor, unsigned *celsius);
EXPORT int nvmlDeviceGetTemperature(struct fake_nvml_gpu *gpu, unsigned sensor, unsigned *celsius) {
    const int result = enter(gpu, FAKE_NVML_TEMPERATURE);
    if (result == 0 && sensor == 0)
        *celsius = (unsigned)gpu->celsius;
    return result;
}

EXPORT int nvmlDeviceGetTemperatureThreshold(struct fake_nvml_gpu *gpu, unsigned threshold, unsigned *celsius);
EXPORT int nvmlDeviceGetTemperatureThreshold(struct fake_nvml_gpu *gpu, unsigned threshold, unsigned *celsius) {
    const int result = enter(gpu, FAKE_NVML_THRESHOLD);
    if (result)
        return result;
    if (threshold >= 8 || gpu->thresholds[threshold] == 0)
        return NOT_SUPPORTED;
    *celsius = (unsigned)gpu->thresholds[threshold];
    return 0;
}

EXPORT int nvmlDeviceGetCurrentClocksThrottleReasons(struct fake_nvml_gpu *gpu, unsigned long long *reasons);
EXPORT int nvmlDeviceGetCurrentClocksThrottleReasons(struct fake_nvml_gpu *gpu, unsigned long long *reasons) {
    const int result = enter(gpu, FAKE_NVML_REASONS);
    *reasons = gpu ? gpu->reasons : 0;
    return result;
}

#ifndef FAKE_NVML_OLD
struct temperature {
    unsigned version, sensor;
    int celsius;
};

EXPORT int nvmlDeviceGetTemperatureV(struct fake_nvml_gpu *gpu, struct temperature *temperature);
EXPORT int nvmlDeviceGetTemperatureV(struct fake_nvml_gpu *gpu, struct temperature *temperature) {
    const int result = enter(gpu, FAKE_NVML_TEMPERATURE_V);
    if (result)
        return result;
    if (temperature->version != (12U | 1U << 24) || temperature->sensor != 0)
        return ARGUMENT_VERSION_MISMATCH;
    temperature->celsius = gpu->celsius;
    return 0;
}

struct margin {
    unsigned version;
    int celsius;
};

EXPORT int nvmlDeviceGetMarginTemperature(struct fake_nvml_gpu *gpu, struct margin *margin);
EXPORT int nvmlDeviceGetMarginTemperature(struct fake_nvml_gpu *gpu, struct margin *margin) {
    const int result = enter(gpu, FAKE_NVML_MARGIN);
    if (result)
        return result;
    if (margin->version != (8U | 1U << 24))
        return ARGUMENT_VERSION_MISMATCH;
    margin->celsius = gpu->margin;
    return 0;
}

EXPORT int nvmlDeviceGetCurrentClocksEventReasons(struct fake_nvml_gpu *gpu, unsigned long long *reasons);
EXPORT int nvmlDeviceGetCurrentClocksEventReasons(struct fake_nvml_gpu *gpu, unsigned long long *reasons) {
    return nvmlDeviceGetCurrentClocksThrottleReasons(gpu, reasons);
}

struct memory_v2 {
    unsigned version;
    unsigned long long total, reserved, free, used;
};

EXPORT int nvmlDeviceGetMemoryInfo_v2(struct fake_nvml_gpu *gpu, struct memory_v2 *memory);
EXPORT int nvmlDeviceGetMemoryInfo_v2(struct fake_nvml_gpu *gpu, struct memory_v2 *memory) {
    const int result = enter(gpu, FAKE_NVML_MEMORY);
    if (result)
        return result;
    if (memory->version != (40U | 2U << 24))
        return ARGUMENT_VERSION_MISMATCH;
    memory->total = gpu->memory_total;
    memory->used = gpu->memory_used;
    memory->reserved = gpu->memory_reserved;
    memory->free = gpu->memory_total - gpu->memory_used - gpu->memory_reserved;
    return 0;
}

EXPORT int nvmlDeviceGetName(struct fake_nvml_gpu *gpu, char *name, unsigned length);
EXPORT int nvmlDeviceGetName(struct fake_nvml_gpu *gpu, char *name, unsigned length) {
    const int result = enter(gpu, FAKE_NVML_NAME);
    if (result == 0)
        snprintf(name, length, "%s", gpu->name);
    return result;
}
#endif

struct memory_v1 {
    unsigned long long total, free, used;
};

EXPORT int nvmlDeviceGetMemoryInfo(struct fake_nvml_gpu *gpu, struct memory_v1 *memory);
EXPORT int nvmlDeviceGetMemoryInfo(struct fake_nvml_gpu *gpu, struct memory_v1 *memory) {
    const int result = enter(gpu, FAKE_NVML_MEMORY);
    if (result)
        return result;
    memory->total = gpu->memory_total;
    memory->used = gpu->memory_used + gpu->memory_reserved;
    memory->free = memory->total - memory->used;
    return 0;
}

struct field {
    unsigned id, scope;
    long long timestamp, latency;
    unsigned type;
    int result;
    union {
        double as_double;
        unsigned as_unsigned;
        int as_int;
        unsigned long long as_long;
    } value;
};

EXPORT int nvmlDeviceGetFieldValues(struct fake_nvml_gpu *gpu, int count, struct field *fields);
EXPORT int nvmlDeviceGetFieldValues(struct fake_nvml_gpu *gpu, int count, struct field *fields) {
    const int result = enter(gpu, FAKE_NVML_FIELDS);
    for (int i = 0; result == 0 && i < count; i++) {
        fields[i].result = NOT_SUPPORTED;
        for (size_t k = 0; k < FAKE_NVML_FIELD_COUNT; k++) {
            if (gpu->fields[k].id == 0 || gpu->fields[k].id != fields[i].id)
                continue;
            fields[i].result = 0;
            fields[i].type = gpu->fields[k].type;
            fields[i].value.as_long = 0xa5a5a5a5a5a5a5a5; /* what the type leaves out is not for reading */
            fields[i].value.as_int = gpu->fields[k].value;
        }
    }
    return result;
}

EXPORT int nvmlDeviceGetPowerUsage(struct fake_nvml_gpu *gpu, unsigned *milliwatt);
EXPORT int nvmlDeviceGetPowerUsage(struct fake_nvml_gpu *gpu, unsigned *milliwatt) {
    const int result = enter(gpu, FAKE_NVML_POWER);
    *milliwatt = gpu ? (unsigned)gpu->milliwatt : 0;
    return result;
}

EXPORT int nvmlDeviceGetEnforcedPowerLimit(struct fake_nvml_gpu *gpu, unsigned *milliwatt);
EXPORT int nvmlDeviceGetEnforcedPowerLimit(struct fake_nvml_gpu *gpu, unsigned *milliwatt) {
    const int result = enter(gpu, FAKE_NVML_POWER_LIMIT);
    *milliwatt = gpu ? gpu->milliwatt_limit : 0;
    return result;
}

EXPORT int nvmlDeviceGetClockInfo(struct fake_nvml_gpu *gpu, unsigned type, unsigned *mhz);
EXPORT int nvmlDeviceGetClockInfo(struct fake_nvml_gpu *gpu, unsigned type, unsigned *mhz) {
    const int result = enter(gpu, FAKE_NVML_CLOCK);
    *mhz = gpu && type == 1 ? gpu->mhz : 0;
    return result;
}

EXPORT int nvmlDeviceGetMaxClockInfo(struct fake_nvml_gpu *gpu, unsigned type, unsigned *mhz);
EXPORT int nvmlDeviceGetMaxClockInfo(struct fake_nvml_gpu *gpu, unsigned type, unsigned *mhz) {
    const int result = enter(gpu, FAKE_NVML_CLOCK_MAX);
    *mhz = gpu && type == 1 ? gpu->mhz_max : 0;
    return result;
}

struct utilization {
    unsigned gpu, memory;
};

EXPORT int nvmlDeviceGetUtilizationRates(struct fake_nvml_gpu *gpu, struct utilization *utilization);
EXPORT int nvmlDeviceGetUtilizationRates(struct fake_nvml_gpu *gpu, struct utilization *utilization) {
    const int result = enter(gpu, FAKE_NVML_BUSY);
    *utilization = (struct utilization){gpu ? gpu->busy_percent : 0, 99};
    return result;
}
