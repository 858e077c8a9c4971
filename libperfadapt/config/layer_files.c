/* SPDX-License-Identifier: MIT */
#include "config/layer_files.h"

#include "core/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char main_file[] = "perfadapt.ini";
static const char drop_ins[] = "perfadapt.d";
static const unsigned entries_max = 4096; /* of one directory that are looked at */

/* What counts later has the higher one. */
enum { RANK_MACHINES = 0, RANK_MAIN = 1, RANK_DROP_INS = 4, RANK_USER = 5, RANK_USER_DROP_INS = 6 };

/* ---- places ---- */

static bool is_given(const char *path) {
    return path && *path;
}

void perfadapt__layer_places_find(const struct perfadapt__layers_request *request,
                                  struct perfadapt__layer_places *out_places) {
    struct perfadapt__layer_place *list = out_places->list;
    memset(list, 0, sizeof out_places->list);
    if (is_given(request->data_dir))
        list[PERFADAPT__PLACE_DATA].path = request->data_dir;
    if (is_given(request->config_dir)) {
        list[PERFADAPT__PLACE_ADMIN].path = request->config_dir;
        return;
    }
    list[PERFADAPT__PLACE_ADMIN] = (struct perfadapt__layer_place){.root = request->root, .path = "/etc/perfadapt"};
    const struct perfadapt__variables *variables = request->variables;
    if (variables && perfadapt__user_path(variables->config_home, variables->home, "/.config", "", out_places->user,
                                          sizeof out_places->user))
        list[PERFADAPT__PLACE_USER] =
            (struct perfadapt__layer_place){.root = request->root, .path = out_places->user, .trust = true};
}

int perfadapt__layer_open(const struct perfadapt__root *root, const char *path, int flags) {
    if (root)
        return perfadapt__root_openat(root, path, flags);
    const int fd = perfadapt__fs_lift(open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    return fd >= 0 ? fd : -errno;
}

/* ---- warnings ---- */

/* Paths come from directories and from variables. */
static void copy_path(char *to, size_t capacity, const char *from) {
    size_t length = 0;
    for (; length + 1 < capacity && from[length]; length++)
        to[length] = (unsigned char)from[length] < ' ' || from[length] == '\x7f' ? '?' : from[length];
    to[length] = '\0';
}

void perfadapt__layers_warn(const struct perfadapt__layers_request *request, const char *path, unsigned line,
                            const char *section, const char *text) {
    char shown[240];
    copy_path(shown, sizeof shown, path);
    if (line > 0)
        perfadapt__log(request->log, PERFADAPT_LOG_WARNING, "%s:%u: %s", shown, line, text);
    else
        perfadapt__log(request->log, PERFADAPT_LOG_WARNING, "%s: %s", shown, text);
    if (request->found)
        request->found(request->user, path, line, section, NULL, text);
}

static void warn_errno(const struct perfadapt__layers_request *request, const char *path, int error) {
    char text[40];
    snprintf(text, sizeof text, "cannot be listed (errno %d)", error);
    perfadapt__layers_warn(request, path, 0, "", text);
}

/* ---- files ---- */

static bool add(struct perfadapt__layer_files *files, const struct perfadapt__layer_place *place, const char *directory,
                const char *name, unsigned rank) {
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%s%s%s", place->path, directory, *directory ? "/" : "", name);
    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    if (files->count == files->capacity) {
        const size_t capacity = files->capacity ? 2 * files->capacity : 16;
        struct perfadapt__layer_file *list = realloc(files->list, capacity * sizeof *list);
        if (!list)
            return false;
        files->list = list;
        files->capacity = capacity;
    }
    char *copy = strdup(path);
    if (!copy)
        return false;
    files->list[files->count++] = (struct perfadapt__layer_file){
        .path = copy, .name = strrchr(copy, '/') + 1, .place = place, .rank = rank, .listed = *directory};
    return true;
}

bool perfadapt__layer_is_file(const char *name) {
    const size_t length = strlen(name);
    return *name != '.' && length > 4 && strcmp(name + length - 4, ".ini") == 0;
}

static DIR *open_directory(const struct perfadapt__root *root, const char *path) {
    const int fd = perfadapt__layer_open(root, path, O_RDONLY | O_DIRECTORY);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && !directory) {
        const int error = errno;
        close(fd);
        errno = error;
    } else if (fd < 0) {
        errno = -fd;
    }
    return directory;
}

void perfadapt__layer_files_add(struct perfadapt__layer_files *files, const struct perfadapt__layers_request *request,
                                const struct perfadapt__layer_place *place, const char *directory, unsigned rank) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", place->path, directory) >= (int)sizeof path)
        return;
    DIR *entries = open_directory(place->root, path);
    if (!entries) {
        if (errno != ENOENT)
            warn_errno(request, path, errno);
        return;
    }
    const size_t most = files->count + PERFADAPT__LAYER_FILES_MAX;
    const struct dirent *entry;
    for (unsigned seen = 0; (entry = readdir(entries)); seen++) {
        if (seen == entries_max || (files->count == most && perfadapt__layer_is_file(entry->d_name))) {
            perfadapt__layers_warn(request, path, 0, "", "more files than the 256 that are read; some are left out");
            break;
        }
        if (perfadapt__layer_is_file(entry->d_name))
            add(files, place, directory, entry->d_name, rank);
    }
    closedir(entries);
}

static int by_order(const void *left, const void *right) {
    const struct perfadapt__layer_file *a = left;
    const struct perfadapt__layer_file *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    const int order = strcmp(a->name, b->name);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static bool is_drop_in(const struct perfadapt__layer_file *file) {
    return file->rank == RANK_DROP_INS || file->rank == RANK_USER_DROP_INS;
}

/* Both are sorted: what masks comes behind. */
static bool is_masked(const struct perfadapt__layer_files *files, size_t index) {
    const struct perfadapt__layer_file *file = &files->list[index];
    for (size_t i = index + 1; is_drop_in(file) && i < files->count; i++)
        if (is_drop_in(&files->list[i]) && strcmp(files->list[i].name, file->name) == 0)
            return true;
    return false;
}

static void leave_out_masked(struct perfadapt__layer_files *files) {
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++) {
        if (is_masked(files, i))
            free(files->list[i].path);
        else
            files->list[kept++] = files->list[i];
    }
    files->count = kept;
}

void perfadapt__layer_files_find(const struct perfadapt__layers_request *request,
                                 const struct perfadapt__layer_places *places,
                                 struct perfadapt__layer_files *out_files) {
    for (unsigned i = 0; i < PERFADAPT__PLACES; i++) {
        const struct perfadapt__layer_place *place = &places->list[i];
        if (!place->path)
            continue;
        const bool user = i == PERFADAPT__PLACE_USER;
        if (!place->root && access(place->path, X_OK) != 0)
            warn_errno(request, place->path, errno);
        if (i == PERFADAPT__PLACE_DATA)
            perfadapt__layer_files_add(out_files, request, place, "machines", RANK_MACHINES);
        add(out_files, place, "", main_file, user ? RANK_USER : RANK_MAIN + i);
        perfadapt__layer_files_add(out_files, request, place, drop_ins, user ? RANK_USER_DROP_INS : RANK_DROP_INS);
    }
    if (out_files->count > 0)
        qsort(out_files->list, out_files->count, sizeof *out_files->list, by_order);
    leave_out_masked(out_files);
}

void perfadapt__layer_files_free(struct perfadapt__layer_files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->list[i].path);
        free(files->list[i].text);
    }
    free(files->list);
    *files = (struct perfadapt__layer_files){0};
}
