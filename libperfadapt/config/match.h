/* Whether a machine is the one that a pattern means. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONFIG_MATCH_H
#define PERFADAPT_CONFIG_MATCH_H

#include "config/layers.h"

#include <stdbool.h>

/*
 * Several patterns are parted by "|", with blanks around it or not. "*" is any text, "?" any letter; ASCII letters are
 * the same in either case, whatever the locale.
 */
bool perfadapt__match_glob(const char *patterns, const char *text);

enum perfadapt__match_result {
    PERFADAPT__MATCH_NO = 0,
    PERFADAPT__MATCH_YES = 1,
    PERFADAPT__MATCH_BAD_VALUE = 2, /* no pattern: "" or, of a GPU, not "10de:2684", "8086:5690-56c1", "1002:*" */
    PERFADAPT__MATCH_BAD_KEY = 3
};

/* What can be matched: "dmi_vendor", "gpu"; NULL beyond the last. */
const char *perfadapt__match_key(size_t index);

/*
 * `key` without its "match."; *out_index is its place among the keys. An unknown fact is matched by nothing; facts
 * NULL: none is known.
 */
enum perfadapt__match_result perfadapt__match_fact(const struct perfadapt__machine_facts *facts, const char *key,
                                                   const char *value, size_t *out_index);

#endif
