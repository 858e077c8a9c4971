/* Which files a configuration is made of, in the order in which they count. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONFIG_LAYER_FILES_H
#define PERFADAPT_CONFIG_LAYER_FILES_H

#include "config/layers.h"

#include <limits.h>
#include <stdbool.h>

#define PERFADAPT__LAYER_FILES_MAX 256 /* in one directory */
#define PERFADAPT__LAYER_BYTES_MAX 262144

/* Their order is that of precedence. */
enum { PERFADAPT__PLACE_DATA = 0, PERFADAPT__PLACE_ADMIN = 1, PERFADAPT__PLACE_USER = 2, PERFADAPT__PLACES = 3 };

struct perfadapt__layer_place {
    const struct perfadapt__root *root; /* NULL: `path` is the process's own */
    const char *path;                   /* NULL: there is no such place */
    bool trust;                         /* only what is the user's own, or root's, counts */
};

struct perfadapt__layer_places {
    struct perfadapt__layer_place list[PERFADAPT__PLACES];
    char user[PATH_MAX];
};

/* They point into the request and into themselves. */
void perfadapt__layer_places_find(const struct perfadapt__layers_request *request,
                                  struct perfadapt__layer_places *out_places);

/* perfadapt__root_openat(), or open(2) with the same flags where `root` is NULL. */
int perfadapt__layer_open(const struct perfadapt__root *root, const char *path, int flags);

struct perfadapt__layer_file {
    char *path;
    const char *name; /* the end of it */
    const struct perfadapt__layer_place *place;
    unsigned rank; /* in the order that counts: lower first, then by name */
    bool listed;   /* found in a directory: it is there */
    char *text;    /* where it is to be read again; NULL = not */
    size_t length;
};

struct perfadapt__layer_files {
    struct perfadapt__layer_file *list;
    size_t count, capacity;
};

/* Sorted; those that another masks are gone. {0} before; what memory is too short for is left out. */
void perfadapt__layer_files_find(const struct perfadapt__layers_request *request,
                                 const struct perfadapt__layer_places *places,
                                 struct perfadapt__layer_files *out_files);

/* Adds what a directory below the place has of NAME.ini. */
void perfadapt__layer_files_add(struct perfadapt__layer_files *files, const struct perfadapt__layers_request *request,
                                const struct perfadapt__layer_place *place, const char *directory, unsigned rank);

void perfadapt__layer_files_free(struct perfadapt__layer_files *files);

/* Whether a directory entry is one that counts: no hidden file, no editor's backup. */
bool perfadapt__layer_is_file(const char *name);

/* One warning, to the log and to whoever asks for what was found. `line` 0: of the whole file. */
void perfadapt__layers_warn(const struct perfadapt__layers_request *request, const char *path, unsigned line,
                            const char *section, const char *text);

#endif
