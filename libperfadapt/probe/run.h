/* All that perfadapt-probe does once it knows what is wanted. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_RUN_H
#define PERFADAPT_PROBE_RUN_H

#include "probe/attempt.h"
#include "probe/options.h"

/* The code to end with. `enumerate` is probe_vulkan_enumerate(), or a test's. */
int probe_run(const struct probe_options *options, probe_enumerate *enumerate);

#endif
