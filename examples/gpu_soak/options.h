/* The command line. SPDX-License-Identifier: MIT */
#ifndef GPU_SOAK_OPTIONS_H
#define GPU_SOAK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "scene.h"

struct options {
    const char *device; /* index or part of a name; NULL: the best */
    const char *simulate;
    const char *trace; /* NULL: none */
    enum scene_load scene;
    double duration_s;
    double target_fps;
    double full_ms; /* GPU time of the best quality at weight 1 */
    double limit_c; /* NAN: the device's own */
    uint32_t levels;
    bool pinned;
    uint32_t quality; /* where it is pinned */
};

enum options_outcome { OPTIONS_RUN, OPTIONS_HELP_SHOWN, OPTIONS_BAD };

/* What is wrong is said on stderr. The strings in *out_options are those of argv. */
enum options_outcome options_parse(int argc, char **argv, struct options *out_options);

#endif
