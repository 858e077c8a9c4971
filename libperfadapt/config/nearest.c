/* SPDX-License-Identifier: MIT */
#include "config/nearest.h"

#include <stdio.h>
#include <string.h>

#define WORD_COMPARED 32

static const unsigned too_far = 3; /* slips of the finger, not other words */

static unsigned least(unsigned a, unsigned b, unsigned c) {
    const unsigned smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Letters to insert, remove or replace (Levenshtein). */
static unsigned distance_of(const char *a, const char *b) {
    unsigned row[WORD_COMPARED + 1];
    const size_t columns = strlen(b);
    if (columns > WORD_COMPARED || strlen(a) > WORD_COMPARED)
        return too_far;
    for (unsigned j = 0; j <= columns; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            const unsigned above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[columns];
}

void perfadapt__nearest_init(struct perfadapt__nearest *nearest, const char *word) {
    *nearest = (struct perfadapt__nearest){.word = word, .found = NULL, .distance = too_far};
}

void perfadapt__nearest_offer(struct perfadapt__nearest *nearest, const char *candidate) {
    const unsigned distance = distance_of(nearest->word, candidate);
    if (distance >= nearest->distance || distance >= strlen(candidate))
        return;
    nearest->distance = distance;
    nearest->found = candidate;
}

void perfadapt__nearest_tell(const struct perfadapt__nearest *nearest, const char *what, char *out, size_t capacity) {
    char word[PERFADAPT__WORD_SHOWN];
    const char *found = nearest->found;
    perfadapt__word_clean(nearest->word, word);
    snprintf(out, capacity, "unknown %s \"%s\"%s%s%s", what, word, found ? ", did you mean \"" : "", found ? found : "",
             found ? "\"?" : "");
}

void perfadapt__word_clean(const char *word, char out_text[PERFADAPT__WORD_SHOWN]) {
    size_t used = 0;
    for (; word[used] && used + 1 < PERFADAPT__WORD_SHOWN; used++)
        out_text[used] = word[used] >= ' ' && word[used] <= '~' && word[used] != '"' ? word[used] : '?';
    out_text[used] = '\0';
    if (word[used])
        memcpy(out_text + used - 3, "...", 3);
}
