/* The Vulkan instance, the device that draws, its queue and its memory. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_GPU_H
#define RENDER_LOOP_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan.h>

struct gpu {
    VkInstance instance;
    VkPhysicalDevice physical;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceMemoryProperties memory;
    VkDevice device;
    VkQueue queue;
    uint32_t queue_family;
    uint32_t timestamp_bits; /* 0: the queue has no timestamps */
};

/* What failed is said on stderr wherever false is returned; gpu_close() undoes any half of it. */
bool gpu_create_instance(struct gpu *gpu, const char *const *extensions, uint32_t extension_count);
bool gpu_list_devices(const struct gpu *gpu);

/* wanted: an index as listed, a part of a name, or NULL for the best. surface: VK_NULL_HANDLE to draw offscreen. */
bool gpu_open_device(struct gpu *gpu, const char *wanted, VkSurfaceKHR surface);
void gpu_close_device(struct gpu *gpu);
void gpu_destroy_instance(struct gpu *gpu);

/* Device local where there is such a type, any other where not. */
bool gpu_allocate(const struct gpu *gpu, const VkMemoryRequirements *requirements, VkDeviceMemory *out_memory);

/* Time between two timestamps, which may have wrapped around once. */
int64_t gpu_elapsed_ns(const struct gpu *gpu, uint64_t begin, uint64_t end);

const char *gpu_device_type_name(VkPhysicalDeviceType type);

/* True for VK_SUCCESS; otherwise says which call failed with what. */
bool gpu_succeeded(VkResult result, const char *call);

#endif
