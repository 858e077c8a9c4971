/* The last minutes of each value, one per second: what graphs are drawn from. SPDX-License-Identifier: MIT */
#ifndef TUI_HISTORY_H
#define TUI_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_SECONDS 300
#define HISTORY_SERIES_MAX 144

/* Two values further apart than this have a hole between them, not a line. */
#define HISTORY_GAP_S 12

struct history {
    char name[96];
    uint64_t owner;                /* key of a session; 0 = this machine */
    uint64_t used;                 /* when it was last asked for, in asks of its table */
    int64_t last_ns;               /* of the newest value; 0 = none yet */
    float values[HISTORY_SECONDS]; /* by second modulo HISTORY_SECONDS; NAN = not known */
};

struct history_table {
    size_t count;
    uint64_t uses;
    struct history series[HISTORY_SERIES_MAX];
};

/* A series of nothing yet, in no table. */
void history_init(struct history *history, uint64_t owner, const char *name);

/* The series of that name, made where it is new; where the table is full
 * the one unused for longest makes room. */
struct history *history_find(struct history_table *table, uint64_t owner, const char *name);

/* A value that holds since the one before it. Times that do not grow are ignored. */
void history_add(struct history *history, int64_t timestamp_ns, double value);

/* The highest value from `seconds_ago` back over `span` seconds, both as seen at now_ns; NAN where there is none. */
double history_at(const struct history *history, int64_t now_ns, int seconds_ago, int span);

/* Seconds since the oldest value that is kept; -1 = there is none. */
int history_age_s(const struct history *history, int64_t now_ns);

/* Lowest and highest of the last `seconds`; false where there is none. */
bool history_range(const struct history *history, int64_t now_ns, int seconds, double *out_low, double *out_high);

#endif
