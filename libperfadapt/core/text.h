/* Text of others made fit to be shown. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_TEXT_H
#define PERFADAPT_CORE_TEXT_H

#include <stddef.h>

/*
 * Terminates `text` within its `capacity` and keeps well-formed UTF-8 that prints: control characters, text direction
 * marks, what has no width, and stray bytes become '?'. A character cut at the end is dropped.
 */
void perfadapt__text_clean(char *text, size_t capacity);

#endif
