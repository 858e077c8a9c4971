/* Gets snapshots of a machine from the library's sampler. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SENSORS_SAMPLE_H
#define PERFADAPT_TOOLS_SENSORS_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include <perfadapt/monitor.h>

/* Opens a monitor of the machine below `sysroot`, NULL for this one. False after a message on standard error. */
bool sensors_sample_open(const char *sysroot, perfadapt_monitor **out_monitor);

/* Waits for the first snapshot. False after a message on standard error where none came in time. */
bool sensors_sample_first(perfadapt_monitor *monitor, struct perfadapt_snapshot *out_snapshot);

/*
 * Waits until `snapshot` is of at least `later_ns` after what it was, but not much longer: what is then the newest is
 * given, which may be the old one. False where the monitor has none to give.
 */
bool sensors_sample_later(perfadapt_monitor *monitor, int64_t later_ns, struct perfadapt_snapshot *snapshot);

#endif
