/*
 * amdgpu's gpu_metrics: a binary table of what the power management firmware knows. Pure. SPDX-License-Identifier: MIT
 *
 * Its header names a revision, and each revision has a layout of its own (kernel: drivers/gpu/drm/amd/include/
 * kgd_pp_interface.h). A table whose revision is not known, or whose size is another than that revision's, is refused.
 */
#ifndef PERFADAPT_PROVIDERS_GPU_METRICS_H
#define PERFADAPT_PROVIDERS_GPU_METRICS_H

#include <perfadapt/snapshot.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counters of v3.0 that grow while a limit holds the clocks down. The unit is not documented. */
#define PERFADAPT__GPU_RESIDENCIES 7

struct perfadapt__gpu_metrics {
    uint8_t format;
    uint8_t content;

    /* NAN = unknown. */
    double edge_c; /* of an APU, its graphics part */
    double hotspot_c;
    double memory_c;
    double cpu_c; /* the hottest core */
    double power_w;
    double clock_mhz;
    double busy; /* 0 … 1 */

    bool throttle_known; /* the word that means the same on every chip: indep_throttle_status */
    uint64_t throttle;
    bool residency_known;
    uint32_t residency[PERFADAPT__GPU_RESIDENCIES];
};

/* NONE, or why the table is refused: REVISION, GARBAGE (size), EMPTY. */
enum perfadapt_why perfadapt__gpu_metrics_parse(const void *table, size_t length, struct perfadapt__gpu_metrics *out);

/* What a throttle word, or counters that have grown, claim: bits 1 << enum perfadapt_throttling, never 0. The names of
 * the bits, separated by blanks, go into `out_text`. */
uint32_t perfadapt__gpu_metrics_claims(uint64_t throttle, char *out_text, size_t capacity);
uint32_t perfadapt__gpu_metrics_residency_claims(const uint32_t *before, const uint32_t *now, char *out_text,
                                                 size_t capacity);

#endif
