/* The command line of `perfadapt drive`. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_DRIVE_OPTIONS_H
#define PERFADAPT_TOOLS_DRIVE_OPTIONS_H

#include "control/policy.h"
#include "drive/reason.h"

#include <stdio.h>

enum drive_options_result {
    DRIVE_OPTIONS_READ = 0,
    DRIVE_OPTIONS_HELP = 1,      /* asked for */
    DRIVE_OPTIONS_WRONG = 2,     /* usage */
    DRIVE_OPTIONS_UNREADABLE = 3 /* a preset's file */
};

/* Whatever the order of words: a preset is beaten by options, they by --set; of two alike the last counts. */
enum drive_options_result drive_options_read(int argc, char *const *argv, struct perfadapt__policy *out_policy,
                                             char out_reason[DRIVE_REASON_MAX]);

void drive_options_print_help(FILE *stream);

/* ---- for other commands that take the same options ---- */

/* The same words, over a policy that is there instead of one that nothing is known of. */
enum drive_options_result drive_options_change(int argc, char *const *argv, struct perfadapt__policy *inout_policy,
                                               char out_reason[DRIVE_REASON_MAX]);

/* How many words the option takes that `word` is: 0 = it is none of a policy, 1 = "--name=value", 2 = "--name". */
int drive_options_span(const char *word);
/* Whether one of the words lets something move: quality, the render scale or the frame rate. */
bool drive_options_free(int argc, char *const *argv);
void drive_options_offer(struct perfadapt__nearest *guess);
/* The options, the presets and the settings. */
void drive_options_print_policy(FILE *stream);

#endif
