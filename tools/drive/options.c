/* SPDX-License-Identifier: MIT */
#include "drive/options.h"

#include "tuning/policy_of.h"
#include "config/schema.h"
#include "config/schema_text.h"
#include "drive/number.h"
#include "drive/preset.h"

#include <math.h> /* NAN and isnan only */
#include <perfadapt/perfadapt.h>
#include <string.h>

#define NAME_MAX_LENGTH 32
#define RANGE_MAX 96

static const double cost_least = 1e-6; /* of the best level's, as in perfadapt_open() */
static const double fps_least = 1, fps_most = 1000;
static const double scale_least = 0.25, scale_most = 1;

struct request {
    struct perfadapt__settings preset; /* and what options say beside it: both are beaten by --set */
    struct perfadapt__settings settings;
    struct perfadapt__wishes wishes;
    uint32_t levels, cost_count; /* 0 = not given */
    double cost[PERFADAPT__QUALITY_LEVELS_MAX];
    const char *name, *value; /* of the option at hand */
    bool levels_are_given;    /* by an app that was recorded: none can be asked for */
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
    const enum drive_preset_result result = drive_preset_read(request->value, &request->preset, request->reason);
    request->failure = result == DRIVE_PRESET_BROKEN ? DRIVE_OPTIONS_UNREADABLE : DRIVE_OPTIONS_WRONG;
    return result == DRIVE_PRESET_READ;
}

static bool take_levels(struct request *request) {
    uint64_t levels;
    if (!drive_number_u64(request->value, &levels) || levels < 1 || levels > PERFADAPT__QUALITY_LEVELS_MAX)
        return refuse(request, "is not a whole number from 1 to 32");
    request->levels = (uint32_t)levels;
    request->wishes.outputs |= PERFADAPT_OUTPUT_QUALITY;
    return true;
}

/* Copies up to a separator: what is behind it, the list's end, or NULL where it does not fit. */
static const char *split(const char *list, char separator, char out_word[PERFADAPT__NUMBER_TEXT]) {
    const char *end = strchrnul(list, separator);
    if (end - list >= PERFADAPT__NUMBER_TEXT)
        return NULL;
    memcpy(out_word, list, (size_t)(end - list));
    out_word[end - list] = '\0';
    return *end ? end + 1 : end;
}

static bool is_good_cost(const struct request *request, double cost) {
    if (request->cost_count == 0)
        return cost > 0;
    return cost <= request->cost[request->cost_count - 1] && cost >= request->cost[0] * cost_least;
}

static bool take_costs(struct request *request) {
    const char *list = request->value;
    request->cost_count = 0;
    for (bool more = true; more;) {
        char word[PERFADAPT__NUMBER_TEXT];
        double cost;
        more = strchr(list, ',') != NULL;
        list = split(list, ',', word);
        if (!list || !perfadapt__number_parse(word, &cost) || !is_good_cost(request, cost))
            return refuse(request, "is not a list of positive costs c0,c1,... that fall");
        if (request->cost_count == PERFADAPT__QUALITY_LEVELS_MAX)
            return refuse(request, "holds more than 32 costs");
        request->cost[request->cost_count++] = cost;
    }
    request->wishes.outputs |= PERFADAPT_OUTPUT_QUALITY;
    return true;
}

static bool take_target(struct request *request) {
    double target_ms;
    if (!perfadapt__number_parse(request->value, &target_ms) ||
        (target_ms != 0 && !(target_ms >= 0.1 && target_ms <= 10000)))
        return refuse(request, "is not in its range: 0.1 to 10000 ms, or 0 for none");
    request->wishes.target_ns = target_ms * 1e6 + 0.5;
    return true;
}

/* "MIN:MAX"; a side that is empty is left as it is. */
static bool take_range(const char *value, double least, double most, double *out_low, double *out_high) {
    char low[PERFADAPT__NUMBER_TEXT];
    char high[PERFADAPT__NUMBER_TEXT];
    const char *rest = strchr(value, ':') ? split(value, ':', low) : NULL;
    if (!rest || !split(rest, '\0', high))
        return false;
    *out_low = least;
    *out_high = most;
    if ((*low && !perfadapt__number_parse(low, out_low)) || (*high && !perfadapt__number_parse(high, out_high)))
        return false;
    return *out_low >= least && *out_high <= most && *out_low <= *out_high;
}

static bool take_scale(struct request *request) {
    double low, high;
    if (!take_range(request->value, scale_least, scale_most, &low, &high))
        return refuse(request, "is not MIN:MAX, both from 0.25 to 1");
    request->wishes.outputs |= PERFADAPT_OUTPUT_RENDER_SCALE;
    request->preset.scale_max = high;
    if (*request->value != ':')
        request->preset.scale_min = low;
    return true;
}

static bool take_fps(struct request *request) {
    double low, high;
    if (!take_range(request->value, fps_least, fps_most, &low, &high))
        return refuse(request, "is not MIN:MAX, both from 1 to 1000 frames per second");
    request->wishes.outputs |= PERFADAPT_OUTPUT_FRAME_NS;
    if (*request->value != ':')
        request->preset.slowest_ns = 1e9 / low;
    if (request->value[strlen(request->value) - 1] != ':')
        request->wishes.target_ns = request->wishes.fastest_ns = 1e9 / high;
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
    return perfadapt__schema_set(&request->settings, key, equals + 1, request->reason);
}

/* ---- words ---- */

static const struct option {
    const char *name, *argument;
    enum layer layer;
    bool frees; /* something to move */
    bool (*take)(struct request *request);
    const char *text;
} options[] = {
    {"--preset", "NAME", LAYER_PRESET, false, take_preset, "start from a preset, or from a file FILE.ini"},
    {"--levels", "N", LAYER_OPTION, true, take_levels, "quality may move, over N levels, 0 the lowest"},
    {"--cost", "c0,c1,...", LAYER_OPTION, true, take_costs,
     "relative GPU cost per level, best first; default 0.86 per step"},
    {"--scale", "MIN:MAX", LAYER_OPTION, true, take_scale, "the render scale may move, 0.25 to 1"},
    {"--fps", "MIN:MAX", LAYER_OPTION, true, take_fps,
     "the frame rate may move; MAX is the target without --target-ms"},
    {"--target-ms", "X", LAYER_TARGET, false, take_target, "frame time aimed at; default 1000/60; 0 = none"},
    {"--set", "KEY=VALUE", LAYER_SET, false, take_setting, "any of the settings below, as often as needed"},
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

int drive_options_span(const char *word) {
    const char *value;
    if (!find_option(word, &value))
        return 0;
    return value ? 1 : 2;
}

bool drive_options_free(int argc, char *const *argv) {
    for (int i = 1; i < argc; i++) {
        const char *value;
        const struct option *option = find_option(argv[i], &value);
        if (option && option->frees)
            return true;
        i += option && !value;
    }
    return false;
}

void drive_options_offer(struct perfadapt__nearest *guess) {
    for (size_t i = 0; i < OPTION_COUNT; i++)
        perfadapt__nearest_offer(guess, options[i].name);
}

static bool refuse_option(const char *word, char *reason) {
    char name[PERFADAPT__WORD_SHOWN];
    struct perfadapt__nearest guess;
    drive_option_name(word, name);
    perfadapt__nearest_init(&guess, name);
    drive_options_offer(&guess);
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
            return drive_refuse_word("option", option->name, "wants a value", request->reason);
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

/* A level that was set must be there; how many there are is said with another option than what it was set by. */
static bool has_level(const struct request *request, const char *key, double level) {
    const uint32_t levels = request->wishes.quality_levels;
    if (isnan(level) || level < levels)
        return true;
    snprintf(request->reason, DRIVE_REASON_MAX, "--set %s=%.0f is not below the number of quality levels, %u%s", key,
             level, (unsigned)levels, request->levels_are_given ? "" : "; --levels N says how many there are");
    return false;
}

/* Worker threads are not asked from the machine: same input, same bytes. */
static bool make_policy(struct request *request, struct perfadapt__policy *out_policy) {
    const uint32_t by_cost = request->cost_count ? request->cost_count : 1;
    request->wishes.quality_levels = request->levels ? request->levels : by_cost;
    if (request->cost_count && request->cost_count != request->wishes.quality_levels)
        return drive_refuse("--cost wants as many costs as there are levels", request->reason);
    if (!has_level(request, "policy.quality_min", request->settings.quality_min) ||
        !has_level(request, "policy.quality_max", request->settings.quality_max))
        return false;
    request->wishes.cost = request->cost_count ? request->cost : NULL;
    if (!isnan(request->preset.role)) /* no app is there to say it */
        request->wishes.role = (uint32_t)request->preset.role;
    return perfadapt__policy_of(&request->preset, &request->wishes, &request->settings, false, out_policy,
                                request->reason);
}

static enum drive_options_result read_over(struct request *request, int argc, char *const *argv,
                                           struct perfadapt__policy *out_policy) {
    for (enum layer layer = LAYER_PRESET; layer <= LAYER_SET; layer++)
        if (!apply(layer, argc, argv, request))
            return request->failure;
    return make_policy(request, out_policy) ? DRIVE_OPTIONS_READ : DRIVE_OPTIONS_WRONG;
}

enum drive_options_result drive_options_read(int argc, char *const *argv, struct perfadapt__policy *out_policy,
                                             char out_reason[DRIVE_REASON_MAX]) {
    struct request request = {
        .wishes = {.role = PERFADAPT_ROLE_INTERACTIVE, .target_ns = (double)NAN, .fastest_ns = (double)NAN},
        .reason = out_reason,
        .failure = DRIVE_OPTIONS_WRONG};
    if (asks_for_help(argc, argv))
        return DRIVE_OPTIONS_HELP;
    perfadapt__settings_init(&request.preset);
    perfadapt__settings_init(&request.settings);
    return read_over(&request, argc, argv, out_policy);
}

/* A policy as the settings of a preset that would come to it. */
static void settings_of(const struct perfadapt__policy *policy, struct perfadapt__settings *out_settings) {
    perfadapt__settings_init(out_settings);
    out_settings->mode = policy->mode;
    out_settings->prefer = policy->prefer;
    out_settings->yield = policy->yields ? 0 : 1;
    out_settings->role = policy->role;
    out_settings->quality_min = policy->quality_min;
    out_settings->quality_max = policy->quality_max;
    out_settings->slowest_ns = (double)policy->slowest_frame_ns;
    out_settings->refresh_ns = (double)policy->refresh_ns;
    out_settings->limit_c = policy->thermal_limit_c;
    out_settings->margin_c = policy->thermal_margin_c;
    out_settings->battery_busy = policy->battery_busy;
    out_settings->reserve_bytes = (double)policy->memory_reserve_bytes;
    out_settings->memory_share = policy->memory_share;
    out_settings->scale_min = policy->render_scale_min;
    out_settings->scale_max = policy->render_scale_max;
    out_settings->frames_in_flight = policy->frames_in_flight;
    out_settings->worker_threads = policy->worker_threads;
    out_settings->dispatch_ns = (double)policy->dispatch_ns;
}

enum drive_options_result drive_options_change(int argc, char *const *argv, struct perfadapt__policy *inout_policy,
                                               char out_reason[DRIVE_REASON_MAX]) {
    struct request request = {.wishes = {.role = inout_policy->role,
                                         .outputs = inout_policy->outputs,
                                         .target_ns = (double)inout_policy->target_frame_ns,
                                         .fastest_ns = (double)NAN},
                              .levels = inout_policy->quality_levels,
                              .cost_count = inout_policy->quality_levels,
                              .levels_are_given = true,
                              .reason = out_reason,
                              .failure = DRIVE_OPTIONS_WRONG};
    memcpy(request.cost, inout_policy->cost, sizeof request.cost);
    settings_of(inout_policy, &request.preset);
    perfadapt__settings_init(&request.settings);
    return read_over(&request, argc, argv, inout_policy);
}

/* Every key with its range and what it does. */
static void print_settings(FILE *stream) {
    char range[RANGE_MAX];
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        const struct perfadapt__schema_row *row = perfadapt__schema_row(i);
        perfadapt__schema_range(row, range, sizeof range);
        fprintf(stream, "  %-24s %s\n  %-24s %s\n", row->key, perfadapt__schema_text(i)->text, "", range);
    }
}

void drive_options_print_policy(FILE *stream) {
    for (size_t i = 0; i < OPTION_COUNT; i++)
        fprintf(stream, "  %-11s %-10s %s\n", options[i].name, options[i].argument, options[i].text);
    fputs("\nPresets: ", stream);
    drive_preset_print_names(stream);
    fputs("\nSettings:\n", stream);
    print_settings(stream);
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
    drive_options_print_policy(stream);
}
