/* Whole numbers as they are typed: a whole word or nothing, never by the locale. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_DRIVE_NUMBER_H
#define PERFADAPT_TOOLS_DRIVE_NUMBER_H

#include "config/number.h" /* what is no whole number, and printing */

#include <stdbool.h>
#include <stdint.h>

/* False, and nothing written, where `text` is anything else or does not fit. */
bool drive_number_i64(const char *text, int64_t *out_value);
bool drive_number_u64(const char *text, uint64_t *out_value);

/* "nan" in any case and with any sign. */
bool drive_number_is_nan(const char *text);

#endif
