/* SPDX-License-Identifier: MIT */
#include "providers/nvml_gpu.h"

#include "core/clock.h"
#include "core/metrics.h"
#include "providers/pause.h"

#include <stdio.h>
#include <string.h>

/* A figure takes at most a tenth of the thread's time: the same thread watches memory pressure. */
static const int64_t cost_factor = 10;
static const int64_t longest_wait_ns = 30 * PERFADAPT__NS_PER_S;

static const int32_t lowest_limit_c = 50;
static const int32_t highest_limit_c = 130;
static const int32_t limit_step_c = 2;
static const uint32_t limit_reads = 3;

/* Beyond what any GPU has: what a driver that wrapped around says. */
static const uint32_t most_milliwatt = 5000000;
static const uint32_t most_mhz = 10000;
static const uint64_t most_bytes = UINT64_C(1) << 50;

struct reading {
    struct perfadapt__nvml_gpu *gpu;
    struct perfadapt__nvml_library *library;
    struct perfadapt_snapshot *snapshot;
    int64_t now_ns;
};

enum perfadapt_why perfadapt__nvml_why(int result) {
    switch (result) {
    case PERFADAPT__NVML_SUCCESS:
    case PERFADAPT__NVML_NOT_SUPPORTED:
    case PERFADAPT__NVML_FUNCTION_NOT_FOUND:
        return PERFADAPT_WHY_NONE;
    case PERFADAPT__NVML_GARBAGE:
        return PERFADAPT_WHY_GARBAGE;
    case PERFADAPT__NVML_NO_PERMISSION:
    case PERFADAPT__NVML_OPERATING_SYSTEM: /* a cgroup's device controller */
        return PERFADAPT_WHY_DENIED;
    case PERFADAPT__NVML_TIMEOUT:
    case PERFADAPT__NVML_IN_USE:
    case PERFADAPT__NVML_MEMORY:
    case PERFADAPT__NVML_NO_DATA:
    case PERFADAPT__NVML_INSUFFICIENT_RESOURCES:
        return PERFADAPT_WHY_BUSY;
    case PERFADAPT__NVML_GPU_IS_LOST:
        return PERFADAPT_WHY_VANISHED;
    case PERFADAPT__NVML_NOT_FOUND:
    case PERFADAPT__NVML_GPU_NOT_FOUND:
    case PERFADAPT__NVML_INVALID_ARGUMENT:
    case PERFADAPT__NVML_DRIVER_NOT_LOADED:
        return PERFADAPT_WHY_MISSING;
    case PERFADAPT__NVML_LIB_RM_VERSION_MISMATCH:
        return PERFADAPT_WHY_REVISION;
    default:
        return PERFADAPT_WHY_IO_ERROR;
    }
}

/* ---- the snapshot's entries ---- */

static struct perfadapt_gpu *entry_of(const struct reading *reading) {
    return reading->gpu->entry >= 0 ? &reading->snapshot->gpus[reading->gpu->entry] : NULL;
}

static struct perfadapt_sensor *sensor_at(struct perfadapt_snapshot *snapshot, int index) {
    return index >= 0 ? &snapshot->sensors[index] : NULL;
}

static int add_sensor(const char *address, const char *label, struct perfadapt_snapshot *snapshot) {
    char id[48];
    snprintf(id, sizeof id, "nvml/%s@%s", label, address);
    struct perfadapt_sensor *sensor = perfadapt__sensor_add(snapshot, id, "nvidia", label);
    if (!sensor)
        return -1;
    sensor->limit.state = PERFADAPT_STATE_INIT;
    return (int)(sensor - snapshot->sensors);
}

static void expect(struct perfadapt_metric *metric) {
    if (metric->state == PERFADAPT_STATE_UNSUPPORTED)
        metric->state = PERFADAPT_STATE_INIT;
}

void perfadapt__nvml_gpu_enter(struct perfadapt__nvml_gpu *gpu, struct perfadapt_snapshot *snapshot) {
    struct perfadapt_gpu *entry = perfadapt__gpu_find_or_add(snapshot, gpu->address, "nvidia");
    gpu->entry = entry ? (int)(entry - snapshot->gpus) : -1;
    gpu->sensor = add_sensor(gpu->address, "gpu", snapshot);
    gpu->memory_sensor = -1;
    gpu->evidence = perfadapt__evidence_add(snapshot, PERFADAPT_SENSOR_GPU, "nvml", gpu->address);
    if (!entry)
        return;
    struct perfadapt_metric *const ours[] = {&entry->busy,      &entry->power,       &entry->power_limit, &entry->clock,
                                             &entry->clock_max, &entry->memory_used, &entry->memory_total};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        expect(ours[i]);
}

/* ---- figures ---- */

static int read_temperature(const struct reading *reading) {
    struct perfadapt__nvml_gpu *gpu = reading->gpu;
    struct perfadapt_sensor *sensor = sensor_at(reading->snapshot, gpu->sensor);
    int32_t celsius = 0;
    const int result = perfadapt__nvml_temperature(reading->library, gpu->device, &celsius);
    if (result != PERFADAPT__NVML_SUCCESS || !sensor)
        return result;
    gpu->celsius = celsius;
    gpu->celsius_ns = reading->now_ns;
    sensor->temperature = perfadapt__metric_ok((double)celsius, PERFADAPT_UNIT_CELSIUS, reading->now_ns);
    sensor->why = PERFADAPT_WHY_NONE;
    return result;
}

static void set_limit(struct perfadapt_sensor *sensor, int64_t celsius, enum perfadapt_limit_source source,
                      int64_t now_ns) {
    sensor->limit = perfadapt__metric_ok((double)celsius, PERFADAPT_UNIT_CELSIUS, now_ns);
    sensor->limit_source = (uint32_t)source;
    sensor->limit_why = PERFADAPT_WHY_NONE;
}

static bool is_limit(int64_t celsius) {
    return celsius >= lowest_limit_c && celsius <= highest_limit_c;
}

/* Temperature and margin are two calls, between which a die can change by some degrees: the limit stays where it is until
 * it has really moved. */
static void move_limit(struct perfadapt__nvml_gpu *gpu, struct perfadapt_sensor *sensor, int32_t celsius,
                       int64_t now_ns) {
    const bool known = sensor->limit.state == PERFADAPT_STATE_OK && sensor->limit_source == PERFADAPT_LIMIT_MARGIN;
    const double by_c = known ? (double)celsius - sensor->limit.value : 0;
    gpu->limit_moved = by_c >= limit_step_c || by_c <= -limit_step_c ? gpu->limit_moved + 1 : 0;
    if (known && gpu->limit_moved < limit_reads)
        return;
    gpu->limit_moved = 0;
    set_limit(sensor, celsius, PERFADAPT_LIMIT_MARGIN, now_ns);
}

static int read_margin(const struct reading *reading, struct perfadapt_sensor *sensor) {
    struct perfadapt__nvml_gpu *gpu = reading->gpu;
    int32_t margin = 0;
    const int result = perfadapt__nvml_margin(reading->library, gpu->device, &margin);
    if (result != PERFADAPT__NVML_SUCCESS || gpu->celsius_ns != reading->now_ns)
        return result;
    if (!is_limit((int64_t)gpu->celsius + margin)) {
        sensor->limit_why = PERFADAPT_WHY_LIMIT;
        return PERFADAPT__NVML_GARBAGE;
    }
    move_limit(gpu, sensor, gpu->celsius + margin, reading->now_ns);
    return result;
}

static bool take_threshold(const struct reading *reading, struct perfadapt_sensor *sensor,
                           enum perfadapt__nvml_threshold threshold, enum perfadapt_limit_source source) {
    int32_t celsius = 0;
    if (perfadapt__nvml_threshold(reading->library, reading->gpu->device, threshold, &celsius) !=
            PERFADAPT__NVML_SUCCESS ||
        !is_limit(celsius))
        return false;
    set_limit(sensor, celsius, source, reading->now_ns);
    return true;
}

/* On most GPUs these fields are offsets to a margin, which says nothing where there is none; what looks like a temperature
 * is taken for one. */
static bool take_field(const struct reading *reading, struct perfadapt_sensor *sensor, enum perfadapt__nvml_field field,
                       enum perfadapt_limit_source source) {
    int64_t celsius = 0;
    if (perfadapt__nvml_field(reading->library, reading->gpu->device, field, &celsius) != PERFADAPT__NVML_SUCCESS ||
        !is_limit(celsius))
        return false;
    set_limit(sensor, celsius, source, reading->now_ns);
    return true;
}

/* "GPU max" is where the driver begins to lower clocks, so it is what hwmon calls max; "slowdown", above it, is where the
 * hardware halves them or worse, which is hwmon's crit. The first that throttles is the limit. */
static int read_thresholds(const struct reading *reading, struct perfadapt_sensor *sensor) {
    const bool found = take_threshold(reading, sensor, PERFADAPT__NVML_THRESHOLD_GPU_MAX, PERFADAPT_LIMIT_MAX) ||
                       take_threshold(reading, sensor, PERFADAPT__NVML_THRESHOLD_SLOWDOWN, PERFADAPT_LIMIT_CRIT) ||
                       take_field(reading, sensor, PERFADAPT__NVML_FIELD_GPU_MAX, PERFADAPT_LIMIT_MAX) ||
                       take_field(reading, sensor, PERFADAPT__NVML_FIELD_SLOWDOWN, PERFADAPT_LIMIT_CRIT);
    return found ? PERFADAPT__NVML_SUCCESS : PERFADAPT__NVML_NOT_SUPPORTED;
}

static bool is_unsupported(int result) {
    return result == PERFADAPT__NVML_NOT_SUPPORTED || result == PERFADAPT__NVML_FUNCTION_NOT_FOUND ||
           result == PERFADAPT__NVML_DEPRECATED || result == PERFADAPT__NVML_INVALID_ARGUMENT ||
           result == PERFADAPT__NVML_ARGUMENT_VERSION_MISMATCH;
}

static int read_limit(const struct reading *reading) {
    struct perfadapt_sensor *sensor = sensor_at(reading->snapshot, reading->gpu->sensor);
    if (!sensor)
        return PERFADAPT__NVML_NOT_SUPPORTED;
    if (!reading->gpu->has_no_margin) {
        const int result = read_margin(reading, sensor);
        if (!is_unsupported(result))
            return result;
        reading->gpu->has_no_margin = true;
    }
    return read_thresholds(reading, sensor);
}

/* Slowdown alone may be heat or an external power brake: the two bits that tell came with Volta. */
static uint32_t claims_of(uint64_t bits) {
    static const uint64_t known = 0x1ff;
    const bool explained = bits & (PERFADAPT__NVML_REASON_HW_THERMAL | PERFADAPT__NVML_REASON_POWER_BRAKE);
    uint32_t claims = 0;
    if (bits & (PERFADAPT__NVML_REASON_SW_THERMAL | PERFADAPT__NVML_REASON_HW_THERMAL))
        claims |= PERFADAPT__CLAIM(THERMAL);
    if (bits & (PERFADAPT__NVML_REASON_SW_POWER_CAP | PERFADAPT__NVML_REASON_POWER_BRAKE))
        claims |= PERFADAPT__CLAIM(POWER);
    if (bits & (PERFADAPT__NVML_REASON_APPLICATION_CLOCKS | PERFADAPT__NVML_REASON_SYNC_BOOST |
                PERFADAPT__NVML_REASON_DISPLAY_CLOCKS))
        claims |= PERFADAPT__CLAIM(POLICY);
    if ((bits & PERFADAPT__NVML_REASON_HW_SLOWDOWN && !explained) || bits & ~known)
        claims |= PERFADAPT__CLAIM(UNKNOWN);
    return claims ? claims : PERFADAPT__CLAIM(NONE);
}

static void name_bits(uint64_t bits, char *out, size_t capacity) {
    static const char *const names[] = {"GpuIdle",   "AppClocks", "SwPowerCap", "HwSlowdown",   "SyncBoost",
                                        "SwThermal", "HwThermal", "PowerBrake", "DisplayClocks"};
    const size_t count = sizeof names / sizeof names[0];
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && length < capacity; i++)
        if (bits & (UINT64_C(1) << i))
            length += (size_t)snprintf(out + length, capacity - length, "%s%s", length ? " " : "", names[i]);
    const unsigned long long nameless = bits >> count << count;
    if (nameless && length < capacity)
        snprintf(out + length, capacity - length, "%s0x%llx", length ? " " : "", nameless);
}

static int read_reasons(const struct reading *reading) {
    uint64_t bits = 0;
    char text[sizeof reading->snapshot->evidence[0].text];
    const int result = perfadapt__nvml_reasons(reading->library, reading->gpu->device, &bits);
    if (result != PERFADAPT__NVML_SUCCESS)
        return result;
    name_bits(bits, text, sizeof text);
    perfadapt__evidence_set(reading->snapshot, reading->gpu->evidence, claims_of(bits), *text ? text : "none",
                            reading->now_ns);
    return result;
}

static int read_busy(const struct reading *reading) {
    uint32_t percent = 0;
    int result = perfadapt__nvml_busy(reading->library, reading->gpu->device, &percent);
    if (result == PERFADAPT__NVML_SUCCESS && percent > 100)
        result = PERFADAPT__NVML_GARBAGE;
    if (result != PERFADAPT__NVML_SUCCESS)
        return result;
    if (reading->gpu->gate)
        perfadapt__gate_busy(reading->gpu->gate, percent / 100.0);
    if (entry_of(reading))
        entry_of(reading)->busy = perfadapt__metric_ok(percent / 100.0, PERFADAPT_UNIT_RATIO, reading->now_ns);
    return result;
}

/* A number of `unit`, of which `per_unit` make one, into `metric`. */
static int take_number(int result, uint32_t number, uint32_t most, double per_unit, struct perfadapt_metric *metric,
                       enum perfadapt_unit unit, int64_t now_ns) {
    if (result != PERFADAPT__NVML_SUCCESS)
        return result;
    if (number > most)
        return PERFADAPT__NVML_GARBAGE;
    *metric = perfadapt__metric_ok(number / per_unit, unit, now_ns);
    return result;
}

static int read_power(const struct reading *reading) {
    uint32_t milliwatt = 0;
    if (!entry_of(reading))
        return PERFADAPT__NVML_NOT_SUPPORTED;
    const int result = perfadapt__nvml_power(reading->library, reading->gpu->device, &milliwatt);
    return take_number(result, milliwatt, most_milliwatt, 1000, &entry_of(reading)->power, PERFADAPT_UNIT_WATT,
                       reading->now_ns);
}

static int read_power_limit(const struct reading *reading) {
    uint32_t milliwatt = 0;
    if (!entry_of(reading))
        return PERFADAPT__NVML_NOT_SUPPORTED;
    const int result = perfadapt__nvml_power_limit(reading->library, reading->gpu->device, &milliwatt);
    return take_number(result, milliwatt, most_milliwatt, 1000, &entry_of(reading)->power_limit, PERFADAPT_UNIT_WATT,
                       reading->now_ns);
}

static int read_clock(const struct reading *reading) {
    uint32_t mhz = 0;
    if (!entry_of(reading))
        return PERFADAPT__NVML_NOT_SUPPORTED;
    const int result = perfadapt__nvml_clock(reading->library, reading->gpu->device, &mhz);
    return take_number(result, mhz, most_mhz, 1, &entry_of(reading)->clock, PERFADAPT_UNIT_MEGAHERTZ, reading->now_ns);
}

static int read_clock_max(const struct reading *reading) {
    uint32_t mhz = 0;
    if (!entry_of(reading))
        return PERFADAPT__NVML_NOT_SUPPORTED;
    const int result = perfadapt__nvml_clock_max(reading->library, reading->gpu->device, &mhz);
    return take_number(result, mhz, most_mhz, 1, &entry_of(reading)->clock_max, PERFADAPT_UNIT_MEGAHERTZ,
                       reading->now_ns);
}

static int read_memory_size(const struct reading *reading) {
    uint64_t used = 0;
    uint64_t total = 0;
    struct perfadapt_gpu *entry = entry_of(reading);
    if (!entry)
        return PERFADAPT__NVML_NOT_SUPPORTED;
    const int result = perfadapt__nvml_memory(reading->library, reading->gpu->device, &used, &total);
    if (result != PERFADAPT__NVML_SUCCESS)
        return result;
    if (total == 0 || total > most_bytes || used > total)
        return PERFADAPT__NVML_GARBAGE;
    entry->memory_used = perfadapt__metric_ok((double)used, PERFADAPT_UNIT_BYTES, reading->now_ns);
    entry->memory_total = perfadapt__metric_ok((double)total, PERFADAPT_UNIT_BYTES, reading->now_ns);
    return result;
}

/* Most GPUs do not tell: the sensor is added once one did. The offset that field 195 gives is of the GPU's margin, not of
 * this temperature, so that only the older threshold makes a limit. */
static int read_memory_temperature(const struct reading *reading) {
    struct perfadapt__nvml_gpu *gpu = reading->gpu;
    int64_t celsius = 0;
    const int result =
        perfadapt__nvml_field(reading->library, gpu->device, PERFADAPT__NVML_FIELD_MEMORY_TEMPERATURE, &celsius);
    if (result != PERFADAPT__NVML_SUCCESS)
        return result;
    const bool is_new = gpu->memory_sensor < 0;
    if (is_new)
        gpu->memory_sensor = add_sensor(gpu->address, "memory", reading->snapshot);
    struct perfadapt_sensor *sensor = sensor_at(reading->snapshot, gpu->memory_sensor);
    if (!sensor)
        return PERFADAPT__NVML_NOT_SUPPORTED;
    if (is_new && !take_threshold(reading, sensor, PERFADAPT__NVML_THRESHOLD_MEMORY_MAX, PERFADAPT_LIMIT_MAX))
        sensor->limit = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_UNSUPPORTED);
    sensor->temperature = perfadapt__metric_ok((double)celsius, PERFADAPT_UNIT_CELSIUS, reading->now_ns);
    sensor->why = PERFADAPT_WHY_NONE;
    return result;
}

/* A little below whole seconds, so that a tick that comes early does not miss one. */
#define SECONDS(s) ((s)*PERFADAPT__NS_PER_S - 100 * PERFADAPT__NS_PER_MS)

static const struct {
    int (*read)(const struct reading *reading);
    int64_t period_ns; /* 0 = with every read of the provider */
} figures[PERFADAPT__NVML_FIGURES] = {
    [PERFADAPT__NVML_TEMPERATURE] = {read_temperature, 0},
    [PERFADAPT__NVML_LIMIT] = {read_limit, SECONDS(1)},
    [PERFADAPT__NVML_REASONS] = {read_reasons, 0},
    [PERFADAPT__NVML_BUSY] = {read_busy, SECONDS(1)},
    [PERFADAPT__NVML_POWER] = {read_power, SECONDS(1)},
    [PERFADAPT__NVML_CLOCK] = {read_clock, SECONDS(1)},
    [PERFADAPT__NVML_MEMORY_TEMPERATURE] = {read_memory_temperature, SECONDS(1)},
    [PERFADAPT__NVML_MEMORY_SIZE] = {read_memory_size, SECONDS(5)},
    [PERFADAPT__NVML_POWER_LIMIT] = {read_power_limit, SECONDS(10)},
    [PERFADAPT__NVML_CLOCK_MAX] = {read_clock_max, SECONDS(60)},
};

/* ---- what is wrong with a figure ---- */

static void mark(struct perfadapt_metric *metric, enum perfadapt_state state) {
    if (state == PERFADAPT_STATE_ERROR)
        perfadapt__metric_fail(metric, state);
    else
        *metric = perfadapt__metric_none((enum perfadapt_unit)metric->unit, state);
}

static void mark_sensor(struct perfadapt_sensor *sensor, enum perfadapt_state state, enum perfadapt_why why) {
    if (!sensor)
        return;
    mark(&sensor->temperature, state);
    sensor->why = (uint32_t)why;
}

/* A limit that was found stays: it does not age. */
static void mark_limit(struct perfadapt_sensor *sensor, enum perfadapt_state state) {
    if (!sensor || sensor->limit.state == PERFADAPT_STATE_OK)
        return;
    sensor->limit = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_UNSUPPORTED);
    if (state == PERFADAPT_STATE_ERROR && sensor->limit_why == PERFADAPT_WHY_NONE)
        sensor->limit_why = PERFADAPT_WHY_IO_ERROR;
}

static void mark_entry(const struct reading *reading, enum perfadapt__nvml_figure figure, enum perfadapt_state state) {
    struct perfadapt_gpu *entry = entry_of(reading);
    if (!entry)
        return;
    struct perfadapt_metric *const metrics[PERFADAPT__NVML_FIGURES] = {
        [PERFADAPT__NVML_BUSY] = &entry->busy,
        [PERFADAPT__NVML_POWER] = &entry->power,
        [PERFADAPT__NVML_CLOCK] = &entry->clock,
        [PERFADAPT__NVML_MEMORY_SIZE] = &entry->memory_used,
        [PERFADAPT__NVML_POWER_LIMIT] = &entry->power_limit,
        [PERFADAPT__NVML_CLOCK_MAX] = &entry->clock_max,
    };
    if (metrics[figure])
        mark(metrics[figure], state);
    if (figure == PERFADAPT__NVML_MEMORY_SIZE)
        mark(&entry->memory_total, state);
}

static void mark_figure(const struct reading *reading, enum perfadapt__nvml_figure figure, int result) {
    const enum perfadapt_state state = is_unsupported(result) ? PERFADAPT_STATE_UNSUPPORTED : PERFADAPT_STATE_ERROR;
    const enum perfadapt_why why = is_unsupported(result) ? PERFADAPT_WHY_NONE : perfadapt__nvml_why(result);
    struct perfadapt__nvml_gpu *gpu = reading->gpu;
    mark_entry(reading, figure, state);
    if (figure == PERFADAPT__NVML_TEMPERATURE)
        mark_sensor(sensor_at(reading->snapshot, gpu->sensor), state, why);
    else if (figure == PERFADAPT__NVML_MEMORY_TEMPERATURE)
        mark_sensor(sensor_at(reading->snapshot, gpu->memory_sensor), state, why);
    else if (figure == PERFADAPT__NVML_LIMIT)
        mark_limit(sensor_at(reading->snapshot, gpu->sensor), state);
    else if (figure == PERFADAPT__NVML_REASONS)
        perfadapt__evidence_none(reading->snapshot, gpu->evidence, state);
    else if (figure == PERFADAPT__NVML_BUSY && gpu->gate)
        perfadapt__gate_busy(gpu->gate, perfadapt__metric_none(PERFADAPT_UNIT_RATIO, state).value);
}

/* Anything but the temperature may fail alone: laptops answer "unknown error" where power is not measured. */
static bool loses_gpu(enum perfadapt__nvml_figure figure, int result) {
    switch (result) {
    case PERFADAPT__NVML_UNINITIALIZED:
    case PERFADAPT__NVML_GPU_IS_LOST:
    case PERFADAPT__NVML_RESET_REQUIRED:
    case PERFADAPT__NVML_DRIVER_NOT_LOADED:
    case PERFADAPT__NVML_LIB_RM_VERSION_MISMATCH:
        return true;
    default:
        return figure == PERFADAPT__NVML_TEMPERATURE && perfadapt__nvml_why(result) == PERFADAPT_WHY_IO_ERROR &&
               !is_unsupported(result);
    }
}

static bool calls_for_pause(int result) {
    const enum perfadapt_why why = perfadapt__nvml_why(result);
    return why == PERFADAPT_WHY_DENIED || why == PERFADAPT_WHY_IO_ERROR || why == PERFADAPT_WHY_MISSING;
}

static void pace_figure(struct perfadapt__nvml_pace *pace, int result, int64_t period_ns, int64_t cost_ns,
                        int64_t now_ns) {
    pace->unsupported = is_unsupported(result);
    pace->pause_ns = calls_for_pause(result) ? perfadapt__pause_next(pace->pause_ns) : 0;
    int64_t wait_ns = cost_ns < longest_wait_ns / cost_factor ? cost_ns * cost_factor : longest_wait_ns;
    wait_ns = wait_ns > PERFADAPT__NS_PER_MS * 50 ? wait_ns : 0; /* cheap ones keep the pace of the provider */
    wait_ns = wait_ns > period_ns ? wait_ns : period_ns;
    pace->due_ns = now_ns + (wait_ns > pace->pause_ns ? wait_ns : pace->pause_ns);
}

/* ---- the whole GPU ---- */

void perfadapt__nvml_gpu_begin(struct perfadapt__nvml_gpu *gpu, const struct perfadapt__nvml_library *library,
                               struct perfadapt_snapshot *snapshot) {
    memset(gpu->paces, 0, sizeof gpu->paces);
    gpu->has_no_margin = false;
    gpu->limit_moved = 0;
    gpu->celsius_ns = 0;
    if (gpu->entry < 0)
        return;
    struct perfadapt_gpu *entry = &snapshot->gpus[gpu->entry];
    perfadapt__nvml_name(library, gpu->device, entry->name, sizeof entry->name);
}

static bool has_nothing(const struct perfadapt__nvml_gpu *gpu) {
    for (size_t i = 0; i < PERFADAPT__NVML_FIGURES; i++)
        if (!gpu->paces[i].unsupported)
            return false;
    return true;
}

int perfadapt__nvml_gpu_read(struct perfadapt__nvml_gpu *gpu, struct perfadapt__nvml_library *library, int64_t now_ns,
                             struct perfadapt_snapshot *snapshot) {
    const struct reading reading = {.gpu = gpu, .library = library, .snapshot = snapshot, .now_ns = now_ns};
    for (size_t i = 0; i < PERFADAPT__NVML_FIGURES; i++) {
        const enum perfadapt__nvml_figure figure = (enum perfadapt__nvml_figure)i;
        struct perfadapt__nvml_pace *pace = &gpu->paces[i];
        if (pace->unsupported || now_ns < pace->due_ns)
            continue;
        const int64_t started_ns = perfadapt__now_ns();
        const int result = figures[i].read(&reading);
        if (loses_gpu(figure, result))
            return result;
        if (result != PERFADAPT__NVML_SUCCESS)
            mark_figure(&reading, figure, result);
        pace_figure(pace, result, figures[i].period_ns, perfadapt__now_ns() - started_ns, now_ns);
    }
    if (has_nothing(gpu))
        return PERFADAPT__NVML_NOT_SUPPORTED;
    if (entry_of(&reading))
        perfadapt__gpu_state(entry_of(&reading), PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
    return PERFADAPT__NVML_SUCCESS;
}

void perfadapt__nvml_gpu_unread(const struct perfadapt__nvml_gpu *gpu, enum perfadapt_state state,
                                enum perfadapt_why why, struct perfadapt_snapshot *snapshot) {
    if (gpu->entry >= 0)
        perfadapt__gpu_state(&snapshot->gpus[gpu->entry], state, why);
    mark_sensor(sensor_at(snapshot, gpu->sensor), state, why);
    mark_sensor(sensor_at(snapshot, gpu->memory_sensor), state, why);
    perfadapt__evidence_none(snapshot, gpu->evidence, state);
}
