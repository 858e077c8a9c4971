/*
 * Keeps a GPU as busy as arithmetic can, for some seconds: vulkan_load SECONDS. SPDX-License-Identifier: MIT
 *
 * On the first discrete GPU, or else on the first device there is. Two submissions are in flight, each sized to take 15 to
 * 30 ms, so that a desktop on the same GPU goes on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <vulkan/vulkan.h>

#include "load.comp.h" /* needs stdint.h */

#define STREAM_BYTES (UINT64_C(512) << 20) /* beyond the caches of any GPU */
#define IN_FLIGHT 2
#define DEVICES_MAX 16
#define FAMILIES_MAX 32

static const double shortest_s = 0.015;
static const double longest_s = 0.030;
static const uint64_t patience_ns = UINT64_C(10000000000);

struct load {
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    uint32_t family;
    VkQueue queue;
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDescriptorSetLayout set_layout;
    VkDescriptorPool descriptors;
    VkDescriptorSet set;
    VkPipelineLayout layout;
    VkPipeline pipeline;
    VkCommandPool commands;
    VkCommandBuffer command[IN_FLIGHT];
    VkFence fence[IN_FLIGHT];
    uint32_t groups;
    uint32_t iterations;
};

static bool succeeded(VkResult result, const char *call) {
    if (result == VK_SUCCESS)
        return true;
    fprintf(stderr, "vulkan_load: %s: %d\n", call, (int)result);
    return false;
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool choose_device(struct load *load) {
    VkPhysicalDevice devices[DEVICES_MAX];
    uint32_t count = DEVICES_MAX;
    const VkResult result = vkEnumeratePhysicalDevices(load->instance, &count, devices);
    if ((result != VK_INCOMPLETE && !succeeded(result, "vkEnumeratePhysicalDevices")) || count == 0)
        return false;
    load->physical = devices[0];
    for (uint32_t i = count; i-- > 0;) {
        VkPhysicalDeviceProperties properties;
        vkGetPhysicalDeviceProperties(devices[i], &properties);
        if (properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)
            load->physical = devices[i];
    }
    VkPhysicalDeviceProperties chosen;
    vkGetPhysicalDeviceProperties(load->physical, &chosen);
    fprintf(stderr, "vulkan_load: %s\n", chosen.deviceName);
    VkQueueFamilyProperties families[FAMILIES_MAX];
    count = FAMILIES_MAX;
    vkGetPhysicalDeviceQueueFamilyProperties(load->physical, &count, families);
    for (load->family = 0; load->family < count; load->family++)
        if (families[load->family].queueFlags & VK_QUEUE_COMPUTE_BIT)
            return true;
    return false;
}

static bool create_device(struct load *load) {
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pApplicationName = "vulkan_load",
                                           .apiVersion = VK_API_VERSION_1_0};
    const VkInstanceCreateInfo instance = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                           .pApplicationInfo = &application};
    if (!succeeded(vkCreateInstance(&instance, NULL, &load->instance), "vkCreateInstance") || !choose_device(load))
        return false;
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = load->family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const VkDeviceCreateInfo device = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue};
    if (!succeeded(vkCreateDevice(load->physical, &device, NULL, &load->device), "vkCreateDevice"))
        return false;
    vkGetDeviceQueue(load->device, load->family, 0, &load->queue);
    return true;
}

static uint32_t memory_type(const struct load *load, uint32_t allowed) {
    VkPhysicalDeviceMemoryProperties properties;
    vkGetPhysicalDeviceMemoryProperties(load->physical, &properties);
    for (uint32_t type = 0; type < properties.memoryTypeCount; type++)
        if (allowed & (1U << type) && properties.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)
            return type;
    return 0; /* there is always one: the specification says so */
}

static bool create_buffer(struct load *load) {
    const VkBufferCreateInfo buffer = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                       .size = STREAM_BYTES,
                                       .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT};
    VkMemoryRequirements needs;
    if (!succeeded(vkCreateBuffer(load->device, &buffer, NULL, &load->buffer), "vkCreateBuffer"))
        return false;
    vkGetBufferMemoryRequirements(load->device, load->buffer, &needs);
    const VkMemoryAllocateInfo allocation = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                             .allocationSize = needs.size,
                                             .memoryTypeIndex = memory_type(load, needs.memoryTypeBits)};
    return succeeded(vkAllocateMemory(load->device, &allocation, NULL, &load->memory), "vkAllocateMemory") &&
           succeeded(vkBindBufferMemory(load->device, load->buffer, load->memory, 0), "vkBindBufferMemory");
}

static bool create_set(struct load *load) {
    const VkDescriptorSetLayoutBinding binding = {.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                                  .descriptorCount = 1,
                                                  .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    const VkDescriptorSetLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 1, .pBindings = &binding};
    const VkDescriptorPoolSize size = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = 1};
    const VkDescriptorPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = 1, .poolSizeCount = 1, .pPoolSizes = &size};
    if (!succeeded(vkCreateDescriptorSetLayout(load->device, &layout, NULL, &load->set_layout), "layout of the set") ||
        !succeeded(vkCreateDescriptorPool(load->device, &pool, NULL, &load->descriptors), "vkCreateDescriptorPool"))
        return false;
    const VkDescriptorSetAllocateInfo allocation = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                                    .descriptorPool = load->descriptors,
                                                    .descriptorSetCount = 1,
                                                    .pSetLayouts = &load->set_layout};
    if (!succeeded(vkAllocateDescriptorSets(load->device, &allocation, &load->set), "vkAllocateDescriptorSets"))
        return false;
    const VkDescriptorBufferInfo whole = {.buffer = load->buffer, .range = VK_WHOLE_SIZE};
    const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                        .dstSet = load->set,
                                        .descriptorCount = 1,
                                        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                        .pBufferInfo = &whole};
    vkUpdateDescriptorSets(load->device, 1, &write, 0, NULL);
    return true;
}

static bool create_pipeline(struct load *load) {
    const VkPushConstantRange constants = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = sizeof(uint32_t)};
    const VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .setLayoutCount = 1,
                                               .pSetLayouts = &load->set_layout,
                                               .pushConstantRangeCount = 1,
                                               .pPushConstantRanges = &constants};
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = sizeof load_comp, .pCode = load_comp};
    VkShaderModule module;
    if (!succeeded(vkCreatePipelineLayout(load->device, &layout, NULL, &load->layout), "vkCreatePipelineLayout") ||
        !succeeded(vkCreateShaderModule(load->device, &code, NULL, &module), "vkCreateShaderModule"))
        return false;
    const VkComputePipelineCreateInfo pipeline = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main"},
        .layout = load->layout};
    const VkResult result = vkCreateComputePipelines(load->device, VK_NULL_HANDLE, 1, &pipeline, NULL, &load->pipeline);
    vkDestroyShaderModule(load->device, module, NULL);
    return succeeded(result, "vkCreateComputePipelines");
}

static bool create_commands(struct load *load) {
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                          .queueFamilyIndex = load->family};
    if (!succeeded(vkCreateCommandPool(load->device, &pool, NULL, &load->commands), "vkCreateCommandPool"))
        return false;
    const VkCommandBufferAllocateInfo allocation = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                    .commandPool = load->commands,
                                                    .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                                    .commandBufferCount = IN_FLIGHT};
    if (!succeeded(vkAllocateCommandBuffers(load->device, &allocation, load->command), "vkAllocateCommandBuffers"))
        return false;
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    for (size_t i = 0; i < IN_FLIGHT; i++)
        if (!succeeded(vkCreateFence(load->device, &fence, NULL, &load->fence[i]), "vkCreateFence"))
            return false;
    return true;
}

static bool submit(struct load *load, size_t slot) {
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    VkCommandBuffer command = load->command[slot];
    if (!succeeded(vkBeginCommandBuffer(command, &begin), "vkBeginCommandBuffer"))
        return false;
    vkCmdBindPipeline(command, VK_PIPELINE_BIND_POINT_COMPUTE, load->pipeline);
    vkCmdBindDescriptorSets(command, VK_PIPELINE_BIND_POINT_COMPUTE, load->layout, 0, 1, &load->set, 0, NULL);
    vkCmdPushConstants(command, load->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof load->iterations,
                       &load->iterations);
    vkCmdDispatch(command, load->groups, 1, 1);
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &command};
    return succeeded(vkEndCommandBuffer(command), "vkEndCommandBuffer") &&
           succeeded(vkQueueSubmit(load->queue, 1, &info, load->fence[slot]), "vkQueueSubmit");
}

/* First more of it at once, until every unit has work, then more of it each. */
static void resize(struct load *load, double took_s) {
    if (took_s < shortest_s) {
        uint32_t *more = load->groups < 16384 ? &load->groups : &load->iterations;
        *more = *more < 1U << 24 ? *more * 2 : *more;
    } else if (took_s > longest_s) {
        uint32_t *less = load->iterations > 1 ? &load->iterations : &load->groups;
        *less = *less > 1 ? *less / 2 : 1;
    }
}

/* The time between two ends is what one takes: the GPU always has the next one. */
static bool run(struct load *load, double seconds) {
    const double end_s = now_s() + seconds;
    double last_s = 0;
    double longest = 0;
    unsigned settled = 0;
    unsigned long submissions = 0;
    for (size_t i = 0; i < IN_FLIGHT; i++)
        if (!submit(load, i))
            return false;
    for (size_t slot = 0; now_s() < end_s; slot = (slot + 1) % IN_FLIGHT) {
        if (!succeeded(vkWaitForFences(load->device, 1, &load->fence[slot], VK_TRUE, patience_ns), "vkWaitForFences"))
            return false;
        const double took_s = now_s() - last_s;
        last_s += took_s;
        vkResetFences(load->device, 1, &load->fence[slot]);
        if (submissions++ > 0 && settled++ >= IN_FLIGHT) { /* one of the new size */
            const uint32_t groups = load->groups;
            const uint32_t iterations = load->iterations;
            longest = took_s > longest ? took_s : longest;
            resize(load, took_s);
            settled = load->groups == groups && load->iterations == iterations ? settled : 0;
        }
        if (!submit(load, slot))
            return false;
    }
    fprintf(stderr, "vulkan_load: %lu submissions, the longest %.1f ms; %u groups of %u iterations\n", submissions,
            longest * 1000, load->groups, load->iterations);
    return true;
}

static void destroy(struct load *load) {
    if (load->device) {
        vkDeviceWaitIdle(load->device);
        for (size_t i = 0; i < IN_FLIGHT; i++)
            vkDestroyFence(load->device, load->fence[i], NULL);
        vkDestroyCommandPool(load->device, load->commands, NULL);
        vkDestroyPipeline(load->device, load->pipeline, NULL);
        vkDestroyPipelineLayout(load->device, load->layout, NULL);
        vkDestroyDescriptorPool(load->device, load->descriptors, NULL);
        vkDestroyDescriptorSetLayout(load->device, load->set_layout, NULL);
        vkDestroyBuffer(load->device, load->buffer, NULL);
        vkFreeMemory(load->device, load->memory, NULL);
        vkDestroyDevice(load->device, NULL);
    }
    if (load->instance)
        vkDestroyInstance(load->instance, NULL);
}

int main(int argc, char **argv) {
    const double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;
    if (!(seconds > 0)) {
        fprintf(stderr, "usage: vulkan_load SECONDS\n");
        return 2;
    }
    struct load load = {.groups = 16, .iterations = 64};
    const bool ready = create_device(&load) && create_buffer(&load) && create_set(&load) && create_pipeline(&load) &&
                       create_commands(&load);
    const bool done = ready && run(&load, seconds);
    destroy(&load);
    return done ? 0 : 1;
}
