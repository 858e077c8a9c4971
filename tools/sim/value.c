/* SPDX-License-Identifier: MIT */
#include "sim/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_line.h"
#include "config/number.h"

bool sim_value_refuse(const char *option, const char *text, const char *what) {
    return command_line_refuse_value("sim", option, text, what);
}

bool sim_value_number(const char *option, const char *text, double least, double most, double *out_number) {
    return command_line_number("sim", option, text, "", least, most, out_number);
}

bool sim_value_count(const char *option, const char *text, unsigned least, unsigned most, unsigned *out_count) {
    double number;
    char what[80];
    if (perfadapt__number_parse(text, &number) && number >= least && number <= most) {
        *out_count = (unsigned)number;
        if ((double)*out_count == number)
            return true;
    }
    snprintf(what, sizeof what, "is not a whole number from %u to %u", least, most);
    return sim_value_refuse(option, text, what);
}

bool sim_value_seed(const char *option, const char *text, uint64_t *out_seed) {
    char *end;
    errno = 0;
    *out_seed = strtoull(text, &end, 10);
    const bool good = *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
    return good || sim_value_refuse(option, text, "is not a whole number from 0 to 18446744073709551615");
}

static bool is_range(const char *text, double least, double most, struct sim_range *out_range) {
    char low[PERFADAPT__NUMBER_TEXT];
    const char *const colon = strchr(text, ':');
    const size_t length = colon ? (size_t)(colon - text) : sizeof low;
    if (length >= sizeof low)
        return false;
    memcpy(low, text, length);
    low[length] = '\0';
    return perfadapt__number_parse(low, &out_range->min) && perfadapt__number_parse(colon + 1, &out_range->max) &&
           out_range->min >= least && out_range->min <= out_range->max && out_range->max <= most;
}

bool sim_value_range(const char *option, const char *text, double least, double most, struct sim_range *out_range) {
    char what[80];
    if (is_range(text, least, most, out_range))
        return true;
    snprintf(what, sizeof what, "is not MIN:MAX, both from %g to %g", least, most);
    return sim_value_refuse(option, text, what);
}
