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

void journal_clear(struct journal *journal) {
    journal->count = 0;
    memset(journal->owners, 0, sizeof journal->owners);
}

/* Where the owner is, else a free place: there are as many as events. */
static uint32_t find_place(const struct journal *journal, uint64_t owner) {
    uint32_t place = 0;
    for (uint32_t i = 0; i < JOURNAL_MAX; ++i) {
        if (journal->owners[i].count == 0) {
            place = i;
        } else if (journal->owners[i].key == owner) {
            return i;
        }
    }
    return place;
}

static size_t count_of(const struct journal *journal, uint64_t owner) {
    const struct journal_owner *found = &journal->owners[find_place(journal, owner)];
    return found->key == owner ? found->count : 0;
}

/* Which of a full journal goes for a new one; JOURNAL_MAX = the new one itself. */
static size_t find_surplus(const struct journal *journal, const struct journal_event *event) {
    const size_t with_it = count_of(journal, event->owner) + 1;
    size_t most = with_it;
    for (size_t i = 0; i < JOURNAL_MAX; ++i) {
        most = journal->owners[i].count > most ? journal->owners[i].count : most;
    }
    for (size_t i = 0; i < journal->count; ++i) {
        const struct journal_event *other = &journal->events[i];
        if (with_it == most && event->timestamp_ns < other->timestamp_ns) {
            return JOURNAL_MAX;
        }
        if ((other->owner == event->owner ? with_it : journal->owners[other->place].count) == most) {
            return i;
        }
    }
    return JOURNAL_MAX;
}

static void drop(struct journal *journal, size_t at) {
    struct journal_event *events = journal->events;
    --journal->owners[events[at].place].count;
    --journal->count;
    memmove(&events[at], &events[at + 1], (journal->count - at) * sizeof *events);
}

static void insert(struct journal *journal, const struct journal_event *event) {
    struct journal_event *events = journal->events;
    const uint32_t place = find_place(journal, event->owner);
    size_t at = journal->count;
    while (at > 0 && events[at - 1].timestamp_ns > event->timestamp_ns) {
        --at;
    }
    memmove(&events[at + 1], &events[at], (journal->count - at) * sizeof *events);
    events[at] = *event;
    events[at].place = place;
    journal->owners[place].key = event->owner;
    ++journal->owners[place].count;
    ++journal->count;
}

void journal_add(struct journal *journal, const struct journal_event *event) {
    if (journal_knows(journal, event->owner, event->number)) {
        return;
    }
    if (journal->count == JOURNAL_MAX) {
        const size_t surplus = find_surplus(journal, event);
        if (surplus == JOURNAL_MAX) {
            return;
        }
        drop(journal, surplus);
    }
    insert(journal, event);
}
