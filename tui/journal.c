/* What happened, newest last. SPDX-License-Identifier: MIT */
#include "journal.h"

#include <string.h>

bool journal_knows(const struct journal *journal, uint64_t owner, uint64_t number) {
    for (size_t i = journal->count; i > 0; --i) {
        if (journal->events[i - 1].owner == owner && journal->events[i - 1].number == number) {
            return true;
        }
    }
    return false;
}

void journal_add(struct journal *journal, const struct journal_event *event) {
    if (journal_knows(journal, event->owner, event->number)) {
        return;
    }
    struct journal_event *events = journal->events;
    if (journal->count == JOURNAL_MAX) {
        if (event->timestamp_ns < events[0].timestamp_ns) {
            return;
        }
        memmove(&events[0], &events[1], (JOURNAL_MAX - 1) * sizeof *events);
        --journal->count;
    }
    size_t at = journal->count;
    while (at > 0 && events[at - 1].timestamp_ns > event->timestamp_ns) {
        --at;
    }
    memmove(&events[at + 1], &events[at], (journal->count - at) * sizeof *events);
    events[at] = *event;
    ++journal->count;
}
