/* The command line. SPDX-License-Identifier: MIT */
#include "options.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfadapt/monitor.h>
#include <perfadapt/perfadapt.h>

#define SIZE_MAX_PIXELS 8192

static const char help_text[] =
    "Usage: render_loop [OPTION]...\n"
    "Draws with Vulkan what costs more than the device can do in time, and adapts.\n\n"
    "      --window             show it in a window instead of drawing offscreen\n"
    "      --device N|NAME      device by index or by part of its name (default: the best)\n"
    "      --list-devices       list the devices and exit\n"
    "      --size WxH           output size in pixels (default: 640x360, on a CPU 320x180)\n"
    "      --target-fps F       frame rate aimed at (default: 60)\n"
    "      --levels N           levels of quality, 1 to 32 (default: 7)\n"
    "      --load X             cost of the best quality in frame times (default: 2.0)\n"
    "      --load-at T=X        changes the load to X after T seconds; up to 16 times\n"
    "      --outputs LIST       what may be adapted: quality,scale,frame or none (default: all three)\n"
    "      --simulate PLANT[:SPEED]\n"
    "                           temperatures of a simulated device: rpi4, handheld, laptop, datacentre, h200\n"
    "      --name NAME          name of the session (default: render_loop)\n"
    "      --role ROLE          interactive, background or export, which has no frame rate to aim at\n"
    "      --duration S         end after S seconds (default: at SIGINT or SIGTERM)\n"
    "      --frames N           end after N frames\n"
    "      --summary            print the report at the end only\n"
    "  -h, --help               print this text and exit\n\n"
    "Exit status: 0 success, 2 wrong usage, 3 no Vulkan device or a failure of it.\n";

/* Whole text as a number; no locale is set, so the decimal separator is a point. */
static bool parse_number(const char *text, double minimum, double maximum, double *out_number) {
    char *end = NULL;
    const double number = strtod(text, &end);
    if (end == text || *end || !isfinite(number) || number < minimum || number > maximum)
        return false;
    *out_number = number;
    return true;
}

static bool parse_count(const char *text, double maximum, uint64_t *out_count) {
    double number = 0;
    if (!parse_number(text, 1, maximum, &number) || floor(number) < number)
        return false;
    *out_count = (uint64_t)number;
    return true;
}

static bool set_device(struct options *options, const char *value) {
    options->device = value;
    return *value != '\0';
}

static bool set_name(struct options *options, const char *value) {
    options->name = value;
    return *value != '\0';
}

static bool set_role(struct options *options, const char *value) {
    options->role = PERFADAPT_ROLE_INTERACTIVE;
    while (options->role <= PERFADAPT_ROLE_EXPORT && strcmp(perfadapt_role_name(options->role), value) != 0)
        options->role++;
    return options->role <= PERFADAPT_ROLE_EXPORT;
}

static bool set_size(struct options *options, const char *value) {
    unsigned width = 0;
    unsigned height = 0;
    int length = 0;
    if (sscanf(value, "%5u%*1[x]%5u%n", &width, &height, &length) != 2 || value[length])
        return false;
    options->width = width;
    options->height = height;
    return width >= 16 && height >= 16 && width <= SIZE_MAX_PIXELS && height <= SIZE_MAX_PIXELS;
}

static bool set_target_fps(struct options *options, const char *value) {
    return parse_number(value, 1, 1000, &options->target_fps);
}

static bool set_levels(struct options *options, const char *value) {
    uint64_t levels = 0;
    if (!parse_count(value, 32, &levels))
        return false;
    options->levels = (uint32_t)levels;
    return true;
}

static bool set_load(struct options *options, const char *value) {
    return parse_number(value, 0.01, 100, &options->load);
}

static bool set_load_at(struct options *options, const char *value) {
    if (options->load_change_count == LOAD_CHANGES_MAX)
        return false;
    struct load_change *change = &options->load_changes[options->load_change_count];
    char *equals = NULL;
    change->at_seconds = strtod(value, &equals);
    if (equals == value || *equals != '=' || !(change->at_seconds >= 0))
        return false;
    options->load_change_count++;
    return parse_number(equals + 1, 0.01, 100, &change->load);
}

static bool set_outputs(struct options *options, const char *value) {
    static const struct {
        const char *word;
        uint32_t bit;
    } words[] = {{"quality", PERFADAPT_OUTPUT_QUALITY},
                 {"scale", PERFADAPT_OUTPUT_RENDER_SCALE},
                 {"frame", PERFADAPT_OUTPUT_FRAME_NS}};
    options->outputs = 0;
    if (strcmp(value, "none") == 0)
        return true;
    for (;;) {
        const size_t length = strcspn(value, ",");
        uint32_t bit = 0;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            if (strlen(words[i].word) == length && strncmp(words[i].word, value, length) == 0)
                bit = words[i].bit;
        }
        if (!bit)
            return false;
        options->outputs |= bit;
        if (!value[length])
            return true;
        value += length + 1;
    }
}

static bool set_simulate(struct options *options, const char *value) {
    static const char *const plants[] = {"rpi4", "handheld", "laptop", "datacentre", "h200"};
    const size_t length = strcspn(value, ":");
    double speed = 1;
    if (value[length] && !parse_number(value + length + 1, 0.1, 1000, &speed))
        return false;
    options->simulate = value;
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        if (strlen(plants[i]) == length && strncmp(plants[i], value, length) == 0)
            return true;
    }
    return false;
}

static bool set_duration(struct options *options, const char *value) {
    return parse_number(value, 0.001, 1e9, &options->duration);
}

static bool set_frames(struct options *options, const char *value) {
    return parse_count(value, 1e15, &options->frames);
}

static bool set_window(struct options *options, const char *value) {
    options->window = !value;
    return true;
}

static bool set_list_devices(struct options *options, const char *value) {
    options->list_devices = !value;
    return true;
}

static bool set_summary(struct options *options, const char *value) {
    options->summary = !value;
    return true;
}

struct option {
    const char *name;
    bool (*set)(struct options *options, const char *value);
    const char *expected; /* what a good value is; NULL: takes none */
};

static const struct option known[] = {
    {"--window", set_window, NULL},
    {"--list-devices", set_list_devices, NULL},
    {"--summary", set_summary, NULL},
    {"--device", set_device, "an index or a part of a name"},
    {"--name", set_name, "a name"},
    {"--role", set_role, "interactive, background or export"},
    {"--size", set_size, "WxH, each 16 to 8192"},
    {"--target-fps", set_target_fps, "a number from 1 to 1000"},
    {"--levels", set_levels, "a whole number from 1 to 32"},
    {"--load", set_load, "a number from 0.01 to 100"},
    {"--load-at", set_load_at, "T=X, at most 16 times: seconds from 0 and a load from 0.01 to 100"},
    {"--outputs", set_outputs, "a list of quality, scale and frame, or none"},
    {"--simulate", set_simulate, "rpi4, handheld, laptop, datacentre or h200, with :SPEED from 0.1 to 1000 or without"},
    {"--duration", set_duration, "seconds above 0"},
    {"--frames", set_frames, "a whole number from 1"},
};

static const struct option *find_option(const char *argument, size_t length) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) == length && strncmp(known[i].name, argument, length) == 0)
            return &known[i];
    }
    return NULL;
}

/* Takes the option at *index and its value, which may be the next argument. */
static bool take_option(int argc, char **argv, int *index, struct options *options) {
    const char *argument = argv[*index];
    const size_t length = strcspn(argument, "=");
    const struct option *option = find_option(argument, length);
    if (!option) {
        fprintf(stderr, "render_loop: unknown option \"%s\"; render_loop --help tells more\n", argument);
        return false;
    }
    const char *value = argument[length] ? argument + length + 1 : NULL;
    if (value && !option->expected) {
        fprintf(stderr, "render_loop: option \"%s\" takes no value, and not \"%s\"; render_loop --help tells more\n",
                option->name, value);
        return false;
    }
    if (!value && option->expected) {
        if (*index + 1 >= argc) {
            fprintf(stderr, "render_loop: option \"%s\" wants a value: %s; render_loop --help tells more\n",
                    option->name, option->expected);
            return false;
        }
        value = argv[++*index];
    }
    if (!option->set(options, value)) {
        fprintf(stderr, "render_loop: %s \"%s\" is not %s; render_loop --help tells more\n", option->name, value,
                option->expected);
        return false;
    }
    return true;
}

enum options_outcome options_parse(int argc, char **argv, struct options *out_options) {
    *out_options = (struct options){.name = "render_loop",
                                    .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_RENDER_SCALE |
                                               PERFADAPT_OUTPUT_FRAME_NS,
                                    .levels = 7,
                                    .target_fps = 60,
                                    .load = 2};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help_text, stdout);
            return OPTIONS_HELP_SHOWN;
        }
        if (!take_option(argc, argv, &i, out_options))
            return OPTIONS_BAD;
    }
    return OPTIONS_RUN;
}

double options_load_at(const struct options *options, double seconds) {
    double load = options->load;
    double since = -1;
    for (uint32_t i = 0; i < options->load_change_count; i++) {
        const struct load_change *change = &options->load_changes[i];
        if (change->at_seconds <= seconds && change->at_seconds >= since) {
            since = change->at_seconds;
            load = change->load;
        }
    }
    return load;
}
