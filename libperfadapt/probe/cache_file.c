/* SPDX-License-Identifier: MIT */
#include "probe/cache_file.h"

#include "probe/replace_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void probe_cache_fill(const struct probe_devices *devices, const char *key, struct perfadapt__cache *out_cache) {
    memset(out_cache, 0, sizeof *out_cache);
    snprintf(out_cache->key, sizeof out_cache->key, "%s", key);
    snprintf(out_cache->error, sizeof out_cache->error, "%s", devices->error);
    if (devices->count == 0) {
        out_cache->device_count = 1;
        out_cache->devices[0] = devices->none;
        return;
    }
    for (size_t i = 0; i < devices->count && i < PERFADAPT__CACHE_DEVICES_MAX; i++)
        out_cache->devices[out_cache->device_count++] = devices->devices[i].profile;
    out_cache->best = (uint32_t)devices->best;
    if (devices->best < PERFADAPT__CACHE_DEVICES_MAX)
        return;
    out_cache->best = PERFADAPT__CACHE_DEVICES_MAX - 1;
    out_cache->devices[out_cache->best] = devices->devices[devices->best].profile;
}

static char *make_text(const struct perfadapt__cache *cache, size_t *out_length) {
    char *text = NULL;
    FILE *file = open_memstream(&text, out_length);
    if (!file)
        return NULL;
    const bool printed = perfadapt__cache_print(cache, file) && !ferror(file);
    if (fclose(file) == 0 && printed)
        return text;
    free(text);
    return NULL;
}

int probe_cache_write(const char *path, const struct perfadapt__cache *cache) {
    size_t length = 0;
    char *text = make_text(cache, &length);
    if (!text)
        return -ENOMEM;
    const int error = probe_replace_file(path, text, length);
    free(text);
    return error;
}
