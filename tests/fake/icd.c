/*
 * A made-up Vulkan driver: good devices, and every way there is to be a bad driver. SPDX-License-Identifier: MIT
 *
 * Built once for each behaviour of FAKE_ICD, so that several can be loaded at once. It has what Vulkan's loader asks of
 * a driver (LoaderDriverInterface.md of its documentation), and no device of it can be opened.
 */
#include "icd_devices.h"

#include <vulkan/vk_icd.h>

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES_MAX 20

/* Handles start with the loader's word. */
struct fake_device {
    VK_LOADER_DATA loader;
    const struct fake_description *description;
};

struct fake_instance {
    VK_LOADER_DATA loader;
};

static struct fake_device devices[DEVICES_MAX];
static struct fake_instance the_instance;
static unsigned enumerations;
static bool instance_has_1_1;
static bool instance_has_extension;

/* ---- misbehaviour ---- */

static bool is(const char *behaviour) {
    return strcmp(FAKE_ICD, behaviour) == 0;
}

/* A sanitizer's handler would make an exit of it. */
static void crash(void) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

/* Says so first, so that a test need not wait to believe it; then only SIGKILL ends it. */
static void hang(void) {
    static const char line[] = "fake_icd: hangs\n";
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        abort();
    for (;;)
        pause();
}

/* More than a pipe holds: who reads neither stream waits for ever. */
static void make_noise(void) {
    for (int i = 0; i < 4000; i++) {
        printf("fake_icd: a line to standard output, number %d\n", i);
        fprintf(stderr, "fake_icd: a line to standard error, number %d\n", i);
    }
    fflush(stdout);
}

/* ---- instance ---- */

static VkResult VKAPI_CALL list_instance_extensions(const char *layer, uint32_t *count, VkExtensionProperties *out) {
    (void)layer;
    if (out && *count > 0)
        snprintf(out[0].extensionName, sizeof out[0].extensionName, "VK_KHR_get_physical_device_properties2");
    const VkResult result = out && *count == 0 ? VK_INCOMPLETE : VK_SUCCESS;
    *count = 1;
    return result;
}

static VkResult VKAPI_CALL tell_version(uint32_t *version) {
    *version = VK_MAKE_VERSION(1, 3, 242);
    return VK_SUCCESS;
}

static VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *allocator,
                                           VkInstance *out) {
    (void)allocator;
    instance_has_1_1 = info->pApplicationInfo && info->pApplicationInfo->apiVersion >= VK_API_VERSION_1_1;
    instance_has_extension = false;
    for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
        if (strcmp(info->ppEnabledExtensionNames[i], "VK_KHR_get_physical_device_properties2") == 0)
            instance_has_extension = true;
    if (is("crash_instance"))
        crash();
    if (is("abort"))
        abort();
    if (is("exit"))
        exit(0); /* as if all were well */
    if (is("hang_instance"))
        hang();
    if (is("error_instance"))
        return VK_ERROR_INITIALIZATION_FAILED;
    if (is("noisy"))
        make_noise();
    set_loader_magic_value(&the_instance);
    *out = (VkInstance)&the_instance;
    return VK_SUCCESS;
}

static void VKAPI_CALL destroy_instance(VkInstance instance, const VkAllocationCallbacks *allocator) {
    (void)instance;
    (void)allocator;
    if (is("crash_destroy"))
        crash();
}

static const struct fake_description *description_of(uint32_t index) {
    if (is("amd"))
        return &fake_amd;
    if (is("gcn"))
        return &fake_gcn;
    if (is("arm"))
        return &fake_arm;
    if (is("old"))
        return &fake_old;
    if (is("liar"))
        return &fake_liar;
    return is("two") && index == 1 ? &fake_amd : &fake_discrete;
}

static uint32_t device_count(void) {
    if (is("no_devices"))
        return 0;
    if (is("many"))
        return DEVICES_MAX;
    if (is("growing")) /* there is always one more than there was room for */
        return enumerations + 1 < DEVICES_MAX ? enumerations + 1 : DEVICES_MAX;
    return is("two") ? 2 : 1;
}

static VkResult VKAPI_CALL list_devices(VkInstance instance, uint32_t *count, VkPhysicalDevice *out) {
    (void)instance;
    if (is("hang_devices"))
        hang();
    if (is("error_devices"))
        return VK_ERROR_DEVICE_LOST;
    const uint32_t available = device_count();
    enumerations++;
    if (!out) {
        *count = available;
        return VK_SUCCESS;
    }
    if (*count > available)
        *count = available;
    for (uint32_t i = 0; i < *count; i++) {
        set_loader_magic_value(&devices[i]);
        devices[i].description = description_of(i);
        out[i] = (VkPhysicalDevice)&devices[i];
    }
    return *count < available ? VK_INCOMPLETE : VK_SUCCESS;
}

/* ---- physical devices ---- */

static const struct fake_description *of(VkPhysicalDevice device) {
    return ((const struct fake_device *)device)->description;
}

static void copy_text(char *out, size_t bytes, const char *text) {
    snprintf(out, bytes, "%s", text ? text : "");
}

static void VKAPI_CALL get_properties(VkPhysicalDevice device, VkPhysicalDeviceProperties *out) {
    const struct fake_description *description = of(device);
    if (is("crash_properties"))
        crash();
    if (is("garbage")) { /* every number is the largest, or -1 where it is read as negative; texts have no end */
        memset(out, 0xff, sizeof *out);
        out->apiVersion = VK_MAKE_VERSION(1, 1023, 4095);
        out->limits.timestampPeriod = (float)NAN;
        return;
    }
    *out = (VkPhysicalDeviceProperties){
        .apiVersion = description->api_version,
        .driverVersion = description->driver_version,
        .vendorID = description->vendor_id,
        .deviceID = description->device_id,
        .deviceType = description->type,
        .limits = {.maxImageDimension2D = 16384,
                   .maxComputeSharedMemorySize = 49152,
                   .maxComputeWorkGroupInvocations = 1024,
                   .maxComputeWorkGroupSize = {1024, 512, 64},
                   .maxMemoryAllocationCount = 4096,
                   .maxBoundDescriptorSets = 8,
                   .timestampPeriod = is("negative_period") ? -1.0F : description->timestamp_period_ns},
    };
    copy_text(out->deviceName, sizeof out->deviceName, description->name);
}

static void VKAPI_CALL get_memory(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *out) {
    if (is("garbage")) {
        memset(out, 0xff, sizeof *out); /* four billion heaps of 16 EiB; every type is of a heap that is not there */
        out->memoryTypes[3].heapIndex = 2;
        return;
    }
    *out = of(device)->memory;
}

static void VKAPI_CALL get_queue_families(VkPhysicalDevice device, uint32_t *count, VkQueueFamilyProperties *out) {
    const struct fake_description *description = of(device);
    if (is("garbage")) {
        if (out)
            memset(out, 0xff, *count * sizeof *out);
        *count = UINT32_MAX;
        return;
    }
    if (out && *count > description->queue_family_count)
        *count = description->queue_family_count;
    if (out)
        memcpy(out, description->queue_families, *count * sizeof *out);
    else
        *count = description->queue_family_count;
}

static uint32_t extension_count(const struct fake_description *description) {
    uint32_t count = 0;
    while (count < FAKE_EXTENSIONS_MAX && description->extensions[count])
        count++;
    return count;
}

static VkResult VKAPI_CALL list_extensions(VkPhysicalDevice device, const char *layer, uint32_t *count,
                                           VkExtensionProperties *out) {
    (void)layer;
    const struct fake_description *description = of(device);
    if (is("no_extensions"))
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    const uint32_t listed = extension_count(description);
    const uint32_t available = is("flood") ? UINT32_MAX : listed;
    if (!out) {
        *count = available;
        return VK_SUCCESS;
    }
    *count = *count < available ? *count : available;
    for (uint32_t i = 0; i < *count; i++) {
        copy_text(out[i].extensionName, sizeof out[i].extensionName, description->extensions[i < listed ? i : 0]);
        if (is("garbage")) { /* a name without an end; they differ, or loaders would run on comparing them */
            memset(&out[i], 'V', sizeof out[i]);
            out[i].extensionName[0] = (char)('a' + i % 26);
        }
    }
    return *count < available ? VK_INCOMPLETE : VK_SUCCESS;
}

/* All of a struct but its head, which is the caller's. */
static void fill(VkBaseOutStructure *out, const void *source, size_t bytes) {
    memcpy((char *)out + sizeof *out, (const char *)source + sizeof *out, bytes - sizeof *out);
}

static void fill_driver(void *structure, const struct fake_description *description) {
    VkPhysicalDeviceDriverProperties *driver = structure;
    driver->driverID = description->driver_id;
    copy_text(driver->driverName, sizeof driver->driverName, description->driver_name);
    copy_text(driver->driverInfo, sizeof driver->driverInfo, description->driver_info);
}

static void fill_subgroup(void *structure, const struct fake_description *description) {
    VkPhysicalDeviceSubgroupProperties *subgroup = structure;
    subgroup->subgroupSize = description->subgroup_size;
}

static void fill_subgroup_control(void *structure, const struct fake_description *description) {
    VkPhysicalDeviceSubgroupSizeControlPropertiesEXT *control = structure;
    control->minSubgroupSize = description->subgroup_min;
    control->maxSubgroupSize = description->subgroup_max;
}

static void fill_one(VkBaseOutStructure *out, const struct fake_description *description) {
    switch ((int)out->sType) {
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES:
        fill_driver(out, description);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES:
        fill_subgroup(out, description);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES_EXT:
        fill_subgroup_control(out, description);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT:
        fill(out, &description->pci, sizeof description->pci);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_AMD:
        fill(out, &description->amd, sizeof description->amd);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_2_AMD:
        fill(out, &description->amd2, sizeof description->amd2);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV:
        fill(out, &description->nvidia, sizeof description->nvidia);
        break;
    case 1000497001: /* VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_BUILTINS_PROPERTIES_ARM */
        fill(out, &description->arm_cores, sizeof description->arm_cores);
        break;
    case 1000415000: /* VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_ARM */
        fill(out, &description->arm_rates, sizeof description->arm_rates);
        break;
    default: /* a driver leaves alone what it does not know */
        break;
    }
}

/* Texts of the driver that are no UTF-8 and have no end. */
static void garble(VkBaseOutStructure *out) {
    if (out->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES)
        memset((char *)out + sizeof *out, 0xff, sizeof(VkPhysicalDeviceDriverProperties) - sizeof *out);
}

static void VKAPI_CALL get_properties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *out) {
    get_properties(device, &out->properties);
    for (VkBaseOutStructure *next = out->pNext; next; next = next->pNext) {
        if (is("garbage"))
            garble(next);
        else if (!is("unfilled")) /* which lists its extensions and fills nothing */
            fill_one(next, of(device));
    }
}

/* ---- what the loader finds ---- */

/* In place of what it insists on and never calls here. */
static void VKAPI_CALL missing(void) {
    abort();
}

struct fake_function {
    const char *name;
    PFN_vkVoidFunction function;
};

static const struct fake_function functions[] = {
    {"vkEnumerateInstanceExtensionProperties", (PFN_vkVoidFunction)list_instance_extensions},
    {"vkCreateInstance", (PFN_vkVoidFunction)create_instance},
    {"vkDestroyInstance", (PFN_vkVoidFunction)destroy_instance},
    {"vkEnumeratePhysicalDevices", (PFN_vkVoidFunction)list_devices},
    {"vkGetPhysicalDeviceProperties", (PFN_vkVoidFunction)get_properties},
    {"vkGetPhysicalDeviceMemoryProperties", (PFN_vkVoidFunction)get_memory},
    {"vkGetPhysicalDeviceQueueFamilyProperties", (PFN_vkVoidFunction)get_queue_families},
    {"vkEnumerateDeviceExtensionProperties", (PFN_vkVoidFunction)list_extensions},
    {"vkGetPhysicalDeviceFeatures", missing},
    {"vkGetPhysicalDeviceFormatProperties", missing},
    {"vkGetPhysicalDeviceImageFormatProperties", missing},
    {"vkGetPhysicalDeviceSparseImageFormatProperties", missing},
    {"vkCreateDevice", missing},
    {"vkGetDeviceProcAddr", missing},
};

static PFN_vkVoidFunction find(const char *name) {
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(functions[i].name, name) == 0)
            return functions[i].function;
    return NULL;
}

/* As Mesa's drivers do: what the instance was not created for is not there. */
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance, const char *name) {
    (void)instance;
    if (is("old"))
        return find(name);
    if (strcmp(name, "vkEnumerateInstanceVersion") == 0)
        return (PFN_vkVoidFunction)tell_version;
    if (strcmp(name, "vkGetPhysicalDeviceProperties2") == 0)
        return instance_has_1_1 ? (PFN_vkVoidFunction)get_properties2 : NULL;
    if (strcmp(name, "vkGetPhysicalDeviceProperties2KHR") == 0)
        return instance_has_extension ? (PFN_vkVoidFunction)get_properties2 : NULL;
    return find(name);
}

VKAPI_ATTR VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
    if (is("crash_negotiate"))
        crash();
    if (is("hang_negotiate"))
        hang();
    if (*version > 5)
        *version = 5;
    return VK_SUCCESS;
}
