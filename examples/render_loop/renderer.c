/* Everything that draws, from the window to the cost model. SPDX-License-Identifier: MIT */
#include "renderer.h"

#include <stdio.h>

#define SMALLEST_OUTPUT_WIDTH 96
/* Of the load: what may go into passes that no quality level makes cheaper, so that the levels still differ. */
#define FIXED_COST_SHARE_MAX 0.2

static VkExtent2D output_size(const struct options *options, VkPhysicalDeviceType type) {
    if (options->width)
        return (VkExtent2D){options->width, options->height};
    return type == VK_PHYSICAL_DEVICE_TYPE_CPU ? (VkExtent2D){320, 180} : (VkExtent2D){640, 360};
}

static bool open_gpu(struct renderer *renderer, const struct options *options) {
    struct window *window = &renderer->window;
    struct gpu *gpu = &renderer->gpu;
    if (options->window &&
        !window_open(window, options->name, output_size(options, VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)))
        return false;
    if (!gpu_create_instance(gpu, window->extensions, window->extension_count))
        return false;
    renderer->present.window = window;
    if (options->window && !window_create_surface(window, gpu->instance, &renderer->present.surface))
        return false;
    if (!gpu_open_device(gpu, options->device, renderer->present.surface) || !ring_create(&renderer->ring, gpu))
        return false;
    if (!gpu->timestamp_bits)
        fprintf(stderr, "render_loop: the queue has no timestamps: GPU times stay unknown\n");
    return true;
}

/* Halves the output, unless its size was asked for, until its fixed cost leaves room for the load. */
static bool fit_to_load(struct renderer *renderer, const struct options *options) {
    const double goal_ms = options->load * 1000 / options->target_fps;
    renderer->output = output_size(options, renderer->gpu.properties.deviceType);
    for (;;) {
        if (!passes_create(&renderer->passes, &renderer->gpu, renderer->output) ||
            !calibrate(&renderer->ring, &renderer->gpu, &renderer->passes, goal_ms, &renderer->cost))
            return false;
        if (renderer->cost.fixed_ms + renderer->cost.iteration_ms <= goal_ms * FIXED_COST_SHARE_MAX)
            return true;
        if (options->width || renderer->output.width / 2 < SMALLEST_OUTPUT_WIDTH)
            break;
        passes_destroy(&renderer->passes, &renderer->gpu);
        renderer->output = (VkExtent2D){renderer->output.width / 2, renderer->output.height / 2};
    }
    fprintf(stderr, "render_loop: %ux%u alone takes %.2f ms of the %.2f ms asked for: levels hardly differ\n",
            renderer->output.width, renderer->output.height, renderer->cost.fixed_ms, goal_ms);
    return true;
}

bool renderer_create(struct renderer *renderer, const struct options *options) {
    *renderer = (struct renderer){0};
    return open_gpu(renderer, options) && fit_to_load(renderer, options);
}

void renderer_destroy(struct renderer *renderer) {
    struct gpu *gpu = &renderer->gpu;
    if (gpu->device)
        vkDeviceWaitIdle(gpu->device);
    passes_destroy(&renderer->passes, gpu);
    ring_destroy(&renderer->ring, gpu);
    present_destroy(&renderer->present, gpu);
    gpu_close_device(gpu);
    gpu_destroy_instance(gpu);
    window_close(&renderer->window);
}
