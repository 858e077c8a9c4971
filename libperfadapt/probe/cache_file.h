/* The cache that the library reads, device.ini. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_CACHE_FILE_H
#define PERFADAPT_PROBE_CACHE_FILE_H

#include "device/cache.h"
#include "probe/devices.h"

/*
 * What goes into it: all devices or, of more than it holds, the first and the best; where there are none, the one
 * profile that says so.
 */
void probe_cache_fill(const struct probe_devices *devices, const char *key, struct perfadapt__cache *out_cache);

/* Writes the file anew: it is there whole, old or new. 0, or -errno. */
int probe_cache_write(const char *path, const struct perfadapt__cache *cache);

#endif
