/*
 * One GPU that never changes, as NVIDIA's library would tell it: so that bench_top.py can run nvtop, which shows nothing
 * and ends where there is no GPU. What it costs nvtop to ask is next to nothing then. SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, BUS_ID_SHORT = 16, BUS_ID = 32 };

/* As in NVIDIA's nvml.h, by its version 12. */
struct pci_info {
    char bus_id_short[BUS_ID_SHORT];
    unsigned domain, bus, device, device_id, subsystem_id;
    char bus_id[BUS_ID];
};
struct utilization {
    unsigned gpu, memory;
};
struct memory {
    unsigned long long total, free, used;
};

static int the_gpu;

#define STAND_IN __attribute__((visibility("default"))) int

STAND_IN nvmlInit_v2(void);
STAND_IN nvmlInit(void);
STAND_IN nvmlShutdown(void);
STAND_IN nvmlDeviceGetCount_v2(unsigned *count);
STAND_IN nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
STAND_IN nvmlDeviceGetName(void *device, char *name, unsigned length);
STAND_IN nvmlDeviceGetPciInfo_v3(void *device, struct pci_info *info);
STAND_IN nvmlDeviceGetMaxPcieLinkGeneration(void *device, unsigned *value);
STAND_IN nvmlDeviceGetMaxPcieLinkWidth(void *device, unsigned *value);
STAND_IN nvmlDeviceGetCurrPcieLinkGeneration(void *device, unsigned *value);
STAND_IN nvmlDeviceGetCurrPcieLinkWidth(void *device, unsigned *value);
STAND_IN nvmlDeviceGetTemperatureThreshold(void *device, int which, unsigned *value);
STAND_IN nvmlDeviceGetClockInfo(void *device, int which, unsigned *value);
STAND_IN nvmlDeviceGetMaxClockInfo(void *device, int which, unsigned *value);
STAND_IN nvmlDeviceGetUtilizationRates(void *device, struct utilization *rates);
STAND_IN nvmlDeviceGetMemoryInfo(void *device, struct memory *memory);
STAND_IN nvmlDeviceGetPcieThroughput(void *device, int which, unsigned *value);
STAND_IN nvmlDeviceGetFanSpeed(void *device, unsigned *value);
STAND_IN nvmlDeviceGetTemperature(void *device, int which, unsigned *value);
STAND_IN nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatt);
STAND_IN nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatt);
STAND_IN nvmlDeviceGetEncoderUtilization(void *device, unsigned *percent, unsigned *period_us);
STAND_IN nvmlDeviceGetDecoderUtilization(void *device, unsigned *percent, unsigned *period_us);
STAND_IN nvmlDeviceGetGraphicsRunningProcesses(void *device, unsigned *count, void *processes);
STAND_IN nvmlDeviceGetComputeRunningProcesses(void *device, unsigned *count, void *processes);
STAND_IN nvmlDeviceGetProcessUtilization(void *device, void *samples, unsigned *count, unsigned long long since_us);
const char *nvmlErrorString(int result) __attribute__((visibility("default")));

static int tell(unsigned *out, unsigned value) {
    *out = value;
    return SUCCESS;
}

int nvmlInit_v2(void) {
    return SUCCESS;
}

int nvmlInit(void) {
    return SUCCESS;
}

int nvmlShutdown(void) {
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    return tell(count, 1);
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    *device = &the_gpu;
    return index == 0 ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetName(void *device, char *name, unsigned length) {
    (void)device;
    snprintf(name, length, "stand-in");
    return SUCCESS;
}

int nvmlDeviceGetPciInfo_v3(void *device, struct pci_info *info) {
    (void)device;
    memset(info, 0, sizeof *info);
    info->bus = 1;
    snprintf(info->bus_id_short, sizeof info->bus_id_short, "0000:01:00.0");
    snprintf(info->bus_id, sizeof info->bus_id, "00000000:01:00.0");
    return SUCCESS;
}

int nvmlDeviceGetMaxPcieLinkGeneration(void *device, unsigned *value) {
    (void)device;
    return tell(value, 4);
}

int nvmlDeviceGetMaxPcieLinkWidth(void *device, unsigned *value) {
    (void)device;
    return tell(value, 16);
}

int nvmlDeviceGetCurrPcieLinkGeneration(void *device, unsigned *value) {
    return nvmlDeviceGetMaxPcieLinkGeneration(device, value);
}

int nvmlDeviceGetCurrPcieLinkWidth(void *device, unsigned *value) {
    return nvmlDeviceGetMaxPcieLinkWidth(device, value);
}

int nvmlDeviceGetTemperatureThreshold(void *device, int which, unsigned *value) {
    (void)device;
    (void)which;
    return tell(value, 90);
}

int nvmlDeviceGetClockInfo(void *device, int which, unsigned *value) {
    (void)device;
    (void)which;
    return tell(value, 1500);
}

int nvmlDeviceGetMaxClockInfo(void *device, int which, unsigned *value) {
    (void)device;
    (void)which;
    return tell(value, 2000);
}

int nvmlDeviceGetUtilizationRates(void *device, struct utilization *rates) {
    (void)device;
    *rates = (struct utilization){.gpu = 50, .memory = 20};
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(void *device, struct memory *memory) {
    (void)device;
    *memory = (struct memory){.total = 8ULL << 30, .free = 6ULL << 30, .used = 2ULL << 30};
    return SUCCESS;
}

int nvmlDeviceGetPcieThroughput(void *device, int which, unsigned *value) {
    (void)device;
    (void)which;
    return tell(value, 1000);
}

int nvmlDeviceGetFanSpeed(void *device, unsigned *value) {
    (void)device;
    return tell(value, 30);
}

int nvmlDeviceGetTemperature(void *device, int which, unsigned *value) {
    (void)device;
    (void)which;
    return tell(value, 60);
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatt) {
    (void)device;
    return tell(milliwatt, 100000);
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatt) {
    (void)device;
    return tell(milliwatt, 200000);
}

int nvmlDeviceGetEncoderUtilization(void *device, unsigned *percent, unsigned *period_us) {
    (void)device;
    *period_us = 100000;
    return tell(percent, 0);
}

int nvmlDeviceGetDecoderUtilization(void *device, unsigned *percent, unsigned *period_us) {
    return nvmlDeviceGetEncoderUtilization(device, percent, period_us);
}

int nvmlDeviceGetGraphicsRunningProcesses(void *device, unsigned *count, void *processes) {
    (void)device;
    (void)processes;
    return tell(count, 0);
}

int nvmlDeviceGetComputeRunningProcesses(void *device, unsigned *count, void *processes) {
    return nvmlDeviceGetGraphicsRunningProcesses(device, count, processes);
}

int nvmlDeviceGetProcessUtilization(void *device, void *samples, unsigned *count, unsigned long long since_us) {
    (void)since_us;
    return nvmlDeviceGetGraphicsRunningProcesses(device, count, samples);
}

const char *nvmlErrorString(int result) {
    return result == SUCCESS ? "success" : "not supported";
}
