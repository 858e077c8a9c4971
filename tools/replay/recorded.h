/* A recording on its way through the controller, once as it was, and once more as it is asked. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_RECORDED_H
#define PERFADAPT_TOOLS_REPLAY_RECORDED_H

#include "record/recording.h"
#include "record/replayer.h"
#include "replay/options.h"
#include "replay/tally.h"

/* One pass of the controller, and what came of it. */
struct replay_pass {
    struct perfadapt__replayer replayer;
    struct replay_tally tally;
    bool begun;
};

struct replay_recorded {
    const struct replay_options *options;
    const char *path;
    struct perfadapt__recording recording;
    struct replay_pass was;   /* as it was */
    struct replay_pass would; /* under the policy that is asked about */
    bool asks;                /* there is one */
    uint64_t breaks;          /* places from which records could not be taken */
    int64_t begun_ns;         /* time of the first record */
};

#endif
