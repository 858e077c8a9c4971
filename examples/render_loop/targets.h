/* Images that a pass draws into and a later one reads. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_TARGETS_H
#define RENDER_LOOP_TARGETS_H

#include "gpu.h"

struct target {
    VkExtent2D extent;
    VkImage image;
    VkDeviceMemory memory;
    VkImageView view;
    VkRenderPass render_pass;
    VkFramebuffer framebuffer;
};

struct target_description {
    VkExtent2D extent;
    VkFormat format;
    bool is_output; /* copied from afterwards; the others are sampled */
};

bool target_create(struct target *target, const struct gpu *gpu, const struct target_description *description);
void target_destroy(struct target *target, const struct gpu *gpu);

#endif
