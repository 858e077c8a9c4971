/* The swapchain: copies a finished picture into the window. SPDX-License-Identifier: MIT */
#include "present.h"

#include <stdio.h>

#define FORMATS_MAX 64
#define ACQUIRE_TIMEOUT_NS UINT64_C(1000000000)

static uint32_t clamp(uint32_t value, uint32_t minimum, uint32_t maximum) {
    return value < minimum ? minimum : value > maximum ? maximum : value;
}

/* The picture is already encoded for display: a format that encodes once more is second choice. */
static bool choose_format(const struct present *present, const struct gpu *gpu, VkSurfaceFormatKHR *out_format) {
    VkSurfaceFormatKHR formats[FORMATS_MAX];
    uint32_t count = FORMATS_MAX;
    const VkResult result = vkGetPhysicalDeviceSurfaceFormatsKHR(gpu->physical, present->surface, &count, formats);
    if (result != VK_INCOMPLETE && !gpu_succeeded(result, "vkGetPhysicalDeviceSurfaceFormatsKHR"))
        return false;
    int best = -1;
    bool best_is_plain = false;
    for (uint32_t i = 0; i < count; i++) {
        VkFormatProperties properties;
        vkGetPhysicalDeviceFormatProperties(gpu->physical, formats[i].format, &properties);
        const bool plain =
            formats[i].format == VK_FORMAT_B8G8R8A8_UNORM || formats[i].format == VK_FORMAT_R8G8B8A8_UNORM;
        if (!(properties.optimalTilingFeatures & VK_FORMAT_FEATURE_BLIT_DST_BIT) ||
            (best >= 0 && (best_is_plain || !plain)))
            continue;
        best = (int)i;
        best_is_plain = plain;
    }
    if (best < 0) {
        fprintf(stderr, "render_loop: --window: no format that can be copied into\n");
        return false;
    }
    *out_format = formats[best];
    return true;
}

static VkCompositeAlphaFlagBitsKHR choose_alpha(VkCompositeAlphaFlagsKHR supported) {
    return supported & VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR ? VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR
                                                         : VK_COMPOSITE_ALPHA_INHERIT_BIT_KHR;
}

static VkExtent2D choose_extent(const struct present *present, const VkSurfaceCapabilitiesKHR *capabilities) {
    if (capabilities->currentExtent.width != UINT32_MAX)
        return capabilities->currentExtent;
    const VkExtent2D size = window_size(present->window);
    return (VkExtent2D){clamp(size.width, capabilities->minImageExtent.width, capabilities->maxImageExtent.width),
                        clamp(size.height, capabilities->minImageExtent.height, capabilities->maxImageExtent.height)};
}

static bool create_swapchain(struct present *present, const struct gpu *gpu,
                             const VkSurfaceCapabilitiesKHR *capabilities, VkSwapchainKHR old) {
    VkSurfaceFormatKHR format = {VK_FORMAT_UNDEFINED, VK_COLOR_SPACE_SRGB_NONLINEAR_KHR};
    if (!choose_format(present, gpu, &format))
        return false;
    if (!(capabilities->supportedUsageFlags & VK_IMAGE_USAGE_TRANSFER_DST_BIT))
        return gpu_succeeded(VK_ERROR_FEATURE_NOT_PRESENT, "window images cannot be copied into");
    const uint32_t most = capabilities->maxImageCount ? capabilities->maxImageCount : PRESENT_IMAGES_MAX;
    const VkSwapchainCreateInfoKHR info = {.sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
                                           .surface = present->surface,
                                           .minImageCount = clamp(capabilities->minImageCount + 1, 1, most),
                                           .imageFormat = format.format,
                                           .imageColorSpace = format.colorSpace,
                                           .imageExtent = present->extent,
                                           .imageArrayLayers = 1,
                                           .imageUsage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                                           .preTransform = capabilities->currentTransform,
                                           .compositeAlpha = choose_alpha(capabilities->supportedCompositeAlpha),
                                           .presentMode = VK_PRESENT_MODE_FIFO_KHR,
                                           .clipped = VK_TRUE,
                                           .oldSwapchain = old};
    return gpu_succeeded(vkCreateSwapchainKHR(gpu->device, &info, NULL, &present->swapchain), "vkCreateSwapchainKHR");
}

static bool get_images(struct present *present, const struct gpu *gpu) {
    present->image_count = PRESENT_IMAGES_MAX;
    if (!gpu_succeeded(vkGetSwapchainImagesKHR(gpu->device, present->swapchain, &present->image_count, present->images),
                       "vkGetSwapchainImagesKHR"))
        return false;
    const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
    for (uint32_t i = 0; i < present->image_count; i++) {
        if (!gpu_succeeded(vkCreateSemaphore(gpu->device, &info, NULL, &present->rendered[i]), "vkCreateSemaphore"))
            return false;
    }
    return true;
}

static void destroy_semaphores(struct present *present, const struct gpu *gpu) {
    for (uint32_t i = 0; i < PRESENT_IMAGES_MAX; i++) {
        vkDestroySemaphore(gpu->device, present->rendered[i], NULL);
        present->rendered[i] = VK_NULL_HANDLE;
    }
}

static enum present_outcome renew_swapchain(struct present *present, const struct gpu *gpu) {
    VkSurfaceCapabilitiesKHR capabilities;
    if (!gpu_succeeded(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(gpu->physical, present->surface, &capabilities),
                       "vkGetPhysicalDeviceSurfaceCapabilitiesKHR"))
        return PRESENT_FAILED;
    present->extent = choose_extent(present, &capabilities);
    if (present->extent.width == 0 || present->extent.height == 0)
        return PRESENT_NO_IMAGE;
    vkDeviceWaitIdle(gpu->device);
    destroy_semaphores(present, gpu);
    const VkSwapchainKHR old = present->swapchain;
    present->swapchain = VK_NULL_HANDLE;
    const bool created = create_swapchain(present, gpu, &capabilities, old);
    vkDestroySwapchainKHR(gpu->device, old, NULL);
    present->stale = false;
    return created && get_images(present, gpu) ? PRESENT_READY : PRESENT_FAILED;
}

enum present_outcome present_acquire(struct present *present, const struct gpu *gpu, VkSemaphore acquired) {
    if (!present->surface)
        return PRESENT_READY;
    if (!present->swapchain || present->stale) {
        const enum present_outcome outcome = renew_swapchain(present, gpu);
        if (outcome != PRESENT_READY)
            return outcome;
    }
    const VkResult result = vkAcquireNextImageKHR(gpu->device, present->swapchain, ACQUIRE_TIMEOUT_NS, acquired,
                                                  VK_NULL_HANDLE, &present->image);
    present->stale = result == VK_SUBOPTIMAL_KHR || result == VK_ERROR_OUT_OF_DATE_KHR;
    if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_TIMEOUT)
        return PRESENT_NO_IMAGE;
    if (result == VK_SUBOPTIMAL_KHR)
        return PRESENT_READY;
    return gpu_succeeded(result, "vkAcquireNextImageKHR") ? PRESENT_READY : PRESENT_FAILED;
}

static void change_layout(VkCommandBuffer commands, VkImage image, bool before_copy) {
    const VkImageMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .srcAccessMask = before_copy ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = before_copy ? VK_ACCESS_TRANSFER_WRITE_BIT : 0,
        .oldLayout = before_copy ? VK_IMAGE_LAYOUT_UNDEFINED : VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
        .newLayout = before_copy ? VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL : VK_IMAGE_LAYOUT_PRESENT_SRC_KHR,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = image,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
    /* The first one starts from the stage that waits for the acquired image. */
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         before_copy ? VK_PIPELINE_STAGE_TRANSFER_BIT : VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0,
                         NULL, 0, NULL, 1, &barrier);
}

void present_record(const struct present *present, VkCommandBuffer commands, const struct target *picture) {
    if (!present->surface)
        return;
    const VkImage image = present->images[present->image];
    const VkImageBlit blit = {
        .srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
        .srcOffsets = {{0, 0, 0}, {(int32_t)picture->extent.width, (int32_t)picture->extent.height, 1}},
        .dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
        .dstOffsets = {{0, 0, 0}, {(int32_t)present->extent.width, (int32_t)present->extent.height, 1}}};
    change_layout(commands, image, true);
    vkCmdBlitImage(commands, picture->image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, image,
                   VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &blit, VK_FILTER_LINEAR);
    change_layout(commands, image, false);
}

bool present_show(struct present *present, const struct gpu *gpu) {
    if (!present->surface)
        return true;
    const VkPresentInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
                                   .waitSemaphoreCount = 1,
                                   .pWaitSemaphores = &present->rendered[present->image],
                                   .swapchainCount = 1,
                                   .pSwapchains = &present->swapchain,
                                   .pImageIndices = &present->image};
    const VkResult result = vkQueuePresentKHR(gpu->queue, &info);
    if (result == VK_SUBOPTIMAL_KHR || result == VK_ERROR_OUT_OF_DATE_KHR) {
        present->stale = true;
        return true;
    }
    return gpu_succeeded(result, "vkQueuePresentKHR");
}

void present_destroy(struct present *present, const struct gpu *gpu) {
    if (gpu->device) {
        destroy_semaphores(present, gpu);
        if (present->swapchain)
            vkDestroySwapchainKHR(gpu->device, present->swapchain, NULL);
    }
    if (present->surface)
        vkDestroySurfaceKHR(gpu->instance, present->surface, NULL);
    *present = (struct present){0};
}
