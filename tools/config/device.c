/* SPDX-License-Identifier: MIT */
#include "config/device.h"

#include "config/schema.h"
#include "device/cache.h"
#include "device/cache_key.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static bool take_best(const struct perfadapt__cache *cache, char out_preset[CONFIG_DEVICE_PRESET]) {
    if (cache->best >= cache->device_count || cache->devices[cache->best].tier == PERFADAPT_TIER_UNKNOWN)
        return false;
    snprintf(out_preset, CONFIG_DEVICE_PRESET, "%.*s", CONFIG_DEVICE_PRESET - 1, cache->devices[cache->best].preset);
    return perfadapt__schema_is_name(out_preset);
}

bool config_device_preset(const struct perfadapt__root *root, const char *data_dir,
                          const struct perfadapt__variables *variables, char out_preset[CONFIG_DEVICE_PRESET]) {
    char path[PATH_MAX];
    char key[PERFADAPT__CACHE_KEY_BYTES];
    struct perfadapt__cache *cache = NULL;
    if (perfadapt__cache_path(variables, path, sizeof path))
        cache = calloc(1, sizeof *cache);
    if (!cache)
        return false;
    perfadapt__cache_key(root, data_dir, key);
    const bool found = perfadapt__cache_read(path, key, NULL, cache) && take_best(cache, out_preset);
    free(cache);
    return found;
}
