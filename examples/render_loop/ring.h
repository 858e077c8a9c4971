/* Frames in flight: a ring of command buffers, fences and timestamp pairs. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_RING_H
#define RENDER_LOOP_RING_H

#include "gpu.h"

#define RING_SLOTS 3
#define RING_PARTS 16 /* submissions that a frame may be split into */

struct ring_slot {
    VkCommandBuffer commands; /* to record into: one of the next */
    VkCommandBuffer parts[RING_PARTS];
    uint32_t part;
    VkFence fence;
    VkSemaphore acquired; /* signalled when the window's image may be written */
    uint64_t frame;       /* the session's number of the frame */
    int64_t submitted_ns;
};

struct ring {
    VkCommandPool pool;
    VkQueryPool queries; /* null: no timestamps */
    struct ring_slot slots[RING_SLOTS];
    uint64_t submitted;
    uint64_t collected;
};

/* A frame the GPU is done with. */
struct finished_frame {
    uint64_t frame;
    int64_t gpu_ns;  /* -1: no timestamps */
    int64_t wall_ns; /* from submission until it was found finished */
};

struct ring_semaphores {
    VkSemaphore wait;   /* null: wait for nothing */
    VkSemaphore signal; /* null: signal nothing */
};

bool ring_create(struct ring *ring, const struct gpu *gpu);
void ring_destroy(struct ring *ring, const struct gpu *gpu);

/* Waits until fewer than `limit` frames are in flight, and hands out what has finished, oldest first. */
bool ring_collect(struct ring *ring, const struct gpu *gpu, uint32_t limit,
                  struct finished_frame out_frames[RING_SLOTS], uint32_t *out_count);

/* The slot of the next frame: call ring_collect() before, so that it is free. */
struct ring_slot *ring_next(struct ring *ring);
bool ring_begin(struct ring *ring, uint64_t frame);
/* Submits what is recorded so far; the frame goes on in slot->commands, up to RING_PARTS of them. */
bool ring_split(struct ring *ring, const struct gpu *gpu);
bool ring_submit(struct ring *ring, const struct gpu *gpu, struct ring_semaphores semaphores);

#endif
