/* Numbers as they are typed and printed: a whole word or nothing, never by the locale. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONFIG_NUMBER_H
#define PERFADAPT_CONFIG_NUMBER_H

#include <stdbool.h>

/* "-12.5e3". False, and nothing written, where `text` is anything else, nan or infinity, or does not fit. */
bool perfadapt__number_parse(const char *text, double *out_value);

#define PERFADAPT__NUMBER_TEXT 32

/* `value` is finite; rounded half away from zero, cut where 18 digits do not hold it. `decimals` up to 9. */
void perfadapt__number_print(double value, unsigned decimals, char out_text[PERFADAPT__NUMBER_TEXT]);
/* The same without trailing zeros. */
void perfadapt__number_print_short(double value, unsigned decimals, char out_text[PERFADAPT__NUMBER_TEXT]);

#endif
