/* Values of command line options; what is wrong with one is said on standard error. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_VALUE_H
#define PERFADAPT_TOOLS_SIM_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Always false. */
bool sim_value_refuse(const char *option, const char *text, const char *what);

bool sim_value_number(const char *option, const char *text, double least, double most, double *out_number);
bool sim_value_count(const char *option, const char *text, unsigned least, unsigned most, unsigned *out_count);
bool sim_value_seed(const char *option, const char *text, uint64_t *out_seed);

struct sim_range {
    double min, max;
};
bool sim_value_range(const char *option, const char *text, double least, double most, struct sim_range *out_range);

#endif
