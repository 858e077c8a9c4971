/* SPDX-License-Identifier: MIT */
#include "sim/options.h"

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "command_line.h"

static const double usual_cost[] = {1, .86, .74, .63, .53, .44, .36};
static const double cost_step = 0.86; /* below them, and for other numbers of levels */

static const char usage[] =
    "Usage: perfadapt sim --plant NAME|FILE.ini --scene NAME|FILE.csv [OPTIONS]   one machine, one scene\n"
    "       perfadapt sim --all [OPTIONS]         all plants and scenes, plain, cliff and noise\n"
    "       perfadapt sim --random N [OPTIONS]    N machines off their makers' figures, all scenes\n"
    "       perfadapt sim --together --plant NAME|FILE.ini --scene NAME|FILE.csv [OPTIONS]\n"
    "                                             a background and an export session on the same machine\n"
    "       perfadapt sim --list                  plants, scenes and policies\n"
    "\n"
    "  --policy NAME[,NAME...]|all   policies to run; default: all\n"
    "  --variant plain|cliff|noise   how the hardware throttles, how bad its sensor is\n"
    "  --seed N --duration S         default 1, 1200\n"
    "  --gpu-late N                  frames until a GPU time is known; default 1\n"
    "  --levels N --cost C0,C1,...   quality levels and their relative GPU costs, best first; default 7\n"
    "  --scale MIN:MAX --fps MIN:MAX render scale and frame rate that may be used; default 1:1 and 20:60\n"
    "  --cost-exponent X             a level really costs its hint to the power of X; default 1\n"
    "  --margin-c C                  steer to this far below the throttling temperature; default 1.5\n"
    "  --tick-ms N                   time between two readings of the sensors; default 1000\n"
    "  --trace FILE.csv              the first policy's run, a line per second\n"
    "  --json                        one JSON object per line\n"
    "\n"
    "Exit codes: 0 ok, 1 the project's own policy misses a target (--all, --random), 2 usage, 3 environment.\n";

enum {
    OPTION_PLANT = 1,
    OPTION_SCENE,
    OPTION_POLICY,
    OPTION_VARIANT,
    OPTION_SEED,
    OPTION_DURATION,
    OPTION_GPU_LATE,
    OPTION_LEVELS,
    OPTION_COST,
    OPTION_SCALE,
    OPTION_FPS,
    OPTION_EXPONENT,
    OPTION_MARGIN,
    OPTION_TICK,
    OPTION_TRACE,
    OPTION_JSON,
    OPTION_ALL,
    OPTION_RANDOM,
    OPTION_TOGETHER,
    OPTION_LIST,
    OPTION_HELP = 'h'
};

static const struct option long_options[] = {
    {"plant", required_argument, NULL, OPTION_PLANT},
    {"scene", required_argument, NULL, OPTION_SCENE},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"variant", required_argument, NULL, OPTION_VARIANT},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"gpu-late", required_argument, NULL, OPTION_GPU_LATE},
    {"levels", required_argument, NULL, OPTION_LEVELS},
    {"cost", required_argument, NULL, OPTION_COST},
    {"scale", required_argument, NULL, OPTION_SCALE},
    {"fps", required_argument, NULL, OPTION_FPS},
    {"cost-exponent", required_argument, NULL, OPTION_EXPONENT},
    {"margin-c", required_argument, NULL, OPTION_MARGIN},
    {"tick-ms", required_argument, NULL, OPTION_TICK},
    {"trace", required_argument, NULL, OPTION_TRACE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"all", no_argument, NULL, OPTION_ALL},
    {"random", required_argument, NULL, OPTION_RANDOM},
    {"together", no_argument, NULL, OPTION_TOGETHER},
    {"list", no_argument, NULL, OPTION_LIST},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static bool parse_costs(const char *text, struct sim_options *options) {
    const char *rest = text;
    options->cost_count = 0;
    for (;;) {
        char *end;
        const double cost = strtod(rest, &end);
        const double before = options->cost_count ? options->cost[options->cost_count - 1] : 1.0;
        if (end == rest || !(cost > 0) || cost > before || (options->cost_count == 0 && cost < 1.0))
            return sim_value_refuse("cost", text, "does not begin with 1 and fall from there");
        if (options->cost_count == PERFADAPT__QUALITY_LEVELS_MAX)
            return sim_value_refuse("cost", text, "has more than 32 costs");
        options->cost[options->cost_count++] = cost;
        if (*end == 0)
            return true;
        if (*end != ',')
            return sim_value_refuse("cost", text, "is not a list of numbers C0,C1,...");
        rest = end + 1;
    }
}

static bool add_policy(const char *list, const char *name, size_t length, struct sim_options *options) {
    char copy[40];
    snprintf(copy, sizeof copy, "%.*s", (int)(length < sizeof copy ? length : sizeof copy - 1), name);
    const struct sim_policy *policy = sim_policy_find(copy);
    if (!policy)
        return sim_value_refuse("policy", list, "holds a name that is no policy; perfadapt sim --list has them");
    for (size_t i = 0; i < options->policy_count; i++)
        if (options->policies[i] == policy)
            return sim_value_refuse("policy", list, "names one twice");
    options->policies[options->policy_count++] = policy;
    return true;
}

static bool parse_policies(const char *text, struct sim_options *options) {
    options->policy_count = 0;
    if (strcmp(text, "all") == 0) {
        for (size_t i = 0; i < sim_policy_count; i++)
            options->policies[options->policy_count++] = sim_policies[i];
        return true;
    }
    for (const char *rest = text;; rest++) {
        const size_t length = strcspn(rest, ",");
        if (!add_policy(text, rest, length, options))
            return false;
        rest += length;
        if (*rest == 0)
            return true;
    }
}

static bool parse_variant(const char *text, struct sim_options *options) {
    for (int i = 0; i < SIM_VARIANT_COUNT; i++) {
        if (strcmp(sim_variant_names[i], text) == 0) {
            options->variant = (enum sim_variant)i;
            return true;
        }
    }
    return sim_value_refuse("variant", text, "is not plain, cliff or noise");
}

static bool take(int option, const char *value, struct sim_options *options) {
    switch (option) {
    case OPTION_PLANT:
        options->plant = value;
        return true;
    case OPTION_SCENE:
        options->scene = value;
        return true;
    case OPTION_POLICY:
        return parse_policies(value, options);
    case OPTION_VARIANT:
        return parse_variant(value, options);
    case OPTION_SEED:
        return sim_value_seed("seed", value, &options->seed);
    case OPTION_DURATION:
        return command_line_number("sim", "duration", value, "of seconds", 1, 86400, &options->duration_s);
    case OPTION_GPU_LATE:
        return sim_value_count("gpu-late", value, 0, SIM_GPU_LATE_MOST, &options->gpu_late);
    case OPTION_LEVELS:
        return sim_value_count("levels", value, 1, PERFADAPT__QUALITY_LEVELS_MAX, &options->levels);
    case OPTION_COST:
        return parse_costs(value, options);
    case OPTION_SCALE:
        return sim_value_range("scale", value, 0.25, 1, &options->scale);
    case OPTION_FPS:
        return sim_value_range("fps", value, 1, 1000, &options->fps);
    case OPTION_EXPONENT:
        return sim_value_number("cost-exponent", value, 0, 4, &options->cost_exponent);
    case OPTION_MARGIN:
        return sim_value_number("margin-c", value, 0, 20, &options->margin_c);
    case OPTION_TICK:
        return sim_value_count("tick-ms", value, 10, 10000, &options->tick_ms);
    case OPTION_RANDOM:
        return sim_value_count("random", value, 1, 1000, &options->random);
    case OPTION_TRACE:
        options->trace = value;
        return true;
    case OPTION_JSON:
        return options->json = true;
    case OPTION_ALL:
        return options->all = true;
    case OPTION_TOGETHER:
        return options->together = true;
    case OPTION_LIST:
        return options->list = true;
    default:
        return false; /* what it is has been said */
    }
}

static int refuse(const char *what) {
    command_line_refuse("sim", what);
    return EXIT_CODE_USAGE;
}

static int refuse_word(const char *word) {
    command_line_refuse_word("sim", word, NULL);
    return EXIT_CODE_USAGE;
}

/* What the options must be together. */
static int check(struct sim_options *options) {
    const bool one = options->plant || options->scene;
    if (one + options->all + options->list + (options->random > 0) != 1)
        return refuse("one of --plant with --scene, --all, --random and --list is needed");
    if (one && !(options->plant && options->scene))
        return refuse("--plant and --scene go together");
    if (one && !sim_scene_is_known(options->scene))
        return refuse("--scene names none that there is; --list has them, a log of frames ends in .csv");
    if (options->together && !one)
        return refuse("--together goes with --plant and --scene");
    if (options->together && (options->policy_count > 0 || options->trace))
        return refuse("--together knows no --policy and no --trace");
    if (options->trace && !one)
        return refuse("--trace goes with --plant and --scene");
    if (options->cost_count && options->levels == 0)
        options->levels = options->cost_count;
    if (options->cost_count && options->cost_count != options->levels)
        return refuse("--cost needs as many numbers as --levels says");
    if (options->policy_count == 0)
        parse_policies("all", options);
    return -1;
}

int sim_options_parse(int argc, char **argv, struct sim_options *out_options) {
    *out_options = (struct sim_options){
        .seed = 1,
        .duration_s = 1200,
        .gpu_late = 1,
        .scale = {1, 1},
        .fps = {20, 60},
        .cost_exponent = 1,
        .margin_c = 1.5,
        .tick_ms = 1000,
    };
    int option;
    optind = 1;
    while ((option = command_line_next("sim", argc, argv, ":h", long_options)) != -1) {
        if (option == OPTION_HELP) {
            fputs(usage, stdout);
            return EXIT_CODE_OK;
        }
        if (!take(option, optarg, out_options))
            return EXIT_CODE_USAGE;
    }
    if (optind < argc)
        return refuse_word(argv[optind]);
    return check(out_options);
}

static void fill_costs(const struct sim_options *options, struct perfadapt__policy *policy) {
    const size_t usual = sizeof usual_cost / sizeof usual_cost[0];
    for (uint32_t i = 0; i < policy->quality_levels; i++) {
        if (options->cost_count)
            policy->cost[i] = options->cost[i];
        else
            policy->cost[i] = i < usual ? usual_cost[i] : policy->cost[i - 1] * cost_step;
    }
}

void sim_options_conditions(const struct sim_options *options, struct sim_conditions *out_conditions) {
    const uint32_t levels = options->levels ? options->levels : sizeof usual_cost / sizeof usual_cost[0];
    const int64_t target_ns = (int64_t)(1e9 / options->fps.max);
    *out_conditions = (struct sim_conditions){
        .tick_ns = (int64_t)options->tick_ms * 1000000,
        .gpu_late = options->gpu_late,
        .margin_c = options->margin_c,
        .policy =
            {
                .role = PERFADAPT_ROLE_INTERACTIVE,
                .quality_levels = levels,
                .quality_max = levels - 1,
                .target_frame_ns = target_ns,
                /* In whole targets where it is, or the ladder would get a rung beside its own three times the target. */
                .slowest_frame_ns = (int64_t)((double)target_ns * (options->fps.max / options->fps.min)),
                .render_scale_min = options->scale.min,
                .render_scale_max = options->scale.max,
                .thermal_limit_c = (double)NAN,
                .thermal_margin_c = options->margin_c,
                .frames_in_flight = 2,
            },
    };
    struct perfadapt__policy *policy = &out_conditions->policy;
    policy->outputs |= levels > 1 ? PERFADAPT_OUTPUT_QUALITY : 0u;
    policy->outputs |= options->scale.min < options->scale.max ? PERFADAPT_OUTPUT_RENDER_SCALE : 0u;
    policy->outputs |= options->fps.min < options->fps.max ? PERFADAPT_OUTPUT_FRAME_NS : 0u;
    fill_costs(options, policy);
    struct perfadapt__ladder *ladder = &out_conditions->ladder;
    perfadapt__ladder_init(ladder, policy);
    for (uint32_t rung = 0; rung < ladder->count; rung++)
        out_conditions->true_cost[rung] = pow(ladder->rungs[rung].cost, options->cost_exponent);
}
