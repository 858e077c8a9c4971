/* Frames in flight: a ring of command buffers, fences and timestamp pairs. SPDX-License-Identifier: MIT */
#include "ring.h"

#include "stats.h"

#define FENCE_TIMEOUT_NS UINT64_C(20000000000)

static bool create_slot(struct ring *ring, const struct gpu *gpu, struct ring_slot *slot) {
    const VkCommandBufferAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                  .commandPool = ring->pool,
                                                  .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                                  .commandBufferCount = RING_PARTS};
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    const VkSemaphoreCreateInfo semaphore = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
    return gpu_succeeded(vkAllocateCommandBuffers(gpu->device, &allocate, slot->parts), "vkAllocateCommandBuffers") &&
           gpu_succeeded(vkCreateFence(gpu->device, &fence, NULL, &slot->fence), "vkCreateFence") &&
           gpu_succeeded(vkCreateSemaphore(gpu->device, &semaphore, NULL, &slot->acquired), "vkCreateSemaphore");
}

static bool create_queries(struct ring *ring, const struct gpu *gpu) {
    if (gpu->timestamp_bits == 0)
        return true;
    const VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                        .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                        .queryCount = 2 * RING_SLOTS};
    return gpu_succeeded(vkCreateQueryPool(gpu->device, &info, NULL, &ring->queries), "vkCreateQueryPool");
}

bool ring_create(struct ring *ring, const struct gpu *gpu) {
    *ring = (struct ring){0};
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                          .queueFamilyIndex = gpu->queue_family};
    if (!gpu_succeeded(vkCreateCommandPool(gpu->device, &pool, NULL, &ring->pool), "vkCreateCommandPool") ||
        !create_queries(ring, gpu))
        return false;
    for (int i = 0; i < RING_SLOTS; i++) {
        if (!create_slot(ring, gpu, &ring->slots[i]))
            return false;
    }
    return true;
}

void ring_destroy(struct ring *ring, const struct gpu *gpu) {
    if (!gpu->device)
        return;
    for (int i = 0; i < RING_SLOTS; i++) {
        vkDestroySemaphore(gpu->device, ring->slots[i].acquired, NULL);
        vkDestroyFence(gpu->device, ring->slots[i].fence, NULL);
    }
    vkDestroyQueryPool(gpu->device, ring->queries, NULL);
    vkDestroyCommandPool(gpu->device, ring->pool, NULL);
    *ring = (struct ring){0};
}

static uint32_t slot_index(uint64_t sequence) {
    return (uint32_t)(sequence % RING_SLOTS);
}

static bool read_gpu_time(const struct ring *ring, const struct gpu *gpu, uint32_t slot, int64_t *out_ns) {
    *out_ns = -1;
    if (!ring->queries)
        return true;
    uint64_t ticks[2] = {0, 0};
    const VkResult result = vkGetQueryPoolResults(gpu->device, ring->queries, 2 * slot, 2, sizeof ticks, ticks,
                                                  sizeof *ticks, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
    *out_ns = gpu_elapsed_ns(gpu, ticks[0], ticks[1]);
    return gpu_succeeded(result, "vkGetQueryPoolResults");
}

bool ring_collect(struct ring *ring, const struct gpu *gpu, uint32_t limit,
                  struct finished_frame out_frames[RING_SLOTS], uint32_t *out_count) {
    const uint64_t allowed = limit < 1 ? 1 : limit > RING_SLOTS ? RING_SLOTS : limit;
    *out_count = 0;
    while (ring->collected < ring->submitted) {
        const uint32_t index = slot_index(ring->collected);
        const struct ring_slot *slot = &ring->slots[index];
        const bool must_wait = ring->submitted - ring->collected >= allowed;
        const VkResult result =
            vkWaitForFences(gpu->device, 1, &slot->fence, VK_TRUE, must_wait ? FENCE_TIMEOUT_NS : 0);
        if (result == VK_TIMEOUT && !must_wait)
            return true;
        struct finished_frame *finished = &out_frames[*out_count];
        if (!gpu_succeeded(result, "vkWaitForFences") || !read_gpu_time(ring, gpu, index, &finished->gpu_ns))
            return false;
        finished->frame = slot->frame;
        finished->wall_ns = clock_ns() - slot->submitted_ns;
        ring->collected++;
        (*out_count)++;
    }
    return true;
}

struct ring_slot *ring_next(struct ring *ring) {
    return &ring->slots[slot_index(ring->submitted)];
}

static bool begin_part(struct ring_slot *slot, uint32_t part) {
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    slot->part = part;
    slot->commands = slot->parts[part];
    return gpu_succeeded(vkBeginCommandBuffer(slot->commands, &begin), "vkBeginCommandBuffer");
}

bool ring_begin(struct ring *ring, uint64_t frame) {
    struct ring_slot *slot = ring_next(ring);
    slot->frame = frame;
    if (!begin_part(slot, 0))
        return false;
    if (ring->queries) {
        const uint32_t first = 2 * slot_index(ring->submitted);
        vkCmdResetQueryPool(slot->commands, ring->queries, first, 2);
        /* The bottom of the pipe is reached once earlier frames are through: waiting for them is not work. */
        vkCmdWriteTimestamp(slot->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, ring->queries, first);
    }
    return true;
}

bool ring_split(struct ring *ring, const struct gpu *gpu) {
    struct ring_slot *slot = ring_next(ring);
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &slot->commands};
    return gpu_succeeded(vkEndCommandBuffer(slot->commands), "vkEndCommandBuffer") &&
           gpu_succeeded(vkQueueSubmit(gpu->queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit") &&
           begin_part(slot, slot->part + 1);
}

bool ring_submit(struct ring *ring, const struct gpu *gpu, struct ring_semaphores semaphores) {
    struct ring_slot *slot = ring_next(ring);
    if (ring->queries)
        vkCmdWriteTimestamp(slot->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, ring->queries,
                            2 * slot_index(ring->submitted) + 1);
    if (!gpu_succeeded(vkEndCommandBuffer(slot->commands), "vkEndCommandBuffer") ||
        !gpu_succeeded(vkResetFences(gpu->device, 1, &slot->fence), "vkResetFences"))
        return false;
    const VkPipelineStageFlags wait_stage = VK_PIPELINE_STAGE_TRANSFER_BIT;
    const VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                 .waitSemaphoreCount = semaphores.wait ? 1 : 0,
                                 .pWaitSemaphores = &semaphores.wait,
                                 .pWaitDstStageMask = &wait_stage,
                                 .commandBufferCount = 1,
                                 .pCommandBuffers = &slot->commands,
                                 .signalSemaphoreCount = semaphores.signal ? 1 : 0,
                                 .pSignalSemaphores = &semaphores.signal};
    slot->submitted_ns = clock_ns();
    if (!gpu_succeeded(vkQueueSubmit(gpu->queue, 1, &submit, slot->fence), "vkQueueSubmit"))
        return false;
    ring->submitted++;
    return true;
}
