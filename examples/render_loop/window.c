/* The window, where the program was built with SDL2. SPDX-License-Identifier: MIT */
#include "window.h"

#include <stdio.h>

#ifdef PERFADAPT_EXAMPLE_SDL2

#include <SDL.h>
#include <SDL_vulkan.h>

static bool fail(const char *what) {
    fprintf(stderr, "render_loop: --window: %s: %s\n", what, SDL_GetError());
    return false;
}

bool window_open(struct window *window, const char *title, VkExtent2D size) {
    *window = (struct window){.extension_count = WINDOW_EXTENSIONS_MAX};
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        return fail("SDL_Init");
    window->handle = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, (int)size.width,
                                      (int)size.height, SDL_WINDOW_VULKAN | SDL_WINDOW_RESIZABLE);
    if (!window->handle)
        return fail("SDL_CreateWindow");
    if (!SDL_Vulkan_GetInstanceExtensions(window->handle, &window->extension_count, window->extensions))
        return fail("SDL_Vulkan_GetInstanceExtensions");
    return true;
}

bool window_create_surface(const struct window *window, VkInstance instance, VkSurfaceKHR *out_surface) {
    return SDL_Vulkan_CreateSurface(window->handle, instance, out_surface) ? true : fail("SDL_Vulkan_CreateSurface");
}

VkExtent2D window_size(const struct window *window) {
    int width = 0;
    int height = 0;
    SDL_Vulkan_GetDrawableSize(window->handle, &width, &height);
    return (VkExtent2D){(uint32_t)width, (uint32_t)height};
}

bool window_poll(const struct window *window) {
    SDL_Event event;
    bool open = true;
    while (window->handle && SDL_PollEvent(&event)) {
        if (event.type == SDL_QUIT || (event.type == SDL_KEYDOWN && event.key.keysym.sym == SDLK_ESCAPE))
            open = false;
    }
    return open;
}

void window_close(struct window *window) {
    if (window->handle)
        SDL_DestroyWindow(window->handle);
    SDL_Quit();
    *window = (struct window){0};
}

#else

bool window_open(struct window *window, const char *title, VkExtent2D size) {
    (void)title;
    (void)size;
    *window = (struct window){0};
    fprintf(stderr, "render_loop: --window: built without SDL2\n");
    return false;
}

bool window_create_surface(const struct window *window, VkInstance instance, VkSurfaceKHR *out_surface) {
    (void)window;
    (void)instance;
    (void)out_surface;
    return false;
}

VkExtent2D window_size(const struct window *window) {
    (void)window;
    return (VkExtent2D){0, 0};
}

bool window_poll(const struct window *window) {
    (void)window;
    return true;
}

void window_close(struct window *window) {
    (void)window;
}

#endif
