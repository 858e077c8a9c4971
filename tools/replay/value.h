/* What a cell says: a number with or without a unit, a date, a set of bits, or nothing. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_VALUE_H
#define PERFADAPT_TOOLS_REPLAY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum replay_value {
    REPLAY_VALUE_KNOWN = 0,
    REPLAY_VALUE_UNKNOWN = 1, /* "", "NA", "[Not Supported]", "nan", ... */
    REPLAY_VALUE_WRONG = 2
};

/* What values are of. */
enum replay_kind {
    REPLAY_KIND_PLAIN = 0, /* without a unit */
    REPLAY_KIND_TIME = 1,  /* ns */
    REPLAY_KIND_HEAT = 2,  /* °C */
    REPLAY_KIND_SHARE = 3, /* 0 ... 1 */
    REPLAY_KIND_POWER = 4, /* W */
    REPLAY_KIND_CLOCK = 5, /* MHz */
    REPLAY_KIND_BYTES = 6,
    REPLAY_KIND_TEXT = 7
};

/* What one `unit` ("ms", "MiB", "%", in any case) is in the kind's own; 0 = no unit of this kind. */
double replay_unit(const char *unit, size_t length, enum replay_kind kind);

/*
 * `factor` is of a number without a unit; one with a unit of the kind behind a blank has its own. `comma`: a comma in a
 * number is its point.
 */
enum replay_value replay_value_number(const char *text, enum replay_kind kind, double factor, bool comma,
                                      double *out_value);

/* ns: a number likewise, exact where it is whole and in ns, or "2025/06/13 00:27:52.195", "2025-06-13T00:27:52Z". */
enum replay_value replay_value_time(const char *text, double factor, bool comma, int64_t *out_ns);

/* enum perfadapt_throttling: its name, or NVIDIA's bits ("0x0000000000000004"). */
enum replay_value replay_value_throttle(const char *text, uint32_t *out_throttle);

#endif
