/* Everything that draws, from the window to the cost model. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_RENDERER_H
#define RENDER_LOOP_RENDERER_H

#include "calibrate.h"
#include "options.h"
#include "passes.h"
#include "present.h"
#include "ring.h"

struct renderer {
    struct gpu gpu;
    struct window window;
    struct present present;
    struct ring ring;
    struct passes passes;
    struct cost_model cost;
    VkExtent2D output;
};

/* False: what failed has been said on stderr; renderer_destroy() undoes any half of it. */
bool renderer_create(struct renderer *renderer, const struct options *options);
void renderer_destroy(struct renderer *renderer);

#endif
