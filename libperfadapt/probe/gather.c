/* SPDX-License-Identifier: MIT */
#include "probe/gather.h"

#include "core/clock.h"
#include "probe/touch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Kept back for each driver that is still to be asked, so that one that hangs does not use up the others' time; a
 * driver of usual size is through in a tenth of a second, LLVM from a cold disk in four.
 */
#define SPARED_MS 500
#define LEAST_MS 50

/* ---- whom not to ask ---- */

static void say_address(const struct perfadapt__bus_gpu *gpu, char *out, size_t capacity) {
    if (gpu->pci.known)
        snprintf(out, capacity, "%04x:%02x:%02x.%x", gpu->pci.domain, gpu->pci.bus, gpu->pci.device, gpu->pci.function);
    else
        snprintf(out, capacity, "%s", gpu->compatible);
}

static const struct perfadapt__bus_gpu *find_sleeper(const struct probe_gathered *gathered,
                                                     const struct probe_icd *icd) {
    if (!gathered->icds.drivers_beside)
        return probe_touched_sleeper(icd->library, gathered->gpus, gathered->gpu_count);
    for (size_t i = 0; i < gathered->gpu_count; i++)
        if (gathered->gpus[i].suspended)
            return &gathered->gpus[i];
    return NULL;
}

/* Asked again before each driver: there may be seconds between them, and an idle card goes to sleep in less. */
static void leave_sleepers(const struct perfadapt__root *sysroot, struct probe_gathered *gathered, size_t index) {
    struct probe_icd *icd = &gathered->icds.icds[index];
    char address[64];
    gathered->gpu_count = perfadapt__bus_read(sysroot, gathered->gpus);
    const struct perfadapt__bus_gpu *sleeper = find_sleeper(gathered, icd);
    if (!sleeper)
        return;
    say_address(sleeper, address, sizeof address);
    gathered->asked[index].sleeps = true;
    snprintf(icd->left_out, sizeof icd->left_out, "%s sleeps (%s), and it would wake it%s", address,
             *sleeper->driver ? sleeper->driver : "no driver",
             gathered->icds.drivers_beside ? "; the loader's settings file adds drivers" : "");
}

/* How long it may take, in ms; 0 = there is no time left. */
static int64_t share_of_time(const struct probe_gather_options *options, size_t others) {
    const int64_t left_ms = (options->deadline_ns - perfadapt__now_ns()) / PERFADAPT__NS_PER_MS;
    const int64_t spared_ms = (int64_t)others * SPARED_MS;
    const int64_t fair_ms = left_ms / (int64_t)(others + 1);
    const int64_t share_ms = left_ms - spared_ms > fair_ms ? left_ms - spared_ms : fair_ms;
    if (share_ms < LEAST_MS)
        return 0;
    return share_ms < options->attempt_ms ? share_ms : options->attempt_ms;
}

static size_t count_others(const struct probe_icds *icds, size_t index) {
    size_t count = 0;
    for (size_t i = index + 1; i < icds->count; i++)
        count += !*icds->icds[i].left_out;
    return count;
}

/* ---- asking ---- */

static void keep_devices(const struct probe_attempt *attempt, size_t index, struct probe_gathered *gathered) {
    for (size_t i = 0; i < attempt->count && gathered->found_count < PROBE_FOUND_MAX; i++)
        gathered->found[gathered->found_count++] = (struct probe_found){index, attempt->devices[i]};
}

static void ask(const struct probe_gather_options *options, struct probe_sentinel *sentinel, size_t index,
                struct probe_attempt *attempt, struct probe_gathered *gathered) {
    struct probe_icd *icd = &gathered->icds.icds[index];
    struct probe_asked *asked = &gathered->asked[index];
    const int64_t timeout_ms = share_of_time(options, count_others(&gathered->icds, index));
    if (timeout_ms == 0) {
        snprintf(icd->left_out, sizeof icd->left_out, "no time left (--timeout)");
        return;
    }
    probe_sentinel_begin(sentinel, icd);
    probe_attempt(icd, options->enumerate, timeout_ms, attempt);
    probe_sentinel_end(sentinel);
    asked->asked = true;
    asked->failed = attempt->failed;
    asked->code = attempt->code;
    asked->count = attempt->count;
    memcpy(asked->result, attempt->result, sizeof asked->result);
    keep_devices(attempt, index, gathered);
}

static void consider(const struct perfadapt__root *sysroot, const struct probe_gather_options *options,
                     struct probe_sentinel *sentinel, size_t index, struct probe_attempt *attempt,
                     struct probe_gathered *gathered) {
    struct probe_icd *icd = &gathered->icds.icds[index];
    if (*icd->left_out)
        return;
    if (!options->enumerate) {
        snprintf(icd->left_out, sizeof icd->left_out, "%s", options->why_not);
        return;
    }
    if (probe_sentinel_avoids(sentinel, icd, icd->left_out, sizeof icd->left_out))
        return;
    leave_sleepers(sysroot, gathered, index);
    if (!*icd->left_out)
        ask(options, sentinel, index, attempt, gathered);
}

void probe_gather(const struct perfadapt__root *sysroot, const struct probe_gather_options *options,
                  struct probe_sentinel *sentinel, struct probe_gathered *out_gathered) {
    static struct probe_attempt attempt;
    struct probe_icd_variables variables;
    struct perfadapt__root real;
    memset(out_gathered->asked, 0, sizeof out_gathered->asked);
    out_gathered->found_count = 0;
    out_gathered->gpu_count = perfadapt__bus_read(sysroot, out_gathered->gpus);
    out_gathered->icds.count = 0;
    probe_icd_variables_read(&variables);
    if (perfadapt__root_open(NULL, &real) != PERFADAPT_OK)
        return;
    probe_icds_find(&real, &variables, &out_gathered->icds);
    perfadapt__root_close(&real);
    for (size_t i = 0; i < out_gathered->icds.count; i++)
        consider(sysroot, options, sentinel, i, &attempt, out_gathered);
}
