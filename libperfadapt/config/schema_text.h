/* What the keys are, for people: beside the rows of config/schema.h, in the same order. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONFIG_SCHEMA_TEXT_H
#define PERFADAPT_CONFIG_SCHEMA_TEXT_H

#include <stddef.h>

struct perfadapt__schema_text {
    const char *unit;      /* "" = none */
    const char *otherwise; /* what holds where nothing is given */
    const char *text;      /* one short sentence */
};

/* For tools: it is not in the library. NULL beyond perfadapt__schema_count(). */
const struct perfadapt__schema_text *perfadapt__schema_text(size_t index);

#endif
