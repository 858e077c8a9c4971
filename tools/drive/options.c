/* SPDX-License-Identifier: MIT */
#include "drive/options.h"

#include "drive/number.h"
#include "drive/preset.h"

#include <perfadapt/perfadapt.h>
#include <string.h>

#define NAME_MAX_LENGTH 32
#define LIST_MAX 1024

static const double cost_least = 1e-6; /* of the best level's, as in perfadapt_open() */
static const double fps_least = 1, fps_most = 1000;
static const double scale_least = 0.25, scale_most = 1;

struct request {
    struct drive_settings *settings;
    const char *name, *value; /* of the option at hand */
    char *reason;
    enum drive_options_result failure; /* where an option is refused for other than usage */
};

/* What is applied later wins. */
enum layer { LAYER_PRESET = 0, LAYER_OPTION = 1, LAYER_TARGET = 2, LAYER_SET = 3 };

/* ---- values ---- */

static bool refuse(struct request *request, const char *text) {
    return drive_refuse_word(request->name, request->value, text, request->reason);
}

static bool take_preset(struct request *request) {
    const enum drive_preset_result result = drive_preset_read(request->value, request->settings, request->reason);
    request->failure = result == DRIVE_PRESET_BROKEN ? DRIVE_OPTIONS_UNREADABLE : DRIVE_OPTIONS_WRONG;
    return result == DRIVE_PRESET_READ;
}

static bool take_levels(struct request *request) {
    uint64_t levels;
    if (!drive_number_u64(request->value, &levels) || levels < 1 || levels > PERFADAPT__QUALITY_LEVELS_MAX)
        return refuse(request, "is not a whole number from 1 to 32");
    request->settings->levels = (uint32_t)levels;
    request->settings->outputs |= PERFADAPT_OUTPUT_QUALITY;
    return true;
}

/* Copies up to a separator: what is behind it, the list's end, or NULL where it does not fit. */
static const char *split(const char *list, char separator, char out_word[DRIVE_NUMBER_TEXT]) {
    const char *end = strchrnul(list, separator);
    if (end - list >= DRIVE_NUMBER_TEXT)
        return NULL;
    memcpy(out_word, list, (size_t)(end - list));
    out_word[end - list] = '\0';
    return *end ? end + 1 : end;
}

static bool is_good_cost(const struct drive_settings *settings, double cost) {
    if (settings->cost_count == 0)
        return cost > 0;
    return cost <= settings->cost[settings->cost_count - 1] && cost >= settings->cost[0] * cost_least;
}

static bool take_costs(struct request *request) {
    struct drive_settings *settings = request->settings;
    const char *list = request->value;
    settings->cost_count = 0;
    for (bool more = true; more;) {
        char word[DRIVE_NUMBER_TEXT];
        double cost;
        more = strchr(list, ',') != NULL;
        list = split(list, ',', word);
        if (!list || !drive_number_double(word, &cost) || !is_good_cost(settings, cost))
            return refuse(request, "is not a list of positive costs c0,c1,... that fall");
        if (settings->cost_count == PERFADAPT__QUALITY_LEVELS_MAX)
            return refuse(request, "holds more than 32 costs");
        settings->cost[settings->cost_count++] = cost;
    }
    settings->outputs |= PERFADAPT_OUTPUT_QUALITY;
    return true;
}

static bool take_target(struct request *request) {
    double target_ms;
    if (!drive_number_double(request->value, &target_ms) ||
        (target_ms != 0 && !(target_ms >= 0.1 && target_ms <= 10000)))
        return refuse(request, "is not in its range: 0.1 to 10000 ms, or 0 for none");
    request->settings->target_ns = target_ms * 1e6 + 0.5;
    return true;
}

/* "MIN:MAX"; a side that is empty is left as it is. */
static bool take_range(const char *value, double least, double most, double *out_low, double *out_high) {
    char low[DRIVE_NUMBER_TEXT];
    char high[DRIVE_NUMBER_TEXT];
    const char *rest = strchr(value, ':') ? split(value, ':', low) : NULL;
    if (!rest || !split(rest, '\0', high))
        return false;
    *out_low = least;
    *out_high = most;
    if ((*low && !drive_number_double(low, out_low)) || (*high && !drive_number_double(high, out_high)))
        return false;
    return *out_low >= least && *out_high <= most && *out_low <= *out_high;
}

static bool take_scale(struct request *request) {
    double low, high;
    if (!take_range(request->value, scale_least, scale_most, &low, &high))
        return refuse(request, "is not MIN:MAX, both from 0.25 to 1");
    request->settings->outputs |= PERFADAPT_OUTPUT_RENDER_SCALE;
    request->settings->scale_max = high;
    if (*request->value != ':')
        request->settings->scale_min = low;
    return true;
}

static bool take_fps(struct request *request) {
    double low, high;
    if (!take_range(request->value, fps_least, fps_most, &low, &high))
        return refuse(request, "is not MIN:MAX, both from 1 to 1000 frames per second");
    request->settings->outputs |= PERFADAPT_OUTPUT_FRAME_NS;
    if (*request->value != ':')
        request->settings->slowest_ns = 1e9 / low;
    if (request->value[strlen(request->value) - 1] != ':')
        request->settings->target_ns = request->settings->fastest_ns = 1e9 / high;
    return true;
}

static bool take_setting(struct request *request) {
    char key[NAME_MAX_LENGTH];
    const char *equals = strchr(request->value, '=');
    if (!equals)
        return refuse(request, "is not section.key=value");
    const size_t length = (size_t)(equals - request->value);
    const size_t copied = length < sizeof key ? length : sizeof key - 1;
    memcpy(key, request->value, copied);
    key[copied] = '\0';
    return drive_settings_set(request->settings, key, equals + 1, request->reason);
}

/* ---- words ---- */

static const struct option {
    const char *name, *argument;
    enum layer layer;
    bool (*take)(struct request *request);
    const char *text;
} options[] = {
    {"--preset", "NAME", LAYER_PRESET, take_preset, "start from a preset, or from a file FILE.ini"},
    {"--levels", "N", LAYER_OPTION, take_levels, "quality may move, over N levels, 0 the lowest"},
    {"--cost", "c0,c1,...", LAYER_OPTION, take_costs, "relative GPU cost per level, best first; default 0.86 per step"},
    {"--scale", "MIN:MAX", LAYER_OPTION, take_scale, "the render scale may move, 0.25 to 1"},
    {"--fps", "MIN:MAX", LAYER_OPTION, take_fps, "the frame rate may move; MAX is the target without --target-ms"},
    {"--target-ms", "X", LAYER_TARGET, take_target, "frame time aimed at; default 1000/60; 0 = none"},
    {"--set", "KEY=VALUE", LAYER_SET, take_setting, "any of the settings below, as often as needed"},
};

#define OPTION_COUNT (sizeof options / sizeof options[0])

/* "--name", or "--name=value". */
static const struct option *find_option(const char *word, const char **out_value) {
    const size_t length = strcspn(word, "=");
    *out_value = word[length] ? word + length + 1 : NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(options[i].name) == length && strncmp(word, options[i].name, length) == 0)
            return &options[i];
    return NULL;
}

static bool refuse_option(const char *word, char *reason) {
    struct drive_guess guess;
    drive_guess_init(&guess, word);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        drive_guess_offer(&guess, options[i].name);
    return drive_refuse_unknown("option", &guess, reason);
}

/* Goes through the words and applies those of one layer. */
static bool apply(enum layer layer, int argc, char *const *argv, struct request *request) {
    for (int i = 1; i < argc; i++) {
        const struct option *option = find_option(argv[i], &request->value);
        if (!option)
            return refuse_option(argv[i], request->reason);
        if (!request->value && i + 1 < argc)
            request->value = argv[++i];
        if (!request->value)
            return drive_refuse_word(option->name, option->argument, "is missing", request->reason);
        request->name = option->name;
        if (option->layer == layer && !option->take(request))
            return false;
    }
    return true;
}

static bool asks_for_help(int argc, char *const *argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

enum drive_options_result drive_options_read(int argc, char *const *argv, struct perfadapt__policy *out_policy,
                                             char out_reason[DRIVE_REASON_MAX]) {
    struct drive_settings settings;
    struct request request = {.settings = &settings, .reason = out_reason, .failure = DRIVE_OPTIONS_WRONG};
    if (asks_for_help(argc, argv))
        return DRIVE_OPTIONS_HELP;
    drive_settings_init(&settings);
    for (enum layer layer = LAYER_PRESET; layer <= LAYER_SET; layer++)
        if (!apply(layer, argc, argv, &request))
            return request.failure;
    return drive_policy_make(&settings, out_policy, out_reason) ? DRIVE_OPTIONS_READ : DRIVE_OPTIONS_WRONG;
}

void drive_options_print_help(FILE *stream) {
    fputs("Usage: perfadapt drive [OPTION]...\n"
          "The controller as a filter: every line in gives one line out, at once.\n\nIn:\n"
          "  frame T_NS CPU_NS GPU_NS        a frame ended at T_NS; GPU_NS -1 = not known yet\n"
          "  gpu T_NS FRAME_INDEX GPU_NS     late GPU time of a frame line, counted from 0\n"
          "  tick T_NS key=value...          temp limit busy power clock clock_max throttle mem_some_us mem_full_us\n"
          "                                  mem_available mem_total gpu_mem_used gpu_mem_budget rss ac\n"
          "  event T_NS NAME [VALUE]         gpu-timeout device-lost out-of-memory gpu-out-of-memory shader-compile\n"
          "                                  scene-cut\n"
          "  hold T_NS on|off\n"
          "Out: \"budget key=value...\", \"=\" where nothing printed would change, or \"error REASON\".\n"
          "Exit: 0, 1 after an error line, 2 wrong command line, 3 unreadable file or stream.\n\nOptions:\n",
          stream);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        fprintf(stream, "  %-11s %-10s %s\n", options[i].name, options[i].argument, options[i].text);
    fputs("\nPresets: ", stream);
    drive_preset_print_names(stream);
    fputs("\nSettings:\n", stream);
    drive_settings_print(stream);
}
