/*
 * A VkPhysicalDevice as a struct perfadapt_device, for a host that has one. SPDX-License-Identifier: MIT
 *
 * All of it is inline: nothing of it is in the library, which links no Vulkan, and nothing here links the loader. It
 * needs Vulkan's headers, 1.2.162 or newer, with or without VK_NO_PROTOTYPES; one that a loader of function pointers
 * brought (volk.h) may be included before.
 */
#ifndef PERFADAPT_VULKAN_H
#define PERFADAPT_VULKAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vulkan/vulkan_core.h>

#include <perfadapt/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Three hundred are the most that is known; a driver that says four billion is not followed. */
#define PERFADAPT__VULKAN_EXTENSIONS_MAX 4096
/* Loaders (1.3.239) count what a driver lists twice once, and then find no room for the second. */
#define PERFADAPT__VULKAN_EXTENSIONS_SPARE 64
#define PERFADAPT__VULKAN_QUEUE_FAMILIES_MAX 32

struct perfadapt__vulkan {
    VkPhysicalDevice device;
    uint32_t api_version;
    PFN_vkGetPhysicalDeviceProperties properties;
    PFN_vkGetPhysicalDeviceProperties2 properties2; /* NULL: it cannot be asked about extensions */
    PFN_vkGetPhysicalDeviceMemoryProperties memory;
    PFN_vkGetPhysicalDeviceQueueFamilyProperties queue_families;
    PFN_vkEnumerateDeviceExtensionProperties list_extensions;
    VkExtensionProperties *extensions; /* from malloc */
    uint32_t extension_count;
    bool extensions_complete;
};

/* As the registry has them, of headers newer than 1.2.162: numbers and layouts of Vulkan never change. */
#define PERFADAPT__VULKAN_ARM_CORE_RATES 1000415000    /* VK_ARM_shader_core_properties */
#define PERFADAPT__VULKAN_ARM_CORE_BUILTINS 1000497001 /* VK_ARM_shader_core_builtins */

struct perfadapt__vulkan_arm_core_rates {
    VkStructureType sType;
    void *pNext;
    uint32_t pixel_rate, texel_rate, fma_rate;
};

struct perfadapt__vulkan_arm_core_builtins {
    VkStructureType sType;
    void *pNext;
    uint64_t core_mask;
    uint32_t core_count, warps_per_core;
};

/* The text of an array that a driver may have left without its end. */
static inline void perfadapt__vulkan_text(char *out, size_t out_bytes, const char *text, size_t text_bytes) {
    const size_t room = text_bytes < out_bytes ? text_bytes : out_bytes - 1;
    const void *end = memchr(text, '\0', room);
    const size_t length = end ? (size_t)((const char *)end - text) : room;
    memset(out, 0, out_bytes);
    memcpy(out, text, length);
}

/* 0 where the product is beyond 32 bits: nothing that exists. */
static inline uint32_t perfadapt__vulkan_product(uint32_t a, uint32_t b, uint32_t c) {
    const uint64_t product = (uint64_t)a * b;
    return product > UINT32_MAX || product * c > UINT32_MAX ? 0 : (uint32_t)(product * c);
}

/* Versions of another variant, such as Vulkan SC, promise nothing of these. */
static inline bool perfadapt__vulkan_has_core(const struct perfadapt__vulkan *vulkan, uint32_t version) {
    return vulkan->api_version >= version && vulkan->api_version >> 29 == 0;
}

static inline bool perfadapt__vulkan_has(const struct perfadapt__vulkan *vulkan, const char *extension) {
    const size_t bytes = strlen(extension) + 1; /* with its end: the listed names need not have one */
    for (uint32_t i = 0; i < vulkan->extension_count; i++)
        if (memcmp(vulkan->extensions[i].extensionName, extension, bytes) == 0)
            return true;
    return false;
}

static inline void perfadapt__vulkan_list(struct perfadapt__vulkan *vulkan) {
    uint32_t room = 0;
    if (vulkan->list_extensions(vulkan->device, NULL, &room, NULL) != VK_SUCCESS)
        return;
    if (room > PERFADAPT__VULKAN_EXTENSIONS_MAX)
        room = PERFADAPT__VULKAN_EXTENSIONS_MAX;
    room += PERFADAPT__VULKAN_EXTENSIONS_SPARE;
    vulkan->extensions = (VkExtensionProperties *)calloc(room, sizeof *vulkan->extensions);
    if (!vulkan->extensions)
        return;
    uint32_t count = room;
    const VkResult result = vulkan->list_extensions(vulkan->device, NULL, &count, vulkan->extensions);
    if (result != VK_SUCCESS && result != VK_INCOMPLETE)
        return;
    vulkan->extension_count = count < room ? count : room;
    vulkan->extensions_complete = result == VK_SUCCESS && count <= room;
}

/*
 * Core 1.1's function only for instances and devices of 1.1: loaders that hand it out for others (1.2.162) call into
 * the driver through a null pointer. The extension's is there only where the instance was created with it.
 */
static inline PFN_vkGetPhysicalDeviceProperties2
perfadapt__vulkan_find_properties2(const struct perfadapt__vulkan *vulkan, PFN_vkGetInstanceProcAddr find,
                                   VkInstance instance, uint32_t instance_version) {
    PFN_vkVoidFunction function = NULL;
    if (instance_version >= VK_API_VERSION_1_1 && perfadapt__vulkan_has_core(vulkan, VK_API_VERSION_1_1))
        function = find(instance, "vkGetPhysicalDeviceProperties2");
    if (!function)
        function = find(instance, "vkGetPhysicalDeviceProperties2KHR");
    return (PFN_vkGetPhysicalDeviceProperties2)function;
}

/* What one properties struct says; it comes with its sType, and with what is to stay where the driver ignores it. */
static inline void perfadapt__vulkan_ask(const struct perfadapt__vulkan *vulkan, void *structure) {
    VkPhysicalDeviceProperties2 properties;
    memset(&properties, 0, sizeof properties);
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = structure;
    vulkan->properties2(vulkan->device, &properties);
}

static inline void perfadapt__vulkan_read_limits(const VkPhysicalDeviceLimits *limits, struct perfadapt_device *out) {
    out->max_image_2d = limits->maxImageDimension2D;
    out->max_workgroup_invocations = limits->maxComputeWorkGroupInvocations;
    memcpy(out->max_workgroup_size, limits->maxComputeWorkGroupSize, sizeof out->max_workgroup_size);
    out->max_shared_memory_bytes = limits->maxComputeSharedMemorySize;
    out->max_allocations = limits->maxMemoryAllocationCount;
    out->max_bound_sets = limits->maxBoundDescriptorSets;
    /* NAN, infinite and negative ones are no periods: as 0 they say that the GPU cannot be timed. */
    const float period_ns = limits->timestampPeriod;
    out->timestamp_period_ns = period_ns > 0.0F && period_ns < 1e9F ? period_ns : 0.0F;
}

static inline void perfadapt__vulkan_read_identity(struct perfadapt__vulkan *vulkan, struct perfadapt_device *out) {
    VkPhysicalDeviceProperties properties;
    memset(&properties, 0, sizeof properties);
    vulkan->properties(vulkan->device, &properties);
    vulkan->api_version = properties.apiVersion;
    const uint32_t type = (uint32_t)properties.deviceType;
    out->type = type <= (uint32_t)PERFADAPT_DEVICE_CPU ? type : (uint32_t)PERFADAPT_DEVICE_OTHER;
    out->vendor_id = properties.vendorID;
    out->device_id = properties.deviceID;
    out->api_version = properties.apiVersion;
    out->driver_version = properties.driverVersion;
    perfadapt__vulkan_text(out->name, sizeof out->name, properties.deviceName, sizeof properties.deviceName);
    perfadapt__vulkan_read_limits(&properties.limits, out);
}

/* A memory type of a heap that is not there is left out. */
static inline void perfadapt__vulkan_read_memory(const struct perfadapt__vulkan *vulkan, struct perfadapt_device *out) {
    VkPhysicalDeviceMemoryProperties memory;
    memset(&memory, 0, sizeof memory);
    vulkan->memory(vulkan->device, &memory);
    for (uint32_t i = 0; i < memory.memoryHeapCount && i < VK_MAX_MEMORY_HEAPS && i < PERFADAPT_HEAPS_MAX; i++) {
        out->heaps[i].bytes = memory.memoryHeaps[i].size;
        out->heaps[i].flags = memory.memoryHeaps[i].flags;
        out->heap_count = i + 1;
    }
    for (uint32_t i = 0; i < memory.memoryTypeCount && i < VK_MAX_MEMORY_TYPES; i++) {
        if (memory.memoryTypes[i].heapIndex >= out->heap_count || out->memory_type_count >= PERFADAPT_MEMORY_TYPES_MAX)
            continue;
        struct perfadapt_memory_type *type = &out->memory_types[out->memory_type_count++];
        type->flags = memory.memoryTypes[i].propertyFlags;
        type->heap = memory.memoryTypes[i].heapIndex;
    }
}

/* The first family of the kind that frames are drawn with, else of the kind that computes. */
static inline void perfadapt__vulkan_read_timestamps(const struct perfadapt__vulkan *vulkan,
                                                     struct perfadapt_device *out) {
    VkQueueFamilyProperties families[PERFADAPT__VULKAN_QUEUE_FAMILIES_MAX];
    memset(families, 0, sizeof families);
    uint32_t count = PERFADAPT__VULKAN_QUEUE_FAMILIES_MAX;
    vulkan->queue_families(vulkan->device, &count, families);
    if (count > PERFADAPT__VULKAN_QUEUE_FAMILIES_MAX)
        count = PERFADAPT__VULKAN_QUEUE_FAMILIES_MAX;
    static const VkQueueFlags kinds[] = {VK_QUEUE_GRAPHICS_BIT, VK_QUEUE_COMPUTE_BIT};
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0] && !out->timestamp_known; kind++)
        for (uint32_t i = 0; i < count && !out->timestamp_known; i++)
            if (families[i].queueFlags & kinds[kind]) {
                const uint32_t bits = families[i].timestampValidBits;
                out->timestamp_valid_bits = bits <= 64 ? bits : 0;
                out->timestamp_known = 1;
            }
}

/* One way for a device to have a feature: an extension, or the core version (0 = none) that took it up. */
struct perfadapt__vulkan_feature {
    uint64_t bit;
    const char *extension;
    uint32_t core;
};

static inline void perfadapt__vulkan_read_features(const struct perfadapt__vulkan *vulkan,
                                                   struct perfadapt_device *out) {
    /* By name: the headers may be older than the extension. */
    static const struct perfadapt__vulkan_feature ways[] = {
        {PERFADAPT_DEVICE_HAS_CALIBRATED_TIMESTAMPS, "VK_KHR_calibrated_timestamps", 0},
        {PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET, NULL, VK_API_VERSION_1_2},
        {PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE, NULL, VK_API_VERSION_1_2},
        {PERFADAPT_DEVICE_HAS_PRESENT_ID, "VK_KHR_present_id2", 0},
        {PERFADAPT_DEVICE_HAS_PRESENT_WAIT, "VK_KHR_present_wait2", 0},
        {PERFADAPT_DEVICE_HAS_SUBGROUP_SIZE_CONTROL, NULL, VK_MAKE_VERSION(1, 3, 0)},
        {PERFADAPT_DEVICE_HAS_GLOBAL_PRIORITY, "VK_KHR_global_priority", 0},
#define PERFADAPT__VULKAN_FEATURE(name, number, word) {PERFADAPT_DEVICE_HAS_##name, word, 0},
        PERFADAPT_DEVICE_FEATURE_MAP(PERFADAPT__VULKAN_FEATURE)
#undef PERFADAPT__VULKAN_FEATURE
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if ((ways[i].extension && perfadapt__vulkan_has(vulkan, ways[i].extension)) ||
            (ways[i].core && perfadapt__vulkan_has_core(vulkan, ways[i].core)))
            out->features |= ways[i].bit;
    out->features_known = vulkan->extensions_complete;
}

static inline void perfadapt__vulkan_read_driver(const struct perfadapt__vulkan *vulkan, struct perfadapt_device *out) {
    if (!perfadapt__vulkan_has_core(vulkan, VK_API_VERSION_1_2) &&
        !perfadapt__vulkan_has(vulkan, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME))
        return;
    VkPhysicalDeviceDriverProperties driver;
    memset(&driver, 0, sizeof driver);
    driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
    perfadapt__vulkan_ask(vulkan, &driver);
    out->driver_id = (uint32_t)driver.driverID;
    perfadapt__vulkan_text(out->driver_name, sizeof out->driver_name, driver.driverName, sizeof driver.driverName);
    perfadapt__vulkan_text(out->driver_info, sizeof out->driver_info, driver.driverInfo, sizeof driver.driverInfo);
}

static inline void perfadapt__vulkan_read_subgroups(const struct perfadapt__vulkan *vulkan,
                                                    struct perfadapt_device *out) {
    if (perfadapt__vulkan_has_core(vulkan, VK_API_VERSION_1_1)) {
        VkPhysicalDeviceSubgroupProperties subgroup;
        memset(&subgroup, 0, sizeof subgroup);
        subgroup.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
        perfadapt__vulkan_ask(vulkan, &subgroup);
        out->subgroup_size = subgroup.subgroupSize;
    }
    if (perfadapt__vulkan_has_core(vulkan, VK_MAKE_VERSION(1, 3, 0)) ||
        perfadapt__vulkan_has(vulkan, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)) {
        VkPhysicalDeviceSubgroupSizeControlPropertiesEXT control;
        memset(&control, 0, sizeof control);
        control.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES_EXT;
        perfadapt__vulkan_ask(vulkan, &control);
        out->subgroup_size_min = control.minSubgroupSize;
        out->subgroup_size_max = control.maxSubgroupSize;
    }
}

/* All ones stay where a driver lists the extension and fills nothing: bus 0 would be an address. */
static inline void perfadapt__vulkan_read_pci(const struct perfadapt__vulkan *vulkan, struct perfadapt_device *out) {
    if (!perfadapt__vulkan_has(vulkan, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME))
        return;
    VkPhysicalDevicePCIBusInfoPropertiesEXT pci;
    memset(&pci, 0xff, sizeof pci);
    pci.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT;
    pci.pNext = NULL;
    perfadapt__vulkan_ask(vulkan, &pci);
    if (pci.pciBus > 0xff || pci.pciDevice > 0x1f || pci.pciFunction > 0x7)
        return;
    out->pci.known = 1;
    out->pci.domain = pci.pciDomain;
    out->pci.bus = pci.pciBus;
    out->pci.device = pci.pciDevice;
    out->pci.function = pci.pciFunction;
}

/*
 * Lanes of one SIMD, which nothing tells: 16 on GCN and CDNA, that take four clocks for a wavefront of 64, 32 on RDNA.
 * RADV and AMDVLK give 64 as wavefrontSize of both (RDNA's largest) and 4 or 2 SIMDs; GCN holds 10 wavefronts a SIMD or
 * fewer, RDNA 16 or 20. So it is the wavefronts that tell, and also where a driver counts work-group processors of four
 * SIMDs for units. RDNA3's second operation in the same clock is not counted: compilers seldom find it.
 */
static inline uint32_t perfadapt__vulkan_amd_lanes(uint32_t simds_per_unit, uint32_t wavefronts_per_simd,
                                                   uint32_t wavefront_size) {
    const bool rdna = wavefront_size == 32 || wavefronts_per_simd > 10 || simds_per_unit < 4;
    return perfadapt__vulkan_product(simds_per_unit, rdna ? 32 : 16, 1);
}

/* The second extension's count leaves out what is fused off; the first one's is of whole arrays. */
static inline void perfadapt__vulkan_read_amd(const struct perfadapt__vulkan *vulkan, struct perfadapt_device *out) {
    if (perfadapt__vulkan_has(vulkan, VK_AMD_SHADER_CORE_PROPERTIES_EXTENSION_NAME)) {
        VkPhysicalDeviceShaderCorePropertiesAMD core;
        memset(&core, 0, sizeof core);
        core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_AMD;
        perfadapt__vulkan_ask(vulkan, &core);
        out->compute_units = perfadapt__vulkan_product(core.shaderEngineCount, core.shaderArraysPerEngineCount,
                                                       core.computeUnitsPerShaderArray);
        out->lanes_per_unit =
            perfadapt__vulkan_amd_lanes(core.simdPerComputeUnit, core.wavefrontsPerSimd, core.wavefrontSize);
    }
    if (perfadapt__vulkan_has(vulkan, VK_AMD_SHADER_CORE_PROPERTIES_2_EXTENSION_NAME)) {
        VkPhysicalDeviceShaderCoreProperties2AMD core;
        memset(&core, 0, sizeof core);
        core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_2_AMD;
        perfadapt__vulkan_ask(vulkan, &core);
        if (core.activeComputeUnitCount)
            out->compute_units = core.activeComputeUnitCount;
    }
}

static inline void perfadapt__vulkan_read_nvidia(const struct perfadapt__vulkan *vulkan, struct perfadapt_device *out) {
    if (!perfadapt__vulkan_has(vulkan, VK_NV_SHADER_SM_BUILTINS_EXTENSION_NAME))
        return;
    VkPhysicalDeviceShaderSMBuiltinsPropertiesNV multiprocessors;
    memset(&multiprocessors, 0, sizeof multiprocessors);
    multiprocessors.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV;
    perfadapt__vulkan_ask(vulkan, &multiprocessors);
    out->compute_units = multiprocessors.shaderSMCount;
}

static inline void perfadapt__vulkan_read_arm(const struct perfadapt__vulkan *vulkan, struct perfadapt_device *out) {
    if (perfadapt__vulkan_has(vulkan, "VK_ARM_shader_core_builtins")) {
        struct perfadapt__vulkan_arm_core_builtins cores;
        memset(&cores, 0, sizeof cores);
        cores.sType = (VkStructureType)PERFADAPT__VULKAN_ARM_CORE_BUILTINS;
        perfadapt__vulkan_ask(vulkan, &cores);
        out->compute_units = cores.core_count;
    }
    if (perfadapt__vulkan_has(vulkan, "VK_ARM_shader_core_properties")) {
        struct perfadapt__vulkan_arm_core_rates rates;
        memset(&rates, 0, sizeof rates);
        rates.sType = (VkStructureType)PERFADAPT__VULKAN_ARM_CORE_RATES;
        perfadapt__vulkan_ask(vulkan, &rates);
        out->fma_per_unit_clock = rates.fma_rate;
    }
}

static inline bool perfadapt__vulkan_find(struct perfadapt__vulkan *vulkan, PFN_vkGetInstanceProcAddr find,
                                          VkInstance instance) {
    vulkan->properties = (PFN_vkGetPhysicalDeviceProperties)find(instance, "vkGetPhysicalDeviceProperties");
    vulkan->memory = (PFN_vkGetPhysicalDeviceMemoryProperties)find(instance, "vkGetPhysicalDeviceMemoryProperties");
    vulkan->queue_families =
        (PFN_vkGetPhysicalDeviceQueueFamilyProperties)find(instance, "vkGetPhysicalDeviceQueueFamilyProperties");
    vulkan->list_extensions =
        (PFN_vkEnumerateDeviceExtensionProperties)find(instance, "vkEnumerateDeviceExtensionProperties");
    return vulkan->properties && vulkan->memory && vulkan->queue_families && vulkan->list_extensions;
}

/**
 * Describes a physical device, from what its driver says: counts are kept within the arrays and texts are ended, but
 * sizes and numbers are the driver's, to be judged by perfadapt_judge().
 *
 * Works with instances of any version. What VkPhysicalDeviceProperties2 tells (driver, PCI address, subgroups, units)
 * stays unknown where the instance was created for Vulkan 1.0 without VK_KHR_get_physical_device_properties2.
 *
 * @param find vkGetInstanceProcAddr, of the loader or of a layer.
 * @param instance the one that the device is of.
 * @param instance_version apiVersion of the VkApplicationInfo that the instance was created with; 0 where there was
 *        none (Vulkan 1.0), or where it is not known. Nothing else tells it, and old loaders crash where it is
 *        overstated.
 * @param[out] out overwritten, `size` included; nothing in it is to be set before, or freed after.
 * @retval PERFADAPT_OK
 * @retval PERFADAPT_ERROR_INVALID an argument is NULL
 * @retval PERFADAPT_ERROR_UNSUPPORTED a function of Vulkan 1.0 is not found
 * @threadsafety Any thread. Calls into the driver and allocates for the time of the call: not for a render thread.
 * @since 0.1
 */
static inline enum perfadapt_result perfadapt_device_from_vulkan(PFN_vkGetInstanceProcAddr find, VkInstance instance,
                                                                 uint32_t instance_version, VkPhysicalDevice device,
                                                                 struct perfadapt_device *out) {
    if (!find || !instance || !device || !out)
        return PERFADAPT_ERROR_INVALID;
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    struct perfadapt__vulkan vulkan;
    memset(&vulkan, 0, sizeof vulkan);
    vulkan.device = device;
    if (!perfadapt__vulkan_find(&vulkan, find, instance))
        return PERFADAPT_ERROR_UNSUPPORTED;
    perfadapt__vulkan_read_identity(&vulkan, out);
    perfadapt__vulkan_read_memory(&vulkan, out);
    perfadapt__vulkan_read_timestamps(&vulkan, out);
    perfadapt__vulkan_list(&vulkan);
    perfadapt__vulkan_read_features(&vulkan, out);
    vulkan.properties2 = perfadapt__vulkan_find_properties2(&vulkan, find, instance, instance_version);
    if (vulkan.properties2) {
        perfadapt__vulkan_read_driver(&vulkan, out);
        perfadapt__vulkan_read_subgroups(&vulkan, out);
        perfadapt__vulkan_read_pci(&vulkan, out);
        perfadapt__vulkan_read_amd(&vulkan, out);
        perfadapt__vulkan_read_nvidia(&vulkan, out);
        perfadapt__vulkan_read_arm(&vulkan, out);
    }
    free(vulkan.extensions);
    return PERFADAPT_OK;
}

#ifdef __cplusplus
}
#endif

#endif
