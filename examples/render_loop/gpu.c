/* The Vulkan instance, the device that draws, its queue and its memory. SPDX-License-Identifier: MIT */
#include "gpu.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX 16
#define QUEUE_FAMILIES_MAX 32

static const char *result_name(VkResult result) {
    static const struct {
        VkResult result;
        const char *name;
    } names[] = {
#define RESULT_NAME(result) {result, #result}
        RESULT_NAME(VK_NOT_READY),
        RESULT_NAME(VK_TIMEOUT),
        RESULT_NAME(VK_INCOMPLETE),
        RESULT_NAME(VK_ERROR_OUT_OF_HOST_MEMORY),
        RESULT_NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY),
        RESULT_NAME(VK_ERROR_INITIALIZATION_FAILED),
        RESULT_NAME(VK_ERROR_DEVICE_LOST),
        RESULT_NAME(VK_ERROR_LAYER_NOT_PRESENT),
        RESULT_NAME(VK_ERROR_EXTENSION_NOT_PRESENT),
        RESULT_NAME(VK_ERROR_FEATURE_NOT_PRESENT),
        RESULT_NAME(VK_ERROR_INCOMPATIBLE_DRIVER),
        RESULT_NAME(VK_ERROR_TOO_MANY_OBJECTS),
        RESULT_NAME(VK_ERROR_FORMAT_NOT_SUPPORTED),
        RESULT_NAME(VK_ERROR_SURFACE_LOST_KHR),
        RESULT_NAME(VK_ERROR_NATIVE_WINDOW_IN_USE_KHR),
        RESULT_NAME(VK_ERROR_OUT_OF_DATE_KHR),
#undef RESULT_NAME
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].result == result)
            return names[i].name;
    }
    return "VkResult";
}

bool gpu_succeeded(VkResult result, const char *call) {
    if (result == VK_SUCCESS)
        return true;
    fprintf(stderr, "%s: %s: %s (%d)\n", program_invocation_short_name, call, result_name(result), (int)result);
    return false;
}

const char *gpu_device_type_name(VkPhysicalDeviceType type) {
    static const char *const names[] = {"other", "integrated", "discrete", "virtual", "cpu"};
    return (size_t)type < sizeof names / sizeof *names ? names[type] : "other";
}

bool gpu_create_instance(struct gpu *gpu, const char *const *extensions, uint32_t extension_count) {
    *gpu = (struct gpu){0};
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pApplicationName = program_invocation_short_name,
                                           .apiVersion = VK_API_VERSION_1_1};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &application,
                                       .enabledExtensionCount = extension_count,
                                       .ppEnabledExtensionNames = extensions};
    return gpu_succeeded(vkCreateInstance(&info, NULL, &gpu->instance), "no Vulkan: vkCreateInstance");
}

static uint32_t enumerate_devices(const struct gpu *gpu, VkPhysicalDevice devices[DEVICES_MAX]) {
    uint32_t count = DEVICES_MAX;
    const VkResult result = vkEnumeratePhysicalDevices(gpu->instance, &count, devices);
    if (result != VK_INCOMPLETE && !gpu_succeeded(result, "no Vulkan device: vkEnumeratePhysicalDevices"))
        return 0;
    if (count == 0)
        fprintf(stderr, "%s: vkEnumeratePhysicalDevices: VK_SUCCESS, but there is no Vulkan device\n",
                program_invocation_short_name);
    return count;
}

bool gpu_list_devices(const struct gpu *gpu) {
    VkPhysicalDevice devices[DEVICES_MAX];
    const uint32_t count = enumerate_devices(gpu, devices);
    for (uint32_t i = 0; i < count; i++) {
        VkPhysicalDeviceProperties properties;
        vkGetPhysicalDeviceProperties(devices[i], &properties);
        printf("%u  %-10s  %s (Vulkan %u.%u)\n", i, gpu_device_type_name(properties.deviceType), properties.deviceName,
               VK_API_VERSION_MAJOR(properties.apiVersion), VK_API_VERSION_MINOR(properties.apiVersion));
    }
    return count > 0;
}

static bool contains_ignoring_case(const char *text, const char *part) {
    for (; *text; text++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (!part[i])
            return true;
    }
    return false;
}

static bool is_wanted(const char *wanted, uint32_t index, const char *name) {
    if (!wanted)
        return true;
    char *end = NULL;
    const unsigned long number = strtoul(wanted, &end, 10);
    return isdigit((unsigned char)*wanted) && !*end ? number == index : contains_ignoring_case(name, wanted);
}

static int rank(VkPhysicalDeviceType type) {
    static const VkPhysicalDeviceType worst_first[] = {
        VK_PHYSICAL_DEVICE_TYPE_OTHER, VK_PHYSICAL_DEVICE_TYPE_CPU, VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU,
        VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU};
    int found = 0;
    for (int i = 0; i < 5; i++)
        found = worst_first[i] == type ? i : found;
    return found;
}

/* The first queue family that draws and, where there is a surface, presents. */
static bool find_queue_family(VkPhysicalDevice device, VkSurfaceKHR surface, uint32_t *out_family, uint32_t *out_bits) {
    VkQueueFamilyProperties families[QUEUE_FAMILIES_MAX];
    uint32_t count = QUEUE_FAMILIES_MAX;
    vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families);
    for (uint32_t i = 0; i < count; i++) {
        VkBool32 presents = VK_TRUE;
        if (surface && vkGetPhysicalDeviceSurfaceSupportKHR(device, i, surface, &presents) != VK_SUCCESS)
            presents = VK_FALSE;
        if ((families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) && presents) {
            *out_family = i;
            *out_bits = families[i].timestampValidBits;
            return true;
        }
    }
    return false;
}

static bool choose_device(struct gpu *gpu, const char *wanted, VkSurfaceKHR surface) {
    VkPhysicalDevice devices[DEVICES_MAX];
    const uint32_t count = enumerate_devices(gpu, devices);
    int best_rank = -1;
    for (uint32_t i = 0; i < count; i++) {
        VkPhysicalDeviceProperties properties;
        vkGetPhysicalDeviceProperties(devices[i], &properties);
        uint32_t family = 0;
        uint32_t bits = 0;
        if (!is_wanted(wanted, i, properties.deviceName) || !find_queue_family(devices[i], surface, &family, &bits) ||
            rank(properties.deviceType) <= best_rank)
            continue;
        best_rank = rank(properties.deviceType);
        gpu->physical = devices[i];
        gpu->properties = properties;
        gpu->queue_family = family;
        gpu->timestamp_bits = bits;
    }
    if (count > 0 && best_rank < 0)
        fprintf(stderr, "%s: no Vulkan device that can %s%s%s%s\n", program_invocation_short_name,
                surface ? "present to the window" : "draw", wanted ? " matches --device \"" : "", wanted ? wanted : "",
                wanted ? "\"" : "");
    return best_rank >= 0;
}

bool gpu_open_device(struct gpu *gpu, const char *wanted, VkSurfaceKHR surface) {
    if (!choose_device(gpu, wanted, surface))
        return false;
    vkGetPhysicalDeviceMemoryProperties(gpu->physical, &gpu->memory);
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = gpu->queue_family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const char *const swapchain = VK_KHR_SWAPCHAIN_EXTENSION_NAME;
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .enabledExtensionCount = surface ? 1 : 0,
                                     .ppEnabledExtensionNames = &swapchain};
    if (!gpu_succeeded(vkCreateDevice(gpu->physical, &info, NULL, &gpu->device), "vkCreateDevice"))
        return false;
    vkGetDeviceQueue(gpu->device, gpu->queue_family, 0, &gpu->queue);
    return true;
}

void gpu_close_device(struct gpu *gpu) {
    if (gpu->device)
        vkDestroyDevice(gpu->device, NULL);
    gpu->device = VK_NULL_HANDLE;
}

void gpu_destroy_instance(struct gpu *gpu) {
    if (gpu->instance)
        vkDestroyInstance(gpu->instance, NULL);
    gpu->instance = VK_NULL_HANDLE;
}

static int memory_type(const struct gpu *gpu, uint32_t allowed, VkMemoryPropertyFlags needed) {
    for (uint32_t i = 0; i < gpu->memory.memoryTypeCount; i++) {
        if ((allowed & (UINT32_C(1) << i)) && (gpu->memory.memoryTypes[i].propertyFlags & needed) == needed)
            return (int)i;
    }
    return -1;
}

bool gpu_allocate(const struct gpu *gpu, const VkMemoryRequirements *requirements, VkDeviceMemory *out_memory) {
    int type = memory_type(gpu, requirements->memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    if (type < 0)
        type = memory_type(gpu, requirements->memoryTypeBits, 0);
    if (type < 0)
        return gpu_succeeded(VK_ERROR_OUT_OF_DEVICE_MEMORY, "no memory type for an image");
    const VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                       .allocationSize = requirements->size,
                                       .memoryTypeIndex = (uint32_t)type};
    return gpu_succeeded(vkAllocateMemory(gpu->device, &info, NULL, out_memory), "vkAllocateMemory");
}

int64_t gpu_elapsed_ns(const struct gpu *gpu, uint64_t begin, uint64_t end) {
    const uint64_t mask = gpu->timestamp_bits >= 64 ? UINT64_MAX : (UINT64_C(1) << gpu->timestamp_bits) - 1;
    return (int64_t)((double)((end - begin) & mask) * (double)gpu->properties.limits.timestampPeriod);
}
