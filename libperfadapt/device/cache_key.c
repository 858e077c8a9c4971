/* SPDX-License-Identifier: MIT */
#include "device/cache_key.h"

#include "config/sensor_map.h"
#include "core/hash.h"
#include "device/bus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory with more is not read to its end. */
#define ENTRIES_MAX 512

/* With its NUL, so that "ab" "c" is not "a" "bc". */
static uint64_t hash_text(uint64_t hash, const char *text) {
    return perfadapt__hash(hash, text, strlen(text) + 1);
}

/* ---- files ---- */

/* The inode as well: where packages are links into a store, all sizes and times stay the same (NixOS, OSTree). */
static uint64_t hash_file(uint64_t hash, const struct stat *status) {
    const uint64_t facts[] = {(uint64_t)status->st_size, (uint64_t)status->st_mtim.tv_sec,
                              (uint64_t)status->st_mtim.tv_nsec, (uint64_t)status->st_ino};
    return perfadapt__hash(hash, facts, sizeof facts);
}

/* A sum, as directories come in any order. Closes `fd`. */
static uint64_t sum_directory(int fd) {
    DIR *directory = fdopendir(fd);
    uint64_t sum = 0;
    if (!directory) {
        close(fd);
        return 0;
    }
    for (int i = 0; i < ENTRIES_MAX; i++) {
        struct stat status;
        const struct dirent *entry = readdir(directory);
        if (!entry)
            break;
        if (entry->d_name[0] != '.' && fstatat(fd, entry->d_name, &status, 0) == 0)
            sum += hash_file(hash_text(PERFADAPT__HASH_START, entry->d_name), &status);
    }
    closedir(directory);
    return sum;
}

/* A file, or all in a directory. O_PATH first: it opens nothing, whatever stands there. Closes `fd`. */
static uint64_t hash_open(uint64_t hash, int fd) {
    struct stat status;
    if (fd < 0)
        return hash;
    if (fstat(fd, &status) != 0)
        status = (struct stat){0};
    if (S_ISDIR(status.st_mode)) {
        const int directory = perfadapt__fs_lift(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        const uint64_t sum = directory >= 0 ? sum_directory(directory) : 0;
        hash = perfadapt__hash(hash, &sum, sizeof sum);
    } else {
        hash = hash_file(hash, &status);
    }
    close(fd);
    return hash;
}

/* ---- where Vulkan's loader looks for drivers: its LoaderDriverInterface.md ---- */

/* Each of the absolute paths between colons, and what is below it by the name of `rest`. */
static uint64_t hash_paths(uint64_t hash, const struct perfadapt__root *root, const char *paths, const char *rest) {
    char path[PATH_MAX];
    const size_t rest_bytes = strlen(rest) + 1;
    for (size_t length; *paths; paths += length + (paths[length] == ':')) {
        length = strcspn(paths, ":");
        if (*paths != '/' || length + rest_bytes > sizeof path)
            continue;
        memcpy(path, paths, length);
        memcpy(path + length, rest, rest_bytes);
        hash = hash_open(hash_text(hash, path), perfadapt__root_openat(root, path, O_PATH));
    }
    return hash;
}

static const struct place {
    char variable[20];
    char otherwise[32]; /* where it is not set */
    bool at_home;       /* that is below the home directory */
} places[] = {
    {"XDG_CONFIG_HOME", "/.config", true},
    {"XDG_CONFIG_DIRS", "/etc/xdg", false},
    {"", "/etc:/usr/local/etc", false},
    {"XDG_DATA_HOME", "/.local/share", true},
    {"XDG_DATA_DIRS", "/usr/local/share:/usr/share", false},
};

static uint64_t hash_places(uint64_t hash, const struct perfadapt__root *root) {
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char path[PATH_MAX];
        const char *paths = *places[i].variable ? secure_getenv(places[i].variable) : NULL;
        const char *home = places[i].at_home ? secure_getenv("HOME") : "";
        if (!paths || !*paths) {
            if (!home || snprintf(path, sizeof path, "%s%s", home, places[i].otherwise) >= (int)sizeof path)
                continue;
            paths = path;
        }
        hash = hash_paths(hash, root, paths, "/vulkan/icd.d");
    }
    return hash;
}

static uint64_t hash_variables(uint64_t hash, const struct perfadapt__root *root) {
    static const char names[][28] = {"VK_DRIVER_FILES", "VK_ADD_DRIVER_FILES", "VK_ICD_FILENAMES",
                                     "VK_LOADER_DRIVERS_SELECT", "VK_LOADER_DRIVERS_DISABLE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = secure_getenv(names[i]);
        hash = hash_paths(hash_text(hash, value ? value : ""), root, value ? value : "", "");
    }
    return hash;
}

/* ---- GPUs ---- */

static uint64_t hash_gpu(const struct perfadapt__root *root, const struct perfadapt__bus_gpu *gpu) {
    char path[80];
    char version[64];
    const uint32_t ids[] = {gpu->vendor_id, gpu->device_id,  gpu->pci.known,   gpu->pci.domain,
                            gpu->pci.bus,   gpu->pci.device, gpu->pci.function};
    uint64_t hash = perfadapt__hash(PERFADAPT__HASH_START, ids, sizeof ids);
    hash = hash_text(hash_text(hash, gpu->driver), gpu->compatible);
    snprintf(path, sizeof path, "/sys/module/%s/version", gpu->driver); /* of drivers from outside the kernel */
    if (*gpu->driver && perfadapt__fs_read_once(root, path, version, sizeof version) > 0)
        hash = hash_text(hash, version);
    return hash;
}

/* Whether one sleeps is left out: it would be another key each time. */
static uint64_t hash_gpus(uint64_t hash, const struct perfadapt__root *root) {
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    const size_t count = perfadapt__bus_read(root, gpus);
    uint64_t sum = count;
    for (size_t i = 0; i < count; i++)
        sum += hash_gpu(root, &gpus[i]);
    return perfadapt__hash(hash, &sum, sizeof sum);
}

void perfadapt__cache_key(const struct perfadapt__root *root, const char *data_dir,
                          char out_key[PERFADAPT__CACHE_KEY_BYTES]) {
    char text[PATH_MAX];
    uint64_t hash = hash_text(PERFADAPT__HASH_START, PERFADAPT_VERSION_STRING);
    perfadapt__boot_id_read(root, text, sizeof text);
    hash = hash_text(hash, text);
    hash = hash_variables(hash_places(hash_gpus(hash, root), root), root);
    /* Not below the root: it came with the library. */
    if (data_dir && snprintf(text, sizeof text, "%s/devices", data_dir) < (int)sizeof text)
        hash = hash_open(hash, perfadapt__fs_lift(open(text, O_PATH | O_CLOEXEC)));
    perfadapt__hash_print(hash + PERFADAPT__CACHE_VERSION, out_key);
}
