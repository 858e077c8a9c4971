/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "Usage: gpu_soak [OPTION]...\n"
    "Keeps a GPU as busy as its budget allows: a compute load, sized by the quality of each frame.\n\n"
    "      --duration S      how long (default: 10)\n"
    "      --scene KIND      constant, or jump: the weight of the scene changes every few seconds\n"
    "      --limit-c C       stay below C °C instead of the device's own limit; for the time of the run this stands "
    "in\n"
    "                        for the configuration of the administrator and the user\n"
    "      --quality N       this level always, whatever the budget says\n"
    "      --levels N        levels of quality, 1 to 32 (default: 32)\n"
    "      --target-fps F    frame rate aimed at (default: 60)\n"
    "      --full-ms MS      GPU time of a frame at the best quality (default: 0.85 of the frame's time)\n"
    "      --device N|NAME   device by index or by part of its name (default: the best)\n"
    "      --simulate PLANT  temperatures of a simulated device: rpi4, handheld, laptop, datacentre, h200\n"
    "      --trace FILE.csv  a row every 100 ms: time, temperature, limit, power, clock, quality, frame time, busy, "
    "work\n"
    "  -h, --help            print this text and exit\n\n"
    "A unit of work is a frame of the best quality. Exit status: 0 success, 2 wrong usage, 3 no Vulkan device, a "
    "failure\n"
    "of it, or a file that cannot be written.\n";

enum argument { DURATION = 1, SCENE, LIMIT, QUALITY, LEVELS, TARGET_FPS, FULL, DEVICE, SIMULATE, TRACE, HELP = 'h' };

static const struct option known[] = {
    {"duration", required_argument, NULL, DURATION},
    {"scene", required_argument, NULL, SCENE},
    {"limit-c", required_argument, NULL, LIMIT},
    {"quality", required_argument, NULL, QUALITY},
    {"levels", required_argument, NULL, LEVELS},
    {"target-fps", required_argument, NULL, TARGET_FPS},
    {"full-ms", required_argument, NULL, FULL},
    {"device", required_argument, NULL, DEVICE},
    {"simulate", required_argument, NULL, SIMULATE},
    {"trace", required_argument, NULL, TRACE},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

/* Whole text as a number; no locale is set, so the decimal separator is a point. */
static bool parse_number(const char *name, const char *text, double least, double most, double *out_number) {
    char *end = NULL;
    const double number = strtod(text, &end);
    if (end != text && !*end && number >= least && number <= most) {
        *out_number = number;
        return true;
    }
    fprintf(stderr, "gpu_soak: --%s \"%s\" is not a number from %g to %g; gpu_soak --help tells more\n", name, text,
            least, most);
    return false;
}

static bool parse_count(const char *name, const char *text, double least, double most, uint32_t *out_count) {
    double number = 0;
    if (!parse_number(name, text, least, most, &number))
        return false;
    *out_count = (uint32_t)number;
    if (floor(number) >= number)
        return true;
    fprintf(stderr, "gpu_soak: --%s \"%s\" is not a whole number; gpu_soak --help tells more\n", name, text);
    return false;
}

static bool parse_load(const char *text, enum scene_load *out_load) {
    *out_load = strcmp(text, "jump") == 0 ? SCENE_JUMP : SCENE_CONSTANT;
    if (*out_load == SCENE_JUMP || strcmp(text, "constant") == 0)
        return true;
    fprintf(stderr, "gpu_soak: --scene \"%s\" is neither constant nor jump; gpu_soak --help tells more\n", text);
    return false;
}

static bool take(struct options *options, int option, const char *value) {
    switch (option) {
    case DURATION:
        return parse_number("duration", value, 0.1, 1e6, &options->duration_s);
    case SCENE:
        return parse_load(value, &options->scene);
    case LIMIT:
        return parse_number("limit-c", value, 30, 125, &options->limit_c);
    case QUALITY:
        options->pinned = true;
        return parse_count("quality", value, 0, SCENE_LEVELS_MAX - 1, &options->quality);
    case LEVELS:
        return parse_count("levels", value, 1, SCENE_LEVELS_MAX, &options->levels);
    case TARGET_FPS:
        return parse_number("target-fps", value, 1, 1000, &options->target_fps);
    case FULL:
        return parse_number("full-ms", value, 0.01, 1000, &options->full_ms);
    case DEVICE:
        options->device = value;
        return true;
    case SIMULATE:
        options->simulate = value;
        return true;
    case TRACE:
        options->trace = value;
        return true;
    default:
        return false; /* getopt has said why */
    }
}

enum options_outcome options_parse(int argc, char **argv, struct options *out_options) {
    *out_options =
        (struct options){.duration_s = 10, .target_fps = 60, .limit_c = (double)NAN, .levels = SCENE_LEVELS_MAX};
    for (int option = 0; (option = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        if (option == HELP) {
            fputs(help_text, stdout);
            return OPTIONS_HELP_SHOWN;
        }
        if (!take(out_options, option, optarg))
            return OPTIONS_BAD;
    }
    if (optind < argc) {
        fprintf(stderr, "gpu_soak: argument \"%s\" is not an option; gpu_soak --help tells more\n", argv[optind]);
        return OPTIONS_BAD;
    }
    if (out_options->pinned && out_options->quality >= out_options->levels) {
        fprintf(stderr,
                "gpu_soak: --quality %u is not below the number of levels, %u; --levels N says how many there are\n",
                out_options->quality, out_options->levels);
        return OPTIONS_BAD;
    }
    if (!(out_options->full_ms > 0))
        out_options->full_ms = 0.85 * 1000 / out_options->target_fps;
    return OPTIONS_RUN;
}
