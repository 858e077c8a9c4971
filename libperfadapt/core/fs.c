/* SPDX-License-Identifier: MIT */
#include "core/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int perfadapt__fs_lift(int fd) {
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    const int lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = errno;
    close(fd);
    errno = error;
    return lifted;
}

enum perfadapt_result perfadapt__root_open(const char *sysroot, struct perfadapt__root *out_root) {
    const char *path = sysroot && *sysroot ? sysroot : "/";
    const int fd = perfadapt__fs_lift(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return PERFADAPT_ERROR_NOT_FOUND;
        return errno == EACCES ? PERFADAPT_ERROR_PERMISSION : PERFADAPT_ERROR_SYSTEM;
    }
    *out_root = (struct perfadapt__root){.fd = fd, .confined = strcmp(path, "/") != 0};
    return PERFADAPT_OK;
}

void perfadapt__root_close(struct perfadapt__root *root) {
    if (root->fd >= 0)
        close(root->fd);
    root->fd = -1;
}

static int open_confined(int root_fd, const char *relative, int flags) {
    const struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = RESOLVE_IN_ROOT};
    int fd = -1;
    /* EAGAIN: a rename or mount anywhere on the machine came between a ".." and its check. openat2(2): try again. */
    for (int attempt = 0; attempt < 16; attempt++) {
        fd = (int)syscall(SYS_openat2, root_fd, relative, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
    return fd;
}

bool perfadapt__fs_may_grow_to(size_t bytes) {
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= bytes);
}

int perfadapt__root_openat(const struct perfadapt__root *root, const char *path, int flags) {
    /* openat2() answers EINVAL where O_PATH meets flags that openat() would ignore beside it. */
    const int all_flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
    const char *relative = path;
    while (*relative == '/')
        relative++;
    if (!*relative)
        relative = ".";
    int fd = -1;
    if (root->confined) {
        fd = perfadapt__fs_lift(open_confined(root->fd, relative, all_flags));
        /* Kernels before 5.6, and sandboxes that filter openat2 with EPERM: links are then followed as they are. */
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
            return fd >= 0 ? fd : -errno;
    }
    fd = perfadapt__fs_lift(openat(root->fd, relative, all_flags));
    return fd >= 0 ? fd : -errno;
}

ssize_t perfadapt__fs_pread(int fd, char *buffer, size_t capacity) {
    const ssize_t length = pread(fd, buffer, capacity - 1, 0);
    buffer[length > 0 ? length : 0] = '\0';
    return length >= 0 ? length : -errno;
}

ssize_t perfadapt__fs_read_once(const struct perfadapt__root *root, const char *path, char *buffer, size_t capacity) {
    buffer[0] = '\0';
    const int fd = perfadapt__root_openat(root, path, O_RDONLY);
    if (fd < 0)
        return fd;
    const ssize_t length = perfadapt__fs_pread(fd, buffer, capacity);
    close(fd);
    return length;
}

ssize_t perfadapt__fs_readlink(const struct perfadapt__root *root, const char *path, char *buffer, size_t capacity) {
    buffer[0] = '\0';
    const int fd = perfadapt__root_openat(root, path, O_PATH | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    const ssize_t length = readlinkat(fd, "", buffer, capacity - 1);
    const int error = errno;
    close(fd);
    buffer[length > 0 ? length : 0] = '\0';
    return length >= 0 ? length : -error;
}

void perfadapt__fs_trim(char *text) {
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
}

static const char *skip_blanks(const char *text) {
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

bool perfadapt__fs_parse_u64(const char **text, uint64_t *out_value) {
    const char *at = skip_blanks(*text);
    const char *const start = at;
    uint64_t value = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (at == start)
        return false;
    *out_value = value;
    *text = at;
    return true;
}

bool perfadapt__fs_parse_i64(const char **text, int64_t *out_value) {
    const char *at = skip_blanks(*text);
    const bool negative = *at == '-';
    if (negative || *at == '+')
        at++;
    uint64_t magnitude;
    if (*at < '0' || *at > '9' || !perfadapt__fs_parse_u64(&at, &magnitude) || magnitude > INT64_MAX)
        return false;
    *out_value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    *text = at;
    return true;
}

bool perfadapt__fs_parse_decimal(const char **text, double *out_value) {
    const char *at = *text;
    uint64_t whole;
    if (!perfadapt__fs_parse_u64(&at, &whole))
        return false;
    uint64_t digits = 0;
    uint64_t unit = 1; /* one division in the end: exact to the last digit that counts */
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++) {
            if (unit >= UINT64_C(1000000000000000))
                continue;
            digits = digits * 10 + (uint64_t)(*at - '0');
            unit *= 10;
        }
    *out_value = (double)whole + (double)digits / (double)unit;
    *text = at;
    return true;
}

bool perfadapt__fs_parse_hex(const char **text, uint32_t *out_value) {
    const char *at = *text;
    uint32_t value = 0;
    for (; at - *text < 8; at++) {
        const unsigned digit = (unsigned)(*at - '0');
        const unsigned letter = (unsigned)((*at | 0x20) - 'a');
        if (digit > 9 && letter > 5)
            break;
        value = value * 16 + (digit <= 9 ? digit : letter + 10);
    }
    if (at == *text)
        return false;
    *out_value = value;
    *text = at;
    return true;
}

enum perfadapt_why perfadapt__fs_why(int negative_errno) {
    switch (-negative_errno) {
    case ENOENT:
    case ENOTDIR:
    case EOPNOTSUPP:
        return PERFADAPT_WHY_MISSING;
    case EACCES:
    case EPERM:
        return PERFADAPT_WHY_DENIED;
    case ENODEV:
    case ENXIO:
        return PERFADAPT_WHY_VANISHED;
    case EAGAIN:
    case EBUSY:
    case ENODATA:
        return PERFADAPT_WHY_BUSY;
    default:
        return PERFADAPT_WHY_IO_ERROR;
    }
}
