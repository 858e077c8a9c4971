/* SPDX-License-Identifier: MIT */
#include "providers/cgroup_quota.h"

#include "providers/kernel_file.h"
#include "providers/provider.h"

/* A container's runtime may mount version 2 and let version 1 have the processors: the files say who has them. */
void perfadapt__cgroup_quota_open(const struct perfadapt__root *root, struct perfadapt__cgroup_quota *quota) {
    struct perfadapt__cgroup_path own;
    perfadapt__cgroup_quota_close(quota);
    int error = perfadapt__cgroup_resolve(root, PERFADAPT__CGROUP_V2, &own);
    if (error == 0)
        perfadapt__cgroup_column_open(root, &own, "cpu.max", &quota->quota);
    quota->incomplete = perfadapt__kernel_file_is_shortage(error) || quota->quota.incomplete;
    if (quota->quota.any || quota->quota.denied || quota->incomplete)
        return;
    error = perfadapt__cgroup_resolve(root, PERFADAPT__CGROUP_V1_CPU, &own);
    quota->incomplete = perfadapt__kernel_file_is_shortage(error);
    if (error)
        return;
    quota->is_v1 = true;
    perfadapt__cgroup_column_open(root, &own, "cpu.cfs_quota_us", &quota->quota);
    perfadapt__cgroup_column_open(root, &own, "cpu.cfs_period_us", &quota->period);
    quota->incomplete = quota->quota.incomplete || quota->period.incomplete;
}

void perfadapt__cgroup_quota_close(struct perfadapt__cgroup_quota *quota) {
    perfadapt__cgroup_column_close(&quota->quota);
    perfadapt__cgroup_column_close(&quota->period);
    quota->is_v1 = quota->incomplete = false;
}

static enum perfadapt__cgroup_value read_level(const struct perfadapt__cgroup_quota *quota, size_t level,
                                               double *out_processors) {
    char text[64];
    char period[64];
    if (quota->quota.fds[level] < 0)
        return PERFADAPT__CGROUP_NO_VALUE;
    if (perfadapt__fs_pread(quota->quota.fds[level], text, sizeof text) < 0)
        return PERFADAPT__CGROUP_BAD_VALUE;
    if (!quota->is_v1)
        return perfadapt__cgroup_parse_cpu_max(text, out_processors);
    if (quota->period.fds[level] < 0 || perfadapt__fs_pread(quota->period.fds[level], period, sizeof period) < 0)
        period[0] = '\0';
    return perfadapt__cgroup_parse_cfs(text, period, out_processors);
}

/* Of quotas that are not all known, the least may be missing. */
void perfadapt__cgroup_quota_read(const struct perfadapt__cgroup_quota *quota, int64_t now_ns,
                                  struct perfadapt_metric *metric) {
    bool bad = quota->incomplete || quota->quota.denied;
    bool any = false;
    double least = 0;
    for (size_t i = 0; i < quota->quota.count; i++) {
        double processors = 0;
        const enum perfadapt__cgroup_value value = read_level(quota, i, &processors);
        bad |= value == PERFADAPT__CGROUP_BAD_VALUE;
        if (value != PERFADAPT__CGROUP_VALUE)
            continue;
        least = any && least < processors ? least : processors;
        any = true;
    }
    if (any && !quota->incomplete)
        *metric = perfadapt__metric_ok(least, PERFADAPT_UNIT_COUNT, now_ns);
    else if (bad)
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
    else
        *metric = perfadapt__metric_none(PERFADAPT_UNIT_COUNT, PERFADAPT_STATE_UNSUPPORTED);
}
