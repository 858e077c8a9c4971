/* SPDX-License-Identifier: MIT */
#include "probe/devices.h"

#include "device/judge.h"
#include "probe/touch.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct build {
    const struct probe_gathered *gathered;
    const struct perfadapt_system *system;
    const char *data_dir;
    struct probe_devices *devices;
    bool is_taken[PERFADAPT__BUS_GPUS_MAX];
};

static const char *library_name(const struct probe_gathered *gathered, size_t icd) {
    return probe_base_name(gathered->icds.icds[icd].library);
}

/* ---- one GPU, one entry ---- */

static bool is_same_address(const struct perfadapt_pci_address *a, const struct perfadapt_pci_address *b) {
    return a->known && b->known && a->domain == b->domain && a->bus == b->bus && a->device == b->device &&
           a->function == b->function;
}

static bool has_numbers(const struct perfadapt_device *device, uint32_t vendor_id, uint32_t device_id) {
    return device->vendor_id == vendor_id && device->device_id == device_id;
}

/* How many GPUs of the bus have these numbers; *out_last is one. */
static size_t count_on_bus(const struct probe_gathered *gathered, const struct perfadapt_device *device,
                           size_t *out_last) {
    size_t count = 0;
    for (size_t i = 0; i < gathered->gpu_count; i++)
        if (gathered->gpus[i].pci.known &&
            has_numbers(device, gathered->gpus[i].vendor_id, gathered->gpus[i].device_id)) {
            *out_last = i;
            count++;
        }
    return count;
}

/* A board's GPU has no numbers that both sides know: by its kernel driver, where there is one of that. */
static size_t find_on_board(const struct probe_gathered *gathered, const char *library) {
    size_t found = PROBE_NONE;
    for (size_t i = 0; i < gathered->gpu_count; i++) {
        if (gathered->gpus[i].pci.known || !probe_is_made_for(library, &gathered->gpus[i]))
            continue;
        if (found != PROBE_NONE)
            return PROBE_NONE;
        found = i;
    }
    return found;
}

static size_t find_on_bus(const struct probe_gathered *gathered, const struct probe_found *found) {
    const struct perfadapt_device *device = &found->device;
    size_t last = PROBE_NONE;
    for (size_t i = 0; i < gathered->gpu_count; i++)
        if (is_same_address(&gathered->gpus[i].pci, &device->pci))
            return i;
    if (device->pci.known || device->type == PERFADAPT_DEVICE_CPU)
        return PROBE_NONE;
    const size_t count = count_on_bus(gathered, device, &last);
    if (count == 1)
        return last;
    return count > 1 ? PROBE_NONE : find_on_board(gathered, gathered->icds.icds[found->icd].library);
}

/* Software is one rasteriser, whichever manifests lead to it. Two cards of one driver are two cards. */
static bool is_same(const struct probe_device *taken, const struct probe_found *found, size_t gpu) {
    const struct perfadapt_device *device = &found->device;
    if (is_same_address(&taken->device.pci, &device->pci))
        return true;
    if (taken->icd == found->icd || !has_numbers(device, taken->device.vendor_id, taken->device.device_id))
        return false;
    if (device->type == PERFADAPT_DEVICE_CPU && taken->device.type == PERFADAPT_DEVICE_CPU)
        return device->driver_id == taken->device.driver_id && strcmp(device->name, taken->device.name) == 0;
    return gpu != PROBE_NONE && taken->gpu == gpu;
}

static struct probe_device *find_same(struct probe_devices *devices, const struct probe_found *found, size_t gpu) {
    for (size_t i = 0; i < devices->count; i++)
        if (is_same(&devices->devices[i], found, gpu))
            return &devices->devices[i];
    return NULL;
}

static struct probe_device *add(struct build *build, size_t icd, size_t gpu) {
    struct probe_device *added = &build->devices->devices[build->devices->count++];
    memset(added, 0, sizeof *added);
    added->icd = icd;
    added->gpu = gpu;
    added->passed_by = PROBE_NONE;
    if (gpu != PROBE_NONE)
        build->is_taken[gpu] = true;
    return added;
}

static void take_found(struct build *build) {
    const struct probe_gathered *gathered = build->gathered;
    for (size_t i = 0; i < gathered->found_count; i++) {
        const struct probe_found *found = &gathered->found[i];
        const size_t gpu = find_on_bus(gathered, found);
        struct probe_device *same = find_same(build->devices, found, gpu);
        if (same) {
            same->also |= found->icd != same->icd ? 1U << found->icd : 0;
            continue;
        }
        struct probe_device *added = add(build, found->icd, gpu);
        added->device = found->device;
        if (gpu != PROBE_NONE && !added->device.pci.known)
            added->device.pci = gathered->gpus[gpu].pci;
    }
}

/* ---- what only the bus knows ---- */

/* The driver that would have told of it: one that failed before one that was left out. */
static size_t find_passed(const struct probe_gathered *gathered, const struct perfadapt__bus_gpu *gpu) {
    size_t passed = PROBE_NONE;
    for (size_t i = 0; i < gathered->icds.count; i++) {
        const struct probe_asked *asked = &gathered->asked[i];
        if (!probe_is_made_for(gathered->icds.icds[i].library, gpu) || (asked->asked && !asked->failed))
            continue;
        if (asked->failed)
            return i;
        if (passed == PROBE_NONE)
            passed = i;
    }
    return passed;
}

/* Cards of a kind whose driver tells no addresses: which is which is not to be told, but they are all there. */
static bool is_told_without_address(const struct build *build, const struct perfadapt__bus_gpu *gpu) {
    const struct probe_devices *devices = build->devices;
    size_t told = 0;
    size_t on_bus = 0;
    for (size_t i = 0; i < devices->count; i++) {
        const struct perfadapt_device *device = &devices->devices[i].device;
        told += devices->devices[i].gpu == PROBE_NONE && !device->pci.known && device->type != PERFADAPT_DEVICE_CPU &&
                has_numbers(device, gpu->vendor_id, gpu->device_id);
    }
    for (size_t i = 0; i < build->gathered->gpu_count; i++)
        on_bus += build->gathered->gpus[i].vendor_id == gpu->vendor_id &&
                  build->gathered->gpus[i].device_id == gpu->device_id;
    return gpu->pci.known && told >= on_bus;
}

static void take_bus(struct build *build) {
    const struct probe_gathered *gathered = build->gathered;
    for (size_t i = 0; i < gathered->gpu_count; i++) {
        const struct perfadapt__bus_gpu *gpu = &gathered->gpus[i];
        if (build->is_taken[i] || is_told_without_address(build, gpu))
            continue;
        struct probe_device *added = add(build, PROBE_NONE, i);
        added->device = (struct perfadapt_device){
            .size = sizeof added->device, .vendor_id = gpu->vendor_id, .device_id = gpu->device_id, .pci = gpu->pci};
        added->passed_by = find_passed(gathered, gpu);
    }
}

/* ---- judging ---- */

static void say(struct perfadapt_profile *profile, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last place is kept for what was found here: it is what a reader wants to know first. */
static void say(struct perfadapt_profile *profile, const char *format, ...) {
    va_list arguments;
    if (profile->reason_count >= PERFADAPT_PROFILE_REASONS_MAX)
        profile->reason_count = PERFADAPT_PROFILE_REASONS_MAX - 1;
    va_start(arguments, format);
    vsnprintf(profile->reasons[profile->reason_count++], PERFADAPT_PROFILE_REASON_BYTES, format, arguments);
    va_end(arguments);
}

static void judge(const struct build *build, const struct perfadapt_device *device,
                  struct perfadapt_profile *out_profile) {
    memset(out_profile, 0, sizeof *out_profile);
    out_profile->size = sizeof *out_profile;
    const enum perfadapt_result result = perfadapt_judge(device, build->system, build->data_dir, out_profile);
    if (result == PERFADAPT_OK)
        return;
    perfadapt__profile_init(out_profile);
    out_profile->state = PERFADAPT_STATE_ERROR;
    out_profile->system = *build->system;
    say(out_profile, "it could not be judged (error %d)", (int)result);
}

static const char *why_passed(const struct probe_gathered *gathered, size_t icd) {
    const struct probe_asked *asked = &gathered->asked[icd];
    return asked->failed ? asked->result : gathered->icds.icds[icd].left_out;
}

static void judge_of_bus(const struct build *build, struct probe_device *device) {
    const struct probe_gathered *gathered = build->gathered;
    const struct perfadapt__bus_gpu *gpu = &gathered->gpus[device->gpu];
    struct perfadapt_profile *profile = &device->profile;
    profile->source = PERFADAPT_PROFILE_FROM_BUS;
    profile->asleep = gpu->suspended;
    if (!*profile->driver)
        snprintf(profile->driver, sizeof profile->driver, "%s", gpu->driver);
    if (gpu->suspended)
        say(profile, "it sleeps and was not woken: known by its number on the bus alone");
    else if (device->passed_by == PROBE_NONE)
        say(profile, "no Vulkan driver told of it: known by its number on the bus alone");
    else
        say(profile, "known by its number on the bus alone: %s: %.90s", library_name(gathered, device->passed_by),
            why_passed(gathered, device->passed_by));
    if (device->passed_by != PROBE_NONE && gathered->asked[device->passed_by].failed)
        profile->state = PERFADAPT_STATE_ERROR;
}

static void say_also(const struct probe_gathered *gathered, struct probe_device *device) {
    for (size_t i = 0; i < gathered->icds.count; i++)
        if (device->also & 1U << i)
            say(&device->profile, "%s tells of it too, and is passed over for %s", library_name(gathered, i),
                library_name(gathered, device->icd));
}

static void judge_all(const struct build *build) {
    struct probe_devices *devices = build->devices;
    for (size_t i = 0; i < devices->count; i++) {
        struct probe_device *device = &devices->devices[i];
        judge(build, &device->device, &device->profile);
        device->profile.source = PERFADAPT_PROFILE_FROM_PROBE;
        device->profile.device_count = (uint32_t)devices->count;
        if (device->icd == PROBE_NONE)
            judge_of_bus(build, device);
        else
            say_also(build->gathered, device);
    }
}

/* ---- the best ---- */

enum rank {
    RANK_ASLEEP = 0,
    RANK_NO_DRIVER = 1, /* awake, but nothing renders on it: a server's management chip */
    RANK_SOFTWARE = 2,
    RANK_NOT_ASKED = 3, /* awake, with a driver that could not be asked because it would wake another */
    RANK_HARDWARE = 4
};

static enum rank rank_of(const struct probe_gathered *gathered, const struct probe_device *device) {
    if (device->icd != PROBE_NONE)
        return device->profile.type == PERFADAPT_DEVICE_CPU || device->device.type == PERFADAPT_DEVICE_CPU
                   ? RANK_SOFTWARE
                   : RANK_HARDWARE;
    if (device->profile.asleep)
        return RANK_ASLEEP;
    return device->passed_by != PROBE_NONE && gathered->asked[device->passed_by].sleeps ? RANK_NOT_ASKED
                                                                                        : RANK_NO_DRIVER;
}

/* Unknown is less than anything. */
static double known_score(const struct probe_device *device) {
    return isfinite(device->profile.score) ? device->profile.score : -1;
}

static uint32_t known_tier(const struct probe_device *device) {
    return device->profile.tier != PERFADAPT_TIER_UNKNOWN ? device->profile.tier + 1 : 0;
}

/* Equal ones: the first. */
static bool is_better(const struct probe_gathered *gathered, const struct probe_device *a,
                      const struct probe_device *b) {
    const enum rank rank_a = rank_of(gathered, a);
    const enum rank rank_b = rank_of(gathered, b);
    if (rank_a != rank_b)
        return rank_a > rank_b;
    if (known_tier(a) != known_tier(b))
        return known_tier(a) > known_tier(b);
    if (known_score(a) > known_score(b) || known_score(a) < known_score(b))
        return known_score(a) > known_score(b);
    return a->profile.memory_bytes > b->profile.memory_bytes;
}

static size_t find_best(const struct build *build) {
    const struct probe_devices *devices = build->devices;
    size_t best = devices->count > 0 ? 0 : PROBE_NONE;
    for (size_t i = 1; i < devices->count; i++)
        if (is_better(build->gathered, &devices->devices[i], &devices->devices[best]))
            best = i;
    return best;
}

/* ---- what is said of it all ---- */

static void find_error(const struct probe_gathered *gathered, struct probe_devices *devices) {
    for (size_t i = 0; i < gathered->icds.count; i++) {
        if (!gathered->asked[i].failed)
            continue;
        snprintf(devices->error, sizeof devices->error, "%.70s: %.80s", library_name(gathered, i),
                 gathered->asked[i].result);
        return;
    }
}

/* The first driver that has something to say of why there is nothing. */
static void explain_none(const struct probe_gathered *gathered, char *out, size_t capacity) {
    if (gathered->icds.count == 0)
        snprintf(out, capacity, "no GPU on the bus, and no Vulkan driver is installed");
    else
        snprintf(out, capacity, "no GPU on the bus, and none of %zu Vulkan drivers tells of one", gathered->icds.count);
    for (size_t i = 0; i < gathered->icds.count; i++) {
        const char *said =
            *gathered->icds.icds[i].left_out ? gathered->icds.icds[i].left_out : gathered->asked[i].result;
        const size_t length = strlen(out);
        if (!*said)
            continue;
        snprintf(out + length, capacity - length, " (%.30s: %.90s)", probe_base_name(gathered->icds.icds[i].path),
                 said);
        return;
    }
}

static void conclude(const struct build *build) {
    struct probe_devices *devices = build->devices;
    const struct perfadapt_device nothing = {.size = sizeof nothing};
    find_error(build->gathered, devices);
    if (devices->count > 0)
        return;
    devices->state = *devices->error ? PERFADAPT_STATE_ERROR : PERFADAPT_STATE_UNSUPPORTED;
    if (*devices->error)
        snprintf(devices->reason, sizeof devices->reason, "%.159s", devices->error);
    else
        explain_none(build->gathered, devices->reason, sizeof devices->reason);
    judge(build, &nothing, &devices->none);
    devices->none.state = devices->state;
    devices->none.source = PERFADAPT_PROFILE_FROM_NONE;
    say(&devices->none, "%.150s", devices->reason);
}

void probe_devices_build(const struct probe_gathered *gathered, const struct perfadapt_system *system,
                         const char *data_dir, struct probe_devices *out_devices) {
    struct build build = {
        .gathered = gathered, .system = system, .data_dir = data_dir, .devices = out_devices, .is_taken = {false}};
    memset(out_devices, 0, sizeof *out_devices);
    out_devices->state = PERFADAPT_STATE_OK;
    take_found(&build);
    take_bus(&build);
    judge_all(&build);
    out_devices->best = find_best(&build);
    conclude(&build);
}
