/* Where a value is going: a line through its history. SPDX-License-Identifier: MIT */
#ifndef TUI_TREND_H
#define TUI_TREND_H

#include "history.h"

struct trend {
    double per_minute; /* NAN = too little is known */
    int span_s;        /* from the oldest value that counts to the newest */
};

/* By least squares over what is known of the last `seconds`; that takes 15 s at least. */
struct trend trend_compute(const struct history *history, int64_t now_ns, int seconds);

#endif
