/* perfadapt config: what the configuration comes to, and whether a file of it is right. SPDX-License-Identifier: MIT */
#include "command.h"
#include "config/check.h"
#include "config/device.h"
#include "config/document.h"
#include "config/keys.h"
#include "config/merged.h"
#include "config/options.h"
#include "config/schema.h"
#include "config/text.h"
#include "core/installed.h"
#include "tuning/machine_facts.h"
#include "tuning/policy_of.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- where to look ---- */

/* What was named must be there: a directory that is not would show the defaults of a machine that nobody has. */
static bool is_directory(const char *path) {
    if (!path)
        return true;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    else
        fprintf(stderr, "perfadapt config: %s: %s\n", path, strerror(errno));
    return fd >= 0;
}

static bool is_recorded(const struct config_options *options) {
    return options->sysroot && strcmp(options->sysroot, "/") != 0;
}

/* ---- which preset ---- */

struct choice {
    char name[CONFIG_DEVICE_PRESET];
    const char *preset; /* `name`; NULL = nothing is known of the device */
    const char *why;
};

/* The probe's findings are this machine's, and of no other that is looked at. */
static void choose(const struct config_options *options, const struct perfadapt__layers_request *request,
                   struct choice *out_choice) {
    *out_choice = (struct choice){.preset = out_choice->name, .why = "--preset names it"};
    if (options->preset) {
        snprintf(out_choice->name, sizeof out_choice->name, "%s", options->preset);
        return;
    }
    out_choice->why = "it fits the device; perfadapt profile says why";
    if (request->variables &&
        config_device_preset(request->root, request->data_dir, request->variables, out_choice->name))
        return;
    out_choice->preset = NULL;
    out_choice->why = "nothing is known of the device, so without its frame rate, frames in flight and threads";
}

/* ---- merging ---- */

static void print_warnings(const struct config_merged *merged) {
    for (size_t i = 0; i < merged->warning_count; i++) {
        config_text_place(merged->warnings[i].path, merged->warnings[i].line, stderr);
        fputs(": ", stderr);
        config_text_foreign(merged->warnings[i].text, stderr);
        fputc('\n', stderr);
    }
}

/* A preset that the command line names and nobody knows has been warned of. */
static bool is_known(const struct config_options *options, const struct config_merged *merged) {
    return !options->preset || *merged->layers.preset.preset;
}

static bool print(const struct config_options *options, const struct config_merged *merged, const char *why) {
    const bool named = strcmp(merged->preset, merged->layers.settings.preset) == 0;
    if (options->json)
        return config_document_print(merged, options->app, stdout);
    config_text_print(merged, options->app, named ? "policy.preset names it" : why, stdout);
    return true;
}

/* Two settings that cross: none of them is wrong by itself. For an app with everything that one can have. */
static void print_contradiction(const struct perfadapt__layers *layers) {
    static const struct perfadapt__wishes wishes = {
        .outputs = ~0u, .quality_levels = PERFADAPT__QUALITY_LEVELS_MAX, .target_ns = NAN, .fastest_ns = NAN};
    struct perfadapt__policy policy;
    char reason[PERFADAPT__SCHEMA_REASON_MAX] = "";
    (void)perfadapt__policy_of(&layers->preset, &wishes, &layers->settings, true, &policy, reason);
    if (*reason)
        fprintf(stderr, "perfadapt config: %s\n", reason);
}

static int print_merged(const struct config_options *options, struct perfadapt__layers_request *request) {
    struct config_merged merged;
    struct choice choice;
    choose(options, request, &choice);
    if (!config_merged_read(request, choice.preset, &merged)) {
        fputs("perfadapt config: no memory for the configuration\n", stderr);
        return EXIT_CODE_ENVIRONMENT;
    }
    print_warnings(&merged);
    print_contradiction(&merged.layers);
    const bool printed = is_known(options, &merged) && print(options, &merged, choice.why);
    config_merged_free(&merged);
    return printed ? EXIT_CODE_OK : EXIT_CODE_ENVIRONMENT;
}

static int merge_below(const struct config_options *options, const struct perfadapt__root *root) {
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    struct perfadapt__machine_facts_store machine;
    struct perfadapt__variables variables;
    char data_dir[PATH_MAX];
    perfadapt__machine_facts_read(root, gpus, perfadapt__bus_read(root, gpus), &machine);
    perfadapt__variables_copy(&variables);
    struct perfadapt__layers_request request = {.root = root,
                                                .variables = is_recorded(options) ? NULL : &variables,
                                                .config_dir = options->config_dir,
                                                .app_name = options->app,
                                                .facts = &machine.facts};
    if (options->data_dir)
        request.data_dir = options->data_dir;
    else if (perfadapt__data_dir(data_dir, sizeof data_dir))
        request.data_dir = data_dir;
    const int code = print_merged(options, &request);
    perfadapt__variables_free(&variables);
    return code;
}

static int merge(const struct config_options *options) {
    struct perfadapt__root root;
    if (options->preset && !perfadapt__schema_is_name(options->preset)) {
        fputs("perfadapt config: a preset's name is made of letters, digits, - and _\n", stderr);
        return EXIT_CODE_USAGE;
    }
    if (!is_directory(options->sysroot) || !is_directory(options->config_dir) || !is_directory(options->data_dir))
        return EXIT_CODE_ENVIRONMENT;
    if (perfadapt__root_open(options->sysroot, &root) != PERFADAPT_OK) {
        fprintf(stderr, "perfadapt config: %s: cannot be opened\n", options->sysroot ? options->sysroot : "/");
        return EXIT_CODE_ENVIRONMENT;
    }
    const int code = merge_below(options, &root);
    perfadapt__root_close(&root);
    return code;
}

int config_main(int argc, char **argv) {
    struct config_options options;
    if (!config_options_parse(argc, argv, &options))
        return EXIT_CODE_USAGE;
    if (options.help) {
        fputs(config_usage, stdout);
        return EXIT_CODE_OK;
    }
    switch (options.action) {
    case CONFIG_ACTION_CHECK:
        return config_check(options.files, options.json, stdout);
    case CONFIG_ACTION_LIST:
        if (options.json)
            return config_document_print_keys(stdout) ? EXIT_CODE_OK : EXIT_CODE_ENVIRONMENT;
        config_keys_print(stdout);
        return EXIT_CODE_OK;
    case CONFIG_ACTION_MAN:
        config_keys_print_man(stdout);
        return EXIT_CODE_OK;
    default:
        return merge(&options);
    }
}
