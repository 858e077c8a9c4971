/* The devices that Vulkan's loader and the drivers behind it offer. SPDX-License-Identifier: MIT */
#define VK_NO_PROTOTYPES
#include <perfadapt/vulkan.h>

#include "probe/vulkan.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX 64
#define INSTANCE_EXTENSIONS_MAX 1024

struct reading {
    PFN_vkGetInstanceProcAddr find;
    VkInstance instance;
    uint32_t instance_version;
    VkPhysicalDevice devices[DEVICES_MAX];
    uint32_t device_count;
    bool more; /* than there was room for */
    char *reason;
    size_t reason_bytes;
};

/* ---- the loader ---- */

/* The reason stays that of the first name that failed. */
static bool open_loader(struct reading *reading, const char *loader) {
    char reason[256] = "";
    void *handle = dlopen(loader, RTLD_NOW | RTLD_LOCAL);
    const char *error = handle ? NULL : dlerror();
    void *address = handle ? dlsym(handle, "vkGetInstanceProcAddr") : NULL;
    memcpy(&reading->find, &address, sizeof reading->find); /* C has no conversion between the two */
    if (!handle)
        snprintf(reason, sizeof reason, "no Vulkan loader: %s", error ? error : loader);
    else if (!reading->find)
        snprintf(reason, sizeof reason, "no Vulkan loader: %s has no vkGetInstanceProcAddr", loader);
    if (reading->reason_bytes > 0 && (reading->find || reading->reason[0] == '\0'))
        snprintf(reading->reason, reading->reason_bytes, "%s", reason);
    return reading->find != NULL;
}

/* The name without a number comes with the packages to develop with, or from hand. */
static bool open_usual_loader(struct reading *reading) {
    return open_loader(reading, "libvulkan.so.1") || open_loader(reading, "libvulkan.so");
}

/* ---- results ---- */

struct result_text {
    VkResult result;
    const char *text;
};

static const struct result_text result_texts[] = {
    {VK_INCOMPLETE, "the list changed while it was read"},
    {VK_ERROR_OUT_OF_HOST_MEMORY, "out of memory"},
    {VK_ERROR_OUT_OF_DEVICE_MEMORY, "out of device memory"},
    {VK_ERROR_INITIALIZATION_FAILED, "a driver could not be initialised, or has no device"},
    {VK_ERROR_DEVICE_LOST, "device lost"},
    {VK_ERROR_LAYER_NOT_PRESENT, "a layer is missing"},
    {VK_ERROR_EXTENSION_NOT_PRESENT, "an extension is missing that was listed"},
    {VK_ERROR_INCOMPATIBLE_DRIVER, "no Vulkan driver that the loader can use"},
};

/* A positive result that is none of ours to name is a driver's lie: an unknown error. */
static int fail(const struct reading *reading, const char *call, VkResult result) {
    const char *text = "an error without a name here";
    for (size_t i = 0; i < sizeof result_texts / sizeof result_texts[0]; i++)
        if (result_texts[i].result == result)
            text = result_texts[i].text;
    snprintf(reading->reason, reading->reason_bytes, "%s: %s (%d)", call, text, (int)result);
    return result < 0 || result == VK_INCOMPLETE ? (int)result : (int)VK_ERROR_UNKNOWN;
}

/* ---- the instance ---- */

static uint32_t find_instance_version(const struct reading *reading) {
    const PFN_vkEnumerateInstanceVersion ask =
        (PFN_vkEnumerateInstanceVersion)reading->find(NULL, "vkEnumerateInstanceVersion");
    uint32_t version = VK_API_VERSION_1_0;
    if (!ask || ask(&version) != VK_SUCCESS) /* a loader of 1.0 has no such function */
        return VK_API_VERSION_1_0;
    return version;
}

static bool is_listed(const VkExtensionProperties *list, uint32_t count, const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(list[i].extensionName, name, strlen(name) + 1) == 0)
            return true;
    return false;
}

/* Those of `wanted` that are offered, into `out`, which has room for all. */
static uint32_t choose_extensions(const struct reading *reading, const char *const *wanted, uint32_t wanted_count,
                                  const char **out) {
    const PFN_vkEnumerateInstanceExtensionProperties list_extensions =
        (PFN_vkEnumerateInstanceExtensionProperties)reading->find(NULL, "vkEnumerateInstanceExtensionProperties");
    uint32_t count = INSTANCE_EXTENSIONS_MAX;
    VkExtensionProperties *list = calloc(INSTANCE_EXTENSIONS_MAX, sizeof *list);
    uint32_t chosen = 0;
    if (list && list_extensions && list_extensions(NULL, &count, list) >= VK_SUCCESS)
        for (uint32_t i = 0; i < wanted_count; i++)
            if (is_listed(list, count < INSTANCE_EXTENSIONS_MAX ? count : INSTANCE_EXTENSIONS_MAX, wanted[i]))
                out[chosen++] = wanted[i];
    free(list);
    return chosen;
}

/*
 * Drivers on top of another interface (MoltenVK) are left out unless asked for. Headers of 2021 do not know the flag.
 */
static const char portability[] = "VK_KHR_portability_enumeration";
static const VkInstanceCreateFlags enumerate_portability = 1;

static int create_instance(struct reading *reading) {
    /* The second is for devices of Vulkan 1.0: only with it are their extensions' properties to be had. */
    const char *const wanted[] = {portability, VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME};
    const char *extensions[2];
    const uint32_t count = choose_extensions(reading, wanted, 2, extensions);
    const PFN_vkCreateInstance create = (PFN_vkCreateInstance)reading->find(NULL, "vkCreateInstance");
    if (!create)
        return fail(reading, "vkGetInstanceProcAddr", VK_ERROR_INITIALIZATION_FAILED);
    reading->instance_version = find_instance_version(reading);
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pApplicationName = "perfadapt-probe",
                                           .apiVersion = reading->instance_version};
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .flags = count > 0 && extensions[0] == portability ? enumerate_portability : 0,
        .pApplicationInfo = &application,
        .enabledExtensionCount = count,
        .ppEnabledExtensionNames = extensions,
    };
    const VkResult result = create(&info, NULL, &reading->instance);
    return result == VK_SUCCESS && reading->instance ? 0 : fail(reading, "vkCreateInstance", result);
}

/* ---- the devices ---- */

/*
 * Once, with room for all. Incomplete with room to spare is a driver whose list was another when the loader read it
 * again: handles may then be of what is no more, and none is touched.
 */
static int list_devices(struct reading *reading) {
    const PFN_vkEnumeratePhysicalDevices list =
        (PFN_vkEnumeratePhysicalDevices)reading->find(reading->instance, "vkEnumeratePhysicalDevices");
    if (!list)
        return fail(reading, "vkGetInstanceProcAddr", VK_ERROR_INITIALIZATION_FAILED);
    reading->device_count = DEVICES_MAX;
    const VkResult result = list(reading->instance, &reading->device_count, reading->devices);
    reading->more = result == VK_INCOMPLETE && reading->device_count == DEVICES_MAX;
    if (reading->more || (result == VK_SUCCESS && reading->device_count <= DEVICES_MAX))
        return 0;
    return fail(reading, "vkEnumeratePhysicalDevices", result);
}

static size_t read_devices(const struct reading *reading, struct perfadapt_device *out, size_t capacity) {
    size_t count = 0;
    for (uint32_t i = 0; i < reading->device_count && count < capacity; i++)
        count += perfadapt_device_from_vulkan(reading->find, reading->instance, reading->instance_version,
                                              reading->devices[i], &out[count]) == PERFADAPT_OK;
    return count;
}

static void tell(const struct reading *reading, size_t count) {
    if (reading->device_count == 0)
        snprintf(reading->reason, reading->reason_bytes, "the drivers have no device");
    else if (count < reading->device_count || reading->more)
        snprintf(reading->reason, reading->reason_bytes, "%zu devices are described, of %s%u", count,
                 reading->more ? "more than " : "", reading->device_count);
}

static int enumerate(struct reading *reading, struct perfadapt_device *out, size_t capacity, size_t *out_count) {
    /* Newer loaders sort the devices, for which they ask drivers more than we do, and die of some answers (1.3.239: an
     * error to vkEnumerateDeviceExtensionProperties). */
    setenv("VK_LOADER_DISABLE_SELECT", "1", 1);
    int error = create_instance(reading);
    if (error == 0)
        error = list_devices(reading);
    if (error != 0)
        return error;
    *out_count = read_devices(reading, out, capacity);
    tell(reading, *out_count);
    return 0;
}

static struct reading begin(size_t *out_count, char *reason, size_t reason_bytes) {
    *out_count = 0;
    if (reason_bytes > 0)
        reason[0] = '\0';
    return (struct reading){.reason = reason, .reason_bytes = reason_bytes};
}

int probe_vulkan_enumerate_by(const char *loader, struct perfadapt_device *out, size_t capacity, size_t *out_count,
                              char *reason, size_t reason_bytes) {
    struct reading reading = begin(out_count, reason, reason_bytes);
    return open_loader(&reading, loader) ? enumerate(&reading, out, capacity, out_count) : PROBE_VULKAN_NO_LOADER;
}

int probe_vulkan_enumerate(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                           size_t reason_bytes) {
    struct reading reading = begin(out_count, reason, reason_bytes);
    return open_usual_loader(&reading) ? enumerate(&reading, out, capacity, out_count) : PROBE_VULKAN_NO_LOADER;
}
