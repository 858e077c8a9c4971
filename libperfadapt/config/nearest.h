/*
 * What is told of a wrong word: the word itself, cleaned, and the nearest right one. SPDX-License-Identifier: MIT
 *
 * Words come from others: whatever they hold, what is told of them is printable ASCII.
 */
#ifndef PERFADAPT_CONFIG_NEAREST_H
#define PERFADAPT_CONFIG_NEAREST_H

#include <stddef.h>

/* A word and the nearest of those that were offered for it. */
struct perfadapt__nearest {
    const char *word;
    const char *found; /* NULL = none is near; else one that was offered */
    unsigned distance;
};

void perfadapt__nearest_init(struct perfadapt__nearest *nearest, const char *word);
void perfadapt__nearest_offer(struct perfadapt__nearest *nearest, const char *candidate);

/* unknown WHAT "word", did you mean "found"? */
void perfadapt__nearest_tell(const struct perfadapt__nearest *nearest, const char *what, char *out, size_t capacity);

#define PERFADAPT__WORD_SHOWN 40

void perfadapt__word_clean(const char *word, char out_text[PERFADAPT__WORD_SHOWN]);

#endif
