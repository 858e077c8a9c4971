/* SPDX-License-Identifier: MIT */
#include "providers/nvml_library.h"

#include "core/fork.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

/* Layouts as NVML's reference gives them. A versioned one starts with its size and its version. */
#define VERSION_OF(type, version) ((uint32_t)(sizeof(type) | ((version) << 24U)))

struct temperature_v1 {
    uint32_t version;
    uint32_t sensor;
    int32_t celsius;
};

struct margin_v1 {
    uint32_t version;
    int32_t celsius;
};

struct memory_v1 {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
};

struct memory_v2 {
    uint32_t version;
    unsigned long long total;
    unsigned long long reserved;
    unsigned long long free;
    unsigned long long used;
};

struct utilization {
    uint32_t gpu_percent;
    uint32_t memory_percent;
};

enum value_type { VALUE_DOUBLE, VALUE_UINT, VALUE_ULONG, VALUE_ULONGLONG, VALUE_LONGLONG, VALUE_INT, VALUE_USHORT };

struct field_value {
    uint32_t field;
    uint32_t scope;
    long long timestamp;
    long long latency_us;
    uint32_t type; /* enum value_type */
    int32_t result;
    union {
        double as_double;
        uint32_t as_uint;
        unsigned long as_ulong;
        unsigned long long as_ulonglong;
        long long as_longlong;
        int32_t as_int;
        uint16_t as_ushort;
    } value;
};

_Static_assert(sizeof(struct temperature_v1) == 12 && sizeof(struct margin_v1) == 8, "NVML's ABI");
_Static_assert(sizeof(struct memory_v2) == 40 && sizeof(struct field_value) == 40, "NVML's ABI");

#define SENSOR_GPU 0
#define CLOCK_SM 1

/* 1 + the fork depth of the process that first initialised NVML; 0 = none did. Of the process, as the library is. */
static _Atomic uint64_t initialised_at;

static bool is_inherited(void) {
    const uint64_t at = atomic_load(&initialised_at);
    return at != 0 && at != perfadapt__fork_depth() + 1;
}

/* ISO C has no conversion from a data to a function pointer; POSIX promises that the bits are the same. */
#define FIND(member, symbol) find(handle, symbol, &library->member, sizeof library->member)

static bool find(void *handle, const char *symbol, void *out_function, size_t size) {
    void *address = dlsym(handle, symbol);
    memcpy(out_function, &address, size < sizeof address ? size : sizeof address);
    return address != NULL;
}

static bool find_mandatory(struct perfadapt__nvml_library *library, void *handle) {
    const bool has_v = FIND(temperature_v, "nvmlDeviceGetTemperatureV");
    const bool has_temperature = FIND(temperature, "nvmlDeviceGetTemperature");
    return FIND(init, "nvmlInit_v2") && FIND(shutdown, "nvmlShutdown") &&
           FIND(device_by_pci, "nvmlDeviceGetHandleByPciBusId_v2") && (has_v || has_temperature);
}

static void find_optional(struct perfadapt__nvml_library *library, void *handle) {
    FIND(margin, "nvmlDeviceGetMarginTemperature");
    FIND(threshold, "nvmlDeviceGetTemperatureThreshold");
    FIND(field_values, "nvmlDeviceGetFieldValues");
    if (!FIND(reasons, "nvmlDeviceGetCurrentClocksEventReasons")) /* its name before driver 535 */
        FIND(reasons, "nvmlDeviceGetCurrentClocksThrottleReasons");
    FIND(name, "nvmlDeviceGetName");
    FIND(power, "nvmlDeviceGetPowerUsage");
    FIND(power_limit, "nvmlDeviceGetEnforcedPowerLimit");
    FIND(clock, "nvmlDeviceGetClockInfo");
    FIND(clock_max, "nvmlDeviceGetMaxClockInfo");
    FIND(memory, "nvmlDeviceGetMemoryInfo");
    FIND(memory_v2, "nvmlDeviceGetMemoryInfo_v2");
    FIND(utilization, "nvmlDeviceGetUtilizationRates");
}

enum perfadapt__nvml_load perfadapt__nvml_load(struct perfadapt__nvml_library *library, const char *name) {
    *library = (struct perfadapt__nvml_library){0};
    if (is_inherited())
        return PERFADAPT__NVML_INHERITED;
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return PERFADAPT__NVML_MISSING;
    if (!find_mandatory(library, handle)) {
        *library = (struct perfadapt__nvml_library){0};
        return PERFADAPT__NVML_MISSING;
    }
    find_optional(library, handle);
    return PERFADAPT__NVML_LOADED;
}

/*
 * Not nvmlInitWithFlags(): its NO_ATTACH would be the one that leaves sleeping GPUs alone, but whether a device can then
 * be asked for anything is not documented (a later FORCE_INIT undoes it, which hints that it cannot).
 */
int perfadapt__nvml_init(struct perfadapt__nvml_library *library) {
    atomic_store(&initialised_at, perfadapt__fork_depth() + 1);
    return library->init();
}

void perfadapt__nvml_shutdown(const struct perfadapt__nvml_library *library) {
    library->shutdown();
}

/* Of the ways to a handle the one that initialises no other GPU: an index or a UUID is searched for. */
int perfadapt__nvml_device_by_pci(const struct perfadapt__nvml_library *library, const char *pci_address,
                                  perfadapt__nvml_device *out_device) {
    *out_device = NULL;
    const int result = library->device_by_pci(pci_address, out_device);
    return result == PERFADAPT__NVML_SUCCESS && !*out_device ? PERFADAPT__NVML_GARBAGE : result;
}

int perfadapt__nvml_name(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device, char *out,
                         size_t capacity) {
    char name[96] = ""; /* NVML_DEVICE_NAME_V2_BUFFER_SIZE: with less it may refuse */
    out[0] = '\0';
    if (!library->name)
        return PERFADAPT__NVML_FUNCTION_NOT_FOUND;
    const int result = library->name(device, name, sizeof name);
    size_t length = 0;
    for (; result == PERFADAPT__NVML_SUCCESS && length + 1 < capacity && length + 1 < sizeof name && name[length];
         length++)
        out[length] = name[length] >= ' ' && name[length] <= '~' ? name[length] : '?';
    out[length] = '\0';
    return result;
}

static bool is_unknown_function(int result) {
    return result == PERFADAPT__NVML_NOT_SUPPORTED || result == PERFADAPT__NVML_FUNCTION_NOT_FOUND ||
           result == PERFADAPT__NVML_ARGUMENT_VERSION_MISMATCH || result == PERFADAPT__NVML_INVALID_ARGUMENT;
}

static int old_temperature(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                           int32_t *out_celsius) {
    unsigned celsius = 0;
    if (!library->temperature)
        return PERFADAPT__NVML_FUNCTION_NOT_FOUND;
    const int result = library->temperature(device, SENSOR_GPU, &celsius);
    *out_celsius = (int32_t)celsius; /* below zero it wraps around */
    return result;
}

int perfadapt__nvml_temperature(struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                                int32_t *out_celsius) {
    if (!library->temperature_v)
        return old_temperature(library, device, out_celsius);
    struct temperature_v1 reading = {.version = VERSION_OF(struct temperature_v1, 1U), .sensor = SENSOR_GPU};
    const int result = library->temperature_v(device, &reading);
    *out_celsius = reading.celsius;
    if (!is_unknown_function(result))
        return result;
    const int old_result = old_temperature(library, device, out_celsius);
    if (old_result == PERFADAPT__NVML_SUCCESS)
        library->temperature_v = NULL;
    return old_result == PERFADAPT__NVML_FUNCTION_NOT_FOUND ? result : old_result;
}

int perfadapt__nvml_margin(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                           int32_t *out_celsius) {
    if (!library->margin)
        return PERFADAPT__NVML_FUNCTION_NOT_FOUND;
    struct margin_v1 reading = {.version = VERSION_OF(struct margin_v1, 1U)};
    const int result = library->margin(device, &reading);
    *out_celsius = reading.celsius;
    return result;
}

int perfadapt__nvml_threshold(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                              enum perfadapt__nvml_threshold threshold, int32_t *out_celsius) {
    unsigned celsius = 0;
    if (!library->threshold)
        return PERFADAPT__NVML_FUNCTION_NOT_FOUND;
    const int result = library->threshold(device, threshold, &celsius);
    *out_celsius = (int32_t)celsius;
    return result;
}

static int64_t integer_of(const struct field_value *field) {
    switch (field->type) {
    case VALUE_UINT:
        return (int64_t)field->value.as_uint;
    case VALUE_ULONG:
        return (int64_t)field->value.as_ulong;
    case VALUE_ULONGLONG:
        return (int64_t)field->value.as_ulonglong;
    case VALUE_LONGLONG:
        return (int64_t)field->value.as_longlong;
    case VALUE_USHORT:
        return (int64_t)field->value.as_ushort;
    default:
        return (int64_t)field->value.as_int;
    }
}

int perfadapt__nvml_field(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                          enum perfadapt__nvml_field field, int64_t *out_value) {
    if (!library->field_values)
        return PERFADAPT__NVML_FUNCTION_NOT_FOUND;
    struct field_value value = {.field = field, .result = PERFADAPT__NVML_NOT_SUPPORTED};
    const int result = library->field_values(device, 1, &value);
    if (result != PERFADAPT__NVML_SUCCESS)
        return result;
    if (value.result == PERFADAPT__NVML_SUCCESS && (value.type == VALUE_DOUBLE || value.type > VALUE_USHORT))
        return PERFADAPT__NVML_GARBAGE; /* none of those asked for is a fraction */
    *out_value = integer_of(&value);
    return value.result;
}

int perfadapt__nvml_reasons(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                            uint64_t *out_bits) {
    unsigned long long bits = 0;
    const int result = library->reasons ? library->reasons(device, &bits) : PERFADAPT__NVML_FUNCTION_NOT_FOUND;
    *out_bits = bits;
    return result;
}

int perfadapt__nvml_power(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                          uint32_t *out_milliwatt) {
    return library->power ? library->power(device, out_milliwatt) : PERFADAPT__NVML_FUNCTION_NOT_FOUND;
}

int perfadapt__nvml_power_limit(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                                uint32_t *out_milliwatt) {
    return library->power_limit ? library->power_limit(device, out_milliwatt) : PERFADAPT__NVML_FUNCTION_NOT_FOUND;
}

int perfadapt__nvml_clock(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                          uint32_t *out_mhz) {
    return library->clock ? library->clock(device, CLOCK_SM, out_mhz) : PERFADAPT__NVML_FUNCTION_NOT_FOUND;
}

int perfadapt__nvml_clock_max(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                              uint32_t *out_mhz) {
    return library->clock_max ? library->clock_max(device, CLOCK_SM, out_mhz) : PERFADAPT__NVML_FUNCTION_NOT_FOUND;
}

/* The first version counts what the driver keeps for itself as used; the second, and nvidia-smi, do not. */
int perfadapt__nvml_memory(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                           uint64_t *out_used_bytes, uint64_t *out_total_bytes) {
    struct memory_v2 second = {.version = VERSION_OF(struct memory_v2, 2U)};
    int result = library->memory_v2 ? library->memory_v2(device, &second) : PERFADAPT__NVML_FUNCTION_NOT_FOUND;
    *out_used_bytes = second.used;
    *out_total_bytes = second.total;
    if (!is_unknown_function(result) || !library->memory)
        return result;
    struct memory_v1 first = {0};
    result = library->memory(device, &first);
    *out_used_bytes = first.used;
    *out_total_bytes = first.total;
    return result;
}

int perfadapt__nvml_busy(const struct perfadapt__nvml_library *library, perfadapt__nvml_device device,
                         uint32_t *out_percent) {
    struct utilization utilization = {0};
    const int result =
        library->utilization ? library->utilization(device, &utilization) : PERFADAPT__NVML_FUNCTION_NOT_FOUND;
    *out_percent = utilization.gpu_percent;
    return result;
}

const char *perfadapt__nvml_result_text(int result) {
    switch (result) {
    case PERFADAPT__NVML_UNINITIALIZED:
        return "not initialised";
    case PERFADAPT__NVML_NO_PERMISSION:
        return "no permission";
    case PERFADAPT__NVML_NOT_FOUND:
    case PERFADAPT__NVML_GPU_NOT_FOUND:
        return "no such GPU";
    case PERFADAPT__NVML_DRIVER_NOT_LOADED:
        return "driver not loaded";
    case PERFADAPT__NVML_TIMEOUT:
        return "timeout";
    case PERFADAPT__NVML_GPU_IS_LOST:
        return "GPU is lost";
    case PERFADAPT__NVML_RESET_REQUIRED:
        return "GPU needs a reset";
    case PERFADAPT__NVML_OPERATING_SYSTEM:
        return "refused by the operating system";
    case PERFADAPT__NVML_LIB_RM_VERSION_MISMATCH:
        return "driver and library are of different versions: restart the machine, or reload the driver";
    default:
        return "error";
    }
}
