/* SPDX-License-Identifier: MIT */
#include "core/entries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int perfadapt__entries_open(const struct perfadapt__root *root, const char *path, struct perfadapt__entries *entries) {
    entries->fd = perfadapt__root_openat(root, path, O_RDONLY | O_DIRECTORY);
    entries->left = PERFADAPT__ENTRIES_MAX;
    entries->at = entries->length = 0;
    entries->error = entries->fd < 0 ? entries->fd : 0;
    return entries->error;
}

void perfadapt__entries_close(struct perfadapt__entries *entries) {
    if (entries->fd >= 0)
        close(entries->fd);
    entries->fd = -1;
}

const char *perfadapt__entries_next(struct perfadapt__entries *entries) {
    while (entries->fd >= 0 && entries->left > 0) {
        if (entries->at >= entries->length) {
            entries->at = 0;
            entries->length = getdents64(entries->fd, entries->buffer, sizeof entries->buffer);
            if (entries->length < 0)
                entries->error = -errno;
            if (entries->length <= 0)
                break;
        }
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries->buffer + entries->at);
        entries->at += entry->d_reclen;
        entries->left--;
        if (entry->d_name[0] != '.')
            return entry->d_name;
    }
    perfadapt__entries_close(entries);
    return NULL;
}
