/* SPDX-License-Identifier: MIT */
#include "drive/reason.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define WORD_SHOWN 40
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

void drive_guess_init(struct drive_guess *guess, const char *word) {
    *guess = (struct drive_guess){.word = word, .nearest = NULL, .distance = too_far};
}

void drive_guess_offer(struct drive_guess *guess, const char *candidate) {
    const unsigned distance = distance_of(guess->word, candidate);
    if (distance >= guess->distance || distance >= strlen(candidate))
        return;
    guess->distance = distance;
    guess->nearest = candidate;
}

static void clean(const char *word, char out_text[WORD_SHOWN]) {
    size_t used = 0;
    for (; word[used] && used + 1 < WORD_SHOWN; used++)
        out_text[used] = word[used] >= ' ' && word[used] <= '~' && word[used] != '"' ? word[used] : '?';
    out_text[used] = '\0';
    if (word[used])
        memcpy(out_text + used - 3, "...", 3);
}

bool drive_refuse_unknown(const char *what, const struct drive_guess *guess, char out_reason[DRIVE_REASON_MAX]) {
    char word[WORD_SHOWN];
    clean(guess->word, word);
    if (guess->nearest)
        snprintf(out_reason, DRIVE_REASON_MAX, "unknown %s \"%s\", did you mean \"%s\"?", what, word, guess->nearest);
    else
        snprintf(out_reason, DRIVE_REASON_MAX, "unknown %s \"%s\"", what, word);
    return false;
}

bool drive_refuse_word(const char *what, const char *word, const char *text, char out_reason[DRIVE_REASON_MAX]) {
    char cleaned[WORD_SHOWN];
    clean(word, cleaned);
    snprintf(out_reason, DRIVE_REASON_MAX, "%s \"%s\"%s%s", what, cleaned, *text ? " " : "", text);
    return false;
}

bool drive_refuse(const char *text, char out_reason[DRIVE_REASON_MAX]) {
    snprintf(out_reason, DRIVE_REASON_MAX, "%s", text);
    return false;
}
