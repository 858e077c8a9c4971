/* SPDX-License-Identifier: MIT */
#include "soak_nvml.h"

#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SENSOR_GPU 0
#define CLOCK_SM 1
#define FIELD_MEMORY_TEMPERATURE 82
#define TYPE_UINT 1

/* As NVML's reference gives it. */
struct field_value {
    uint32_t field;
    uint32_t scope;
    long long timestamp;
    long long latency_us;
    uint32_t type;
    int32_t result;
    union {
        double as_double;
        uint32_t as_uint;
        unsigned long long as_ulonglong;
    } value;
};

static struct {
    void *device;
    int (*init)(void);
    int (*device_by_pci)(const char *, void **);
    int (*device_by_index)(unsigned, void **);
    int (*temperature)(void *, unsigned, unsigned *);
    int (*power)(void *, unsigned *);
    int (*clock)(void *, unsigned, unsigned *);
    int (*field_values)(void *, int, struct field_value *);
} nvml;

/* ISO C has no conversion from a data to a function pointer; POSIX promises that the bits are the same. */
static bool find(void *library, const char *symbol, void *out_function) {
    void *address = dlsym(library, symbol);
    memcpy(out_function, &address, sizeof address);
    return address != NULL;
}

static bool load(void) {
    void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "soak_bench: %s\n", dlerror());
        return false;
    }
    find(library, "nvmlDeviceGetFieldValues", &nvml.field_values);
    return find(library, "nvmlInit_v2", &nvml.init) &&
           find(library, "nvmlDeviceGetHandleByPciBusId_v2", &nvml.device_by_pci) &&
           find(library, "nvmlDeviceGetHandleByIndex_v2", &nvml.device_by_index) &&
           find(library, "nvmlDeviceGetTemperature", &nvml.temperature) &&
           find(library, "nvmlDeviceGetPowerUsage", &nvml.power) &&
           find(library, "nvmlDeviceGetClockInfo", &nvml.clock);
}

bool soak_nvml_open(const struct perfadapt_pci_address *pci) {
    char address[40];
    snprintf(address, sizeof address, "%08x:%02x:%02x.%x", pci->domain, pci->bus, pci->device, pci->function);
    if (!load() || nvml.init() != 0) {
        fprintf(stderr, "soak_bench: NVML does not start\n");
        return false;
    }
    const int result = pci->known ? nvml.device_by_pci(address, &nvml.device) : nvml.device_by_index(0, &nvml.device);
    if (result != 0)
        fprintf(stderr, "soak_bench: NVML has no GPU %s: %d\n", pci->known ? address : "0", result);
    return result == 0;
}

static double memory_temperature(void) {
    struct field_value value = {.field = FIELD_MEMORY_TEMPERATURE};
    if (!nvml.field_values || nvml.field_values(nvml.device, 1, &value) != 0 || value.result != 0 ||
        value.type != TYPE_UINT)
        return (double)NAN;
    return (double)value.value.as_uint;
}

struct soak_figures soak_nvml_read(void) {
    unsigned celsius = 0;
    unsigned milliwatts = 0;
    unsigned megahertz = 0;
    struct soak_figures figures = {.memory_c = memory_temperature()};
    figures.temperature_c = nvml.temperature(nvml.device, SENSOR_GPU, &celsius) == 0 ? (double)celsius : (double)NAN;
    figures.power_w = nvml.power(nvml.device, &milliwatts) == 0 ? milliwatts / 1000.0 : (double)NAN;
    figures.clock_mhz = nvml.clock(nvml.device, CLOCK_SM, &megahertz) == 0 ? (double)megahertz : (double)NAN;
    return figures;
}
