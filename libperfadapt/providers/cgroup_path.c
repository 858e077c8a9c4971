/* SPDX-License-Identifier: MIT */
#include "providers/cgroup_path.h"

#include "providers/kernel_file.h"
#include "providers/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CGROUP_PATH "/proc/self/cgroup"
#define MOUNTINFO_PATH "/proc/self/mountinfo"

/* The kernel marks a cgroup that was removed under its last process. Its ancestors still hold. */
static void strip_deleted(char *path) {
    static const char mark[] = " (deleted)";
    const size_t length = strlen(path);
    if (length >= sizeof mark && strcmp(path + length - (sizeof mark - 1), mark) == 0)
        path[length - (sizeof mark - 1)] = '\0';
}

/* The line may stand anywhere: hybrid hosts list the version 1 hierarchies first. */
static int read_membership(const struct perfadapt__root *root, enum perfadapt__cgroup_hierarchy hierarchy, char *out) {
    struct perfadapt__line_reader lines;
    perfadapt__line_reader_init(&lines, perfadapt__root_openat(root, CGROUP_PATH, O_RDONLY));
    if (lines.fd < 0)
        return lines.fd;
    bool found = false;
    for (char *line; !found && (line = perfadapt__line_reader_next(&lines));) {
        const char *path = perfadapt__cgroup_parse_membership(line, hierarchy);
        if (!path || strlen(path) >= PERFADAPT__CGROUP_PATH_MAX)
            continue;
        memcpy(out, path, strlen(path) + 1);
        strip_deleted(out);
        found = true;
    }
    close(lines.fd);
    return found ? 0 : -ENOENT;
}

static bool join(const struct perfadapt__cgroup_mount *mount, const char *below,
                 struct perfadapt__cgroup_path *out_path) {
    const size_t mount_length = strcmp(mount->point, "/") == 0 ? 0 : strlen(mount->point);
    size_t below_length = strlen(below);
    while (below_length > 0 && below[below_length - 1] == '/')
        below_length--;
    if (mount_length + below_length >= sizeof out_path->path)
        return false;
    memcpy(out_path->path, mount->point, mount_length);
    memcpy(out_path->path + mount_length, below, below_length);
    out_path->path[mount_length + below_length] = '\0';
    out_path->mount_length = mount_length;
    return true;
}

int perfadapt__cgroup_resolve(const struct perfadapt__root *root, enum perfadapt__cgroup_hierarchy hierarchy,
                              struct perfadapt__cgroup_path *out_path) {
    char membership[PERFADAPT__CGROUP_PATH_MAX];
    const int error = read_membership(root, hierarchy, membership);
    if (error)
        return error;
    struct perfadapt__line_reader lines;
    perfadapt__line_reader_init(&lines, perfadapt__root_openat(root, MOUNTINFO_PATH, O_RDONLY));
    if (lines.fd < 0)
        return lines.fd;
    bool found = false;
    for (char *line; !found && (line = perfadapt__line_reader_next(&lines));) {
        struct perfadapt__cgroup_mount mount;
        if (!perfadapt__cgroup_parse_mount(line, hierarchy, &mount))
            continue;
        const char *below = perfadapt__cgroup_below_root(membership, mount.root);
        found = below && join(&mount, below, out_path);
    }
    close(lines.fd);
    return found ? 0 : -ENOENT;
}

bool perfadapt__cgroup_to_parent(struct perfadapt__cgroup_path *path) {
    const size_t length = strlen(path->path);
    if (length <= path->mount_length)
        return false;
    size_t at = length;
    while (at > path->mount_length && path->path[at - 1] != '/')
        at--;
    path->path[at > path->mount_length ? at - 1 : at] = '\0';
    return true;
}

/* FNV-1a: the content only has to be told apart from what it was. */
static uint64_t digest_of(const char *text) {
    uint64_t digest = UINT64_C(14695981039346656037);
    for (; *text; text++)
        digest = (digest ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return digest;
}

bool perfadapt__cgroup_watch_moved(struct perfadapt__cgroup_watch *watch, const struct perfadapt__root *root) {
    char text[2048];
    if (perfadapt__kernel_file_read(root, CGROUP_PATH, &watch->fd, text, sizeof text) < 0)
        return false;
    const uint64_t digest = digest_of(text);
    const bool moved = digest != watch->digest;
    watch->digest = digest;
    return moved;
}

void perfadapt__cgroup_watch_init(struct perfadapt__cgroup_watch *watch, const struct perfadapt__root *root) {
    *watch = (struct perfadapt__cgroup_watch){.fd = -1};
    perfadapt__cgroup_watch_moved(watch, root);
}

void perfadapt__cgroup_watch_finish(struct perfadapt__cgroup_watch *watch) {
    perfadapt__kernel_file_close(&watch->fd);
}
