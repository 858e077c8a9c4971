/* What a run came to. SPDX-License-Identifier: MIT */
#ifndef SOAK_RESULT_H
#define SOAK_RESULT_H

#include <stdio.h>

#include "soak_run.h"

struct soak_result {
    char name[32];
    uint32_t round;
    enum scene_load load;
    double above_share;         /* of the samples, above the limit */
    double above_settled_share; /* of those after settling, more than 1 °C above it */
    double temperature_most_c, memory_most_c;
    double power_w, clock_least_mhz;
    double work_per_s, settled_work_per_s;
    double changes_per_min;
    double late_share; /* of the frames */
};

/* Of one phase of the newest run; the first `settle_s` seconds of it do not count as settled. */
struct soak_result soak_result_of(const struct soak_bench *bench, uint32_t phase, double settle_s);

/* Highest and mean temperature of the last so many seconds, mean power and utilisation. */
struct soak_end {
    double temperature_most_c, temperature_c, power_w, busy, clock_mhz;
};
struct soak_end soak_result_end(const struct soak_bench *bench, double seconds);

/* The rows of the newest run, as CSV. */
void soak_result_write_head(FILE *file);
void soak_result_write_rows(FILE *file, const struct soak_bench *bench, const char *name, uint32_t round,
                            const struct soak_run *run);

/* A Markdown table of the results of one load; shares are of the results named "constant". */
void soak_result_print(const struct soak_bench *bench, const struct soak_result *results, uint32_t count,
                       enum scene_load load);

#endif
