/* A log on its way through the controller: what its reports are made from. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_RUN_H
#define PERFADAPT_TOOLS_REPLAY_RUN_H

#include "drive/stream.h"
#include "replay/pace.h"
#include "replay/source.h"
#include "replay/tally.h"

struct replay_run {
    const struct replay_options *options;
    struct replay_source source;
    struct replay_pace pace;
    struct drive_stream stream;
    struct replay_tally tally;
    uint64_t line; /* of the file, at hand */
    bool begun;    /* the controller has been given a line, and the reader the report's beginning */
};

#endif
