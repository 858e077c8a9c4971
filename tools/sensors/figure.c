/* SPDX-License-Identifier: MIT */
#include "sensors/figure.h"

#include <math.h>
#include <stdio.h>

bool sensors_figure_known(const struct perfadapt_metric *metric) {
    return metric->state == PERFADAPT_STATE_OK && isfinite(metric->value);
}

/* printf's decimal point is the locale's, but of the locale only LC_CTYPE is ever set here. */
void sensors_figure_number(double value, int decimals, char out[SENSORS_FIGURE]) {
    static const double largest = 1e15;
    if (!isfinite(value))
        snprintf(out, SENSORS_FIGURE, "n/a");
    else if (fabs(value) >= largest)
        snprintf(out, SENSORS_FIGURE, "%.3g", value);
    else
        snprintf(out, SENSORS_FIGURE, "%.*f", decimals, value);
}

void sensors_figure_bytes(double bytes, char out[SENSORS_FIGURE]) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    unsigned unit = 0;
    if (!isfinite(bytes)) {
        snprintf(out, SENSORS_FIGURE, "n/a");
        return;
    }
    for (; bytes >= 999.5 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        bytes /= 1024;
    snprintf(out, SENSORS_FIGURE, "%.*f %s", unit > 0 && bytes < 9.95 ? 1 : 0, bytes, units[unit]);
}

void sensors_figure_seconds(double seconds, char out[SENSORS_FIGURE]) {
    if (seconds < 99.5)
        snprintf(out, SENSORS_FIGURE, "%.*f s", seconds < 9.95 ? 1 : 0, seconds);
    else if (seconds < 99.5 * 60)
        snprintf(out, SENSORS_FIGURE, "%.0f min", seconds / 60);
    else
        snprintf(out, SENSORS_FIGURE, "%.0f h", seconds / 3600);
}

void sensors_figure_time_to_limit(int64_t time_to_limit_ns, char out[SENSORS_FIGURE]) {
    if (time_to_limit_ns > 0)
        sensors_figure_seconds((double)time_to_limit_ns / 1e9, out);
    else
        snprintf(out, SENSORS_FIGURE, "%s", time_to_limit_ns == 0 ? "reached" : time_to_limit_ns == -1 ? "-" : "n/a");
}
