/*
 * What is told of a wrong word: the word itself, cleaned, and the nearest right one. SPDX-License-Identifier: MIT
 *
 * Words come from others: whatever they hold, a reason is one line of printable ASCII.
 */
#ifndef PERFADAPT_TOOLS_DRIVE_REASON_H
#define PERFADAPT_TOOLS_DRIVE_REASON_H

#include <stdbool.h>

#define DRIVE_REASON_MAX 384

/* A word and the nearest of those that were offered for it. */
struct drive_guess {
    const char *word;
    const char *nearest; /* NULL = none is near */
    unsigned distance;
};

void drive_guess_init(struct drive_guess *guess, const char *word);
void drive_guess_offer(struct drive_guess *guess, const char *candidate);

/* All return false, for the caller to return in turn. */

/* unknown WHAT "word", did you mean "nearest"? */
bool drive_refuse_unknown(const char *what, const struct drive_guess *guess, char out_reason[DRIVE_REASON_MAX]);
/* WHAT "word" TEXT */
bool drive_refuse_word(const char *what, const char *word, const char *text, char out_reason[DRIVE_REASON_MAX]);
bool drive_refuse(const char *text, char out_reason[DRIVE_REASON_MAX]);

#endif
