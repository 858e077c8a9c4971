/*
 * What the last probe found, as an INI file: written by perfadapt-probe, read by the library.
 * SPDX-License-Identifier: MIT
 *
 * ~/.cache/perfadapt/device.ini. It holds for one boot, one set of GPUs, one set of drivers and one version of this
 * project: all that goes into its key. Whatever is wrong with it, it is not used, and the next probe writes it anew.
 */
#ifndef PERFADAPT_DEVICE_CACHE_H
#define PERFADAPT_DEVICE_CACHE_H

#include "core/variables.h"
#include "device/cache_key.h"

#include <perfadapt/perfadapt.h>
#include <perfadapt/profile.h>
#include <stdio.h>

#define PERFADAPT__CACHE_BYTES_MAX 65536
#define PERFADAPT__CACHE_DEVICES_MAX 8

/* Too large for a thread's stack: allocate it. */
struct perfadapt__cache {
    char key[PERFADAPT__CACHE_KEY_BYTES];
    uint32_t device_count;
    uint32_t best;   /* index of the one to take where nobody says otherwise: the strongest that is awake */
    char error[160]; /* not "": what went wrong while probing, in words: "libfoo.so: crashed (signal 11)" */
    struct perfadapt_profile
        devices[PERFADAPT__CACHE_DEVICES_MAX]; /* the system is in each of them, and in the first even
                                                                       where there is none */
};

/*
 * $XDG_CACHE_HOME/perfadapt/device.ini, or below ~/.cache; where nothing can be written there, as in a kiosk's home,
 * $XDG_RUNTIME_DIR/perfadapt/probe/device.ini, which goes with the boot, as what it says does. False where no variable
 * names a place.
 */
bool perfadapt__cache_path(const struct perfadapt__variables *variables, char *out, size_t capacity);

/*
 * Reads it. False, told to the log at DEBUG (INFO where it is broken), where there is none, its key is another, it is
 * not the user's own, or anything in it is wrong.
 */
bool perfadapt__cache_read(const char *path, const char *key, const struct perfadapt_log *log,
                           struct perfadapt__cache *out_cache);

/* Parses a text: what cache_read does with a file's. Devices beyond the first and `device_count` are not written to. */
bool perfadapt__cache_parse(const char *text, size_t length, const char *key, struct perfadapt__cache *out_cache);

/*
 * Writes it to a stream, every number without regard to the locale, unprintable letters as '?', texts above 180 bytes
 * cut. For the probe. False, and nothing written, where there is no memory or a number that could not be read again.
 */
bool perfadapt__cache_print(const struct perfadapt__cache *cache, FILE *file);

#endif
