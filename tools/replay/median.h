/* The median of a few numbers. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_MEDIAN_H
#define PERFADAPT_TOOLS_REPLAY_MEDIAN_H

#include <stddef.h>

#define REPLAY_MEDIAN_MAX 1024

/* `values`, none of them NAN, are sorted. NAN where there are none. */
double replay_median(double *values, size_t count);

#endif
