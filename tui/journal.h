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
    char name[64];
    char text[DECISION_TEXT_MAX];
};

struct journal {
    size_t count;
    struct journal_event events[JOURNAL_MAX]; /* by time */
};

bool journal_knows(const struct journal *journal, uint64_t owner, uint64_t number);

/* Sorts an event in; one that is known, or older than all of a full journal, is dropped. */
void journal_add(struct journal *journal, const struct journal_event *event);

#endif
