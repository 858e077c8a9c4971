/*
 * NVIDIA's management library (NVML), found at run time: only what the provider asks of it. SPDX-License-Identifier: MIT
 *
 * Declared here from NVML's public reference (docs.nvidia.com/deploy/nvml-api), so that nothing of NVIDIA's is needed to
 * build. Every function answers with an NVML return code; one that this version of the library does not have answers
 * PERFADAPT__NVML_FUNCTION_NOT_FOUND.
 *
 * The library stays in the process once it was loaded (RTLD_NODELETE, no dlclose): it is the driver's, may keep threads and
 * thread-local data of its own, and the host may use it too. What is undone is the initialisation, which NVML counts, so
 * that the host's own use of it is not ended.
 */
#ifndef PERFADAPT_PROVIDERS_NVML_LIBRARY_H
#define PERFADAPT_PROVIDERS_NVML_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERFADAPT__NVML_NAME "libnvidia-ml.so.1"

enum perfadapt__nvml_result {
    PERFADAPT__NVML_GARBAGE = -1, /* ours: it answered, with what cannot be */
    PERFADAPT__NVML_SUCCESS = 0,
    PERFADAPT__NVML_UNINITIALIZED = 1,
    PERFADAPT__NVML_INVALID_ARGUMENT = 2,
    PERFADAPT__NVML_NOT_SUPPORTED = 3,
    PERFADAPT__NVML_NO_PERMISSION = 4,
    PERFADAPT__NVML_NOT_FOUND = 6,
    PERFADAPT__NVML_DRIVER_NOT_LOADED = 9,
    PERFADAPT__NVML_TIMEOUT = 10,
    PERFADAPT__NVML_IRQ_ISSUE = 11,
    PERFADAPT__NVML_FUNCTION_NOT_FOUND = 13,
    PERFADAPT__NVML_GPU_IS_LOST = 15,
    PERFADAPT__NVML_RESET_REQUIRED = 16,
    PERFADAPT__NVML_OPERATING_SYSTEM = 17,
    PERFADAPT__NVML_LIB_RM_VERSION_MISMATCH = 18,
    PERFADAPT__NVML_IN_USE = 19,
    PERFADAPT__NVML_MEMORY = 20,
    PERFADAPT__NVML_NO_DATA = 21,
    PERFADAPT__NVML_INSUFFICIENT_RESOURCES = 23,
    PERFADAPT__NVML_ARGUMENT_VERSION_MISMATCH = 25,
    PERFADAPT__NVML_DEPRECATED = 26,
    PERFADAPT__NVML_GPU_NOT_FOUND = 28,
    PERFADAPT__NVML_UNKNOWN = 999
};

enum perfadapt__nvml_threshold {
    PERFADAPT__NVML_THRESHOLD_SLOWDOWN = 1,
    PERFADAPT__NVML_THRESHOLD_MEMORY_MAX = 2,
    PERFADAPT__NVML_THRESHOLD_GPU_MAX = 3
};

enum perfadapt__nvml_field {
    PERFADAPT__NVML_FIELD_MEMORY_TEMPERATURE = 82,
    PERFADAPT__NVML_FIELD_SLOWDOWN = 194,
    PERFADAPT__NVML_FIELD_GPU_MAX = 196
};

/* Bits of the reasons for which clocks are not at their highest. */
enum perfadapt__nvml_reason {
    PERFADAPT__NVML_REASON_IDLE = 0x1,
    PERFADAPT__NVML_REASON_APPLICATION_CLOCKS = 0x2,
    PERFADAPT__NVML_REASON_SW_POWER_CAP = 0x4,
    PERFADAPT__NVML_REASON_HW_SLOWDOWN = 0x8,
    PERFADAPT__NVML_REASON_SYNC_BOOST = 0x10,
    PERFADAPT__NVML_REASON_SW_THERMAL = 0x20,
    PERFADAPT__NVML_REASON_HW_THERMAL = 0x40,
    PERFADAPT__NVML_REASON_POWER_BRAKE = 0x80,
    PERFADAPT__NVML_REASON_DISPLAY_CLOCKS = 0x100
};

typedef void *perfadapt__nvml_device; /* valid until the shutdown */

/* One member for each symbol; NULL = this version has none. */
struct perfadapt__nvml_library {
    int (*init)(void);
    int (*shutdown)(void);
    int (*device_by_pci)(const char *, perfadapt__nvml_device *);
    int (*temperature)(perfadapt__nvml_device, unsigned, unsigned *);
    int (*temperature_v)(perfadapt__nvml_device, void *);
    int (*margin)(perfadapt__nvml_device, void *);
    int (*threshold)(perfadapt__nvml_device, unsigned, unsigned *);
    int (*field_values)(perfadapt__nvml_device, int, void *);
    int (*reasons)(perfadapt__nvml_device, unsigned long long *);
    int (*name)(perfadapt__nvml_device, char *, unsigned);
    int (*power)(perfadapt__nvml_device, unsigned *);
    int (*power_limit)(perfadapt__nvml_device, unsigned *);
    int (*clock)(perfadapt__nvml_device, unsigned, unsigned *);
    int (*clock_max)(perfadapt__nvml_device, unsigned, unsigned *);
    int (*memory)(perfadapt__nvml_device, void *);
    int (*memory_v2)(perfadapt__nvml_device, void *);
    int (*utilization)(perfadapt__nvml_device, void *);
};

enum perfadapt__nvml_load {
    PERFADAPT__NVML_LOADED = 0,
    PERFADAPT__NVML_MISSING = 1, /* no such library, or one without the mandatory symbols */
    PERFADAPT__NVML_INHERITED =
        2 /* initialised by this process's parent before the fork: what state it is in, none knows */
};

/* `name` as dlopen() takes it. Touches no device. */
enum perfadapt__nvml_load perfadapt__nvml_load(struct perfadapt__nvml_library *library, const char *name);

int perfadapt__nvml_init(struct perfadapt__nvml_library *library);
void perfadapt__nvml_shutdown(const struct perfadapt__nvml_library *library);

int perfadapt__nvml_device_by_pci(const struct perfadapt__nvml_library *library, const char *pci_address,
                                  perfadapt__nvml_device *out_device);
int perfadapt__nvml_name(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device, char *out,
                         size_t capacity);
/* °C. The newer of the two functions first; what does not answer is not asked again. */
int perfadapt__nvml_temperature(struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                                int32_t *out_celsius);
/* °C to the nearest slowdown, negative beyond it. */
int perfadapt__nvml_margin(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                           int32_t *out_celsius);
int perfadapt__nvml_threshold(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                              enum perfadapt__nvml_threshold threshold, int32_t *out_celsius);
int perfadapt__nvml_field(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                          enum perfadapt__nvml_field field, int64_t *out_value);
int perfadapt__nvml_reasons(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                            uint64_t *out_bits);
int perfadapt__nvml_power(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                          uint32_t *out_milliwatt);
int perfadapt__nvml_power_limit(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                                uint32_t *out_milliwatt);
/* MHz of the shader engines. */
int perfadapt__nvml_clock(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                          uint32_t *out_mhz);
int perfadapt__nvml_clock_max(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                              uint32_t *out_mhz);
int perfadapt__nvml_memory(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                           uint64_t *out_used_bytes, uint64_t *out_total_bytes);
/* Percent of the last sample period, which is up to a second long, in which a kernel ran. */
int perfadapt__nvml_busy(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                         uint32_t *out_percent);

/* "GPU is lost": what a return code means, for a log. */
const char *perfadapt__nvml_result_text(int result);

#endif
