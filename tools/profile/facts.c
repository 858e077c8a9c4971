/* SPDX-License-Identifier: MIT */
#include "profile/facts.h"

#include "profile/json.h"
#include "profile/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- identity ---- */

/* 7 bits of major version, 10 of minor, 12 of patch: VK_MAKE_API_VERSION. */
uint32_t profile_facts_version(const char *text) {
    static const unsigned long most[] = {0x7f, 0x3ff, 0xfff};
    unsigned long parts[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        char *end;
        if (*text < '0' || *text > '9')
            return 0;
        parts[i] = strtoul(text, &end, 10);
        if (parts[i] > most[i])
            return 0;
        if (*end == '\0')
            break;
        if (*end != '.')
            return 0;
        text = end + 1;
    }
    return (uint32_t)(parts[0] << 22 | parts[1] << 12 | parts[2]);
}

/* gpuinfo.org's first reports gave it in words alone. */
static void take_api_version(struct perfadapt_device *device, const json_t *properties) {
    const json_t *value = profile_json_either(properties, "apiVersion", "apiversionraw");
    const json_t *text = json_object_get(properties, "apiversion");
    if (!profile_json_u32_wrapped(value, &device->api_version) && json_is_string(text))
        device->api_version = profile_facts_version(json_string_value(text));
}

bool profile_facts_identity(struct perfadapt_device *device, const json_t *properties) {
    const json_t *type = profile_json_either(properties, "deviceType", "devicetype");
    uint32_t number = 0;
    const bool has_type = profile_words_one(PROFILE_WORDS_DEVICE_TYPE, type, &number);
    if (has_type)
        device->type = number; /* one that is none is told by the judge */
    take_api_version(device, properties);
    const bool has_vendor =
        profile_json_u32_wrapped(profile_json_either(properties, "vendorID", "vendorid"), &device->vendor_id);
    profile_json_u32_wrapped(profile_json_either(properties, "deviceID", "deviceid"), &device->device_id);
    profile_json_u32_wrapped(profile_json_either(properties, "driverVersion", "driverversionraw"),
                             &device->driver_version);
    const bool has_name = profile_json_text(profile_json_either(properties, "deviceName", "devicename"), device->name,
                                            sizeof device->name);
    return has_vendor || has_name || has_type;
}

/* ---- limits ---- */

static void take_limit(const json_t *limits, const char *name, uint32_t *out) {
    profile_json_u32_wrapped(json_object_get(limits, name), out);
}

static void take_workgroup_size(const json_t *limits, uint32_t out[3]) {
    const json_t *array = json_object_get(limits, "maxComputeWorkGroupSize");
    for (unsigned i = 0; i < 3; i++) {
        char name[sizeof "maxComputeWorkGroupSize[0]"];
        snprintf(name, sizeof name, "maxComputeWorkGroupSize[%u]", i % 10);
        profile_json_u32_wrapped(array ? json_array_get(array, i) : json_object_get(limits, name), &out[i]);
    }
}

/* Negative ones and those beyond a second are no periods: as 0 they say that the GPU cannot be timed. */
static void take_period(struct perfadapt_device *device, const json_t *limits) {
    double period_ns;
    if (!profile_json_real(json_object_get(limits, "timestampPeriod"), &period_ns))
        return;
    device->timestamp_period_ns = period_ns > 0 && period_ns < 1e9 ? (float)period_ns : 0.0F;
    device->timestamp_known = 1; /* until the queues are seen to say nothing */
}

void profile_facts_limits(struct perfadapt_device *device, const json_t *limits) {
    take_limit(limits, "maxImageDimension2D", &device->max_image_2d);
    take_limit(limits, "maxComputeWorkGroupInvocations", &device->max_workgroup_invocations);
    take_limit(limits, "maxComputeSharedMemorySize", &device->max_shared_memory_bytes);
    take_limit(limits, "maxMemoryAllocationCount", &device->max_allocations);
    take_limit(limits, "maxBoundDescriptorSets", &device->max_bound_sets);
    take_workgroup_size(limits, device->max_workgroup_size);
    take_period(device, limits);
}

/* ---- memory ---- */

/* A heap whose size is nonsense keeps its place: memory types count heaps. */
static void take_heaps(struct perfadapt_device *device, const json_t *heaps) {
    const size_t count = json_array_size(heaps);
    device->heap_count = count < PERFADAPT_HEAPS_MAX ? (uint32_t)count : PERFADAPT_HEAPS_MAX;
    for (uint32_t i = 0; i < device->heap_count; i++) {
        const json_t *heap = json_array_get(heaps, i);
        profile_json_u64(json_object_get(heap, "size"), &device->heaps[i].bytes);
        profile_words_mask(PROFILE_WORDS_HEAP, json_object_get(heap, "flags"), &device->heaps[i].flags);
    }
}

static void take_memory_types(struct perfadapt_device *device, const json_t *types) {
    for (size_t i = 0; i < json_array_size(types) && i < PERFADAPT_MEMORY_TYPES_MAX; i++) {
        const json_t *type = json_array_get(types, i);
        const json_t *flags = profile_json_either(type, "propertyFlags", "propertyflags");
        struct perfadapt_memory_type *next = &device->memory_types[device->memory_type_count];
        uint32_t heap;
        if (!profile_json_u32(profile_json_either(type, "heapIndex", "heapindex"), &heap) ||
            heap >= device->heap_count || !profile_words_mask(PROFILE_WORDS_MEMORY, flags, &next->flags))
            continue;
        next->heap = heap;
        device->memory_type_count++;
    }
}

void profile_facts_memory(struct perfadapt_device *device, const json_t *memory) {
    take_heaps(device, profile_json_either(memory, "memoryHeaps", "heaps"));
    take_memory_types(device, profile_json_either(memory, "memoryTypes", "memorytypes"));
}

/* ---- queues ---- */

/* The family itself, which Vulkan Profiles wrap. */
static const json_t *family_at(const json_t *queues, size_t index) {
    const json_t *family = json_array_get(queues, index);
    const json_t *inner = json_object_get(family, "VkQueueFamilyProperties");
    return inner ? inner : family;
}

static const json_t *first_family(const json_t *queues, uint32_t kind) {
    for (size_t i = 0; i < json_array_size(queues); i++) {
        uint32_t flags = 0;
        const json_t *family = family_at(queues, i);
        if (profile_words_mask(PROFILE_WORDS_QUEUE, profile_json_either(family, "queueFlags", "flags"), &flags) &&
            flags & kind)
            return family;
    }
    return NULL;
}

/* Both or nothing: a period without bits tells as little as bits without a period. */
void profile_facts_queues(struct perfadapt_device *device, const json_t *queues) {
    const json_t *family = first_family(queues, PROFILE_QUEUE_GRAPHICS);
    if (!family)
        family = first_family(queues, PROFILE_QUEUE_COMPUTE);
    uint32_t bits = 0;
    if (!device->timestamp_known || !profile_json_u32(json_object_get(family, "timestampValidBits"), &bits)) {
        device->timestamp_known = 0;
        return;
    }
    device->timestamp_valid_bits = bits <= 64 ? bits : 0;
}

/* ---- extensions ---- */

/* One way for a device to have a feature: an extension, or the core version (0 = none) that took it up. */
struct way {
    uint64_t bit;
    const char *extension;
    uint32_t core;
};

#define CORE(major, minor) ((uint32_t)(major) << 22 | (uint32_t)(minor) << 12)

static const struct way ways[] = {{PERFADAPT_DEVICE_HAS_CALIBRATED_TIMESTAMPS, "VK_KHR_calibrated_timestamps", 0},
                                  {PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET, NULL, CORE(1, 2)},
                                  {PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE, NULL, CORE(1, 2)},
                                  {PERFADAPT_DEVICE_HAS_PRESENT_ID, "VK_KHR_present_id2", 0},
                                  {PERFADAPT_DEVICE_HAS_PRESENT_WAIT, "VK_KHR_present_wait2", 0},
                                  {PERFADAPT_DEVICE_HAS_SUBGROUP_SIZE_CONTROL, NULL, CORE(1, 3)},
                                  {PERFADAPT_DEVICE_HAS_GLOBAL_PRIORITY, "VK_KHR_global_priority", 0},
#define WAY(name, number, word) {PERFADAPT_DEVICE_HAS_##name, word, 0},
                                  PERFADAPT_DEVICE_FEATURE_MAP(WAY)
#undef WAY
};

#define WAY_COUNT (sizeof ways / sizeof ways[0])

static void take_extension(struct perfadapt_device *device, const char *name) {
    if (!name)
        return;
    device->features_known = 1;
    for (size_t i = 0; i < WAY_COUNT; i++)
        if (ways[i].extension && strcmp(ways[i].extension, name) == 0)
            device->features |= ways[i].bit;
}

static const char *extension_name(const json_t *entry) {
    return json_string_value(json_is_object(entry) ? profile_json_either(entry, "extensionName", "extname") : entry);
}

void profile_facts_extensions(struct perfadapt_device *device, json_t *extensions) {
    for (size_t i = 0; i < json_array_size(extensions); i++)
        take_extension(device, extension_name(json_array_get(extensions, i)));
    for (void *at = json_object_iter(extensions); at; at = json_object_iter_next(extensions, at))
        take_extension(device, json_object_iter_key(at));
    for (size_t i = 0; device->features_known && i < WAY_COUNT; i++)
        if (ways[i].core && device->api_version >= ways[i].core)
            device->features |= ways[i].bit;
}

/* ---- members of the structs that extend VkPhysicalDeviceProperties2 ---- */

static const char *const member_names[PROFILE_MEMBER_COUNT] = {
#define PROFILE_MEMBER_NAME(name) #name,
    PROFILE_MEMBER_MAP(PROFILE_MEMBER_NAME)
#undef PROFILE_MEMBER_NAME
};

static void keep(struct profile_members *members, size_t member, const json_t *value) {
    if (!members->values[member] && !json_is_null(value))
        members->values[member] = value;
}

void profile_members_of_struct(struct profile_members *members, const json_t *structure) {
    for (size_t i = 0; i < PROFILE_MEMBER_COUNT; i++)
        keep(members, i, json_object_get(structure, member_names[i]));
}

void profile_members_of_structs(struct profile_members *members, json_t *structs) {
    for (void *at = json_object_iter(structs); at; at = json_object_iter_next(structs, at))
        profile_members_of_struct(members, json_object_iter_value(at));
}

void profile_members_of_list(struct profile_members *members, const json_t *list) {
    for (size_t entry = 0; entry < json_array_size(list); entry++) {
        const json_t *object = json_array_get(list, entry);
        const char *name = json_string_value(json_object_get(object, "name"));
        for (size_t i = 0; name && i < PROFILE_MEMBER_COUNT; i++)
            if (strcmp(name, member_names[i]) == 0)
                keep(members, i, json_object_get(object, "value"));
    }
}

static uint32_t number_of(const struct profile_members *members, enum profile_member member) {
    uint32_t number = 0;
    profile_json_u32(members->values[member], &number);
    return number;
}

static void take_driver(struct perfadapt_device *device, const struct profile_members *members) {
    profile_words_one(PROFILE_WORDS_DRIVER_ID, members->values[PROFILE_MEMBER_driverID], &device->driver_id);
    profile_json_text(members->values[PROFILE_MEMBER_driverName], device->driver_name, sizeof device->driver_name);
    profile_json_text(members->values[PROFILE_MEMBER_driverInfo], device->driver_info, sizeof device->driver_info);
}

/* A part that is missing or out of PCI's range makes it no address: bus 0 would be one. */
static void take_pci(struct perfadapt_device *device, const struct profile_members *members) {
    struct perfadapt_pci_address pci = {.known = 1};
    if (profile_json_u32(members->values[PROFILE_MEMBER_pciDomain], &pci.domain) &&
        profile_json_u32(members->values[PROFILE_MEMBER_pciBus], &pci.bus) && pci.bus <= 0xff &&
        profile_json_u32(members->values[PROFILE_MEMBER_pciDevice], &pci.device) && pci.device <= 0x1f &&
        profile_json_u32(members->values[PROFILE_MEMBER_pciFunction], &pci.function) && pci.function <= 0x7)
        device->pci = pci;
}

static uint32_t product(uint32_t one, uint32_t two, uint32_t three) {
    const uint64_t both = (uint64_t)one * two;
    return both <= UINT32_MAX && both * three <= UINT32_MAX ? (uint32_t)(both * three) : 0;
}

/*
 * Lanes of one SIMD, as <perfadapt/vulkan.h> counts them: 16 on GCN and CDNA, 32 on RDNA, both of which give 64 as the
 * wavefront's size; GCN holds 10 wavefronts in a SIMD or fewer, RDNA 16 or 20.
 */
static uint32_t amd_lanes(const struct profile_members *members) {
    const uint32_t simds = number_of(members, PROFILE_MEMBER_simdPerComputeUnit);
    const bool is_rdna = number_of(members, PROFILE_MEMBER_wavefrontSize) == 32 ||
                         number_of(members, PROFILE_MEMBER_wavefrontsPerSimd) > 10 || simds < 4;
    return product(simds, is_rdna ? 32 : 16, 1);
}

/* The count of those that are on, else that of whole arrays, fused off or not. */
static uint32_t amd_units(const struct profile_members *members) {
    const uint32_t active = number_of(members, PROFILE_MEMBER_activeComputeUnitCount);
    return active ? active
                  : product(number_of(members, PROFILE_MEMBER_shaderEngineCount),
                            number_of(members, PROFILE_MEMBER_shaderArraysPerEngineCount),
                            number_of(members, PROFILE_MEMBER_computeUnitsPerShaderArray));
}

/* The mask has a bit for each core, the number that the first version of the extension had not. */
static uint32_t arm_cores(const struct profile_members *members) {
    const uint32_t count = number_of(members, PROFILE_MEMBER_shaderCoreCount);
    uint64_t mask = 0;
    uint32_t bits = 0;
    if (!count)
        profile_json_u64(members->values[PROFILE_MEMBER_shaderCoreMask], &mask);
    for (; mask; mask &= mask - 1)
        bits++;
    return count ? count : bits;
}

/* A device has one vendor's: the others are not there. */
static void take_units(struct perfadapt_device *device, const struct profile_members *members) {
    device->lanes_per_unit = amd_lanes(members);
    device->compute_units = amd_units(members);
    if (!device->compute_units)
        device->compute_units = number_of(members, PROFILE_MEMBER_shaderSMCount);
    if (!device->compute_units)
        device->compute_units = arm_cores(members);
    device->fma_per_unit_clock = number_of(members, PROFILE_MEMBER_fmaRate);
}

void profile_facts_members(struct perfadapt_device *device, const struct profile_members *members) {
    take_driver(device, members);
    take_pci(device, members);
    take_units(device, members);
    device->subgroup_size = number_of(members, PROFILE_MEMBER_subgroupSize);
    device->subgroup_size_min = number_of(members, PROFILE_MEMBER_minSubgroupSize);
    device->subgroup_size_max = number_of(members, PROFILE_MEMBER_maxSubgroupSize);
}
