/* Percentiles of what was measured, and the report at the end. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_STATS_H
#define RENDER_LOOP_STATS_H

#include <stdint.h>

#define SERIES_MAX 65536

/* The newest SERIES_MAX values; no allocation while frames run. */
struct series {
    uint64_t added;
    float values[SERIES_MAX];
};

struct stats {
    struct series period_ms;
    struct series gpu_ms;
    int64_t first_end_ns; /* of the first frame; 0: no frame yet */
    int64_t last_end_ns;
    uint64_t frames;
    uint64_t budget_changes;
    uint64_t budget_moves; /* of what is drawn */
};

int64_t clock_ns(void);

void series_add(struct series *series, double value);
/* Sorts the series: for when nothing more is added. NAN where it is empty. */
double series_percentile(struct series *series, double percent);
/* The lower quartile of a few times, which it sorts: other programs only ever make them longer. */
double undisturbed(double *values, int count);

void stats_frame_ended(struct stats *stats);
void stats_print(struct stats *stats);

#endif
