/*
 * The Vulkan drivers (ICDs) that the loader would use, by its rules for Linux. SPDX-License-Identifier: MIT
 *
 * The rules are those of the loader's own documentation (LoaderDriverInterface: driver discovery, filtering, elevated
 * privileges). Within a directory the loader takes files as they come; here they are sorted, to come the same every
 * time.
 */
#ifndef PERFADAPT_PROBE_ICDS_H
#define PERFADAPT_PROBE_ICDS_H

#include "core/fs.h"

#define PROBE_ICDS_MAX 32
#define PROBE_ICD_PATH_BYTES 1024

/* What the loader is told by its environment; NULL = not set. */
struct probe_icd_variables {
    const char *driver_files;     /* VK_DRIVER_FILES, or VK_ICD_FILENAMES */
    const char *add_driver_files; /* VK_ADD_DRIVER_FILES */
    const char *drivers_select;   /* VK_LOADER_DRIVERS_SELECT */
    const char *drivers_disable;  /* VK_LOADER_DRIVERS_DISABLE */
    const char *home;             /* HOME */
    const char *config_home;      /* XDG_CONFIG_HOME */
    const char *config_dirs;      /* XDG_CONFIG_DIRS */
    const char *data_home;        /* XDG_DATA_HOME */
    const char *data_dirs;        /* XDG_DATA_DIRS */
};

struct probe_icd {
    char path[PROBE_ICD_PATH_BYTES]; /* of the manifest */
    char library[512];               /* library_path, as it stands there; "" = the manifest is broken */
    char api_version[32];            /* likewise */
    int64_t time_ns;                 /* of the manifest's last change */
    uint64_t bytes;
    uint64_t inode[2];  /* device, number: one manifest may be found by two ways */
    char left_out[512]; /* why it is not asked: "" = it may be */
};

struct probe_icds {
    size_t count;
    size_t more;         /* beyond PROBE_ICDS_MAX */
    bool drivers_beside; /* the loader's settings file adds drivers to whatever the environment says */
    struct probe_icd icds[PROBE_ICDS_MAX];
};

/* From the environment; nothing where the program runs with more rights than its user. */
void probe_icd_variables_read(struct probe_icd_variables *out_variables);

/* Too large for a stack's taste: allocate it. A manifest that cannot be used is in it, with the reason. */
void probe_icds_find(const struct perfadapt__root *root, const struct probe_icd_variables *variables,
                     struct probe_icds *out_icds);

/* The file's name without its directories: of a library, or of a manifest. */
const char *probe_base_name(const char *path);

#endif
