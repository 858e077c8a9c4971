/* Figures as people read them, without regard to the locale. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SENSORS_FIGURE_H
#define PERFADAPT_TOOLS_SENSORS_FIGURE_H

#include <perfadapt/snapshot.h>
#include <stdbool.h>
#include <stddef.h>

#define SENSORS_FIGURE 32 /* bytes that hold any of them */

/* True where the value is of the last read. */
bool sensors_figure_known(const struct perfadapt_metric *metric);

/* "12.5", "n/a" where it is NAN. */
void sensors_figure_number(double value, int decimals, char out[SENSORS_FIGURE]);

/* "512 MiB". */
void sensors_figure_bytes(double bytes, char out[SENSORS_FIGURE]);

/* "45 s", "3 min". */
void sensors_figure_seconds(double seconds, char out[SENSORS_FIGURE]);

/* A snapshot's time to the limit: "reached", "-" where it is not foreseen, "n/a". */
void sensors_figure_time_to_limit(int64_t time_to_limit_ns, char out[SENSORS_FIGURE]);

#endif
