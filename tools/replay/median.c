/* SPDX-License-Identifier: MIT */
#include "replay/median.h"

#include <math.h> /* NAN only */
#include <stdlib.h>

static int compare(const void *one, const void *other) {
    const double a = *(const double *)one;
    const double b = *(const double *)other;
    return (a > b) - (a < b);
}

double replay_median(double *values, size_t count) {
    if (count == 0)
        return (double)NAN;
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}
