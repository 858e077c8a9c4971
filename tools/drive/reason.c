/* SPDX-License-Identifier: MIT */
#include "drive/reason.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void drive_option_name(const char *word, char out_name[PERFADAPT__WORD_SHOWN]) {
    const size_t length = strcspn(word, "=");
    snprintf(out_name, PERFADAPT__WORD_SHOWN, "%.*s", (int)(length < INT_MAX ? length : INT_MAX), word);
}

bool drive_refuse_unknown(const char *what, const struct perfadapt__nearest *guess, char out_reason[DRIVE_REASON_MAX]) {
    perfadapt__nearest_tell(guess, what, out_reason, DRIVE_REASON_MAX);
    return false;
}

bool drive_refuse_word(const char *what, const char *word, const char *text, char out_reason[DRIVE_REASON_MAX]) {
    char cleaned[PERFADAPT__WORD_SHOWN];
    perfadapt__word_clean(word, cleaned);
    snprintf(out_reason, DRIVE_REASON_MAX, "%s \"%s\"%s%s", what, cleaned, *text ? " " : "", text);
    return false;
}

bool drive_refuse(const char *text, char out_reason[DRIVE_REASON_MAX]) {
    snprintf(out_reason, DRIVE_REASON_MAX, "%s", text);
    return false;
}
