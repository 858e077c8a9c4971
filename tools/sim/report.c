/* SPDX-License-Identifier: MIT */
#include "sim/report.h"

#include <math.h>
#include <stdio.h>

#include "sim/json.h"
#include "sim/targets.h"

static void print_job(const struct sim_batch *batch, const struct sim_job *job) {
    printf("%s, %s, %s, seed %llu, target %.1f °C%s\n\n", job->plant.name, job->scene, sim_variant_names[job->variant],
           (unsigned long long)job->seed, job->plant.soft_c - batch->conditions->margin_c,
           job->holdable ? "" : ", which no level holds");
    printf("%-16s %9s %7s %7s %7s %7s %6s %5s %7s %6s %6s %7s %7s %7s %6s %6s\n", "policy", "throttl.%", "over.C",
           "late%", "effQ", "share", "sw/min", "flips", "settl.s", "p50ms", "p99ms", "1%lowP", "1%lowM", "stutt%", "W",
           "T.C");
    for (size_t i = 0; i < batch->policy_count; i++) {
        const struct sim_result *r = &job->results[i];
        char settling[16] = "-";
        if (isfinite(r->settling_s))
            snprintf(settling, sizeof settling, "%.0f", r->settling_s);
        printf("%-16s %9.4f %7.2f %7.3f %7.3f %7.3f %6.2f %5llu %7s %6.2f %6.2f %7.2f %7.2f %7.3f %6.1f %6.1f\n",
               batch->policies[i]->name, r->throttled_percent, r->overshoot_c, r->late_percent, r->quality,
               r->quality_share, r->switches_per_min, (unsigned long long)r->flips, settling, r->p50_ms, r->p99_ms,
               r->low_percentile_fps, r->low_mean_fps, r->stutter_percent, r->power_w, r->temperature_c);
    }
}

void sim_report_job(const struct sim_batch *batch, const struct sim_job *job, bool json) {
    if (!json) {
        print_job(batch, job);
        return;
    }
    for (size_t i = 0; i < batch->policy_count; i++)
        sim_json_result(batch, job, i);
}

static void report_miss(const struct sim_policy *policy, const struct sim_job *job, const struct sim_miss *miss,
                        enum sim_variant variant, bool json) {
    if (json)
        sim_json_miss(policy->name, job, variant, miss);
    else
        printf("  %-15s %-8s %-6s %-22s %9.4f, target %g\n", job ? job->plant.name : "(all)",
               job ? job->scene : "(all)", sim_variant_names[variant], miss->what, miss->value, miss->target);
}

static size_t report_misses(const struct sim_batch *batch, size_t judged, bool json) {
    struct sim_miss misses[SIM_MISSES_MAX];
    size_t total = 0;
    if (!json)
        printf("Targets missed by %s:\n", batch->policies[judged]->name);
    for (size_t i = 0; i < batch->job_count; i++) {
        const struct sim_job *job = &batch->jobs[i];
        const size_t count = sim_targets_of_job(job, &job->results[judged], misses);
        for (size_t m = 0; m < count; m++)
            report_miss(batch->policies[judged], job, &misses[m], job->variant, json);
        total += count;
    }
    for (int variant = 0; variant < SIM_VARIANT_COUNT; variant++) {
        const struct sim_summary summary = sim_summary_of(batch, judged, (enum sim_variant)variant);
        const size_t count = summary.cells ? sim_targets_of_summary(&summary, (enum sim_variant)variant, misses) : 0;
        for (size_t m = 0; m < count; m++)
            report_miss(batch->policies[judged], NULL, &misses[m], (enum sim_variant)variant, json);
        total += count;
    }
    if (!json)
        puts(total > 0 ? "" : "  none\n");
    return total;
}

static void print_worst(const char *what, const struct sim_spread *spread) {
    printf("  %-22s %9.4f  %s, %s\n", what, spread->worst, spread->worst_job->plant.name, spread->worst_job->scene);
}

static void print_worst_cells(const struct sim_batch *batch, size_t judged) {
    for (int variant = 0; variant < SIM_VARIANT_COUNT; variant++) {
        const struct sim_summary summary = sim_summary_of(batch, judged, (enum sim_variant)variant);
        if (summary.cells == 0)
            continue;
        printf("Worst cells of %s, %s:\n", batch->policies[judged]->name, sim_variant_names[variant]);
        print_worst("throttled_percent", &summary.throttled_percent);
        print_worst("overshoot_c", &summary.overshoot_c);
        print_worst("late_percent", &summary.late_percent);
        print_worst("eff_quality_share", &summary.quality_share);
        print_worst("switches_per_min", &summary.switches_per_min);
        putchar('\n');
    }
}

static void print_summary(const struct sim_summary *summary, const struct sim_policy *policy,
                          enum sim_variant variant) {
    printf("%-6s %-16s %5zu %9.4f %8.4f %7.2f %8.4f %7.4f %7.4f %7.3f %7.3f\n", sim_variant_names[variant],
           policy->name, summary->cells, summary->throttled_percent.mean, summary->throttled_percent.worst,
           summary->overshoot_c.worst, summary->late_percent.mean, summary->quality_share.mean,
           summary->quality_share.worst, summary->switches_per_min.mean, summary->switches_per_min.worst);
}

static void report_summaries(const struct sim_batch *batch, bool json) {
    if (!json)
        printf("%-6s %-16s %5s %9s %8s %7s %8s %7s %7s %7s %7s\n", "", "policy", "cells", "throttl.%", "worst",
               "over.C", "late%", "effQ", "worst", "sw/min", "worst");
    for (int variant = 0; variant < SIM_VARIANT_COUNT; variant++) {
        for (size_t i = 0; i < batch->policy_count; i++) {
            const struct sim_summary summary = sim_summary_of(batch, i, (enum sim_variant)variant);
            if (summary.cells == 0)
                continue;
            if (json)
                sim_json_summary(batch->policies[i]->name, (enum sim_variant)variant, &summary);
            else
                print_summary(&summary, batch->policies[i], (enum sim_variant)variant);
        }
    }
}

size_t sim_report_batch(const struct sim_batch *batch, bool json) {
    const struct sim_policy *policy = sim_policy_judged(batch->policies, batch->policy_count);
    size_t misses = 0;
    if (json)
        for (size_t i = 0; i < batch->job_count; i++)
            sim_report_job(batch, &batch->jobs[i], true);
    for (size_t i = 0; i < batch->policy_count; i++) {
        if (batch->policies[i] != policy)
            continue;
        misses = report_misses(batch, i, json);
        if (!json)
            print_worst_cells(batch, i);
    }
    report_summaries(batch, json);
    return misses;
}
