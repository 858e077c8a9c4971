/* What the filter answers: a budget as a line, or "=" where it would be the same. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_DRIVE_ANSWER_H
#define PERFADAPT_TOOLS_DRIVE_ANSWER_H

#include "drive/reason.h"

#include <perfadapt/budget.h>

#define DRIVE_ANSWER_MAX 512

struct drive_answer {
    uint64_t generation;         /* full budgets printed so far */
    char last[DRIVE_ANSWER_MAX]; /* the last of them, without its generation */
};

void drive_answer_init(struct drive_answer *answer);

/*
 * `budget gen=N frame_ns=… quality=… scale=… in_flight=… memory=…|none headroom=…|nan ttt_ns=… bottleneck=…
 * reasons=a,b|-` as one line, with a newline. The generation counts what is printed: the budget's own also grows with
 * what is not.
 */
void drive_answer_budget(struct drive_answer *answer, const struct perfadapt_budget *budget,
                         char out_line[DRIVE_ANSWER_MAX]);

/* `error REASON` with a newline. */
void drive_answer_error(const char *reason, char out_line[DRIVE_ANSWER_MAX]);

#endif
