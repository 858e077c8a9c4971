/* SPDX-License-Identifier: MIT */
#include "sim/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool sim_value_refuse(const char *option, const char *text, const char *what) {
    fprintf(stderr, "perfadapt sim: --%s %s: %s\n", option, text, what);
    return false;
}

bool sim_value_number(const char *option, const char *text, double least, double most, double *out_number) {
    char *end;
    char what[80];
    *out_number = strtod(text, &end);
    if (end != text && *end == 0 && *out_number >= least && *out_number <= most)
        return true;
    snprintf(what, sizeof what, "must be a number from %g to %g", least, most);
    return sim_value_refuse(option, text, what);
}

bool sim_value_count(const char *option, const char *text, unsigned least, unsigned most, unsigned *out_count) {
    double number;
    if (!sim_value_number(option, text, least, most, &number))
        return false;
    *out_count = (unsigned)number;
    return (double)*out_count == number || sim_value_refuse(option, text, "must be a whole number");
}

bool sim_value_seed(const char *option, const char *text, uint64_t *out_seed) {
    char *end;
    errno = 0;
    *out_seed = strtoull(text, &end, 10);
    const bool good = *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
    return good || sim_value_refuse(option, text, "must be a whole number from 0 to 18446744073709551615");
}

bool sim_value_range(const char *option, const char *text, double least, double most, struct sim_range *out_range) {
    char *end;
    out_range->min = strtod(text, &end);
    if (end == text || *end != ':')
        return sim_value_refuse(option, text, "must be MIN:MAX");
    if (!sim_value_number(option, end + 1, least, most, &out_range->max))
        return false;
    const bool good = out_range->min >= least && out_range->min <= out_range->max;
    return good || sim_value_refuse(option, text, "MIN is out of range or above MAX");
}
