/* The middle of three: what a single wrong sample cannot move. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_MEDIAN_H
#define PERFADAPT_CONTROL_MEDIAN_H

static inline double perfadapt__median_of_3(const double *values) {
    const double low = values[0] < values[1] ? values[0] : values[1];
    const double high = values[0] < values[1] ? values[1] : values[0];
    return values[2] < low ? low : values[2] > high ? high : values[2];
}

#endif
