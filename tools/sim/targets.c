/* SPDX-License-Identifier: MIT */
#include "sim/targets.h"

#include <string.h>

static const double throttled_most = 0.02;
static const double throttled_unholdable_most = 3.0; /* where no level can hold the temperature */
static const double overshoot_most_c = 0.7;
static const double late_over_clairvoyant_most = 0.15;
static const double quality_least = 0.95, quality_spiky_least = 0.885;
static const double quality_mean_least = 0.985, quality_mean_noise_least = 0.983;
static const double switches_most = 1.7;
static const double switches_mean_most = 0.8, switches_mean_noise_most = 0.9;

struct list {
    struct sim_miss *misses;
    size_t count;
};

static void expect_most(struct list *list, const char *what, double value, double most) {
    if (!(value <= most))
        list->misses[list->count++] = (struct sim_miss){what, value, most};
}

static void expect_least(struct list *list, const char *what, double value, double least) {
    if (!(value >= least))
        list->misses[list->count++] = (struct sim_miss){what, value, least};
}

size_t sim_targets_of_job(const struct sim_job *job, const struct sim_result *result,
                          struct sim_miss out_misses[SIM_MISSES_MAX]) {
    struct list list = {.misses = out_misses};
    const bool spiky = strcmp(job->scene, "spiky") == 0;
    expect_most(&list, "throttled_percent", result->throttled_percent,
                job->holdable ? throttled_most : throttled_unholdable_most);
    if (job->holdable)
        expect_most(&list, "overshoot_c", result->overshoot_c, overshoot_most_c);
    expect_most(&list, "late_percent", result->late_percent,
                result->late_clairvoyant_percent + late_over_clairvoyant_most);
    expect_least(&list, "eff_quality_share", result->quality_share, spiky ? quality_spiky_least : quality_least);
    expect_most(&list, "switches_per_min", result->switches_per_min, switches_most);
    return list.count;
}

size_t sim_targets_of_summary(const struct sim_summary *summary, enum sim_variant variant,
                              struct sim_miss out_misses[SIM_MISSES_MAX]) {
    struct list list = {.misses = out_misses};
    const bool noise = variant == SIM_NOISE;
    expect_least(&list, "mean eff_quality_share", summary->quality_share.mean,
                 noise ? quality_mean_noise_least : quality_mean_least);
    expect_most(&list, "mean switches_per_min", summary->switches_per_min.mean,
                noise ? switches_mean_noise_most : switches_mean_most);
    return list.count;
}
