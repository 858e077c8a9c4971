/*
 * The resident total that a process should stay under. SPDX-License-Identifier: MIT
 *
 * The lower of two:
 *
 * What stalls leave. Some tasks stall for more than 10 ms per 6 s: cut by (excess / 20)², as Meta's senpai does it
 * (github.com/facebookincubator/senpai), 1 % … 25 %, at most every 2 s; not again within 6 s while the process has not
 * followed yet. All tasks stall for more than 70 ms per second: 20 % at once, at most every 2 s. What is left will be
 * gone within 3 s at the pace of the last one: 20 % at once, at most every 6 s; or nothing more than is used, where the
 * process itself takes it. Never below half of what the process used when the shortage began.
 *
 * It grows every 6 s. By 8 %, where there are no stalls on average over 10 s and more than half is available, or what is
 * left stays half as much above what was left when stalls came, or none came with the cut. By 1 %, where there are none
 * over 60 s either and what is left stays 15 % above that, or 5 minutes have passed (twice as long with every time that
 * this led to stalls again). It is forgotten 10 % above what the process uses, or used when the shortage began.
 *
 * What is left: used + ½ (left - reserve), of the machine and of the cgroup, the reserve being at most an eighth of
 * either. With less left than the reserve that is less than used, so that the process gives way before anything stalls;
 * by a fifth at most, as long as nothing does. Where the policy knows a share, no more than that share of either.
 */
#ifndef PERFADAPT_CONTROL_MEMORY_BUDGET_H
#define PERFADAPT_CONTROL_MEMORY_BUDGET_H

#include "control/memory_view.h"
#include "control/policy.h"

/* Zeroed memory is a budget that has not been stepped yet. */
struct perfadapt__memory_budget {
    double bytes;           /* what stalls have left; 0 = stalls say nothing */
    double used_bytes;      /* by the process, when the shortage began, or now where there is none; 0 = unknown */
    uint32_t stalled;       /* 1: stalls came with a cut since the budget was last forgotten */
    uint32_t tried;         /* 1: it has grown since the last cut, with no more left than when stalls came */
    double stalled_left;    /* what was left when they came; NAN unknown */
    int64_t patience_ns;    /* until that is tried again */
    uint64_t told_bytes;    /* as last handed out; 0 = nothing yet, UINT64_MAX = no limit */
    int64_t cut_ns;         /* the last one of any kind; 0 = never, like the next two */
    int64_t cut_at_once_ns; /* the last one by a fifth */
    int64_t grown_ns;
};

/* Updates told_bytes. `tight`: memory is short already. `now_ns` is positive and never goes back. */
void perfadapt__memory_budget_step(struct perfadapt__memory_budget *budget, const struct perfadapt__policy *policy,
                                   const struct perfadapt__memory_view *view, bool tight, int64_t now_ns);

/* Nothing more can be asked of the process. */
bool perfadapt__memory_budget_is_lowest(const struct perfadapt__memory_budget *budget,
                                        const struct perfadapt__memory_view *view);

#endif
