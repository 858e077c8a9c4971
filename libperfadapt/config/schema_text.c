/* SPDX-License-Identifier: MIT */
#include "config/schema_text.h"

#include "config/schema_rows.h"

#define TEXT_ROW(key, member, kind, least, most, words, unit, otherwise, text) {unit, otherwise, text},

static const struct perfadapt__schema_text texts[] = {PERFADAPT__SCHEMA_ROWS(TEXT_ROW)};

const struct perfadapt__schema_text *perfadapt__schema_text(size_t index) {
    return index < sizeof texts / sizeof texts[0] ? &texts[index] : NULL;
}
