/* What libsensors' configuration makes of a sensor's values, as a line. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_COMPUTE_H
#define PERFADAPT_PROBE_COMPUTE_H

#include <stdbool.h>
#include <stddef.h>

/* A value of the kernel's file and what libsensors says it means, both in °C. */
struct probe_point {
    double raw_c;
    double value_c;
};

enum probe_fit {
    PROBE_FIT_NONE = 0,     /* no value could be read: nothing is known */
    PROBE_FIT_IDENTITY = 1, /* the values are the kernel's */
    PROBE_FIT_LINE = 2,     /* three values or more lie on it */
    PROBE_FIT_TWO_POINTS = 3,
    PROBE_FIT_ONE_POINT = 4, /* taken for an offset */
    PROBE_FIT_NOT_LINEAR = 5,
    PROBE_FIT_OUT_OF_RANGE = 6 /* of what the sensor map takes */
};

struct probe_compute {
    enum probe_fit fit;
    double scale; /* value_c = scale * raw_c + offset_c; NAN where there is no line */
    double offset_c;
    size_t points; /* that differ in raw_c */
};

/* libsensors does not tell its formula; every value of a sensor goes through the same one. */
struct probe_compute probe_compute_fit(const struct probe_point *points, size_t count);

/* Whether it is a line, and not that of the kernel's values as they are. */
bool probe_compute_says_something(const struct probe_compute *compute);

/* "line", "one point". */
const char *probe_fit_name(enum probe_fit fit);

#endif
