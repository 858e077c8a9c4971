/* Numbers as they are typed and printed: a whole word or nothing, never by the locale. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_DRIVE_NUMBER_H
#define PERFADAPT_TOOLS_DRIVE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False, and nothing written, where `text` is anything else or does not fit. */
bool drive_number_i64(const char *text, int64_t *out_value);
bool drive_number_u64(const char *text, uint64_t *out_value);
bool drive_number_double(const char *text, double *out_value); /* "-12.5e3"; never nan or infinity */

/* "nan" in any case and with any sign. */
bool drive_number_is_nan(const char *text);

#define DRIVE_NUMBER_TEXT 32

/* `value` is finite; rounded half away from zero, cut at ±1e15. */
void drive_number_print(double value, unsigned decimals, char out_text[DRIVE_NUMBER_TEXT]);
/* The same without trailing zeros. */
void drive_number_print_short(double value, char out_text[DRIVE_NUMBER_TEXT]);

#endif
