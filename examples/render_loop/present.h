/* The swapchain: copies a finished picture into the window. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_PRESENT_H
#define RENDER_LOOP_PRESENT_H

#include "targets.h"
#include "window.h"

#define PRESENT_IMAGES_MAX 16

struct present {
    const struct window *window;
    VkSurfaceKHR surface; /* null: drawing offscreen */
    VkSwapchainKHR swapchain;
    VkExtent2D extent;
    VkImage images[PRESENT_IMAGES_MAX];
    VkSemaphore rendered[PRESENT_IMAGES_MAX];
    uint32_t image_count;
    uint32_t image; /* as acquired */
    bool stale;     /* the window changed: the swapchain must be made anew */
};

enum present_outcome { PRESENT_READY, PRESENT_NO_IMAGE, PRESENT_FAILED };

/* Waits for an image; PRESENT_NO_IMAGE: the window is hidden or just changed, try again in a moment. */
enum present_outcome present_acquire(struct present *present, const struct gpu *gpu, VkSemaphore acquired);
void present_record(const struct present *present, VkCommandBuffer commands, const struct target *picture);
bool present_show(struct present *present, const struct gpu *gpu);
void present_destroy(struct present *present, const struct gpu *gpu);

#endif
