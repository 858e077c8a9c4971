/* SPDX-License-Identifier: MIT */
#include "sim/summary.h"

/* Sums for now. `sign` 1: the highest is the worst; -1: the lowest. */
static void add(struct sim_spread *spread, const struct sim_job *job, double value, double sign) {
    spread->mean += value;
    if (!spread->worst_job || sign * value > sign * spread->worst) {
        spread->worst = value;
        spread->worst_job = job;
    }
}

struct sim_summary sim_summary_of(const struct sim_batch *batch, size_t policy, enum sim_variant variant) {
    struct sim_summary summary = {0};
    for (size_t i = 0; i < batch->job_count; i++) {
        const struct sim_job *job = &batch->jobs[i];
        const struct sim_result *result = &job->results[policy];
        if (job->variant != variant)
            continue;
        summary.cells++;
        add(&summary.throttled_percent, job, result->throttled_percent, 1);
        add(&summary.overshoot_c, job, result->overshoot_c, 1);
        add(&summary.late_percent, job, result->late_percent, 1);
        add(&summary.quality_share, job, result->quality_share, -1);
        add(&summary.switches_per_min, job, result->switches_per_min, 1);
    }
    const double cells = summary.cells > 0 ? (double)summary.cells : 1.0;
    summary.throttled_percent.mean /= cells;
    summary.overshoot_c.mean /= cells;
    summary.late_percent.mean /= cells;
    summary.quality_share.mean /= cells;
    summary.switches_per_min.mean /= cells;
    return summary;
}
