/* SPDX-License-Identifier: MIT */
#include "providers/cpufreq.h"

#include "core/clock.h"
#include "providers/cpu_text.h"
#include "providers/kernel_file.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdio.h>

#define CPU_DIRECTORY "/sys/devices/system/cpu"
#define NUMBERS_MAX 512

static const int64_t search_pause_ns = 30 * PERFADAPT__NS_PER_S;
static const int64_t seldom_pause_ns = 5 * PERFADAPT__NS_PER_S;

/* Tables of frequencies are coarse and limits get rounded: what is this close to the maximum is no limit. */
static const double lowered_below = 0.95;

static double read_mhz(const struct perfadapt__cpufreq *self, struct perfadapt__kernel_number *file, uint32_t number,
                       const char *name, int64_t now_ns) {
    int64_t khz;
    double mhz;
    const enum perfadapt_why why = perfadapt__kernel_number_read(
        self->root, file, now_ns, &khz, CPU_DIRECTORY "/%s%u%s/%s", self->below_cpus ? "cpu" : "cpufreq/policy",
        (unsigned)number, self->below_cpus ? "/cpufreq" : "", name);
    return why == PERFADAPT_WHY_NONE && perfadapt__cpu_text_megahertz(khz, &mhz) ? mhz : (double)NAN;
}

/* ---- which are read ---- */

static void close_policy(struct perfadapt__cpufreq_policy *policy) {
    perfadapt__kernel_number_close(&policy->clock_file);
    perfadapt__kernel_number_close(&policy->limit_file);
    perfadapt__kernel_number_close(&policy->max_file);
}

/* What policy allows stands in where the hardware's maximum is not told. */
static double speed_of(const struct perfadapt__cpufreq_policy *policy) {
    return isnan(policy->max_mhz) ? policy->limit_mhz : policy->max_mhz;
}

static bool is_faster(const struct perfadapt__cpufreq_policy *a, const struct perfadapt__cpufreq_policy *b) {
    return !isnan(speed_of(a)) && (isnan(speed_of(b)) || speed_of(a) > speed_of(b));
}

/* Keeps the fastest; of equal ones those that came first. */
static void keep(struct perfadapt__cpufreq *self, struct perfadapt__cpufreq_policy policy) {
    size_t at = self->count;
    while (at > 0 && is_faster(&policy, &self->policies[at - 1]))
        at--;
    if (at == PERFADAPT__CPUFREQ_POLICIES_MAX) {
        close_policy(&policy);
        return;
    }
    if (self->count == PERFADAPT__CPUFREQ_POLICIES_MAX)
        close_policy(&self->policies[--self->count]);
    for (size_t i = self->count++; i > at; i--)
        self->policies[i] = self->policies[i - 1];
    self->policies[at] = policy;
}

static void consider(struct perfadapt__cpufreq *self, uint32_t number, int64_t now_ns) {
    struct perfadapt__cpufreq_policy policy = {.number = number, .clock_mhz = (double)NAN, .limit_mhz = (double)NAN};
    perfadapt__kernel_number_init(&policy.clock_file);
    perfadapt__kernel_number_init(&policy.limit_file);
    perfadapt__kernel_number_init(&policy.max_file);
    policy.max_mhz = read_mhz(self, &policy.max_file, number, "cpuinfo_max_freq", now_ns);
    if (isnan(policy.max_mhz))
        policy.limit_mhz = read_mhz(self, &policy.limit_file, number, "scaling_max_freq", now_ns);
    if (policy.max_file.why == PERFADAPT_WHY_MISSING)
        policy.clock_mhz = read_mhz(self, &policy.clock_file, number, "scaling_cur_freq", now_ns);
    if (policy.max_file.why == PERFADAPT_WHY_MISSING && policy.clock_file.why == PERFADAPT_WHY_MISSING)
        close_policy(&policy);
    else
        keep(self, policy);
}

static void search_below(struct perfadapt__cpufreq *self, const char *directory, const char *prefix, int64_t now_ns) {
    uint32_t numbers[NUMBERS_MAX];
    const ssize_t found = perfadapt__kernel_directory_numbers(self->root, directory, prefix, "", numbers, NUMBERS_MAX);
    for (ssize_t i = 0; i < found; i++)
        consider(self, numbers[i], now_ns);
}

static void close_policies(struct perfadapt__cpufreq *self) {
    for (size_t i = 0; i < self->count; i++)
        close_policy(&self->policies[i]);
    self->count = 0;
}

/* Linux before 4.3 knows them below each processor only. */
static void search(struct perfadapt__cpufreq *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    close_policies(self);
    self->below_cpus = false;
    search_below(self, CPU_DIRECTORY "/cpufreq", "policy", now_ns);
    if (self->count == 0) {
        self->below_cpus = true;
        search_below(self, CPU_DIRECTORY, "cpu", now_ns);
    }
    self->search_ns = now_ns + search_pause_ns;
    self->seldom_ns = now_ns;
    if (self->count == 0 || self->has_evidence)
        return;
    self->evidence = perfadapt__evidence_add(snapshot, PERFADAPT_SENSOR_CPU, "cpufreq", "clocks");
    self->has_evidence = true;
}

static void mark(struct perfadapt_snapshot *snapshot, enum perfadapt_state state) {
    struct perfadapt_processor *processor = &snapshot->processor;
    processor->clock = processor->clock_limit = processor->clock_max =
        perfadapt__metric_none(PERFADAPT_UNIT_MEGAHERTZ, state);
}

void perfadapt__cpufreq_init(struct perfadapt__cpufreq *self, const struct perfadapt__root *root,
                             struct perfadapt_snapshot *snapshot) {
    *self = (struct perfadapt__cpufreq){.root = root, .evidence = -1};
    perfadapt__kernel_number_init(&self->no_turbo_file);
    perfadapt__kernel_number_init(&self->boost_file);
    search(self, 0, snapshot);
    mark(snapshot, self->count > 0 ? PERFADAPT_STATE_INIT : PERFADAPT_STATE_UNSUPPORTED);
}

void perfadapt__cpufreq_finish(struct perfadapt__cpufreq *self) {
    close_policies(self);
    perfadapt__kernel_number_close(&self->no_turbo_file);
    perfadapt__kernel_number_close(&self->boost_file);
}

/* ---- what they say ---- */

static void put(struct perfadapt_metric *metric, double mhz, int64_t now_ns) {
    if (isnan(mhz))
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
    else
        *metric = perfadapt__metric_ok(mhz, PERFADAPT_UNIT_MEGAHERTZ, now_ns);
}

static void put_clocks(const struct perfadapt__cpufreq *self, int64_t now_ns, struct perfadapt_processor *processor) {
    double clock_mhz = (double)NAN;
    double limit_mhz = (double)NAN;
    double max_mhz = (double)NAN;
    for (size_t i = 0; i < self->count; i++) {
        const struct perfadapt__cpufreq_policy *policy = &self->policies[i];
        if (isnan(clock_mhz) || policy->clock_mhz > clock_mhz)
            clock_mhz = policy->clock_mhz;
        if (isnan(limit_mhz)) /* that of an offline processor is not known: the next fastest stands in */
            limit_mhz = policy->limit_mhz;
        if (isnan(max_mhz))
            max_mhz = policy->max_mhz;
    }
    put(&processor->clock, clock_mhz, now_ns);
    put(&processor->clock_limit, limit_mhz, now_ns);
    put(&processor->clock_max, max_mhz, now_ns);
}

static const struct perfadapt__cpufreq_policy *find_lowest(const struct perfadapt__cpufreq *self) {
    const struct perfadapt__cpufreq_policy *lowest = NULL;
    for (size_t i = 0; i < self->count; i++) {
        const struct perfadapt__cpufreq_policy *policy = &self->policies[i];
        if (!isnan(policy->limit_mhz) && !isnan(policy->max_mhz) &&
            (!lowest || policy->limit_mhz * lowest->max_mhz < lowest->limit_mhz * policy->max_mhz))
            lowest = policy;
    }
    return lowest;
}

/* A limit that is not lowered says nothing of what the hardware does on its own: no claim then. */
static void give_evidence(const struct perfadapt__cpufreq *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    char text[96];
    const struct perfadapt__cpufreq_policy *lowest = find_lowest(self);
    const bool lowered = lowest && lowest->limit_mhz < lowered_below * lowest->max_mhz;
    if (!lowest && !self->no_turbo && !self->no_boost) {
        perfadapt__evidence_none(snapshot, self->evidence, PERFADAPT_STATE_ERROR);
        return;
    }
    if (!lowered && (self->no_turbo || self->no_boost))
        snprintf(text, sizeof text, "%s", self->no_turbo ? "no_turbo=1" : "boost=0");
    else
        snprintf(text, sizeof text, "scaling_max_freq %u of %u MHz", (unsigned)lowest->limit_mhz,
                 (unsigned)lowest->max_mhz);
    perfadapt__evidence_set(snapshot, self->evidence,
                            lowered || self->no_turbo || self->no_boost ? PERFADAPT__CLAIM(POLICY) : 0, text, now_ns);
}

static void read_switches(struct perfadapt__cpufreq *self, int64_t now_ns) {
    int64_t value;
    self->no_turbo = perfadapt__kernel_number_read(self->root, &self->no_turbo_file, now_ns, &value,
                                                   CPU_DIRECTORY "/intel_pstate/no_turbo") == PERFADAPT_WHY_NONE &&
                     value == 1;
    self->no_boost = perfadapt__kernel_number_read(self->root, &self->boost_file, now_ns, &value,
                                                   CPU_DIRECTORY "/cpufreq/boost") == PERFADAPT_WHY_NONE &&
                     value == 0;
}

static bool read_policy(struct perfadapt__cpufreq *self, struct perfadapt__cpufreq_policy *policy, bool seldom,
                        int64_t now_ns) {
    policy->clock_mhz = read_mhz(self, &policy->clock_file, policy->number, "scaling_cur_freq", now_ns);
    policy->limit_mhz = read_mhz(self, &policy->limit_file, policy->number, "scaling_max_freq", now_ns);
    if (seldom) /* amd-pstate changes even this one, with its boost switch */
        policy->max_mhz = read_mhz(self, &policy->max_file, policy->number, "cpuinfo_max_freq", now_ns);
    return !isnan(policy->clock_mhz) || !isnan(policy->limit_mhz);
}

void perfadapt__cpufreq_read(struct perfadapt__cpufreq *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    const bool seldom = now_ns >= self->seldom_ns;
    bool any = false;
    for (size_t i = 0; i < self->count; i++)
        any |= read_policy(self, &self->policies[i], seldom, now_ns);
    if (!any && now_ns >= self->search_ns)
        search(self, now_ns, snapshot);
    if (!self->has_evidence)
        return;
    if (seldom) {
        self->seldom_ns = now_ns + seldom_pause_ns;
        read_switches(self, now_ns);
    }
    put_clocks(self, now_ns, &snapshot->processor);
    give_evidence(self, now_ns, snapshot);
}
