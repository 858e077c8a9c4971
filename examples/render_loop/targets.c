/* Images that a pass draws into and a later one reads. SPDX-License-Identifier: MIT */
#include "targets.h"

static bool create_image(struct target *target, const struct gpu *gpu, const struct target_description *description) {
    const VkImageUsageFlags read =
        description->is_output ? VK_IMAGE_USAGE_TRANSFER_SRC_BIT : VK_IMAGE_USAGE_SAMPLED_BIT;
    const VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                    .imageType = VK_IMAGE_TYPE_2D,
                                    .format = description->format,
                                    .extent = {description->extent.width, description->extent.height, 1},
                                    .mipLevels = 1,
                                    .arrayLayers = 1,
                                    .samples = VK_SAMPLE_COUNT_1_BIT,
                                    .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | read};
    if (!gpu_succeeded(vkCreateImage(gpu->device, &info, NULL, &target->image), "vkCreateImage"))
        return false;
    VkMemoryRequirements requirements;
    vkGetImageMemoryRequirements(gpu->device, target->image, &requirements);
    return gpu_allocate(gpu, &requirements, &target->memory) &&
           gpu_succeeded(vkBindImageMemory(gpu->device, target->image, target->memory, 0), "vkBindImageMemory");
}

static bool create_view(struct target *target, const struct gpu *gpu, VkFormat format) {
    const VkImageViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
                                        .image = target->image,
                                        .viewType = VK_IMAGE_VIEW_TYPE_2D,
                                        .format = format,
                                        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
    return gpu_succeeded(vkCreateImageView(gpu->device, &info, NULL, &target->view), "vkCreateImageView");
}

/*
 * The two dependencies are all the synchronization between passes, and between frames, which share the targets: drawing
 * waits for those who read the target before, and those who read it afterwards wait for the drawing.
 */
static bool create_render_pass(struct target *target, const struct gpu *gpu,
                               const struct target_description *description) {
    const VkPipelineStageFlags reader =
        description->is_output ? VK_PIPELINE_STAGE_TRANSFER_BIT : VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT;
    const VkAttachmentDescription attachment = {.format = description->format,
                                                .samples = VK_SAMPLE_COUNT_1_BIT,
                                                .loadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
                                                .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                                                .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
                                                .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
                                                .finalLayout = description->is_output
                                                                   ? VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL
                                                                   : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
    const VkAttachmentReference reference = {0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
    const VkSubpassDescription subpass = {.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
                                          .colorAttachmentCount = 1,
                                          .pColorAttachments = &reference};
    const VkSubpassDependency dependencies[] = {
        {.srcSubpass = VK_SUBPASS_EXTERNAL,
         .srcStageMask = reader | VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
         .dstStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
         .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
         .dstAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT},
        {.dstSubpass = VK_SUBPASS_EXTERNAL,
         .srcStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
         .dstStageMask = reader,
         .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
         .dstAccessMask = description->is_output ? VK_ACCESS_TRANSFER_READ_BIT : VK_ACCESS_SHADER_READ_BIT}};
    const VkRenderPassCreateInfo info = {.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
                                         .attachmentCount = 1,
                                         .pAttachments = &attachment,
                                         .subpassCount = 1,
                                         .pSubpasses = &subpass,
                                         .dependencyCount = 2,
                                         .pDependencies = dependencies};
    return gpu_succeeded(vkCreateRenderPass(gpu->device, &info, NULL, &target->render_pass), "vkCreateRenderPass");
}

static bool create_framebuffer(struct target *target, const struct gpu *gpu) {
    const VkFramebufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                          .renderPass = target->render_pass,
                                          .attachmentCount = 1,
                                          .pAttachments = &target->view,
                                          .width = target->extent.width,
                                          .height = target->extent.height,
                                          .layers = 1};
    return gpu_succeeded(vkCreateFramebuffer(gpu->device, &info, NULL, &target->framebuffer), "vkCreateFramebuffer");
}

bool target_create(struct target *target, const struct gpu *gpu, const struct target_description *description) {
    *target = (struct target){.extent = description->extent};
    return create_image(target, gpu, description) && create_view(target, gpu, description->format) &&
           create_render_pass(target, gpu, description) && create_framebuffer(target, gpu);
}

void target_destroy(struct target *target, const struct gpu *gpu) {
    vkDestroyFramebuffer(gpu->device, target->framebuffer, NULL);
    vkDestroyRenderPass(gpu->device, target->render_pass, NULL);
    vkDestroyImageView(gpu->device, target->view, NULL);
    vkDestroyImage(gpu->device, target->image, NULL);
    vkFreeMemory(gpu->device, target->memory, NULL);
    *target = (struct target){0};
}
