/* What happened, newest last: decisions of all sessions, sessions that came and went. SPDX-License-Identifier: MIT */
#ifndef TUI_JOURNAL_H
#define TUI_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decision_text.h"

#define JOURNAL_MAX 128

/* Numbers of events that are no decision. */
#define JOURNAL_STARTED UINT64_C(0)
#define JOURNAL_ENDED UINT64_MAX

struct journal_event {
    int64_t timestamp_ns; /* CLOCK_MONOTONIC */
    uint64_t owner;       /* key of the session */
    uint64_t number;      /* unique for the owner: a budget's generation, or one of the above */
    int32_t pid;
    uint32_t place; /* of its owner: the journal's own */
    char name[64];
    char text[DECISION_TEXT_MAX];
};

struct journal_owner {
    uint64_t key;
    size_t count; /* of its events; 0 = the place is free */
};

struct journal {
    size_t count;
    struct journal_event events[JOURNAL_MAX]; /* by time */
    struct journal_owner owners[JOURNAL_MAX];
};

void journal_clear(struct journal *journal);

bool journal_knows(const struct journal *journal, uint64_t owner, uint64_t number);

/* Sorts an event in, unless it is known. Where the journal is full, whose events are most loses the oldest of them, be
 * it the one to be added: nobody pushes out the others. */
void journal_add(struct journal *journal, const struct journal_event *event);

#endif
