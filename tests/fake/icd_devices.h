/* The devices of the made-up Vulkan drivers. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_FAKE_ICD_DEVICES_H
#define PERFADAPT_TESTS_FAKE_ICD_DEVICES_H

#include <vulkan/vulkan_core.h>

#define FAKE_EXTENSIONS_MAX 24

/* What structs newer than the oldest headers hold, as the registry lays them out. */
struct fake_arm_cores {
    VkStructureType sType;
    void *pNext;
    uint64_t shaderCoreMask;
    uint32_t shaderCoreCount;
    uint32_t shaderWarpsPerCore;
};

struct fake_arm_rates {
    VkStructureType sType;
    void *pNext;
    uint32_t pixelRate;
    uint32_t texelRate;
    uint32_t fmaRate;
};

struct fake_description {
    uint32_t api_version;
    uint32_t driver_version;
    uint32_t vendor_id;
    uint32_t device_id;
    VkPhysicalDeviceType type;
    VkDriverId driver_id;
    const char *name;
    const char *driver_name;
    const char *driver_info;
    float timestamp_period_ns;
    uint32_t queue_family_count;
    VkQueueFamilyProperties queue_families[4];
    VkPhysicalDeviceMemoryProperties memory;
    uint32_t subgroup_size, subgroup_min, subgroup_max;
    VkPhysicalDevicePCIBusInfoPropertiesEXT pci;
    VkPhysicalDeviceShaderCorePropertiesAMD amd;
    VkPhysicalDeviceShaderCoreProperties2AMD amd2;
    VkPhysicalDeviceShaderSMBuiltinsPropertiesNV nvidia;
    struct fake_arm_cores arm_cores;
    struct fake_arm_rates arm_rates;
    const char *extensions[FAKE_EXTENSIONS_MAX];
};

extern const struct fake_description fake_discrete; /* NVIDIA-like: PCI address, SMs */
extern const struct fake_description fake_amd;      /* active CUs that are fewer than the product of the arrays' */
extern const struct fake_description fake_gcn;      /* without the second extension: the product */
extern const struct fake_description fake_arm;      /* unified memory, no PCI address, lazily allocated */
extern const struct fake_description fake_old;      /* Vulkan 1.0, and a queue that only computes */
extern const struct fake_description fake_liar;     /* numbers that cannot be */

#endif
