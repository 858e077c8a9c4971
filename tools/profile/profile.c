/* perfadapt profile: what a machine is, which preset fits it, and why. SPDX-License-Identifier: MIT */
#include "command.h"
#include "profile/document.h"
#include "profile/live.h"
#include "profile/options.h"
#include "profile/page.h"
#include "profile/report.h"

#include <stdio.h>

/* Nothing is known of the machine around a device of a report. */
static bool judge_report(const char *path, struct perfadapt_profile *out_profile) {
    static struct perfadapt_device device; /* large for a stack */
    char reason[PROFILE_REASON_BYTES];
    const char *name = path[0] == '-' && !path[1] ? "standard input" : path;
    if (!profile_report_read(path, &device, reason)) {
        fprintf(stderr, "perfadapt profile: %s: %s\n", name, reason);
        return false;
    }
    out_profile->size = sizeof *out_profile;
    const enum perfadapt_result result = perfadapt_judge(&device, NULL, NULL, out_profile);
    if (result != PERFADAPT_OK) {
        fprintf(stderr, "perfadapt profile: %s: %s\n", name, perfadapt_strerror(result));
        return false;
    }
    out_profile->source = PERFADAPT_PROFILE_FROM_REPORT;
    out_profile->state = PERFADAPT_STATE_OK;
    out_profile->device_count = 1;
    return true;
}

static bool print(const struct profile_options *options, const struct perfadapt_profile *profile) {
    if (options->json)
        return profile_document_print(profile, stdout);
    profile_page_print(profile, options->from, stdout);
    return true;
}

int profile_main(int argc, char **argv) {
    static struct perfadapt_profile profile; /* large for a stack */
    struct profile_options options;
    if (!profile_options_parse(argc, argv, &options))
        return EXIT_CODE_USAGE;
    if (options.help) {
        fputs(profile_usage, stdout);
        return EXIT_CODE_OK;
    }
    const bool known = options.from ? judge_report(options.from, &profile) : profile_live_get(&options, &profile);
    if (!known || !print(&options, &profile) || profile.state == PERFADAPT_STATE_INIT)
        return EXIT_CODE_ENVIRONMENT;
    return EXIT_CODE_OK;
}
