/* SPDX-License-Identifier: MIT */
#include "config/reload.h"

#include "config/layer_files.h"
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define TARGETS_MAX 8

/* Of a directory whose files count, and of a parent that is waited in. */
static const uint32_t gone_mask = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;
static const uint32_t parent_mask = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD;
static const uint32_t target_mask = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD |
                                    IN_CLOSE_WRITE | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;
/* Of a file behind a link. */
static const uint32_t file_mask = IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

struct target {
    const struct perfadapt__root *root; /* NULL: the path is the process's own */
    char *path;
    int wd;       /* of the directory, or of its nearest parent; -1 = none */
    bool exists;  /* wd is of the directory itself */
    bool main;    /* perfadapt.ini alone counts there; else every *.ini */
    int file_wd;  /* of the file that perfadapt.ini is a link to; -1 = none */
    bool dangles; /* it is a link to nothing */
};

struct perfadapt__reload {
    int fd;
    int error; /* errno of the last directory that could not be watched */
    size_t target_count;
    struct target targets[TARGETS_MAX];
};

/* ---- watches ---- */

/* inotify knows no directory descriptors: what is below another root is named by way of /proc. */
static int watch(const struct perfadapt__reload *reload, const struct target *target, const char *path, uint32_t mask) {
    char link[32];
    if (!target->root || !target->root->confined)
        return inotify_add_watch(reload->fd, path, mask);
    const int fd = perfadapt__root_openat(target->root, path, O_PATH | O_DIRECTORY);
    if (fd < 0) {
        errno = -fd;
        return -1;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const int wd = inotify_add_watch(reload->fd, link, mask);
    const int error = errno;
    close(fd);
    errno = error;
    return wd;
}

/* "/a/b" -> "/a" -> "/" -> false; "a" -> "." -> false. */
static bool cut_last(char *path) {
    char *slash = strrchr(path, '/');
    if (slash == path && path[1])
        path[1] = '\0';
    else if (slash && slash != path)
        *slash = '\0';
    else if (!slash && strcmp(path, ".") != 0)
        memcpy(path, ".", 2);
    else
        return false;
    return true;
}

/* True where it now leads to another directory. */
static bool find(struct perfadapt__reload *reload, struct target *target) {
    char path[PATH_MAX];
    const int before = target->wd;
    snprintf(path, sizeof path, "%s", target->path);
    target->wd = watch(reload, target, path, target_mask);
    target->exists = target->wd >= 0;
    while (target->wd < 0 && errno != ENOSPC && errno != ENOMEM && cut_last(path))
        target->wd = watch(reload, target, path, parent_mask);
    if (target->wd < 0)
        reload->error = errno;
    return target->wd != before;
}

static bool is_used(const struct perfadapt__reload *reload, int wd) {
    for (size_t i = 0; i < reload->target_count; i++)
        if (reload->targets[i].wd == wd || (wd >= 0 && reload->targets[i].file_wd == wd))
            return true;
    return false;
}

/* A directory tells nothing of an edit behind a link, as dotfiles are kept; a device, as of a mask, is none. */
static int watch_file(const struct perfadapt__reload *reload, struct target *target) {
    char path[PATH_MAX];
    char name[32];
    struct stat link;
    struct stat file;
    int wd = -1;
    target->dangles = false;
    if (!target->main || snprintf(path, sizeof path, "%s/perfadapt.ini", target->path) >= (int)sizeof path)
        return -1;
    const int link_fd = perfadapt__layer_open(target->root, path, O_PATH | O_NOFOLLOW);
    const int fd = perfadapt__layer_open(target->root, path, O_PATH);
    const bool is_link = link_fd >= 0 && fstat(link_fd, &link) == 0 && S_ISLNK(link.st_mode);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (is_link && fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode))
        wd = inotify_add_watch(reload->fd, name, file_mask);
    target->dangles = is_link && fd < 0;
    if (link_fd >= 0)
        close(link_fd);
    if (fd >= 0)
        close(fd);
    return wd;
}

static void drop(struct perfadapt__reload *reload, int wd) {
    if (wd >= 0 && !is_used(reload, wd))
        inotify_rm_watch(reload->fd, wd); /* nothing where it is gone already */
}

/* Once more after a change: what was made before its parent was watched is not told. True: a directory came or
 * went, or a file that a link was for. */
static bool arm(struct perfadapt__reload *reload) {
    const int tries = 8;
    bool changed = false;
    for (size_t i = 0; i < reload->target_count; i++) {
        struct target *target = &reload->targets[i];
        const struct target before = *target;
        for (int attempt = 0; attempt < tries && find(reload, target); attempt++)
            continue;
        changed |= target->exists != before.exists || (target->exists && target->wd != before.wd);
        target->file_wd = watch_file(reload, target);
        changed |= before.dangles && !target->dangles;
        drop(reload, before.wd);
        drop(reload, before.file_wd);
    }
    return changed;
}

/* ---- events ---- */

/* A file that was just made is being written, unless it is a link: the end of that is told as well. */
static bool is_whole(const struct target *target, const char *name) {
    char path[PATH_MAX];
    struct stat status;
    if (snprintf(path, sizeof path, "%s/%s", target->path, name) >= (int)sizeof path)
        return false;
    const int fd = perfadapt__layer_open(target->root, path, O_PATH | O_NOFOLLOW);
    const bool known = fd >= 0 && fstat(fd, &status) == 0;
    if (fd >= 0)
        close(fd);
    return known && (S_ISLNK(status.st_mode) || status.st_nlink > 1);
}

/* "..data" is what a mounted Kubernetes ConfigMap turns over: the files are links by way of it. */
static bool counts(const struct target *target, const char *name) {
    if (strcmp(name, "..data") == 0)
        return true;
    return target->main ? strcmp(name, "perfadapt.ini") == 0 : perfadapt__layer_is_file(name);
}

static bool changes(const struct target *target, const struct inotify_event *event) {
    if (!target->exists || event->wd != target->wd || event->len == 0 || !counts(target, event->name))
        return false;
    return !(event->mask & IN_CREATE) || is_whole(target, event->name);
}

/* What has moved away is watched no longer: its files are not the configuration's. */
static bool take(struct perfadapt__reload *reload, const struct inotify_event *event) {
    const bool gone = event->mask & gone_mask;
    bool changed = event->mask & IN_Q_OVERFLOW;
    for (size_t i = 0; i < reload->target_count; i++) {
        struct target *target = &reload->targets[i];
        changed |= changes(target, event) || (event->wd == target->file_wd && !(event->mask & IN_IGNORED));
        if (gone && event->wd == target->file_wd)
            target->file_wd = -1;
        if (gone && event->wd == target->wd) {
            changed |= target->exists;
            target->exists = false;
            target->wd = -1;
        }
    }
    if (event->mask & IN_MOVE_SELF)
        inotify_rm_watch(reload->fd, event->wd);
    return changed;
}

/* Nobody tells when what a link leads to is made. */
static bool has_lost_link(const struct perfadapt__reload *reload) {
    for (size_t i = 0; i < reload->target_count; i++)
        if (reload->targets[i].dangles)
            return true;
    return false;
}

bool perfadapt__reload_drain(struct perfadapt__reload *reload) {
    _Alignas(struct inotify_event) char buffer[4096];
    const int most = 64; /* one who never stops writing is not to keep us */
    bool heard = false;
    bool changed = false;
    for (int i = 0; i < most && reload->fd >= 0; i++) {
        const ssize_t length = read(reload->fd, buffer, sizeof buffer);
        if (length <= 0)
            break;
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);
            heard = true;
            changed |= take(reload, event);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    if ((heard || has_lost_link(reload)) && arm(reload)) /* directories may have come or gone, or links to them */
        changed = true;
    return changed;
}

/* ---- life ---- */

static bool add(struct perfadapt__reload *reload, const struct perfadapt__layer_place *place, const char *directory) {
    struct target *target = &reload->targets[reload->target_count];
    if (asprintf(&target->path, "%s%s%s", place->path, *directory ? "/" : "", directory) < 0) {
        target->path = NULL;
        return false;
    }
    target->root = place->root;
    target->wd = target->file_wd = -1;
    target->main = !*directory;
    reload->target_count++;
    return true;
}

static bool add_all(struct perfadapt__reload *reload, const struct perfadapt__layers_request *request) {
    struct perfadapt__layer_places places = {.user = ""};
    bool good = true;
    perfadapt__layer_places_find(request, &places);
    for (unsigned i = 0; i < PERFADAPT__PLACES; i++)
        if (places.list[i].path)
            good = good && add(reload, &places.list[i], "") && add(reload, &places.list[i], "perfadapt.d");
    if (places.list[PERFADAPT__PLACE_DATA].path)
        good = good && add(reload, &places.list[PERFADAPT__PLACE_DATA], "machines") &&
               add(reload, &places.list[PERFADAPT__PLACE_DATA], "presets");
    return good;
}

static void start(struct perfadapt__reload *reload, const struct perfadapt_log *log) {
    static const char text[] = "configuration: edits are not noticed while it runs: inotify (errno %d)";
    reload->fd = perfadapt__fs_lift(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (reload->fd < 0) {
        perfadapt__log(log, PERFADAPT_LOG_INFO, text, errno);
        return;
    }
    arm(reload);
    if (is_used(reload, -1))
        perfadapt__log(log, PERFADAPT_LOG_INFO, text, reload->error);
}

struct perfadapt__reload *perfadapt__reload_create(const struct perfadapt__layers_request *request) {
    struct perfadapt__reload *reload = calloc(1, sizeof *reload);
    if (!reload)
        return NULL;
    reload->fd = -1;
    if (!add_all(reload, request)) {
        perfadapt__reload_destroy(reload);
        return NULL;
    }
    start(reload, request->log);
    return reload;
}

void perfadapt__reload_destroy(struct perfadapt__reload *reload) {
    if (!reload)
        return;
    for (size_t i = 0; i < reload->target_count; i++)
        free(reload->targets[i].path);
    if (reload->fd >= 0)
        close(reload->fd);
    free(reload);
}

int perfadapt__reload_fd(const struct perfadapt__reload *reload) {
    return reload->fd;
}
