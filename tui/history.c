/* The last minutes of each value. SPDX-License-Identifier: MIT */
#include "history.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const int64_t second_ns = 1000000000;

void history_init(struct history *history, uint64_t owner, const char *name) {
    snprintf(history->name, sizeof history->name, "%s", name);
    history->owner = owner;
    history->used = 0;
    history->last_ns = 0;
    for (int i = 0; i < HISTORY_SECONDS; ++i) {
        history->values[i] = NAN;
    }
}

struct history *history_find(struct history_table *table, uint64_t owner, const char *name) {
    struct history *oldest = &table->series[0];
    for (size_t i = 0; i < table->count; ++i) {
        struct history *history = &table->series[i];
        if (history->owner == owner && strcmp(history->name, name) == 0) {
            history->used = ++table->uses;
            return history;
        }
        oldest = history->used < oldest->used ? history : oldest;
    }
    if (table->count < HISTORY_SERIES_MAX) {
        oldest = &table->series[table->count++];
    }
    history_init(oldest, owner, name);
    oldest->used = ++table->uses;
    return oldest;
}

static void put(struct history *history, int64_t second, double value, bool keep_higher) {
    float *slot = &history->values[second % HISTORY_SECONDS];
    if (!keep_higher || isnan(*slot) || (float)value > *slot) {
        *slot = (float)value;
    }
}

void history_add(struct history *history, int64_t timestamp_ns, double value) {
    if (timestamp_ns <= history->last_ns) {
        return;
    }
    const int64_t second = timestamp_ns / second_ns;
    const int64_t last = history->last_ns / second_ns;
    if (history->last_ns != 0 && second == last) {
        put(history, second, value, true);
        history->last_ns = timestamp_ns;
        return;
    }
    const bool hole = second - last > HISTORY_GAP_S;
    const int64_t oldest = second - HISTORY_SECONDS + 1;
    const int64_t first = history->last_ns == 0 ? second : last + 1 > oldest ? last + 1 : oldest;
    for (int64_t i = first; i < second; ++i) {
        put(history, i, hole ? (double)NAN : value, false);
    }
    put(history, second, value, false);
    history->last_ns = timestamp_ns;
}

static double value_at(const struct history *history, int64_t second) {
    const int64_t newest = history->last_ns / second_ns;
    if (history->last_ns == 0 || second < 0 || second > newest || second <= newest - HISTORY_SECONDS) {
        return NAN;
    }
    return (double)history->values[second % HISTORY_SECONDS];
}

double history_at(const struct history *history, int64_t now_ns, int seconds_ago, int span) {
    const int64_t second = now_ns / second_ns - seconds_ago;
    double highest = NAN;
    for (int i = 0; i < span; ++i) {
        highest = fmax(highest, value_at(history, second - i));
    }
    return highest;
}

int history_age_s(const struct history *history, int64_t now_ns) {
    int ago = HISTORY_SECONDS - 1;
    while (ago >= 0 && isnan(value_at(history, now_ns / second_ns - ago))) {
        --ago;
    }
    return ago;
}

bool history_range(const struct history *history, int64_t now_ns, int seconds, double *out_low, double *out_high) {
    const int64_t now_s = now_ns / second_ns;
    double low = NAN;
    double high = NAN;
    for (int i = 0; i < seconds; ++i) {
        const double value = value_at(history, now_s - i);
        low = fmin(low, value);
        high = fmax(high, value);
    }
    *out_low = low;
    *out_high = high;
    return !isnan(low);
}
