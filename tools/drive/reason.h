/*
 * Why something is refused, in one line. SPDX-License-Identifier: MIT
 *
 * Words come from others: whatever they hold, a reason is one line of printable ASCII.
 */
#ifndef PERFADAPT_TOOLS_DRIVE_REASON_H
#define PERFADAPT_TOOLS_DRIVE_REASON_H

#include "config/nearest.h"

#include <stdbool.h>

#define DRIVE_REASON_MAX 384

/* "--name" of "--name=value". */
void drive_option_name(const char *word, char out_name[PERFADAPT__WORD_SHOWN]);

/* All return false, for the caller to return in turn. */

/* unknown WHAT "word", did you mean "nearest"? */
bool drive_refuse_unknown(const char *what, const struct perfadapt__nearest *guess, char out_reason[DRIVE_REASON_MAX]);
/* WHAT "word" TEXT */
bool drive_refuse_word(const char *what, const char *word, const char *text, char out_reason[DRIVE_REASON_MAX]);
bool drive_refuse(const char *text, char out_reason[DRIVE_REASON_MAX]);

#endif
