/*
 * Which GPUs a Vulkan driver opens when it is asked for its devices, and so wakes. SPDX-License-Identifier: MIT
 *
 * One driver opens all the GPUs that it knows: of two AMD cards, one asleep, RADV cannot be asked about the other.
 */
#ifndef PERFADAPT_PROBE_TOUCH_H
#define PERFADAPT_PROBE_TOUCH_H

#include "device/bus.h"

/* Whether the driver in `library` ("/usr/lib/libvulkan_radeon.so") opens that GPU. Of an unknown one: any of PCI. */
bool probe_touches(const char *library, const struct perfadapt__bus_gpu *gpu);

/* Whether the driver is in the table, and is made for that GPU: for GPUs that have no number to be matched by. */
bool probe_is_made_for(const char *library, const struct perfadapt__bus_gpu *gpu);

/* The first suspended GPU that it would wake; NULL = none. */
const struct perfadapt__bus_gpu *probe_touched_sleeper(const char *library, const struct perfadapt__bus_gpu *gpus,
                                                       size_t count);

#endif
