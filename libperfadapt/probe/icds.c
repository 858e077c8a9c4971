/* SPDX-License-Identifier: MIT */
#include "probe/icds.h"

#include "probe/manifest.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MAX 256 /* manifests of one directory; any real one holds two dozen */
#define SETTINGS_BYTES_MAX 65536

struct search {
    const struct perfadapt__root *root;
    const struct probe_icd_variables *variables;
    struct probe_icds *icds;
};

/* What is done with each entry of a list "a:b:c". */
typedef void visit(struct search *search, const char *entry);

const char *probe_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void probe_icd_variables_read(struct probe_icd_variables *out_variables) {
    *out_variables = (struct probe_icd_variables){
        .driver_files = secure_getenv("VK_DRIVER_FILES"),
        .add_driver_files = secure_getenv("VK_ADD_DRIVER_FILES"),
        .drivers_select = secure_getenv("VK_LOADER_DRIVERS_SELECT"),
        .drivers_disable = secure_getenv("VK_LOADER_DRIVERS_DISABLE"),
        .home = secure_getenv("HOME"),
        .config_home = secure_getenv("XDG_CONFIG_HOME"),
        .config_dirs = secure_getenv("XDG_CONFIG_DIRS"),
        .data_home = secure_getenv("XDG_DATA_HOME"),
        .data_dirs = secure_getenv("XDG_DATA_DIRS"),
    };
    if (!out_variables->driver_files)
        out_variables->driver_files = secure_getenv("VK_ICD_FILENAMES");
}

/* ---- one manifest ---- */

/* A comma-separated list of globs, of which the loader knows '*' alone, in any case. */
static bool fits_list(const char *list, const char *name) {
    char glob[NAME_MAX + 1];
    for (const char *at = list; *at;) {
        const size_t length = strcspn(at, ",");
        if (length > 0 && length < sizeof glob) {
            memcpy(glob, at, length);
            glob[length] = '\0';
            if (fnmatch(glob, name, FNM_CASEFOLD | FNM_NOESCAPE) == 0)
                return true;
        }
        at += length + (at[length] == ',');
    }
    return false;
}

static void filter(const struct probe_icd_variables *variables, struct probe_icd *icd) {
    const char *name = probe_base_name(icd->path);
    if (*icd->left_out)
        return;
    if (variables->drivers_select && *variables->drivers_select && !fits_list(variables->drivers_select, name))
        snprintf(icd->left_out, sizeof icd->left_out, "not in VK_LOADER_DRIVERS_SELECT");
    else if (variables->drivers_disable && fits_list(variables->drivers_disable, name))
        snprintf(icd->left_out, sizeof icd->left_out, "in VK_LOADER_DRIVERS_DISABLE");
}

static bool is_known(const struct probe_icds *icds, const struct probe_icd *icd) {
    for (size_t i = 0; i < icds->count; i++) {
        const struct probe_icd *other = &icds->icds[i];
        if (strcmp(other->path, icd->path) == 0 ||
            (icd->inode[1] != 0 && other->inode[0] == icd->inode[0] && other->inode[1] == icd->inode[1]))
            return true;
    }
    return false;
}

static void add(struct search *search, const char *path, bool even_if_missing) {
    struct probe_icds *icds = search->icds;
    if (icds->count == PROBE_ICDS_MAX) {
        icds->more++;
        return;
    }
    struct probe_icd *icd = &icds->icds[icds->count];
    if ((size_t)snprintf(icd->path, sizeof icd->path, "%s", path) >= sizeof icd->path)
        return;
    const bool is_there = probe_manifest_read(search->root, icd);
    if ((!is_there && !even_if_missing) || is_known(icds, icd))
        return;
    filter(search->variables, icd);
    icds->count++;
}

/* ---- directories ---- */

static bool is_manifest_name(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && strcmp(dot, ".json") == 0;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_names(DIR *directory, char *names[NAMES_MAX]) {
    size_t count = 0;
    const struct dirent *entry;
    while (count < NAMES_MAX && (entry = readdir(directory)))
        if (is_manifest_name(entry->d_name) && (names[count] = strdup(entry->d_name)))
            count++;
    qsort(names, count, sizeof names[0], compare_names);
    return count;
}

/* False where it is no directory. */
static bool add_directory(struct search *search, const char *path) {
    char *names[NAMES_MAX];
    char file[PROBE_ICD_PATH_BYTES];
    const int fd = perfadapt__root_openat(search->root, path, O_RDONLY | O_DIRECTORY);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    const size_t count = list_names(directory, names);
    closedir(directory);
    for (size_t i = 0; i < count; i++) {
        const char *slash = *path && path[strlen(path) - 1] == '/' ? "" : "/";
        if ((size_t)snprintf(file, sizeof file, "%s%s%s", path, slash, names[i]) < sizeof file)
            add(search, file, false);
        free(names[i]);
    }
    return true;
}

/* A relative entry would depend on where the host happened to be started. */
static void each(struct search *search, const char *list, visit *do_visit) {
    char entry[PROBE_ICD_PATH_BYTES];
    for (const char *at = list; *at;) {
        const size_t length = strcspn(at, ":");
        if (length > 0 && length < sizeof entry && *at == '/') {
            memcpy(entry, at, length);
            entry[length] = '\0';
            do_visit(search, entry);
        }
        at += length + (at[length] == ':');
    }
}

/* An entry of VK_DRIVER_FILES: a manifest, or a directory of them. */
static void visit_named(struct search *search, const char *path) {
    if (!add_directory(search, path))
        add(search, path, true);
}

static void visit_base(struct search *search, const char *base) {
    char path[PROBE_ICD_PATH_BYTES];
    if ((size_t)snprintf(path, sizeof path, "%s/vulkan/icd.d", base) < sizeof path)
        add_directory(search, path);
}

static const char *or_default(const char *value, const char *otherwise) {
    return value && *value ? value : otherwise;
}

/* $XDG_CONFIG_HOME, or .config in the home directory. */
static void visit_own(struct search *search, const char *base, const char *in_home, visit *do_visit) {
    char path[PROBE_ICD_PATH_BYTES];
    const char *home = search->variables->home;
    if (base && *base)
        each(search, base, do_visit);
    else if (home && *home && (size_t)snprintf(path, sizeof path, "%s/%s", home, in_home) < sizeof path)
        each(search, path, do_visit);
}

static void visit_bases(struct search *search) {
    const struct probe_icd_variables *variables = search->variables;
    visit_own(search, variables->config_home, ".config", visit_base);
    each(search, or_default(variables->config_dirs, "/etc/xdg"), visit_base);
    each(search, "/etc", visit_base); /* SYSCONFDIR, as distributions set it */
    visit_own(search, variables->data_home, ".local/share", visit_base);
    each(search, or_default(variables->data_dirs, "/usr/local/share:/usr/share"), visit_base);
    each(search, "/run/opengl-driver/share", visit_base); /* NixOS patches it in, behind the others */
}

/* ---- the loader's settings file ---- */

/*
 * Since 1.4.317 a settings file (of the Vulkan Configurator) may add drivers, or replace all others by them, and
 * nothing in the environment keeps them out.
 */
static void visit_settings(struct search *search, const char *base) {
    static char text[SETTINGS_BYTES_MAX];
    char path[PROBE_ICD_PATH_BYTES];
    if ((size_t)snprintf(path, sizeof path, "%s/vulkan/loader_settings.d/vk_loader_settings.json", base) >= sizeof path)
        return;
    if (perfadapt__fs_read_once(search->root, path, text, sizeof text) > 0 && strstr(text, "additional_drivers"))
        search->icds->drivers_beside = true;
}

static void look_for_settings(struct search *search) {
    const struct probe_icd_variables *variables = search->variables;
    visit_own(search, NULL, ".local/share", visit_settings);
    visit_own(search, NULL, ".config", visit_settings);
    each(search, or_default(variables->data_home, ""), visit_settings);
    each(search, or_default(variables->config_home, ""), visit_settings);
    each(search, "/etc", visit_settings);
}

void probe_icds_find(const struct perfadapt__root *root, const struct probe_icd_variables *variables,
                     struct probe_icds *out_icds) {
    struct search search = {.root = root, .variables = variables, .icds = out_icds};
    out_icds->count = out_icds->more = 0;
    out_icds->drivers_beside = false;
    if (variables->driver_files && *variables->driver_files) {
        each(&search, variables->driver_files, visit_named);
    } else {
        if (variables->add_driver_files)
            each(&search, variables->add_driver_files, visit_named);
        visit_bases(&search);
    }
    look_for_settings(&search);
}
