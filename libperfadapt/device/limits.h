/*
 * Memory and processors that this process may have: the machine's, and what its cgroup leaves.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_DEVICE_LIMITS_H
#define PERFADAPT_DEVICE_LIMITS_H

#include "core/fs.h"

#include <perfadapt/profile.h>

/* Fills threads_allowed, processor_quota_permille, memory_bytes and memory_limit_bytes. */
void perfadapt__limits_read(const struct perfadapt__root *root, struct perfadapt_system *system);

#endif
