/* SPDX-License-Identifier: MIT */
#include "load.h"

#include "soak_comp.h" /* the shader, as the build has compiled it; needs stdint.h */
#include "stats.h"

#define GROUP_SIZE 256              /* as the shader has it */
#define STREAM_BYTES (256U << 20)   /* beyond the caches of any GPU */
#define CPU_STREAM_BYTES (8U << 20) /* a software rasteriser is here to be tested, not to be heated */
#define GROUPS_PER_UNIT 32U
#define GROUPS_UNKNOWN 1024U
#define GROUPS_MOST 16384U /* each reads 4 KiB at a time: a quarter of the stream */
#define CPU_GROUPS 8U
#define WARM_UP_NS 1500000000 /* clocks of idle GPUs rise within a second */
#define TIMINGS 15

static const double timing_goal_ns = 8e6;
static const uint32_t iterations_most = 1U << 26;

struct work {
    uint32_t iterations;
    uint32_t invocations;
};

static bool create_stream(struct load *load, const struct gpu *gpu) {
    const bool cpu = gpu->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
    const uint32_t wanted = cpu ? CPU_STREAM_BYTES : STREAM_BYTES;
    const uint32_t most = gpu->properties.limits.maxStorageBufferRange;
    const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                     .size = wanted < most ? wanted : most,
                                     .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT};
    VkMemoryRequirements needs;
    if (!gpu_succeeded(vkCreateBuffer(gpu->device, &info, NULL, &load->stream), "vkCreateBuffer"))
        return false;
    vkGetBufferMemoryRequirements(gpu->device, load->stream, &needs);
    return gpu_allocate(gpu, &needs, &load->memory) &&
           gpu_succeeded(vkBindBufferMemory(gpu->device, load->stream, load->memory, 0), "vkBindBufferMemory");
}

static bool create_set(struct load *load, const struct gpu *gpu) {
    const VkDescriptorSetLayoutBinding binding = {.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                                  .descriptorCount = 1,
                                                  .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    const VkDescriptorSetLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 1, .pBindings = &binding};
    const VkDescriptorPoolSize size = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = 1};
    const VkDescriptorPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = 1, .poolSizeCount = 1, .pPoolSizes = &size};
    if (!gpu_succeeded(vkCreateDescriptorSetLayout(gpu->device, &layout, NULL, &load->set_layout),
                       "vkCreateDescriptorSetLayout") ||
        !gpu_succeeded(vkCreateDescriptorPool(gpu->device, &pool, NULL, &load->descriptors), "vkCreateDescriptorPool"))
        return false;
    const VkDescriptorSetAllocateInfo allocation = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                                    .descriptorPool = load->descriptors,
                                                    .descriptorSetCount = 1,
                                                    .pSetLayouts = &load->set_layout};
    if (!gpu_succeeded(vkAllocateDescriptorSets(gpu->device, &allocation, &load->set), "vkAllocateDescriptorSets"))
        return false;
    const VkDescriptorBufferInfo whole = {.buffer = load->stream, .range = VK_WHOLE_SIZE};
    const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                        .dstSet = load->set,
                                        .descriptorCount = 1,
                                        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                        .pBufferInfo = &whole};
    vkUpdateDescriptorSets(gpu->device, 1, &write, 0, NULL);
    return true;
}

static bool create_pipeline(struct load *load, const struct gpu *gpu) {
    const VkPushConstantRange constants = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = sizeof(struct work)};
    const VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .setLayoutCount = 1,
                                               .pSetLayouts = &load->set_layout,
                                               .pushConstantRangeCount = 1,
                                               .pPushConstantRanges = &constants};
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = sizeof soak_comp, .pCode = soak_comp};
    VkShaderModule module;
    if (!gpu_succeeded(vkCreatePipelineLayout(gpu->device, &layout, NULL, &load->layout), "vkCreatePipelineLayout") ||
        !gpu_succeeded(vkCreateShaderModule(gpu->device, &code, NULL, &module), "vkCreateShaderModule"))
        return false;
    const VkComputePipelineCreateInfo pipeline = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main"},
        .layout = load->layout};
    const VkResult result = vkCreateComputePipelines(gpu->device, VK_NULL_HANDLE, 1, &pipeline, NULL, &load->pipeline);
    vkDestroyShaderModule(gpu->device, module, NULL);
    return gpu_succeeded(result, "vkCreateComputePipelines");
}

static uint32_t groups_for(const struct gpu *gpu, uint32_t compute_units) {
    if (gpu->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU)
        return CPU_GROUPS;
    const uint32_t allowed = gpu->properties.limits.maxComputeWorkGroupCount[0];
    const uint32_t most = allowed < GROUPS_MOST ? allowed : GROUPS_MOST;
    const uint32_t wanted = compute_units > 0 ? compute_units * GROUPS_PER_UNIT : GROUPS_UNKNOWN;
    return wanted < most ? wanted : most;
}

bool load_create(struct load *load, const struct gpu *gpu, uint32_t compute_units) {
    *load = (struct load){.groups = groups_for(gpu, compute_units)};
    return create_stream(load, gpu) && create_set(load, gpu) && create_pipeline(load, gpu);
}

void load_destroy(struct load *load, const struct gpu *gpu) {
    if (!gpu->device)
        return;
    vkDestroyPipeline(gpu->device, load->pipeline, NULL);
    vkDestroyPipelineLayout(gpu->device, load->layout, NULL);
    vkDestroyDescriptorPool(gpu->device, load->descriptors, NULL);
    vkDestroyDescriptorSetLayout(gpu->device, load->set_layout, NULL);
    vkDestroyBuffer(gpu->device, load->stream, NULL);
    vkFreeMemory(gpu->device, load->memory, NULL);
    *load = (struct load){0};
}

static void record(const struct load *load, VkCommandBuffer commands, uint32_t iterations) {
    const struct work work = {.iterations = iterations, .invocations = load->groups * GROUP_SIZE};
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, load->pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, load->layout, 0, 1, &load->set, 0, NULL);
    vkCmdPushConstants(commands, load->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof work, &work);
    vkCmdDispatch(commands, load->groups, 1, 1);
}

static uint32_t parts_for(uint32_t iterations, uint32_t submission_most) {
    const uint32_t most = submission_most > 0 ? submission_most : 1;
    const uint32_t parts = iterations / most + (iterations % most > 0);
    return parts < 1 ? 1 : parts > RING_PARTS ? RING_PARTS : parts;
}

bool load_submit(const struct load *load, struct ring *ring, const struct gpu *gpu, const struct load_frame *frame) {
    const uint32_t parts = parts_for(frame->iterations, frame->submission_most);
    uint32_t left = frame->iterations;
    if (!ring_begin(ring, frame->number))
        return false;
    for (uint32_t part = 0; part < parts; part++) {
        const uint32_t iterations = left / (parts - part);
        if (part > 0 && !ring_split(ring, gpu))
            return false;
        record(load, ring_next(ring)->commands, iterations);
        left -= iterations;
    }
    return ring_submit(ring, gpu, (struct ring_semaphores){VK_NULL_HANDLE, VK_NULL_HANDLE});
}

static bool time_work(const struct load *load, struct ring *ring, const struct gpu *gpu, uint32_t iterations,
                      double *out_ns) {
    struct finished_frame finished[RING_SLOTS];
    uint32_t count = 0;
    const struct load_frame frame = {.iterations = iterations, .submission_most = UINT32_MAX};
    if (!load_submit(load, ring, gpu, &frame) || !ring_collect(ring, gpu, 1, finished, &count) || count == 0)
        return false;
    const struct finished_frame *last = &finished[count - 1];
    *out_ns = (double)(last->gpu_ns > 0 ? last->gpu_ns : last->wall_ns);
    return true;
}

static uint32_t next_iterations(uint32_t iterations, double took_ns) {
    const double fitting = iterations * (timing_goal_ns / (took_ns > 1 ? took_ns : 1));
    const double most = 4.0 * iterations; /* small ones tell little */
    const double next = fitting < most ? fitting : most;
    return next < 1 ? 1 : next > iterations_most ? iterations_most : (uint32_t)next;
}

bool load_calibrate(struct load *load, struct ring *ring, const struct gpu *gpu) {
    double took_ns = 0;
    double timings_ns[TIMINGS];
    uint32_t iterations = 4;
    if (!time_work(load, ring, gpu, 0, &took_ns))
        return false;
    for (const int64_t start_ns = clock_ns(); clock_ns() - start_ns < WARM_UP_NS;) {
        if (!time_work(load, ring, gpu, iterations, &took_ns))
            return false;
        iterations = next_iterations(iterations, took_ns);
    }
    for (int i = 0; i < TIMINGS; i++) {
        if (!time_work(load, ring, gpu, iterations, &timings_ns[i]))
            return false;
    }
    load->iteration_ns = undisturbed(timings_ns, TIMINGS) / iterations;
    return true;
}

uint32_t load_iterations(const struct load *load, double duration_ns) {
    const double iterations = duration_ns / load->iteration_ns;
    return iterations < 1 ? 1 : iterations > iterations_most ? iterations_most : (uint32_t)(iterations + 0.5);
}
