/* The four passes of a frame: scene, glow in two directions, composite. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_PASSES_H
#define RENDER_LOOP_PASSES_H

#include "targets.h"

enum pass_index { PASS_SCENE, PASS_BLUR_HORIZONTAL, PASS_BLUR_VERTICAL, PASS_COMPOSITE, PASS_COUNT };

struct passes {
    struct target targets[PASS_COUNT]; /* what each pass draws into */
    VkPipeline pipelines[PASS_COUNT];
    VkDescriptorSet sources[PASS_COUNT]; /* what each pass reads; none for the scene */
    VkSampler sampler;
    VkDescriptorSetLayout set_layout;
    VkDescriptorPool descriptor_pool;
    VkPipelineLayout layout;
};

/* What a frame draws. */
struct scene {
    int32_t iterations;
    float render_scale;
    float seconds;
};

bool passes_create(struct passes *passes, const struct gpu *gpu, VkExtent2D output);
void passes_destroy(struct passes *passes, const struct gpu *gpu);

/* Leaves the picture in targets[PASS_COMPOSITE], ready to be copied from. */
void passes_record(const struct passes *passes, VkCommandBuffer commands, const struct scene *scene);

#endif
