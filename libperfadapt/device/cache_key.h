/* What a probe's findings hold for, as one short text. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_DEVICE_CACHE_KEY_H
#define PERFADAPT_DEVICE_CACHE_KEY_H

#include "core/fs.h"

#define PERFADAPT__CACHE_VERSION 1
#define PERFADAPT__CACHE_KEY_BYTES 40

/*
 * The key of this machine now: boot id, GPUs on the bus (vendor, device, place, kernel driver and its version), ICD
 * manifests (path, size, time) and the variables that choose among them, `data_dir`'s device files (NULL: none), our
 * version. A few dozen small reads and stats; what cannot be read is as if it were not there.
 *
 * It asks the environment: for the thread that opens a session, and for the probe before it changes any variable.
 */
void perfadapt__cache_key(const struct perfadapt__root *root, const char *data_dir,
                          char out_key[PERFADAPT__CACHE_KEY_BYTES]);

#endif
