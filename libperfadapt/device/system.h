/*
 * The machine around the GPU: cores, memory, what it is called, what it is for. SPDX-License-Identifier: MIT
 *
 * Files below the root only; wakes nothing. A few milliseconds on a machine of many cores: for the probe, not for a
 * host.
 */
#ifndef PERFADAPT_DEVICE_SYSTEM_H
#define PERFADAPT_DEVICE_SYSTEM_H

#include "core/fs.h"

#include <perfadapt/profile.h>

void perfadapt__system_read(const struct perfadapt__root *root, struct perfadapt_system *out_system);

#endif
