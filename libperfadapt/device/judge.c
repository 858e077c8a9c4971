/* SPDX-License-Identifier: MIT */
#include "device/judge.h"

#include "core/abi.h"
#include "core/fs.h"
#include "core/text.h"
#include "device/families.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MEBIBYTE (UINT64_C(1) << 20)
#define GIBIBYTE (UINT64_C(1) << 30)

/* Beyond any memory that a GPU of today can reach: a driver of an old RADV has said 16 EiB. */
#define HEAP_MOST (4096 * GIBIBYTE)

/* The largest GPUs have 304 units (MI300X), the widest 256 lanes in one; clocks stay under 4 GHz. */
#define UNITS_MOST 1024
#define LANES_MOST 1024
#define CLOCK_MHZ_MOST 5000
/* More than this many times what is known of its family is no model of it that is missing in the tables. */
#define UNITS_TIMES_TABLE 4

/* Of Vulkan's headers, which the library is built without. */
enum { VENDOR_NVIDIA = 0x10de, VENDOR_ARM = 0x13b5 };
enum { DRIVER_INTEL_WINDOWS = 5, DRIVER_SWIFTSHADER = 10, DRIVER_LLVMPIPE = 13 };
enum { HEAP_LOCAL = 1 };
enum { MEMORY_LOCAL = 1, MEMORY_VISIBLE = 2, MEMORY_LAZY = 16, MEMORY_PROTECTED = 32 };

static const char rasterisers[] = "*llvmpipe*|*lavapipe*|*softpipe*|*SwiftShader*|*Microsoft Basic Render*";
static const char *const presets[] = {"minimal", "low", "medium", "high", "ultra", "ultra"};
static const char handheld[] = "handheld";

/* Each tier's least speed, and the least memory that its preset needs on a card with memory of its own. */
static const struct {
    double gflops;
    uint64_t bytes;
} tiers[] = {
    {0, 0}, {0, 0}, {800, 768 * MEBIBYTE}, {2600, 1536 * MEBIBYTE}, {9000, 3584 * MEBIBYTE}, {18000, 7 * GIBIBYTE}};

struct judgement {
    struct perfadapt_device device;
    struct perfadapt__family family;
    struct perfadapt_profile profile;
};

/* ---- words ---- */

static void because(struct perfadapt_profile *profile, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Never with a floating point value: printf would print it by the host's locale. */
static void because(struct perfadapt_profile *profile, const char *format, ...) {
    if (profile->reason_count >= PERFADAPT_PROFILE_REASONS_MAX)
        return;
    char *reason = profile->reasons[profile->reason_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, PERFADAPT_PROFILE_REASON_BYTES, format, arguments);
    va_end(arguments);
    perfadapt__text_clean(reason, PERFADAPT_PROFILE_REASON_BYTES); /* a name may have been cut within a character */
}

void perfadapt__gflops_text(double gflops, char *out, size_t capacity) {
    const unsigned whole = gflops >= 0 && gflops < 1e9 ? (unsigned)(gflops + 0.5) : 0;
    if (whole < 1000)
        snprintf(out, capacity, "%u GFLOP/s", whole);
    else
        snprintf(out, capacity, "%u.%u TFLOP/s", (whole + 50) / 1000, (whole + 50) / 100 % 10);
}

/* Qualcomm's info has four lines: the first tells the build. */
static void first_line(char *text, size_t capacity) {
    text[capacity - 1] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    perfadapt__text_clean(text, capacity);
}

/* NVIDIA packs 10.8.8.6 bits and writes "535.104.05"; Intel's for Windows 18.14; all others as Vulkan itself does. */
static void version_text(const struct perfadapt_device *device, char *out, size_t capacity) {
    const uint32_t packed = device->driver_version;
    if (packed == 0)
        out[0] = '\0';
    else if (device->vendor_id == VENDOR_NVIDIA && packed >> 6 & 0xff)
        snprintf(out, capacity, "%u.%u.%02u", packed >> 22, packed >> 14 & 0xff, packed >> 6 & 0xff);
    else if (device->vendor_id == VENDOR_NVIDIA)
        snprintf(out, capacity, "%u.%u", packed >> 22, packed >> 14 & 0xff);
    else if (device->driver_id == DRIVER_INTEL_WINDOWS)
        snprintf(out, capacity, "%u.%u", packed >> 14, packed & 0x3fff);
    else
        snprintf(out, capacity, "%u.%u.%u", packed >> 22, packed >> 12 & 0x3ff, packed & 0xfff);
}

static void take_driver(struct judgement *judgement) {
    struct perfadapt_device *device = &judgement->device;
    char version[40];
    first_line(device->driver_name, sizeof device->driver_name);
    first_line(device->driver_info, sizeof device->driver_info);
    version_text(device, version, sizeof version);
    const char *name = device->driver_name;
    if (!*name && device->vendor_id == VENDOR_NVIDIA && *version)
        name = "NVIDIA";
    const char *rest = device->driver_info[0] ? device->driver_info : version;
    const char *last = strrchr(name, ' ');
    const size_t length = last ? strlen(last + 1) : 0;
    if (length && strstr(rest, last + 1) == rest && rest[length] == ' ') /* "V3DV Mesa", "Mesa 23.2.1" */
        rest += length + 1;
    snprintf(judgement->profile.driver, sizeof judgement->profile.driver, "%.110s%s%.140s", name,
             *name && *rest ? " " : "", rest);
    perfadapt__text_clean(judgement->profile.driver, sizeof judgement->profile.driver);
}

/* ---- what the driver says, as far as it can be believed ---- */

static void take_names(struct judgement *judgement) {
    struct perfadapt_device *device = &judgement->device;
    struct perfadapt_profile *profile = &judgement->profile;
    first_line(device->name, sizeof device->name);
    memcpy(profile->name, device->name, sizeof profile->name);
    if (!device->name[0])
        because(profile, "name: the driver gives none");
    take_driver(judgement);
    profile->vendor_id = device->vendor_id;
    profile->device_id = device->device_id;
    profile->driver_version = device->driver_version;
    profile->api_version = device->api_version;
    profile->pci = device->pci;
    profile->features = device->features_known ? device->features : 0;
}

static bool shares_memory(const struct perfadapt_profile *profile) {
    return profile->type == PERFADAPT_DEVICE_INTEGRATED || profile->type == PERFADAPT_DEVICE_CPU;
}

/* The driver is believed where it says that a GPU is lent or no GPU; between the others the tables know better. */
static void take_type(struct judgement *judgement) {
    struct perfadapt_profile *profile = &judgement->profile;
    const uint32_t told = judgement->device.type;
    const uint32_t known = judgement->family.type;
    profile->type = told;
    if (told > PERFADAPT_DEVICE_CPU) {
        because(profile, "type: the driver says %u, which is none", told);
        profile->type = PERFADAPT_DEVICE_OTHER;
    }
    if (!known || known - 1 == profile->type || profile->type == PERFADAPT_DEVICE_CPU ||
        profile->type == PERFADAPT_DEVICE_VIRTUAL)
        return;
    profile->type = known - 1;
    because(profile, "type: %s (%s)%s%s", perfadapt_device_type_name(known - 1), judgement->family.where,
            told ? "; the driver says " : "", told ? perfadapt_device_type_name(told) : "");
}

/* What a heap can be of all it says; 0 where that is nothing. Of a shared heap the machine's memory is the bound. */
static uint64_t believe_heap(struct perfadapt_profile *profile, unsigned index, uint64_t bytes) {
    const uint64_t machine = profile->system.memory_bytes;
    const uint64_t bound = shares_memory(profile) && machine ? machine : HEAP_MOST;
    if (bytes <= bound)
        return bytes;
    because(profile, "memory: heap %u says %llu GiB; taken as %llu", index, (unsigned long long)(bytes / GIBIBYTE),
            (unsigned long long)(bound < HEAP_MOST ? bound / GIBIBYTE : 0));
    return bound < HEAP_MOST ? bound : 0;
}

/* The largest heap of its own, not their sum. A GPU without one works in the processor's. */
static void take_memory(struct judgement *judgement) {
    struct perfadapt_device *device = &judgement->device;
    struct perfadapt_profile *profile = &judgement->profile;
    uint64_t largest[2] = {0, 0};
    if (device->heap_count > PERFADAPT_HEAPS_MAX) {
        because(profile, "memory: the driver says %u heaps; %d are looked at", device->heap_count, PERFADAPT_HEAPS_MAX);
        device->heap_count = PERFADAPT_HEAPS_MAX;
    }
    if (device->memory_type_count > PERFADAPT_MEMORY_TYPES_MAX)
        device->memory_type_count = PERFADAPT_MEMORY_TYPES_MAX;
    for (unsigned i = 0; i < device->heap_count; i++) {
        const uint64_t bytes = believe_heap(profile, i, device->heaps[i].bytes);
        uint64_t *to = &largest[device->heaps[i].flags & HEAP_LOCAL];
        *to = bytes > *to ? bytes : *to;
    }
    profile->memory_bytes = largest[1] || !shares_memory(profile) ? largest[1] : largest[0];
    if (profile->memory_bytes == 0)
        because(profile, "memory: no heap with a size is told");
}

/*
 * Every heap of the device's own can be written by the processor, and the GPU is integrated: a card whose whole memory
 * is in reach (resizable BAR) looks alike but for its type. By heap, not by type: drivers list types of one heap with
 * and without HOST_VISIBLE. Protected and lazily allocated memory is never visible and tells nothing.
 */
static int32_t is_unified(const struct judgement *judgement) {
    const struct perfadapt_device *device = &judgement->device;
    uint32_t local = 0;
    uint32_t visible = 0;
    for (unsigned i = 0; i < device->memory_type_count; i++) {
        const struct perfadapt_memory_type *type = &device->memory_types[i];
        if (type->heap >= device->heap_count || !(type->flags & MEMORY_LOCAL) ||
            type->flags & (MEMORY_LAZY | MEMORY_PROTECTED))
            continue;
        local |= UINT32_C(1) << type->heap;
        if (type->flags & MEMORY_VISIBLE)
            visible |= UINT32_C(1) << type->heap;
    }
    if (device->heap_count == 0 || device->memory_type_count == 0)
        return -1;
    return shares_memory(&judgement->profile) && local == visible;
}

static int32_t is_tiled(const struct judgement *judgement) {
    if (judgement->family.tiled)
        return 1;
    for (unsigned i = 0; i < judgement->device.memory_type_count; i++)
        if (judgement->device.memory_types[i].flags & MEMORY_LAZY)
            return 1;
    return judgement->device.memory_type_count || judgement->profile.type == PERFADAPT_DEVICE_DISCRETE ? 0 : -1;
}

static void take_traits(struct judgement *judgement) {
    const struct perfadapt_device *device = &judgement->device;
    struct perfadapt_profile *profile = &judgement->profile;
    profile->unified_memory = is_unified(judgement);
    profile->tiled = is_tiled(judgement);
    profile->gpu_timing = -1;
    if (device->timestamp_known)
        profile->gpu_timing = device->timestamp_valid_bits > 0 && device->timestamp_period_ns > 0;
}

/* ---- steps ---- */

/* Why this is no GPU; NULL where it is one. The few names are for when the tables are not there. */
static const char *denied(const struct judgement *judgement) {
    const struct perfadapt_device *device = &judgement->device;
    if (judgement->family.deny[0])
        return judgement->family.deny;
    if (device->type == PERFADAPT_DEVICE_CPU)
        return "the driver says that it is a processor";
    if (device->driver_id == DRIVER_SWIFTSHADER || device->driver_id == DRIVER_LLVMPIPE ||
        perfadapt__families_glob(rasterisers, device->name))
        return "a rasteriser on the processor";
    return NULL;
}

static void tell_family(struct judgement *judgement) {
    const struct perfadapt_device *device = &judgement->device;
    const struct perfadapt__family *family = &judgement->family;
    struct perfadapt_profile *profile = &judgement->profile;
    memcpy(profile->family, family->name, sizeof profile->family);
    perfadapt__text_clean(profile->family, sizeof profile->family);
    if (family->broken[0])
        because(profile, "tables: %s cannot be read; that file is left out", family->broken);
    if (family->known)
        because(profile, "family: %s (%s)", family->name, family->where);
    else if (family->name[0])
        because(profile, "family: %04x:%04x \"%.50s\" is not in the tables; as %s (%s)", device->vendor_id,
                device->device_id, device->name, family->name, family->where);
    else
        because(profile, "family: neither %04x:%04x nor \"%.60s\" is in the tables", device->vendor_id,
                device->device_id, device->name);
}

/* "Mali-G57 MC2": ARM's newer drivers write the cores into the name. */
static uint32_t cores_in_name(const struct perfadapt_device *device) {
    const char *at = device->vendor_id == VENDOR_ARM ? strstr(device->name, " M") : NULL;
    uint64_t cores;
    if (!at || (at[2] != 'C' && at[2] != 'P'))
        return 0;
    at += 3;
    return perfadapt__fs_parse_u64(&at, &cores) && cores <= UNITS_MOST ? (uint32_t)cores : 0;
}

static double units_told(struct judgement *judgement) {
    const uint32_t counted = judgement->device.compute_units;
    const uint32_t told = counted ? counted : cores_in_name(&judgement->device);
    const double table = judgement->family.known ? judgement->family.units : 0;
    if (told <= UNITS_MOST && (table <= 0 || told <= UNITS_TIMES_TABLE * table))
        return told;
    because(&judgement->profile, "capacity: the driver says %u units, which are not believed", told);
    return 0;
}

/* A rate that a driver tells for each unit is the unit's own; a count of lanes may leave out what issues twice. */
static double lanes_of(const struct judgement *judgement) {
    const struct perfadapt_device *device = &judgement->device;
    if (device->fma_per_unit_clock && device->fma_per_unit_clock <= LANES_MOST)
        return device->fma_per_unit_clock;
    if (judgement->family.lanes_per_unit > 0)
        return judgement->family.lanes_per_unit;
    return device->lanes_per_unit <= LANES_MOST ? device->lanes_per_unit : 0;
}

static double clock_of(const struct judgement *judgement) {
    const uint32_t told = judgement->device.clock_mhz;
    return told && told <= CLOCK_MHZ_MOST ? told : judgement->family.clock_mhz;
}

/* From real units where their number is told, else its maker's figure, else the table's units. NAN where none is. */
static double capacity(struct judgement *judgement) {
    struct perfadapt_profile *profile = &judgement->profile;
    const struct perfadapt__family *family = &judgement->family;
    const double told = units_told(judgement);
    const double lanes = lanes_of(judgement);
    const double clock_mhz = clock_of(judgement);
    const double units = told > 0 ? told : family->units;
    const double product = units * lanes * 2 * clock_mhz / 1000;
    char words[32];
    profile->compute_units = (uint32_t)units;
    if (family->gflops > 0 && (told <= 0 || product <= 0)) {
        perfadapt__gflops_text(family->gflops, words, sizeof words);
        because(profile, "capacity: %s, by published figures (%s)", words, family->where);
        return family->gflops;
    }
    if (!(product > 0))
        return (double)NAN;
    perfadapt__gflops_text(product, words, sizeof words);
    because(profile, "capacity: %u units (%s) x %u lanes x 2 x %u MHz = %s", (unsigned)units,
            told > 0 ? "driver" : "tables", (unsigned)lanes, (unsigned)clock_mhz, words);
    return product;
}

/*
 * Rather too little: what is too slow is seen, what is too plain is not. Cards had 0.9 TFLOP/s a GiB, half to twice,
 * over ten years; integrated ones that run new versions of Vulkan and large workgroups are the newer ones.
 */
static double estimate(struct judgement *judgement) {
    const struct perfadapt_device *device = &judgement->device;
    struct perfadapt_profile *profile = &judgement->profile;
    const unsigned minor = device->api_version >> 12 & 0x3ff;
    double gflops = 150;
    if (profile->type == PERFADAPT_DEVICE_DISCRETE || profile->type == PERFADAPT_DEVICE_VIRTUAL) {
        const double gib = (double)profile->memory_bytes / (double)GIBIBYTE;
        gflops = gib < 1 ? 400 : (gib > 12 ? 12 : gib) * 400;
    } else {
        gflops *= minor >= 3 ? 3 : minor >= 1 ? 2 : 1;
        gflops *= device->max_workgroup_invocations >= 1024 ? 1.5 : 1;
    }
    char words[32];
    perfadapt__gflops_text(gflops, words, sizeof words);
    because(profile, "capacity: an estimate of %s, from type %s, %u MiB, Vulkan 1.%u, workgroups of %u", words,
            perfadapt_device_type_name(profile->type), (unsigned)(profile->memory_bytes / MEBIBYTE), minor,
            device->max_workgroup_invocations);
    return gflops;
}

static void take_score(struct judgement *judgement) {
    struct perfadapt_profile *profile = &judgement->profile;
    const double share = judgement->family.share;
    profile->gflops = capacity(judgement);
    profile->score = isnan(profile->gflops) ? estimate(judgement) : profile->gflops;
    if (!(share > 0 && share < 1))
        return;
    profile->score *= share;
    because(profile, "reached through %s: %u %% of that counts", judgement->family.through, (unsigned)(share * 100));
}

uint32_t perfadapt__tier_of(double gflops) {
    uint32_t tier = PERFADAPT__TIER_MOST;
    while (tier > 1 && !(gflops >= tiers[tier].gflops))
        tier--;
    return tier;
}

static void bound_by_memory(struct perfadapt_profile *profile) {
    const uint64_t bytes = profile->memory_bytes;
    if (profile->type != PERFADAPT_DEVICE_DISCRETE || bytes == 0 || bytes >= tiers[profile->tier].bytes)
        return;
    while (profile->tier > 1 && bytes < tiers[profile->tier].bytes)
        profile->tier--;
    because(profile, "tier %u at most: %u MiB of memory", profile->tier, (unsigned)(bytes / MEBIBYTE));
}

static void bound_by_kind(struct judgement *judgement) {
    struct perfadapt_profile *profile = &judgement->profile;
    const struct perfadapt__family *family = &judgement->family;
    const bool card = profile->type == PERFADAPT_DEVICE_DISCRETE;
    if (card && profile->tier < family->tier_least) {
        profile->tier = family->tier_least < PERFADAPT__TIER_MOST ? (uint32_t)family->tier_least : PERFADAPT__TIER_MOST;
        because(profile, "tier %u at least: a card of the generation of %u", profile->tier, (unsigned)family->year);
    }
    if (family->tier_most > 0 && profile->tier > family->tier_most) {
        profile->tier = (uint32_t)family->tier_most;
        because(profile, "tier %u at most: so the tables say of its family", profile->tier);
    }
    if (!card && profile->type != PERFADAPT_DEVICE_VIRTUAL && profile->tier > PERFADAPT__TIER_MOST_SHARED) {
        profile->tier = PERFADAPT__TIER_MOST_SHARED;
        because(profile, "tier %u at most: %s, it shares power and memory with the processor", profile->tier,
                perfadapt_device_type_name(profile->type));
    }
}

static void take_tier(struct judgement *judgement) {
    struct perfadapt_profile *profile = &judgement->profile;
    char words[32];
    char from[32];
    profile->tier = perfadapt__tier_of(profile->score);
    const uint32_t next = profile->tier < PERFADAPT__TIER_MOST ? profile->tier + 1 : PERFADAPT__TIER_MOST;
    perfadapt__gflops_text(profile->score, words, sizeof words);
    perfadapt__gflops_text(tiers[next].gflops, from, sizeof from);
    because(profile, "tier %u: %s; tier %u begins at %s", profile->tier, words, next, from);
    bound_by_memory(profile);
    bound_by_kind(judgement);
}

/*
 * A console's panel is small, its battery and its fan are held in hands: from the middle tier on it is the preset made
 * for that; below, the weaker one. Whether it is plugged in changes nothing here: that comes and goes, and `power` sees
 * to it.
 */
static void take_preset(struct perfadapt_profile *profile) {
    const bool known = profile->tier <= PERFADAPT__TIER_MOST;
    const bool held = known && profile->system.form == PERFADAPT_FORM_HANDHELD && profile->tier >= 2;
    const char *preset = held ? handheld : presets[known ? profile->tier : 1];
    snprintf(profile->preset, sizeof profile->preset, "%s", preset);
    if (known)
        because(profile, "preset %s: of %s", preset, held ? "a handheld of tier 2 or more" : "that tier");
    else
        because(profile, "preset %s: nothing is known of a GPU", preset);
}

static bool is_empty(const struct perfadapt_device *device) {
    return device->vendor_id == 0 && device->type == PERFADAPT_DEVICE_OTHER && !device->name[0] &&
           !device->driver_name[0] && device->driver_id == 0;
}

static void deny(struct judgement *judgement, const char *why) {
    struct perfadapt_profile *profile = &judgement->profile;
    profile->tier = 0;
    because(profile, "tier 0: %s", why);
}

static void judge(struct judgement *judgement, const char *data_dir) {
    struct perfadapt_profile *profile = &judgement->profile;
    take_names(judgement);
    if (is_empty(&judgement->device)) {
        profile->state = PERFADAPT_STATE_UNSUPPORTED;
        profile->source = PERFADAPT_PROFILE_FROM_NONE;
        profile->device_count = 0;
        take_preset(profile);
        return;
    }
    if (!perfadapt__families_find(data_dir, &judgement->device, &judgement->family))
        because(profile, "tables: there are none below %.100s", data_dir ? data_dir : "the library's data directory");
    tell_family(judgement);
    take_type(judgement);
    take_memory(judgement);
    take_traits(judgement);
    const char *why = denied(judgement);
    if (why) {
        deny(judgement, why);
    } else {
        take_score(judgement);
        take_tier(judgement);
    }
    take_preset(profile);
}

void perfadapt__profile_init(struct perfadapt_profile *out_profile) {
    memset(out_profile, 0, sizeof *out_profile);
    out_profile->size = sizeof *out_profile;
    out_profile->tier = PERFADAPT_TIER_UNKNOWN;
    out_profile->score = out_profile->gflops = (double)NAN;
    out_profile->unified_memory = out_profile->tiled = out_profile->gpu_timing = -1;
    out_profile->system.size = sizeof out_profile->system;
    out_profile->system.on_ac = out_profile->system.has_battery = -1;
}

enum perfadapt_result perfadapt_judge(const struct perfadapt_device *device, const struct perfadapt_system *system,
                                      const char *data_dir, struct perfadapt_profile *out) {
    struct judgement judgement = {.profile = {.size = 0}};
    struct perfadapt_profile *profile = &judgement.profile;
    if (!device || !out)
        return PERFADAPT_ERROR_INVALID;
    perfadapt__profile_init(profile);
    profile->state = PERFADAPT_STATE_OK;
    profile->source = PERFADAPT_PROFILE_FROM_HOST;
    profile->device_count = 1;
    enum perfadapt_result result = perfadapt__abi_in(device, &judgement.device, sizeof judgement.device);
    if (result == PERFADAPT_OK && system)
        result = perfadapt__abi_in(system, &profile->system, sizeof profile->system);
    if (result != PERFADAPT_OK)
        return result;
    judge(&judgement, data_dir);
    return perfadapt__abi_out(profile, out, sizeof *profile, sizeof *profile);
}
