/* Where the process's own cgroup lies in the file system. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_CGROUP_PATH_H
#define PERFADAPT_PROVIDERS_CGROUP_PATH_H

#include "core/fs.h"
#include "providers/cgroup_text.h"

#define PERFADAPT__CGROUP_PATH_MAX 1024

struct perfadapt__cgroup_path {
    char path[PERFADAPT__CGROUP_PATH_MAX]; /* the own cgroup's directory, "/sys/fs/cgroup/user.slice/app.scope" */
    size_t mount_length;                   /* how much of it is the mount point: its topmost visible ancestor */
};

/* 0; -ENOENT where the hierarchy is not mounted, or the own cgroup lies outside of what is mounted; -errno where that
 * could not be found out. */
int perfadapt__cgroup_resolve(const struct perfadapt__root *root, enum perfadapt__cgroup_hierarchy hierarchy,
                              struct perfadapt__cgroup_path *out_path);

/* Cuts `path` to its parent directory; false, and nothing changes, at the mount point. */
bool perfadapt__cgroup_to_parent(struct perfadapt__cgroup_path *path);

/* Tells when the process has been moved: desktops put an app into its own cgroup some time after its start. */
struct perfadapt__cgroup_watch {
    int fd;
    uint64_t digest;
};

void perfadapt__cgroup_watch_init(struct perfadapt__cgroup_watch *watch, const struct perfadapt__root *root);
void perfadapt__cgroup_watch_finish(struct perfadapt__cgroup_watch *watch);
/* True where /proc/self/cgroup differs from the last call, or from init. One read. */
bool perfadapt__cgroup_watch_moved(struct perfadapt__cgroup_watch *watch, const struct perfadapt__root *root);

#endif
