/* Whether the machine has a battery, and runs on it. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_DEVICE_MAINS_H
#define PERFADAPT_DEVICE_MAINS_H

#include "core/fs.h"

/*
 * Each 1, 0, or -1 where it cannot be told. Only type, scope, online, present and status are read, and of a mouse's or
 * pen's battery only its scope: more would be a radio message, or one to a slow embedded controller.
 */
void perfadapt__mains_read(const struct perfadapt__root *root, int32_t *out_on_ac, int32_t *out_has_battery);

#endif
