/* What of a file could not be read: counted, and of each kind the first told. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_PROBLEMS_H
#define PERFADAPT_TOOLS_REPLAY_PROBLEMS_H

#include "replay/columns.h"

#include <stdbool.h>
#include <stdint.h>

/* Kinds beside REPLAY_ROLES of columns. */
enum replay_topic {
    REPLAY_TOPIC_LINE = REPLAY_ROLES, /* is no text */
    REPLAY_TOPIC_QUOTE = 29,
    REPLAY_TOPIC_CELLS = 30, /* too few or too many */
    REPLAY_TOPIC_TIMELESS = 31,
    REPLAY_TOPIC_ENDLESS = 32 /* nothing behind it is read */
};

struct replay_problems {
    const char *path;
    bool json;
    uint64_t count;
    uint64_t told; /* by topic */
};

/* `column` may be NULL; `word` is what is wrong, NULL = nothing to show. To standard error, or as JSON. */
void replay_problems_tell(struct replay_problems *problems, unsigned topic, uint64_t line, const char *column,
                          const char *word, const char *text);

#endif
