/* Work for the GPU, in units that heat alike: a compute shader, its memory, and what it costs on this device.
 * SPDX-License-Identifier: MIT */
#ifndef GPU_SOAK_LOAD_H
#define GPU_SOAK_LOAD_H

#include "gpu.h"
#include "ring.h"

struct load {
    VkBuffer stream;
    VkDeviceMemory memory;
    VkDescriptorSetLayout set_layout;
    VkDescriptorPool descriptors;
    VkDescriptorSet set;
    VkPipelineLayout layout;
    VkPipeline pipeline;
    uint32_t groups;     /* as many as fill the device several times */
    double iteration_ns; /* of all groups, at full clock; 0 until load_calibrate() */
};

/* compute_units: of struct perfadapt_device, 0 = unknown. What failed is said on stderr; load_destroy() undoes any half. */
bool load_create(struct load *load, const struct gpu *gpu, uint32_t compute_units);
void load_destroy(struct load *load, const struct gpu *gpu);

/* Fills the memory, warms the device up until its clock is what it is under load, and times the work. Some seconds. */
bool load_calibrate(struct load *load, struct ring *ring, const struct gpu *gpu);

/* Iterations that take so long at full clock, at least 1. */
uint32_t load_iterations(const struct load *load, double duration_ns);

struct load_frame {
    uint64_t number;          /* the session's */
    uint32_t iterations;      /* 0 fills the memory */
    uint32_t submission_most; /* iterations that one submission may have */
};

/* Draws one frame, in no more submissions than it takes. ring_collect() comes before it. */
bool load_submit(const struct load *load, struct ring *ring, const struct gpu *gpu, const struct load_frame *frame);

#endif
