/* The window, where the program was built with SDL2. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_WINDOW_H
#define RENDER_LOOP_WINDOW_H

#include "gpu.h"

#define WINDOW_EXTENSIONS_MAX 8

struct window {
    void *handle;                                  /* SDL_Window; NULL: no window */
    const char *extensions[WINDOW_EXTENSIONS_MAX]; /* that the instance needs */
    uint32_t extension_count;
};

/* What failed is said on stderr wherever false is returned. */
bool window_open(struct window *window, const char *title, VkExtent2D size);
bool window_create_surface(const struct window *window, VkInstance instance, VkSurfaceKHR *out_surface);
VkExtent2D window_size(const struct window *window);
/* Handles what has happened; false when the user closed the window. */
bool window_poll(const struct window *window);
void window_close(struct window *window);

#endif
