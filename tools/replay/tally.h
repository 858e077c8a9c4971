/* What came of a replay, summed up as it goes. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_TALLY_H
#define PERFADAPT_TOOLS_REPLAY_TALLY_H

#include "drive/line.h"
#include "replay/spread.h"

#include <perfadapt/budget.h>

#define REPLAY_REASONS 10 /* of enum perfadapt_reason */

struct replay_tally {
    uint64_t frames, ticks;
    uint64_t changes; /* of what an app goes by; states do not count */
    int64_t last_ns;  /* of the newest line */
    int64_t frame_ns; /* of the newest frame */
    double frames_ns; /* what frames took, from one to the next, together */
    uint64_t periods, late_frames;
    int64_t worst_frame_ns;
    struct replay_spread spread; /* of what frames took */
    double busy_sum;
    uint64_t busy_count;
    double heat_least_c, heat_most_c; /* NAN = none */
    double heat_c, limit_c, busy;     /* newest; NAN unknown */
    double limited_ns, hot_ns;        /* with a limit and a temperature; of that at the limit or above */
    double best_ns;                   /* with everything at its best */
    double quality_ns, scale_ns;      /* integrals */
    double reason_ns[REPLAY_REASONS];
    uint32_t lowest_quality;
    double lowest_scale;
    int64_t longest_frame_ns;
    struct perfadapt_budget budget; /* in force */
    struct perfadapt_budget shown;  /* as of the newest change */
};

void replay_tally_init(struct replay_tally *tally, const struct perfadapt_budget *budget);

/* `limit_c` is the policy's; `target_ns` 0 = none. Before the line is taken. */
void replay_tally_line(struct replay_tally *tally, const struct drive_line *line, double limit_c, int64_t target_ns);

/* What is in force from now on. True where it is worth a line: what an app goes by, or a state, has changed. */
bool replay_tally_budget(struct replay_tally *tally, const struct perfadapt_budget *budget);

#endif
