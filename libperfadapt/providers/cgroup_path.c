/* SPDX-License-Identifier: MIT */
#include "providers/cgroup_path.h"

#include "providers/kernel_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CGROUP_PATH "/proc/self/cgroup"
#define MOUNTINFO_PATH "/proc/self/mountinfo"

/* Lines of a file of any length; a line that does not fit (overlay mounts list all their layers) is left out. */
struct lines {
    int fd;
    size_t start;
    size_t end;
    bool overlong;
    char buffer[8192];
};

static bool lines_refill(struct lines *lines) {
    memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
    lines->end -= lines->start;
    lines->start = 0;
    if (lines->end == sizeof lines->buffer - 1) {
        lines->end = 0;
        lines->overlong = true;
    }
    const ssize_t length = read(lines->fd, lines->buffer + lines->end, sizeof lines->buffer - 1 - lines->end);
    if (length <= 0)
        return false;
    lines->end += (size_t)length;
    return true;
}

static char *lines_next(struct lines *lines) {
    for (;;) {
        char *line = lines->buffer + lines->start;
        char *newline = memchr(line, '\n', lines->end - lines->start);
        if (newline) {
            *newline = '\0';
            lines->start = (size_t)(newline + 1 - lines->buffer);
            if (!lines->overlong)
                return line;
            lines->overlong = false;
        } else if (!lines_refill(lines)) {
            const bool last = lines->end > lines->start && !lines->overlong;
            lines->buffer[lines->end] = '\0';
            line = lines->buffer + lines->start;
            lines->start = lines->end;
            return last ? line : NULL;
        }
    }
}

/* Cuts the next field off a text at `separator`; NULL at its end. strsep(3) with one separator. */
static char *next_field(char **text, char separator) {
    char *field = *text;
    if (!field)
        return NULL;
    char *at = strchr(field, separator);
    if (at)
        *at++ = '\0';
    *text = at;
    return field;
}

static bool has_word(char *list, const char *word) {
    for (char *item; (item = next_field(&list, ','));)
        if (strcmp(item, word) == 0)
            return true;
    return false;
}

/* "hierarchy:controllers:path": the path of the wanted hierarchy, or NULL. */
static const char *membership_of(char *line, enum perfadapt__cgroup_hierarchy hierarchy) {
    const char *number = next_field(&line, ':');
    char *controllers = next_field(&line, ':');
    if (!controllers || !line || line[0] != '/')
        return NULL;
    if (hierarchy == PERFADAPT__CGROUP_V2)
        return strcmp(number, "0") == 0 && !*controllers ? line : NULL;
    return has_word(controllers, "memory") ? line : NULL;
}

/* The kernel marks a cgroup that was removed under its last process. Its ancestors still hold. */
static void strip_deleted(char *path) {
    static const char mark[] = " (deleted)";
    const size_t length = strlen(path);
    if (length >= sizeof mark && strcmp(path + length - (sizeof mark - 1), mark) == 0)
        path[length - (sizeof mark - 1)] = '\0';
}

/* The line may stand anywhere: hybrid hosts list the version 1 hierarchies first. */
static int read_membership(const struct perfadapt__root *root, enum perfadapt__cgroup_hierarchy hierarchy, char *out) {
    struct lines lines = {.fd = perfadapt__root_openat(root, CGROUP_PATH, O_RDONLY)};
    if (lines.fd < 0)
        return lines.fd;
    bool found = false;
    for (char *line; !found && (line = lines_next(&lines));) {
        const char *path = membership_of(line, hierarchy);
        if (!path || strlen(path) >= PERFADAPT__CGROUP_PATH_MAX)
            continue;
        memcpy(out, path, strlen(path) + 1);
        strip_deleted(out);
        found = true;
    }
    close(lines.fd);
    return found ? 0 : -ENOENT;
}

static bool is_octal(char digit) {
    return digit >= '0' && digit <= '7';
}

/* mountinfo writes blanks, newlines and backslashes as three octal digits. */
static void unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from; to++) {
        if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

struct mount {
    char *root;  /* the part of the hierarchy that is mounted */
    char *point; /* where */
};

/* "36 35 98:0 /root /point options [optional…] - type source super-options" */
static bool parse_mount(char *line, enum perfadapt__cgroup_hierarchy hierarchy, struct mount *out_mount) {
    char *fields[5];
    for (size_t i = 0; i < 5; i++)
        fields[i] = next_field(&line, ' ');
    const char *field = next_field(&line, ' ');
    while (field && strcmp(field, "-") != 0)
        field = next_field(&line, ' ');
    const char *type = next_field(&line, ' ');
    (void)next_field(&line, ' ');
    char *super_options = next_field(&line, ' ');
    if (!field || !type || !super_options)
        return false;
    if (hierarchy == PERFADAPT__CGROUP_V2 ? strcmp(type, "cgroup2") != 0
                                          : strcmp(type, "cgroup") != 0 || !has_word(super_options, "memory"))
        return false;
    *out_mount = (struct mount){.root = fields[3], .point = fields[4]};
    unescape(out_mount->root);
    unescape(out_mount->point);
    return true;
}

/* Below "/../" lies what is outside of the cgroup namespace: only a mount whose root says so as well shows it. */
static bool climbs_out(const char *path) {
    return strcmp(path, "/..") == 0 || strncmp(path, "/../", 4) == 0;
}

/* What of the membership lies below the mount's root; NULL where it lies elsewhere. */
static const char *below_root(const char *membership, const char *root) {
    const size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(membership, root, length) != 0 || (membership[length] != '/' && membership[length] != '\0'))
        return NULL;
    const char *rest = membership + length;
    return climbs_out(rest) ? NULL : rest;
}

static bool join(const struct mount *mount, const char *below, struct perfadapt__cgroup_path *out_path) {
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
    struct lines lines = {.fd = perfadapt__root_openat(root, MOUNTINFO_PATH, O_RDONLY)};
    if (lines.fd < 0)
        return lines.fd;
    bool found = false;
    for (char *line; !found && (line = lines_next(&lines));) {
        struct mount mount;
        if (!parse_mount(line, hierarchy, &mount))
            continue;
        const char *below = below_root(membership, mount.root);
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
