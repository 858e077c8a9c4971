/* What a machine is for, by what it says of itself and what is in it. Pure. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_DEVICE_FORM_H
#define PERFADAPT_DEVICE_FORM_H

#include "device/bus.h"
#include "device/identity.h"
#include "device/panel.h"

/*
 * The first that tells: a guest; a handheld or board by name; the chassis, unless what is in the machine contradicts
 * it; what is in it. UNKNOWN where nothing does.
 */
enum perfadapt_form perfadapt__form_of(const struct perfadapt_system *system,
                                       const struct perfadapt__identity *identity, const struct perfadapt__panel *panel,
                                       const struct perfadapt__bus_gpu *gpus, size_t gpu_count);

#endif
