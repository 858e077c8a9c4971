/* Settings as a user would write them: for tools, not in the library. SPDX-License-Identifier: MIT */
#include "config/number.h"
#include "config/schema.h"

#include <math.h> /* isnan only */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const double ns_per_s = 1e9;
static const double ns_per_ms = 1e6;
static const char suffixes[] = "KMGT";
static const unsigned decimals = 6;

static void print_word(const char *words, double number, char *out, size_t capacity) {
    for (; number >= 1; number--)
        words += strcspn(words, "|") + 1;
    snprintf(out, capacity, "%.*s", (int)strcspn(words, "|"), words);
}

static void print_bytes(double bytes, char *out, size_t capacity) {
    uint64_t whole = (uint64_t)bytes;
    size_t step = 0;
    for (; whole && whole % 1024 == 0 && suffixes[step]; step++)
        whole /= 1024;
    snprintf(out, capacity, "%llu%.*s", (unsigned long long)whole, step > 0, suffixes + step - (step > 0));
}

static void print_number(double number, char *out, size_t capacity) {
    char text[PERFADAPT__NUMBER_TEXT];
    perfadapt__number_print_short(number, decimals, text);
    snprintf(out, capacity, "%s", text);
}

bool perfadapt__schema_print(const struct perfadapt__settings *settings, const struct perfadapt__schema_row *row,
                             char *out, size_t capacity) {
    const void *member = (const char *)settings + row->offset;
    if (row->kind == PERFADAPT__KIND_NAME) {
        snprintf(out, capacity, "%s", (const char *)member);
        return *(const char *)member;
    }
    const double number = *(const double *)member;
    *out = '\0';
    if (isnan(number))
        return false;
    if (row->kind == PERFADAPT__KIND_WORD)
        print_word(row->words, number, out, capacity);
    else if (row->kind == PERFADAPT__KIND_BYTES)
        print_bytes(number, out, capacity);
    else if (row->kind == PERFADAPT__KIND_RATE)
        print_number((number > 0 ? ns_per_s / number : 0), out, capacity);
    else
        print_number(row->kind == PERFADAPT__KIND_MILLISECONDS ? number / ns_per_ms : number, out, capacity);
    return true;
}
