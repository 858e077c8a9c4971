/* The texts of cgroup files, /proc/self/cgroup and mountinfo. Pure. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_CGROUP_TEXT_H
#define PERFADAPT_PROVIDERS_CGROUP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum perfadapt__cgroup_hierarchy {
    PERFADAPT__CGROUP_V2 = 0,
    PERFADAPT__CGROUP_V1_MEMORY = 1,
    PERFADAPT__CGROUP_V1_CPU = 2
};

struct perfadapt__cgroup_mount {
    const char *root;  /* the part of the hierarchy that is mounted */
    const char *point; /* where */
};

/* The path in a line of /proc/self/cgroup, which is cut up; NULL where it is of another hierarchy. */
const char *perfadapt__cgroup_parse_membership(char *line, enum perfadapt__cgroup_hierarchy hierarchy);

/* A line of mountinfo, which is cut up; false where it mounts something else. */
bool perfadapt__cgroup_parse_mount(char *line, enum perfadapt__cgroup_hierarchy hierarchy,
                                   struct perfadapt__cgroup_mount *out_mount);

/* What of the membership lies below the mount's root; NULL where it lies elsewhere. */
const char *perfadapt__cgroup_below_root(const char *membership, const char *root);

enum perfadapt__cgroup_value {
    PERFADAPT__CGROUP_VALUE = 0,
    PERFADAPT__CGROUP_NO_VALUE = 1, /* there is no limit; or no such file */
    PERFADAPT__CGROUP_BAD_VALUE = 2 /* cannot be read, or makes no sense */
};

/* A number of bytes, or "max" or version 1's largest number for none. */
enum perfadapt__cgroup_value perfadapt__cgroup_parse_bytes(const char *text, uint64_t *out_bytes);

/* The number behind "<key> " at the start of a line; NO_VALUE where there is no such line. */
enum perfadapt__cgroup_value perfadapt__cgroup_parse_key(const char *text, const char *key, uint64_t *out_value);

/* Processors that version 2's cpu.max allows: "max 100000", "150000 100000". */
enum perfadapt__cgroup_value perfadapt__cgroup_parse_cpu_max(const char *text, double *out_processors);

/* The same of version 1's cpu.cfs_quota_us, where -1 is none, and cpu.cfs_period_us. */
enum perfadapt__cgroup_value perfadapt__cgroup_parse_cfs(const char *quota, const char *period, double *out_processors);

#endif
