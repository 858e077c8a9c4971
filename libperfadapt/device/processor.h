/*
 * The processor's cores and their kinds. SPDX-License-Identifier: MIT
 *
 * What counts is what is online: a core whose threads are all offline is not there. Kinds are told apart by the hybrid
 * lists of x86 (cpu_core, cpu_atom, cpu_lowpower), then by the kernel's cpu_capacity where cores differ in it, else by
 * their highest clock. Favoured cores of one kind differ in these by small steps, kinds by a large one.
 */
#ifndef PERFADAPT_DEVICE_PROCESSOR_H
#define PERFADAPT_DEVICE_PROCESSOR_H

#include "core/fs.h"

#include <perfadapt/profile.h>

/* Fills core_kinds and core_kind_count. */
void perfadapt__processor_read(const struct perfadapt__root *root, struct perfadapt_system *system);

#endif
