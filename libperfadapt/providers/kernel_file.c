/* SPDX-License-Identifier: MIT */
#include "providers/kernel_file.h"

#include "core/entries.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void perfadapt__kernel_file_close(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* sysfs answers ENODEV once a device is gone; a plain file in a test or recorded root would go on giving its last
 * content for as long as it is open. */
static bool is_deleted(const struct perfadapt__root *root, int fd) {
    struct stat status;
    return root->confined && fstat(fd, &status) == 0 && status.st_nlink == 0;
}

ssize_t perfadapt__kernel_file_read(const struct perfadapt__root *root, const char *path, int *fd, char *buffer,
                                    size_t capacity) {
    buffer[0] = '\0';
    if (*fd < 0) {
        const int opened = perfadapt__root_openat(root, path, O_RDONLY);
        if (opened < 0)
            return opened;
        *fd = opened;
    }
    ssize_t length = perfadapt__fs_pread(*fd, buffer, capacity);
    if (is_deleted(root, *fd)) /* also where it answers an error: one that was replaced would go on doing so */
        length = -ENODEV;
    if (length == -ENODEV || length == -ENXIO)
        perfadapt__kernel_file_close(fd);
    return length;
}

enum perfadapt_why perfadapt__kernel_file_number(const char *text, ssize_t length, size_t capacity,
                                                 int64_t *out_value) {
    if (length < 0)
        return perfadapt__fs_why((int)length);
    if (length == 0)
        return PERFADAPT_WHY_EMPTY;
    if ((size_t)length + 1 >= capacity)
        return PERFADAPT_WHY_GARBAGE;
    const char *at = text;
    int64_t value;
    if (!perfadapt__fs_parse_i64(&at, &value))
        return at[strspn(at, " \t\r\n")] == '\0' && strlen(text) == (size_t)length ? PERFADAPT_WHY_EMPTY
                                                                                   : PERFADAPT_WHY_GARBAGE;
    at += strspn(at, " \t\r\n");
    if (at != text + length)
        return PERFADAPT_WHY_GARBAGE;
    *out_value = value;
    return PERFADAPT_WHY_NONE;
}

static bool match_number(const char *name, const char *prefix, const char *suffix, uint32_t *out_number) {
    const size_t prefix_length = strlen(prefix);
    if (strncmp(name, prefix, prefix_length) != 0)
        return false;
    const char *at = name + prefix_length;
    uint64_t number;
    if (*at < '0' || *at > '9' || !perfadapt__fs_parse_u64(&at, &number) || number > UINT32_MAX)
        return false;
    *out_number = (uint32_t)number;
    return strcmp(at, suffix) == 0;
}

/* Keeps the lowest numbers where there are too many. */
static size_t insert_sorted(uint32_t *numbers, size_t count, size_t capacity, uint32_t number) {
    size_t at = count;
    while (at > 0 && numbers[at - 1] > number)
        at--;
    if (at >= capacity)
        return count;
    const size_t kept = count < capacity ? count : capacity - 1;
    memmove(&numbers[at + 1], &numbers[at], (kept - at) * sizeof *numbers);
    numbers[at] = number;
    return kept + 1;
}

bool perfadapt__kernel_file_is_shortage(ssize_t result) {
    return result == -EMFILE || result == -ENFILE || result == -ENOMEM;
}

ssize_t perfadapt__kernel_directory_numbers(const struct perfadapt__root *root, const char *path, const char *prefix,
                                            const char *suffix, uint32_t *out_numbers, size_t capacity) {
    struct perfadapt__entries entries;
    size_t count = 0;
    perfadapt__entries_open(root, path, &entries);
    for (const char *name; (name = perfadapt__entries_next(&entries));) {
        uint32_t number;
        if (match_number(name, prefix, suffix, &number))
            count = insert_sorted(out_numbers, count, capacity, number);
    }
    if (entries.error == -ENOENT || entries.error == -ENOTDIR)
        return 0;
    return entries.error ? entries.error : (ssize_t)count;
}

/* ---- canonical paths ---- */

static ssize_t path_of(int fd, char *out, size_t capacity) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, out, capacity - 1);
    out[length > 0 ? length : 0] = '\0';
    return length > 0 && (size_t)length < capacity - 1 ? length : -1;
}

static int copy_out(const char *path, char *out, size_t capacity) {
    const size_t length = strlen(path);
    if (length >= capacity)
        return -ENAMETOOLONG;
    memcpy(out, path, length + 1);
    return 0;
}

/* Appends a relative path, or begins anew with an absolute one, by its text alone. */
static int append(char *out, size_t capacity, const char *path) {
    if (*path == '/')
        out[0] = '\0';
    for (size_t length; path += strspn(path, "/"), (length = strcspn(path, "/")) > 0; path += length) {
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            char *slash = strrchr(out, '/');
            if (slash)
                *slash = '\0';
        } else if (length != 1 || path[0] != '.') {
            const size_t used = strlen(out);
            if (used + 1 + length >= capacity)
                return -ENAMETOOLONG;
            snprintf(out + used, capacity - used, "/%.*s", (int)length, path);
        }
    }
    return 0;
}

/* Without /proc, which many a chroot lacks. The targets of sysfs links hold no links themselves. */
static int resolve_links(const struct perfadapt__root *root, const char *path, char *out, size_t capacity) {
    out[0] = '\0';
    for (size_t length; path += strspn(path, "/"), (length = strcspn(path, "/")) > 0; path += length) {
        char name[256];
        char target[512];
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        if (append(out, capacity, name) != 0)
            return -ENAMETOOLONG;
        const ssize_t target_length = perfadapt__fs_readlink(root, out, target, sizeof target);
        if (perfadapt__kernel_file_is_shortage(target_length))
            return (int)target_length;
        if (target_length <= 0)
            continue; /* no link */
        if (append(out, capacity, "..") != 0 || append(out, capacity, target) != 0)
            return -ENAMETOOLONG;
    }
    return 0;
}

int perfadapt__kernel_file_canonical(const struct perfadapt__root *root, const char *path, char *out, size_t capacity) {
    char root_path[4096];
    char full[4096];
    const int fd = perfadapt__root_openat(root, path, O_PATH);
    if (fd < 0)
        return fd;
    ssize_t root_length = path_of(root->fd, root_path, sizeof root_path);
    const ssize_t length = path_of(fd, full, sizeof full);
    close(fd);
    if (root_length < 0 || length < 0)
        return resolve_links(root, path, out, capacity);
    if (root_length == 1)
        root_length = 0; /* "/" */
    if (length < root_length || strncmp(full, root_path, (size_t)root_length) != 0 || full[root_length] != '/')
        return -ENOENT;
    return copy_out(full + root_length, out, capacity);
}
