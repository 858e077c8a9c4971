/* SPDX-License-Identifier: MIT */
#include "providers/thermal_throttle.h"

#include "core/clock.h"
#include "providers/kernel_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CPU_DIRECTORY "/sys/devices/system/cpu"
#define NUMBERS_MAX 512

static const int64_t hold_ns = 3 * PERFADAPT__NS_PER_S;
static const int64_t cores_period_ns = 4 * PERFADAPT__NS_PER_S;
static const int64_t search_pause_ns = 10 * PERFADAPT__NS_PER_S;

/* Where so many have no counters, the others have none either. */
static const ssize_t hopeless_after = 8;

/* ---- counters ---- */

static void init_counter(struct perfadapt__throttle_counter *counter) {
    *counter = (struct perfadapt__throttle_counter){.known = false};
    perfadapt__kernel_number_init(&counter->file);
}

static void close_counter(struct perfadapt__throttle_counter *counter) {
    perfadapt__kernel_number_close(&counter->file);
    counter->known = false;
}

/* False where it could not be read. *out_growth is 0 at the first look, and after one that cannot be compared. */
static bool read_counter(const struct perfadapt__thermal_throttle *self, struct perfadapt__throttle_counter *counter,
                         uint32_t cpu, const char *name, int64_t now_ns, int64_t *out_growth) {
    int64_t value;
    *out_growth = 0;
    if (perfadapt__kernel_number_read(self->root, &counter->file, now_ns, &value, CPU_DIRECTORY "/cpu%u/%s",
                                      (unsigned)cpu, name) != PERFADAPT_WHY_NONE ||
        value < 0) {
        counter->known = false;
        return false;
    }
    if (counter->known && value > counter->value)
        *out_growth = value - counter->value;
    counter->value = value;
    counter->known = true;
    return true;
}

/* ---- which processors are asked ---- */

static bool read_once(const struct perfadapt__thermal_throttle *self, uint32_t cpu, const char *name,
                      int64_t *out_value) {
    char path[128];
    char text[32];
    snprintf(path, sizeof path, CPU_DIRECTORY "/cpu%u/%s", (unsigned)cpu, name);
    const ssize_t length = perfadapt__fs_read_once(self->root, path, text, sizeof text);
    return perfadapt__kernel_file_number(text, length, sizeof text, out_value) == PERFADAPT_WHY_NONE;
}

/* Where the topology says nothing, there is one package. */
static uint32_t topology_of(const struct perfadapt__thermal_throttle *self, uint32_t cpu, const char *name,
                            uint32_t otherwise) {
    int64_t value;
    return read_once(self, cpu, name, &value) && value >= 0 && value <= UINT32_MAX ? (uint32_t)value : otherwise;
}

static struct perfadapt__throttle_package *find_package(struct perfadapt__thermal_throttle *self, uint32_t id) {
    for (size_t i = 0; i < self->package_count; i++)
        if (self->packages[i].id == id)
            return &self->packages[i];
    return NULL;
}

/* Each processor counts for itself what befell its package: the figures of another are no continuation. */
static void ask_instead(struct perfadapt__throttle_package *package, uint32_t cpu) {
    package->cpu = cpu;
    package->lost = false;
    close_counter(&package->count);
    close_counter(&package->time);
}

static struct perfadapt__throttle_package *add_package(struct perfadapt__thermal_throttle *self, uint32_t id,
                                                       uint32_t cpu, struct perfadapt_snapshot *snapshot) {
    if (self->package_count == PERFADAPT__THROTTLE_PACKAGES_MAX)
        return NULL;
    char device[24];
    snprintf(device, sizeof device, "package %u", (unsigned)id);
    struct perfadapt__throttle_package *package = &self->packages[self->package_count++];
    *package = (struct perfadapt__throttle_package){.id = id, .cpu = cpu};
    init_counter(&package->count);
    init_counter(&package->time);
    package->evidence = perfadapt__evidence_add(snapshot, PERFADAPT_SENSOR_CPU, "thermal_throttle", device);
    return package;
}

static void add_core(struct perfadapt__thermal_throttle *self, const struct perfadapt__throttle_package *package,
                     uint32_t cpu) {
    const size_t index = (size_t)(package - self->packages);
    if (self->core_count == PERFADAPT__THROTTLE_CORES_MAX)
        return;
    const uint32_t core = topology_of(self, cpu, "topology/core_id", cpu);
    for (size_t i = 0; i < self->core_count; i++)
        if (self->cores[i].package == index && self->cores[i].core == core)
            return;
    self->cores[self->core_count] = (struct perfadapt__throttle_core){.cpu = cpu, .core = core, .package = index};
    init_counter(&self->cores[self->core_count++].count);
}

static bool has_counters(const struct perfadapt__thermal_throttle *self, uint32_t cpu) {
    int64_t value;
    return read_once(self, cpu, "thermal_throttle/package_throttle_count", &value) ||
           read_once(self, cpu, "thermal_throttle/core_throttle_count", &value);
}

static void consider(struct perfadapt__thermal_throttle *self, uint32_t cpu, struct perfadapt_snapshot *snapshot) {
    int64_t value;
    const uint32_t id = topology_of(self, cpu, "topology/physical_package_id", 0);
    struct perfadapt__throttle_package *package = find_package(self, id);
    if (!package)
        package = add_package(self, id, cpu, snapshot);
    else if (package->lost)
        ask_instead(package, cpu);
    if (!package)
        return;
    package->has_count |= read_once(self, cpu, "thermal_throttle/package_throttle_count", &value);
    package->has_time |= read_once(self, cpu, "thermal_throttle/package_throttle_total_time_ms", &value);
    add_core(self, package, cpu);
}

static void close_cores(struct perfadapt__thermal_throttle *self) {
    for (size_t i = 0; i < self->core_count; i++)
        close_counter(&self->cores[i].count);
    self->core_count = 0;
}

static void search(struct perfadapt__thermal_throttle *self, struct perfadapt_snapshot *snapshot) {
    uint32_t numbers[NUMBERS_MAX];
    close_cores(self);
    self->cores_ns = 0;
    const ssize_t found =
        perfadapt__kernel_directory_numbers(self->root, CPU_DIRECTORY, "cpu", "", numbers, NUMBERS_MAX);
    for (ssize_t i = 0; i < found; i++) {
        if (has_counters(self, numbers[i]))
            consider(self, numbers[i], snapshot);
        else if (i >= hopeless_after && self->package_count == 0)
            return;
    }
}

static bool knows_time(const struct perfadapt__thermal_throttle *self) {
    for (size_t i = 0; i < self->package_count; i++)
        if (self->packages[i].has_time)
            return true;
    return false;
}

void perfadapt__thermal_throttle_init(struct perfadapt__thermal_throttle *self, const struct perfadapt__root *root,
                                      struct perfadapt_snapshot *snapshot) {
    *self = (struct perfadapt__thermal_throttle){.root = root};
    search(self, snapshot);
    snapshot->processor.throttled = perfadapt__metric_none(
        PERFADAPT_UNIT_MICROSECONDS, knows_time(self) ? PERFADAPT_STATE_INIT : PERFADAPT_STATE_UNSUPPORTED);
}

void perfadapt__thermal_throttle_finish(struct perfadapt__thermal_throttle *self) {
    close_cores(self);
    for (size_t i = 0; i < self->package_count; i++) {
        close_counter(&self->packages[i].count);
        close_counter(&self->packages[i].time);
    }
    self->package_count = 0;
}

/* ---- reading ---- */

static void note_growth(struct perfadapt__throttle_package *package, const char *what, int64_t growth, int64_t now_ns) {
    if (growth <= 0)
        return;
    package->grew_ns = now_ns;
    snprintf(package->growth, sizeof package->growth, "%s +%" PRId64, what, growth);
}

static bool knows_core(const struct perfadapt__thermal_throttle *self,
                       const struct perfadapt__throttle_package *package) {
    const size_t index = (size_t)(package - self->packages);
    for (size_t i = 0; i < self->core_count; i++)
        if (self->cores[i].package == index && self->cores[i].count.known)
            return true;
    return false;
}

/* Both are needed: the count grows when a slowdown begins, the time only once it has ended (Linux 6.12,
 * drivers/thermal/intel/therm_throt.c). */
static bool read_package(struct perfadapt__thermal_throttle *self, struct perfadapt__throttle_package *package,
                         int64_t now_ns) {
    int64_t growth;
    if (!package->has_count)
        return knows_core(self, package); /* its cores are all there is */
    bool any =
        read_counter(self, &package->count, package->cpu, "thermal_throttle/package_throttle_count", now_ns, &growth);
    note_growth(package, "package_throttle_count", growth, now_ns);
    if (!package->has_time)
        return any;
    any |= read_counter(self, &package->time, package->cpu, "thermal_throttle/package_throttle_total_time_ms", now_ns,
                        &growth);
    note_growth(package, "package_throttle_total_time_ms", growth, now_ns);
    return any;
}

static void read_cores(struct perfadapt__thermal_throttle *self, int64_t now_ns) {
    for (size_t i = 0; i < self->core_count; i++) {
        struct perfadapt__throttle_core *core = &self->cores[i];
        int64_t growth;
        read_counter(self, &core->count, core->cpu, "thermal_throttle/core_throttle_count", now_ns, &growth);
        note_growth(&self->packages[core->package], "core_throttle_count", growth, now_ns);
    }
}

static void give_evidence(const struct perfadapt__throttle_package *package, int64_t now_ns,
                          struct perfadapt_snapshot *snapshot) {
    char text[96];
    if (package->grew_ns != 0 && now_ns - package->grew_ns < hold_ns) {
        perfadapt__evidence_set(snapshot, package->evidence, PERFADAPT__CLAIM(THERMAL), package->growth, now_ns);
        return;
    }
    if (package->lost) {
        perfadapt__evidence_none(snapshot, package->evidence, PERFADAPT_STATE_ERROR);
        return;
    }
    if (package->has_count)
        snprintf(text, sizeof text, "package_throttle_count %" PRId64, package->count.value);
    else
        snprintf(text, sizeof text, "core_throttle_count is still");
    perfadapt__evidence_set(snapshot, package->evidence, PERFADAPT__CLAIM(NONE), text, now_ns);
}

static void put_worst(const struct perfadapt__thermal_throttle *self, int64_t now_ns,
                      struct perfadapt_metric *throttled) {
    int64_t worst_ms = -1;
    for (size_t i = 0; i < self->package_count; i++)
        if (self->packages[i].time.known && self->packages[i].time.value > worst_ms)
            worst_ms = self->packages[i].time.value;
    if (worst_ms >= 0)
        *throttled = perfadapt__metric_ok((double)worst_ms * 1000, PERFADAPT_UNIT_MICROSECONDS, now_ns);
    else if (knows_time(self))
        perfadapt__metric_fail(throttled, PERFADAPT_STATE_ERROR);
}

/* What grew while the machine slept says nothing of now. */
static void forget_values(struct perfadapt__thermal_throttle *self) {
    for (size_t i = 0; i < self->package_count; i++)
        self->packages[i].count.known = self->packages[i].time.known = false;
    for (size_t i = 0; i < self->core_count; i++)
        self->cores[i].count.known = false;
    self->cores_ns = 0;
}

void perfadapt__thermal_throttle_read(struct perfadapt__thermal_throttle *self,
                                      const struct perfadapt__read_context *context,
                                      struct perfadapt_snapshot *snapshot) {
    const int64_t now_ns = context->now_ns;
    bool any_lost = false;
    if (context->resumed)
        forget_values(self);
    if (now_ns >= self->cores_ns) {
        self->cores_ns = now_ns + cores_period_ns;
        read_cores(self, now_ns);
    }
    for (size_t i = 0; i < self->package_count; i++)
        any_lost |= self->packages[i].lost = !read_package(self, &self->packages[i], now_ns);
    if (any_lost && now_ns >= self->search_ns) {
        self->search_ns = now_ns + search_pause_ns;
        search(self, snapshot);
    }
    for (size_t i = 0; i < self->package_count; i++)
        give_evidence(&self->packages[i], now_ns, snapshot);
    put_worst(self, now_ns, &snapshot->processor.throttled);
}
