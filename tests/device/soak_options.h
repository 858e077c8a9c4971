/* The command line of the bench. SPDX-License-Identifier: MIT */
#ifndef SOAK_OPTIONS_H
#define SOAK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct soak_options {
    const char *directory; /* where the traces go */
    const char *device;    /* index or part of a name; NULL: the best */
    const char *policies;  /* names, separated by commas */
    bool snapshot;         /* temperatures of the session's snapshot instead of NVML's */
    double target_fps;
    double full_ms;
    double idle_s, full_s, probe_s, confirm_s;
    double learn_s, constant_s, jump_s, settle_s;
    double cool_s;  /* at most, before each run */
    double cool_c;  /* near enough to idle */
    double tick_ms; /* of the rivals */
    double margin_c;
    double limit_c;      /* NAN: from idle and full load */
    double limit_share;  /* of the way from idle to full load */
    double best_above_c; /* what the best constant may reach above the limit */
    uint32_t rounds;
    uint32_t levels;       /* of quality */
    uint32_t best_quality; /* the best constant level, where it is known; UINT32_MAX: search for it */
};

enum soak_options_outcome { SOAK_OPTIONS_RUN, SOAK_OPTIONS_HELP_SHOWN, SOAK_OPTIONS_BAD };
enum soak_options_outcome soak_options_parse(int argc, char **argv, struct soak_options *out_options);

#endif
