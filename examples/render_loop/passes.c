/* The four passes of a frame: scene, glow in two directions, composite. SPDX-License-Identifier: MIT */
#include "passes.h"

#include <stddef.h>

#include "blur.frag.h"
#include "composite.frag.h"
#include "fullscreen.vert.h"
#include "scene.frag.h"

#define SOURCES_PER_PASS 2

/* As `Constants` in the shaders. */
struct constants {
    float first_used[2];
    float second_used[2];
    float direction[2];
    float seconds;
    int32_t iterations;
};

static bool create_targets(struct passes *passes, const struct gpu *gpu, VkExtent2D output) {
    const VkExtent2D half = {(output.width + 1) / 2, (output.height + 1) / 2};
    for (int i = 0; i < PASS_COUNT; i++) {
        const bool is_output = i == PASS_COMPOSITE;
        const struct target_description description = {.extent = i == PASS_SCENE || is_output ? output : half,
                                                       .format = is_output ? VK_FORMAT_R8G8B8A8_UNORM
                                                                           : VK_FORMAT_R16G16B16A16_SFLOAT,
                                                       .is_output = is_output};
        if (!target_create(&passes->targets[i], gpu, &description))
            return false;
    }
    return true;
}

static bool create_layouts(struct passes *passes, const struct gpu *gpu) {
    const VkDescriptorSetLayoutBinding bindings[SOURCES_PER_PASS] = {
        {0, VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1, VK_SHADER_STAGE_FRAGMENT_BIT, NULL},
        {1, VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1, VK_SHADER_STAGE_FRAGMENT_BIT, NULL}};
    const VkDescriptorSetLayoutCreateInfo set_info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                                      .bindingCount = SOURCES_PER_PASS,
                                                      .pBindings = bindings};
    if (!gpu_succeeded(vkCreateDescriptorSetLayout(gpu->device, &set_info, NULL, &passes->set_layout),
                       "vkCreateDescriptorSetLayout"))
        return false;
    const VkPushConstantRange range = {VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(struct constants)};
    const VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                             .setLayoutCount = 1,
                                             .pSetLayouts = &passes->set_layout,
                                             .pushConstantRangeCount = 1,
                                             .pPushConstantRanges = &range};
    return gpu_succeeded(vkCreatePipelineLayout(gpu->device, &info, NULL, &passes->layout), "vkCreatePipelineLayout");
}

static bool create_sampler(struct passes *passes, const struct gpu *gpu) {
    const VkSamplerCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
                                      .magFilter = VK_FILTER_LINEAR,
                                      .minFilter = VK_FILTER_LINEAR,
                                      .addressModeU = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
                                      .addressModeV = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
                                      .addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE};
    return gpu_succeeded(vkCreateSampler(gpu->device, &info, NULL, &passes->sampler), "vkCreateSampler");
}

static void write_sources(struct passes *passes, const struct gpu *gpu, int pass, int first, int second) {
    const VkDescriptorImageInfo images[SOURCES_PER_PASS] = {
        {passes->sampler, passes->targets[first].view, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL},
        {passes->sampler, passes->targets[second].view, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL}};
    const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                        .dstSet = passes->sources[pass],
                                        .descriptorCount = SOURCES_PER_PASS,
                                        .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                        .pImageInfo = images};
    /* Bindings 0 and 1 are alike, so that one write runs on from the first into the second. */
    vkUpdateDescriptorSets(gpu->device, 1, &write, 0, NULL);
}

static bool create_sources(struct passes *passes, const struct gpu *gpu) {
    const uint32_t count = PASS_COUNT - 1;
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, count * SOURCES_PER_PASS};
    const VkDescriptorPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = count,
                                             .poolSizeCount = 1,
                                             .pPoolSizes = &size};
    if (!gpu_succeeded(vkCreateDescriptorPool(gpu->device, &pool, NULL, &passes->descriptor_pool),
                       "vkCreateDescriptorPool"))
        return false;
    const VkDescriptorSetLayout layouts[] = {passes->set_layout, passes->set_layout, passes->set_layout};
    const VkDescriptorSetAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                              .descriptorPool = passes->descriptor_pool,
                                              .descriptorSetCount = count,
                                              .pSetLayouts = layouts};
    if (!gpu_succeeded(vkAllocateDescriptorSets(gpu->device, &info, &passes->sources[PASS_BLUR_HORIZONTAL]),
                       "vkAllocateDescriptorSets"))
        return false;
    write_sources(passes, gpu, PASS_BLUR_HORIZONTAL, PASS_SCENE, PASS_SCENE);
    write_sources(passes, gpu, PASS_BLUR_VERTICAL, PASS_BLUR_HORIZONTAL, PASS_BLUR_HORIZONTAL);
    write_sources(passes, gpu, PASS_COMPOSITE, PASS_SCENE, PASS_BLUR_VERTICAL);
    return true;
}

static bool create_shader(const struct gpu *gpu, const uint32_t *code, size_t bytes, VkShaderModule *out_module) {
    const VkShaderModuleCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = bytes, .pCode = code};
    return gpu_succeeded(vkCreateShaderModule(gpu->device, &info, NULL, out_module), "vkCreateShaderModule");
}

static bool create_pipeline(struct passes *passes, const struct gpu *gpu, int pass, VkShaderModule vertex,
                            VkShaderModule fragment) {
    const VkPipelineShaderStageCreateInfo stages[] = {{.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                       .stage = VK_SHADER_STAGE_VERTEX_BIT,
                                                       .module = vertex,
                                                       .pName = "main"},
                                                      {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                       .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
                                                       .module = fragment,
                                                       .pName = "main"}};
    const VkPipelineVertexInputStateCreateInfo vertices = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
    const VkPipelineInputAssemblyStateCreateInfo assembly = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
        .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST};
    const VkPipelineViewportStateCreateInfo viewport = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO, .viewportCount = 1, .scissorCount = 1};
    const VkPipelineRasterizationStateCreateInfo raster = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO, .lineWidth = 1};
    const VkPipelineMultisampleStateCreateInfo samples = {.sType =
                                                              VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
                                                          .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT};
    const VkPipelineColorBlendAttachmentState channels = {.colorWriteMask = 0xf};
    const VkPipelineColorBlendStateCreateInfo blend = {.sType =
                                                           VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
                                                       .attachmentCount = 1,
                                                       .pAttachments = &channels};
    const VkDynamicState states[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
    const VkPipelineDynamicStateCreateInfo dynamic = {.sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
                                                      .dynamicStateCount = 2,
                                                      .pDynamicStates = states};
    const VkGraphicsPipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
                                               .stageCount = 2,
                                               .pStages = stages,
                                               .pVertexInputState = &vertices,
                                               .pInputAssemblyState = &assembly,
                                               .pViewportState = &viewport,
                                               .pRasterizationState = &raster,
                                               .pMultisampleState = &samples,
                                               .pColorBlendState = &blend,
                                               .pDynamicState = &dynamic,
                                               .layout = passes->layout,
                                               .renderPass = passes->targets[pass].render_pass};
    return gpu_succeeded(
        vkCreateGraphicsPipelines(gpu->device, VK_NULL_HANDLE, 1, &info, NULL, &passes->pipelines[pass]),
        "vkCreateGraphicsPipelines");
}

static bool create_pipelines(struct passes *passes, const struct gpu *gpu) {
    VkShaderModule vertex = VK_NULL_HANDLE;
    VkShaderModule scene = VK_NULL_HANDLE;
    VkShaderModule blur = VK_NULL_HANDLE;
    VkShaderModule composite = VK_NULL_HANDLE;
    const bool created = create_shader(gpu, fullscreen_vert, sizeof fullscreen_vert, &vertex) &&
                         create_shader(gpu, scene_frag, sizeof scene_frag, &scene) &&
                         create_shader(gpu, blur_frag, sizeof blur_frag, &blur) &&
                         create_shader(gpu, composite_frag, sizeof composite_frag, &composite) &&
                         create_pipeline(passes, gpu, PASS_SCENE, vertex, scene) &&
                         create_pipeline(passes, gpu, PASS_BLUR_HORIZONTAL, vertex, blur) &&
                         create_pipeline(passes, gpu, PASS_BLUR_VERTICAL, vertex, blur) &&
                         create_pipeline(passes, gpu, PASS_COMPOSITE, vertex, composite);
    vkDestroyShaderModule(gpu->device, vertex, NULL);
    vkDestroyShaderModule(gpu->device, scene, NULL);
    vkDestroyShaderModule(gpu->device, blur, NULL);
    vkDestroyShaderModule(gpu->device, composite, NULL);
    return created;
}

bool passes_create(struct passes *passes, const struct gpu *gpu, VkExtent2D output) {
    *passes = (struct passes){0};
    return create_targets(passes, gpu, output) && create_layouts(passes, gpu) && create_sampler(passes, gpu) &&
           create_sources(passes, gpu) && create_pipelines(passes, gpu);
}

void passes_destroy(struct passes *passes, const struct gpu *gpu) {
    if (!gpu->device)
        return;
    for (int i = 0; i < PASS_COUNT; i++) {
        vkDestroyPipeline(gpu->device, passes->pipelines[i], NULL);
        target_destroy(&passes->targets[i], gpu);
    }
    vkDestroyPipelineLayout(gpu->device, passes->layout, NULL);
    vkDestroyDescriptorPool(gpu->device, passes->descriptor_pool, NULL);
    vkDestroyDescriptorSetLayout(gpu->device, passes->set_layout, NULL);
    vkDestroySampler(gpu->device, passes->sampler, NULL);
    *passes = (struct passes){0};
}

static void record_pass(const struct passes *passes, VkCommandBuffer commands, int pass, VkExtent2D area,
                        const struct constants *constants) {
    const VkRect2D rectangle = {.extent = area};
    const VkRenderPassBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                                         .renderPass = passes->targets[pass].render_pass,
                                         .framebuffer = passes->targets[pass].framebuffer,
                                         .renderArea = rectangle};
    const VkViewport viewport = {.width = (float)area.width, .height = (float)area.height, .maxDepth = 1};
    vkCmdBeginRenderPass(commands, &begin, VK_SUBPASS_CONTENTS_INLINE);
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, passes->pipelines[pass]);
    vkCmdSetViewport(commands, 0, 1, &viewport);
    vkCmdSetScissor(commands, 0, 1, &rectangle);
    if (passes->sources[pass])
        vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, passes->layout, 0, 1, &passes->sources[pass],
                                0, NULL);
    vkCmdPushConstants(commands, passes->layout, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof *constants, constants);
    vkCmdDraw(commands, 3, 1, 0, 0);
    vkCmdEndRenderPass(commands);
}

static uint32_t scaled(uint32_t length, float scale) {
    const uint32_t result = (uint32_t)((float)length * scale + 0.5F);
    return result < 1 ? 1 : result > length ? length : result;
}

void passes_record(const struct passes *passes, VkCommandBuffer commands, const struct scene *scene) {
    const VkExtent2D full = passes->targets[PASS_SCENE].extent;
    const VkExtent2D half = passes->targets[PASS_BLUR_VERTICAL].extent;
    const VkExtent2D area = {scaled(full.width, scene->render_scale), scaled(full.height, scene->render_scale)};
    const VkExtent2D half_area = {(area.width + 1) / 2, (area.height + 1) / 2};
    const float area_used[2] = {(float)area.width / (float)full.width, (float)area.height / (float)full.height};
    const float half_used[2] = {(float)half_area.width / (float)half.width,
                                (float)half_area.height / (float)half.height};
    const struct constants draw = {.direction = {(float)full.width / (float)full.height, 1},
                                   .seconds = scene->seconds,
                                   .iterations = scene->iterations};
    record_pass(passes, commands, PASS_SCENE, area, &draw);
    const struct constants horizontal = {
        .first_used = {area_used[0], area_used[1]}, .direction = {2.0F / (float)full.width, 0}, .iterations = 1};
    record_pass(passes, commands, PASS_BLUR_HORIZONTAL, half_area, &horizontal);
    const struct constants vertical = {.first_used = {half_used[0], half_used[1]},
                                       .direction = {0, 1.0F / (float)half.height}};
    record_pass(passes, commands, PASS_BLUR_VERTICAL, half_area, &vertical);
    const struct constants composite = {.first_used = {area_used[0], area_used[1]},
                                        .second_used = {half_used[0], half_used[1]}};
    record_pass(passes, commands, PASS_COMPOSITE, full, &composite);
}
