/* Power, clocks, GPUs and throttling as text. SPDX-License-Identifier: MIT */
#ifndef TUI_REPORT_DEVICES_H
#define TUI_REPORT_DEVICES_H

#include <stdio.h>

#include <perfadapt/snapshot.h>

void report_devices_write(const struct perfadapt_snapshot *snapshot, FILE *out);

#endif
