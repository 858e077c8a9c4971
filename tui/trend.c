/* Where a value is going. SPDX-License-Identifier: MIT */
#include "trend.h"

#include <math.h>

enum { SPAN_MIN_S = 15 };

struct trend trend_compute(const struct history *history, int64_t now_ns, int seconds) {
    double count = 0;
    double sum_x = 0;
    double sum_y = 0;
    double sum_xx = 0;
    double sum_xy = 0;
    int oldest = -1;
    int newest = 0;
    for (int ago = seconds - 1; ago >= 0; --ago) {
        const double y = history_at(history, now_ns, ago, 1);
        if (isnan(y)) {
            continue;
        }
        oldest = oldest < 0 ? ago : oldest;
        newest = ago;
        const double x = -ago;
        count += 1;
        sum_x += x;
        sum_y += y;
        sum_xx += x * x;
        sum_xy += x * y;
    }
    struct trend trend = {.per_minute = (double)NAN, .span_s = oldest < 0 ? 0 : oldest - newest};
    if (trend.span_s >= SPAN_MIN_S) {
        trend.per_minute = 60 * (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x);
    }
    return trend;
}
