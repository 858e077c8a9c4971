/* SPDX-License-Identifier: MIT */
#include "providers/cgroup_column.h"

#include "providers/kernel_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int perfadapt__cgroup_open(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *directory,
                           const char *name) {
    char path[PERFADAPT__CGROUP_PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", directory->path, name);
    return perfadapt__root_openat(root, path, O_RDONLY);
}

/* Only a file that does not exist says that there is nothing. */
void perfadapt__cgroup_column_open(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *own,
                                   const char *name, struct perfadapt__cgroup_column *out_column) {
    struct perfadapt__cgroup_path directory = *own;
    *out_column = (struct perfadapt__cgroup_column){0};
    do {
        const int fd = perfadapt__cgroup_open(root, &directory, name);
        out_column->fds[out_column->count++] = fd >= 0 ? fd : -1;
        if (fd >= 0)
            out_column->any = true;
        else if (fd == -EACCES || fd == -EPERM)
            out_column->denied = true;
        else if (fd != -ENOENT && fd != -ENOTDIR)
            out_column->incomplete = true;
    } while (out_column->count < PERFADAPT__CGROUP_LEVELS_MAX && perfadapt__cgroup_to_parent(&directory));
}

void perfadapt__cgroup_column_close(struct perfadapt__cgroup_column *column) {
    for (size_t i = 0; i < column->count; i++)
        perfadapt__kernel_file_close(&column->fds[i]);
    *column = (struct perfadapt__cgroup_column){0};
}
