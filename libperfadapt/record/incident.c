/* SPDX-License-Identifier: MIT */
#include "record/incident.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/user_directory.h"
#include "core/variables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 41
#define PATH_BYTES 1024 /* a longer state directory is none */
#define KEPT 4

static const int64_t gap_ns = 600 * PERFADAPT__NS_PER_S;

struct incident {
    void *mapping; /* NULL = nothing is to be written */
    size_t mapped_bytes, offset;
    const char *what;
};

struct perfadapt__incidents {
    struct perfadapt__record_origin origin;
    char app[sizeof((struct perfadapt__record_header *)0)->name];
    char name[NAME_BYTES]; /* of it, as part of a file's */
    char directory[PATH_BYTES];
    char path[PATH_BYTES + NAME_BYTES + 16]; /* of the last one */
    struct incident last;
    int64_t noted_ns; /* 0 = never */
    int error;        /* errno of the last one; 0 = written */
    bool untold;
    bool refused;                  /* by the configuration */
    struct incident *_Atomic left; /* by a session that has gone; NULL = nothing */
};

static void clean_name(const char *name, char out_name[NAME_BYTES]) {
    size_t length = 0;
    for (; length < NAME_BYTES - 1 && name[length]; length++) {
        const char c = name[length];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           (c == '.' && length > 0);
        out_name[length] = plain ? c : '_';
    }
    out_name[length] = '\0';
}

struct perfadapt__incidents *perfadapt__incidents_create(const struct perfadapt__record_origin *origin) {
    struct perfadapt__incidents *incidents = calloc(1, sizeof *incidents);
    const bool placed = incidents &&
                        perfadapt__user_path(secure_getenv("XDG_STATE_HOME"), secure_getenv("HOME"), "/.local/state",
                                             "/incidents", incidents->directory, sizeof incidents->directory) &&
                        !perfadapt__is_anothers(incidents->directory);
    if (!placed) {
        free(incidents);
        return NULL;
    }
    clean_name(origin->name, incidents->name);
    incidents->origin = *origin;
    snprintf(incidents->app, sizeof incidents->app, "%s", origin->name);
    incidents->origin.name = incidents->app;
    return incidents;
}

void perfadapt__incidents_allow(struct perfadapt__incidents *incidents, bool allowed) {
    if (incidents)
        incidents->refused = !allowed;
}

static bool map(struct incident *out, const char *what, int fd, size_t offset) {
    const size_t bytes = offset + sizeof(struct perfadapt__record_ring);
    void *mapping = fd >= 0 ? mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    *out = (struct incident){mapping, bytes, offset, what};
    return mapping != MAP_FAILED;
}

static bool is_due(const struct perfadapt__incidents *incidents, int64_t now_ns) {
    const bool lately = incidents->noted_ns && now_ns - incidents->noted_ns < gap_ns;
    return !incidents->refused && !lately && !incidents->last.mapping;
}

static void take(struct perfadapt__incidents *incidents, const struct incident *incident, int64_t now_ns) {
    incidents->last = *incident;
    incidents->noted_ns = now_ns;
}

void perfadapt__incidents_note(struct perfadapt__incidents *incidents, const char *what, int fd, size_t offset,
                               int64_t now_ns) {
    struct incident now;
    if (incidents && is_due(incidents, now_ns) && map(&now, what, fd, offset))
        take(incidents, &now, now_ns);
}

void perfadapt__incidents_leave(struct perfadapt__incidents *incidents, const char *what, int fd, size_t offset) {
    struct incident *left = incidents ? malloc(sizeof *left) : NULL;
    if (left && map(left, what, fd, offset))
        atomic_store_explicit(&incidents->left, left, memory_order_release);
    else
        free(left);
}

/* What a session has left when it went. */
static void take_left(struct perfadapt__incidents *incidents, int64_t now_ns) {
    struct incident *left = atomic_exchange_explicit(&incidents->left, NULL, memory_order_acquire);
    if (left && is_due(incidents, now_ns))
        take(incidents, left, now_ns);
    else if (left)
        munmap(left->mapping, left->mapped_bytes);
    free(left);
}

/* ---- The file ---- */

/* The place that is free, or else the oldest one's. */
static void choose_path(struct perfadapt__incidents *incidents) {
    struct timespec oldest = {0};
    for (int i = 1; i <= KEPT; i++) {
        char path[sizeof incidents->path];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s-%d.rec", incidents->directory, incidents->name, i);
        const bool there = fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
        const bool older =
            there && (status.st_mtim.tv_sec < oldest.tv_sec ||
                      (status.st_mtim.tv_sec == oldest.tv_sec && status.st_mtim.tv_nsec < oldest.tv_nsec));
        if (i == 1 || !there || older) {
            memcpy(incidents->path, path, sizeof path);
            oldest = there ? status.st_mtim : oldest;
        }
        if (!there)
            return;
    }
}

/* Whole or not at all, beside apps of the same name. */
static void write_file(struct perfadapt__incidents *incidents) {
    char unready[sizeof incidents->path];
    const struct perfadapt__record_ring *ring =
        (const void *)((const unsigned char *)incidents->last.mapping + incidents->last.offset);
    choose_path(incidents);
    snprintf(unready, sizeof unready, "%s/.%s-%d", incidents->directory, incidents->name, (int)incidents->origin.pid);
    const int error = -perfadapt__make_directories(unready);
    const bool written = !error && perfadapt__record_save(unready, ring, &incidents->origin) &&
                         renameat(AT_FDCWD, unready, AT_FDCWD, incidents->path) == 0;
    incidents->error = written ? 0 : error ? error : errno;
    if (!written) {
        incidents->noted_ns = 0; /* the next one may be luckier */
        unlinkat(AT_FDCWD, unready, 0);
    }
    incidents->untold = true;
}

bool perfadapt__incidents_run(void *context, int64_t now_ns, bool orphaned) {
    struct perfadapt__incidents *incidents = context;
    if (orphaned)
        take_left(incidents, now_ns);
    if (!incidents->last.mapping)
        return false;
    write_file(incidents);
    munmap(incidents->last.mapping, incidents->last.mapped_bytes);
    incidents->last.mapping = NULL;
    return false;
}

void perfadapt__incidents_finish(void *context) {
    struct perfadapt__incidents *incidents = context;
    incidents->refused = true;
    take_left(incidents, 0);
    if (incidents->last.mapping)
        munmap(incidents->last.mapping, incidents->last.mapped_bytes);
    free(incidents);
}

void perfadapt__incidents_tell(struct perfadapt__incidents *incidents, const struct perfadapt_log *log) {
    if (!incidents || !incidents->untold)
        return;
    incidents->untold = false;
    if (incidents->error)
        perfadapt__log(log, PERFADAPT_LOG_WARNING, "%s: its record cannot be kept in %s (error %d)",
                       incidents->last.what, incidents->directory, incidents->error);
    else
        perfadapt__log(log, PERFADAPT_LOG_INFO, "%s: what led to it is in %s, for perfadapt replay",
                       incidents->last.what, incidents->path);
}
