/* What programs that print JSON by hand get wrong, put right in place. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_MEND_H
#define PERFADAPT_TOOLS_PROFILE_MEND_H

#include <stddef.h>

/*
 * A report of two hundred kilobytes is not lost for one byte of a driver's description: bytes in strings that are not
 * UTF-8 become "?", raw control characters in them spaces; nan, inf, 1.#IND (all printed by C++ streams) and numbers
 * that no double holds become "", which is no number. The length stays, so lines and columns of messages do. The text
 * ends with a NUL that `length` does not count.
 */
void profile_mend(char *text, size_t length);

#endif
