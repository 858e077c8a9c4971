/* The preset that fits this machine's device, as the last probe has left it. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_CONFIG_DEVICE_H
#define PERFADAPT_TOOLS_CONFIG_DEVICE_H

#include "core/fs.h"
#include "core/variables.h"

#include <stdbool.h>

#define CONFIG_DEVICE_PRESET 32

/* False where no probe has been, or what it left is of another machine, boot or driver. Starts none. */
bool config_device_preset(const struct perfadapt__root *root, const char *data_dir,
                          const struct perfadapt__variables *variables, char out_preset[CONFIG_DEVICE_PRESET]);

#endif
