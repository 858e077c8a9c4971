/* The command line of `perfadapt replay`. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_OPTIONS_H
#define PERFADAPT_TOOLS_REPLAY_OPTIONS_H

#include "control/policy.h"
#include "drive/options.h"

#include <stdbool.h>
#include <stdio.h>

enum replay_format {
    REPLAY_FORMAT_AUTO = 0, /* told by what is in the file */
    REPLAY_FORMAT_PERFADAPT = 1,
    REPLAY_FORMAT_MANGOHUD = 2,
    REPLAY_FORMAT_CSV = 3
};

struct replay_options {
    const char *path; /* "-" = standard input */
    enum replay_format format;
    bool json, summary;
    const char *columns; /* a header for a file without one; NULL = it has its own */
    const char *only;    /* COLUMN=VALUE: rows that count; NULL = all */
    struct perfadapt__policy
        policy;         /* of an import, as the words below make it; quality is free where they free nothing */
    bool quality_freed; /* which is then so */
    enum drive_options_result judged;     /* READ, or why the words make no policy for an import … */
    char policy_reason[DRIVE_REASON_MAX]; /* … in words; for a recorded policy they may be right */
    char **policy_words;   /* argv of `perfadapt drive`, the first its name: what was said of the policy */
    int policy_word_count; /* 1 = nothing was */
};

/*
 * READ and HELP have nothing to tell, the others a reason. What READ gives is to be freed with
 * replay_options_finish(); its texts are argv's. What is said of the policy has been judged, but only for an import.
 */
enum drive_options_result replay_options_read(int argc, char **argv, struct replay_options *out_options,
                                              char out_reason[DRIVE_REASON_MAX]);
void replay_options_finish(struct replay_options *options);

/* What the words make of a recorded policy, as drive_options_change(). */
enum drive_options_result replay_options_change(const struct replay_options *options,
                                                struct perfadapt__policy *inout_policy,
                                                char out_reason[DRIVE_REASON_MAX]);

void replay_options_print_help(FILE *stream);

#endif
