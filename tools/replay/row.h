/* A row of a log, in the units of this project. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_ROW_H
#define PERFADAPT_TOOLS_REPLAY_ROW_H

#include "replay/columns.h"

struct replay_row {
    uint64_t line;  /* of the file */
    uint64_t owner; /* whose it is: a hash; 0 = the file tells of one alone */
    bool timed;     /* time_ns is known */
    bool restart;   /* a header stood before it: times begin anew */
    bool made_up;   /* a frame that a driver made up between two of the app's */
    int64_t time_ns;
    uint32_t throttle;             /* enum perfadapt_throttling */
    double value[REPLAY_THROTTLE]; /* by enum replay_role; NAN = unknown */
};

#endif
