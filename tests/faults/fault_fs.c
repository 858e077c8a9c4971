/*
 * A file system that shows a directory, and fails where it is told to: fault_fs DIRECTORY MOUNTPOINT [-f ...].
 * SPDX-License-Identifier: MIT
 *
 * Lines written to /.faults rule over one file each; PATH is absolute below the mount point:
 *
 *   PATH eio | enodev        every read fails so
 *   PATH eagain N            the next N reads fail so
 *   PATH delay MS            every read takes so long, unless its caller is interrupted
 *   PATH vanish-after BYTES  one more read gives so many bytes; then the file is gone: ENODEV, and ENOENT at an open
 *   PATH pollpri             a pressure file: takes one trigger per open file, as /proc/pressure does from a plain user
 *   PATH fire                its triggers fire
 *   PATH ok                  as it lies in the directory
 *
 * /.counts tells of each file that was touched: "OPENS READS WRITES READING PATH", READING = reads that are under way.
 */
#define FUSE_USE_VERSION 31

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NODES_MAX 1024
#define COUNTS_BYTES (NODES_MAX * 96)
#define CONTROL_PATH "/.faults"
#define COUNTS_PATH "/.counts"

enum rule { RULE_OK, RULE_EIO, RULE_ENODEV, RULE_EAGAIN, RULE_DELAY, RULE_VANISH, RULE_GONE, RULE_POLLPRI };

struct node {
    char path[240];
    enum rule rule;
    long parameter;
    unsigned long opens, reads, writes, reading;
};

struct handle {
    int fd; /* of the file below; -1 = one of the file system's own */
    struct node *node;
    char *text; /* of /.counts, as it was at the open */
    bool armed; /* has a trigger */
    bool fired;
    struct fuse_pollhandle *waiting;
    struct handle *next; /* of those with a trigger */
};

static struct {
    int directory_fd;
    pthread_mutex_t lock; /* over all that follows */
    struct node nodes[NODES_MAX];
    size_t count;
    struct handle *armed;
} fs = {.directory_fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static const char *relative(const char *path) {
    return path[1] ? path + 1 : ".";
}

static bool is_own(const char *path) {
    return strcmp(path, CONTROL_PATH) == 0 || strcmp(path, COUNTS_PATH) == 0;
}

static struct handle *handle_of(const struct fuse_file_info *info) {
    return (struct handle *)(uintptr_t)info->fh;
}

/* With the lock held; NULL where there are too many. */
static struct node *node_of(const char *path, size_t length) {
    for (size_t i = 0; i < fs.count; i++)
        if (strlen(fs.nodes[i].path) == length && strncmp(fs.nodes[i].path, path, length) == 0)
            return &fs.nodes[i];
    if (fs.count == NODES_MAX || length >= sizeof fs.nodes[0].path)
        return NULL;
    struct node *node = &fs.nodes[fs.count++];
    memcpy(node->path, path, length);
    node->path[length] = '\0';
    return node;
}

static bool is_gone(const char *path) {
    pthread_mutex_lock(&fs.lock);
    bool gone = false;
    for (size_t i = 0; i < fs.count && !gone; i++)
        gone = fs.nodes[i].rule == RULE_GONE && strcmp(fs.nodes[i].path, path) == 0;
    pthread_mutex_unlock(&fs.lock);
    return gone;
}

/* ---- rules ---- */

static const struct {
    const char *word;
    enum rule rule;
    bool has_parameter;
} words[] = {
    {"ok", RULE_OK, false},           {"eio", RULE_EIO, false},    {"enodev", RULE_ENODEV, false},
    {"eagain", RULE_EAGAIN, true},    {"delay", RULE_DELAY, true}, {"vanish-after", RULE_VANISH, true},
    {"pollpri", RULE_POLLPRI, false},
};

/* With the lock held. */
static void fire(const struct node *node) {
    for (struct handle *handle = fs.armed; handle; handle = handle->next) {
        if (handle->node != node)
            continue;
        handle->fired = true;
        if (handle->waiting) {
            fuse_notify_poll(handle->waiting);
            fuse_pollhandle_destroy(handle->waiting);
        }
        handle->waiting = NULL;
    }
}

static int take_line(char *line) {
    char *word = strchr(line, ' ');
    if (!word || line[0] != '/')
        return -EINVAL;
    const size_t path_length = (size_t)(word++ - line);
    const size_t word_length = strcspn(word, " ");
    struct node *node = node_of(line, path_length);
    if (!node)
        return -ENOSPC;
    if (word_length == 4 && strncmp(word, "fire", 4) == 0) {
        fire(node);
        return 0;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i].word) != word_length || strncmp(words[i].word, word, word_length) != 0)
            continue;
        if (words[i].has_parameter != (word[word_length] == ' '))
            return -EINVAL;
        node->rule = words[i].rule;
        node->parameter = words[i].has_parameter ? strtol(word + word_length, NULL, 10) : 0;
        return 0;
    }
    return -EINVAL;
}

static int take_lines(const char *text, size_t length) {
    char copy[4096];
    char *rest = NULL;
    int error = 0;
    if (length >= sizeof copy)
        return -EFBIG;
    memcpy(copy, text, length);
    copy[length] = '\0';
    pthread_mutex_lock(&fs.lock);
    for (char *line = strtok_r(copy, "\n", &rest); line && error == 0; line = strtok_r(NULL, "\n", &rest))
        error = take_line(line);
    pthread_mutex_unlock(&fs.lock);
    return error ? error : (int)length;
}

static char *write_counts(void) {
    char *text = malloc(COUNTS_BYTES);
    size_t used = 0;
    if (!text)
        return NULL;
    text[0] = '\0';
    pthread_mutex_lock(&fs.lock);
    for (size_t i = 0; i < fs.count; i++) {
        const struct node *node = &fs.nodes[i];
        const int length = snprintf(text + used, COUNTS_BYTES - used, "%lu %lu %lu %lu %s\n", node->opens, node->reads,
                                    node->writes, node->reading, node->path);
        if (length < 0 || (size_t)length >= COUNTS_BYTES - used)
            break;
        used += (size_t)length;
    }
    pthread_mutex_unlock(&fs.lock);
    return text;
}

/* ---- attributes and directories ---- */

static int fs_getattr(const char *path, struct stat *out, struct fuse_file_info *info) {
    memset(out, 0, sizeof *out);
    if (is_own(path)) {
        out->st_mode = S_IFREG | 0600;
        out->st_nlink = 1;
        return 0;
    }
    if (info && handle_of(info) && handle_of(info)->fd >= 0)
        return fstat(handle_of(info)->fd, out) == 0 ? 0 : -errno;
    if (is_gone(path))
        return -ENOENT;
    return fstatat(fs.directory_fd, relative(path), out, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : -errno;
}

static int fs_readlink(const char *path, char *out, size_t capacity) {
    const ssize_t length = readlinkat(fs.directory_fd, relative(path), out, capacity - 1);
    if (length < 0)
        return -errno;
    out[length] = '\0';
    return 0;
}

static int fs_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
                      enum fuse_readdir_flags flags) {
    (void)offset;
    (void)info;
    (void)flags;
    const int fd = openat(fs.directory_fd, relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        const int error = errno;
        if (fd >= 0)
            close(fd);
        return -error;
    }
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (fill(buffer, entry->d_name, NULL, 0, (enum fuse_fill_dir_flags)0))
            break;
    closedir(directory);
    return 0;
}

/* ---- files ---- */

static int open_below(const char *path, int flags, struct handle *handle) {
    pthread_mutex_lock(&fs.lock);
    handle->node = node_of(path, strlen(path));
    if (handle->node)
        handle->node->opens++;
    pthread_mutex_unlock(&fs.lock);
    if (is_gone(path))
        return -ENOENT;
    handle->fd = openat(fs.directory_fd, relative(path), (flags & O_ACCMODE) | O_CLOEXEC | O_NONBLOCK);
    return handle->fd >= 0 ? 0 : -errno;
}

static int fs_open(const char *path, struct fuse_file_info *info) {
    struct handle *handle = calloc(1, sizeof *handle);
    if (!handle)
        return -ENOMEM;
    handle->fd = -1;
    const int error = is_own(path) ? 0 : open_below(path, info->flags, handle);
    if (error) {
        free(handle);
        return error;
    }
    if (strcmp(path, COUNTS_PATH) == 0)
        handle->text = write_counts();
    info->fh = (uint64_t)(uintptr_t)handle;
    info->direct_io = 1; /* every read comes here, whatever the size says */
    return 0;
}

static int fs_release(const char *path, struct fuse_file_info *info) {
    (void)path;
    struct handle *handle = handle_of(info);
    pthread_mutex_lock(&fs.lock);
    for (struct handle **link = &fs.armed; *link; link = &(*link)->next)
        if (*link == handle) {
            *link = handle->next;
            break;
        }
    pthread_mutex_unlock(&fs.lock);
    if (handle->waiting)
        fuse_pollhandle_destroy(handle->waiting);
    if (handle->fd >= 0)
        close(handle->fd);
    free(handle->text);
    free(handle);
    return 0;
}

/* In short pieces: a process that is to end must not be held up by this file system, as it would be by no driver that can
 * be interrupted; and the rule may be taken back. */
static int wait_ms(const struct node *node, long milliseconds) {
    const struct timespec piece = {.tv_nsec = 2000000};
    struct timespec start;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        const long passed_ms = (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
        pthread_mutex_lock(&fs.lock);
        const bool over = passed_ms >= milliseconds || node->rule != RULE_DELAY;
        pthread_mutex_unlock(&fs.lock);
        if (over)
            return 0;
        if (fuse_interrupted())
            return -EINTR;
        nanosleep(&piece, NULL);
    }
}

/* 0 and how many bytes at most, or -errno; with the lock held but for the time of a delay. */
static int obey(struct node *node, size_t *size) {
    switch (node->rule) {
    case RULE_EIO:
        return -EIO;
    case RULE_ENODEV:
    case RULE_GONE:
        return -ENODEV;
    case RULE_EAGAIN:
        return node->parameter > 0 && node->parameter-- > 0 ? -EAGAIN : 0;
    case RULE_VANISH:
        *size = *size < (size_t)node->parameter ? *size : (size_t)node->parameter;
        node->rule = RULE_GONE;
        return 0;
    case RULE_DELAY: {
        const long milliseconds = node->parameter;
        pthread_mutex_unlock(&fs.lock);
        const int error = wait_ms(node, milliseconds);
        pthread_mutex_lock(&fs.lock);
        return error;
    }
    default:
        return 0;
    }
}

static int fs_read(const char *path, char *out, size_t size, off_t offset, struct fuse_file_info *info) {
    (void)path;
    struct handle *handle = handle_of(info);
    int error = 0;
    if (handle->text) {
        const size_t length = strlen(handle->text);
        const size_t start = (size_t)offset < length ? (size_t)offset : length;
        const size_t given = length - start < size ? length - start : size;
        memcpy(out, handle->text + start, given);
        return (int)given;
    }
    if (handle->fd < 0)
        return 0;
    if (handle->node) {
        pthread_mutex_lock(&fs.lock);
        handle->node->reads++;
        handle->node->reading++;
        error = obey(handle->node, &size);
        handle->node->reading--;
        pthread_mutex_unlock(&fs.lock);
    }
    if (error)
        return error;
    const ssize_t length = pread(handle->fd, out, size, offset);
    return length >= 0 ? (int)length : -errno;
}

/* ---- pressure files ---- */

/* As psi_write() of the kernel: 32 bytes at most, of which the last one is overwritten with the end of the text. */
static int arm(struct handle *handle, const char *text, size_t length) {
    char copy[32] = "";
    char kind[8];
    unsigned threshold_us;
    unsigned window_us;
    const size_t used = length < sizeof copy ? length : sizeof copy;
    if (handle->armed)
        return -EBUSY;
    if (used == 0)
        return -EINVAL;
    memcpy(copy, text, used);
    copy[used - 1] = '\0';
    if (sscanf(copy, "%4s %u %u", kind, &threshold_us, &window_us) != 3 ||
        (strcmp(kind, "some") != 0 && strcmp(kind, "full") != 0))
        return -EINVAL;
    /* A plain user's window is a multiple of the time between two averages, 2 s. */
    if (window_us == 0 || window_us > 10000000 || window_us % 2000000 != 0 || threshold_us == 0 ||
        threshold_us > window_us)
        return -EINVAL;
    handle->armed = true;
    handle->next = fs.armed;
    fs.armed = handle;
    return (int)length;
}

static int fs_write(const char *path, const char *bytes, size_t length, off_t offset, struct fuse_file_info *info) {
    struct handle *handle = handle_of(info);
    if (strcmp(path, CONTROL_PATH) == 0)
        return take_lines(bytes, length);
    if (handle->fd < 0 || !handle->node)
        return -EACCES;
    pthread_mutex_lock(&fs.lock);
    handle->node->writes++;
    const bool is_pressure = handle->node->rule == RULE_POLLPRI;
    const int armed = is_pressure ? arm(handle, bytes, length) : 0;
    pthread_mutex_unlock(&fs.lock);
    if (is_pressure)
        return armed;
    const ssize_t written = pwrite(handle->fd, bytes, length, offset);
    return written >= 0 ? (int)written : -errno;
}

static int fs_truncate(const char *path, off_t length, struct fuse_file_info *info) {
    (void)length;
    (void)info;
    return is_own(path) ? 0 : -EACCES; /* the shell opens what it writes to with O_TRUNC */
}

/* An event is told once; without a trigger the file is in error for ever. */
static int fs_poll(const char *path, struct fuse_file_info *info, struct fuse_pollhandle *waiting, unsigned *events) {
    (void)path;
    struct handle *handle = handle_of(info);
    *events = POLLIN | POLLOUT;
    pthread_mutex_lock(&fs.lock);
    if (handle->node && handle->node->rule == RULE_POLLPRI) {
        *events = POLLIN | POLLOUT | (handle->armed ? 0 : POLLERR | POLLPRI) | (handle->fired ? POLLPRI : 0);
        handle->fired = false;
    }
    if (waiting) {
        if (handle->waiting)
            fuse_pollhandle_destroy(handle->waiting);
        handle->waiting = waiting;
    }
    pthread_mutex_unlock(&fs.lock);
    return 0;
}

static void *fs_init(struct fuse_conn_info *connection, struct fuse_config *config) {
    (void)connection;
    config->entry_timeout = config->attr_timeout = config->negative_timeout = 0; /* the directory changes beside us */
    config->use_ino = 1;
    return NULL;
}

static const struct fuse_operations operations = {
    .init = fs_init,
    .getattr = fs_getattr,
    .readlink = fs_readlink,
    .readdir = fs_readdir,
    .open = fs_open,
    .release = fs_release,
    .read = fs_read,
    .write = fs_write,
    .truncate = fs_truncate,
    .poll = fs_poll,
};

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: fault_fs DIRECTORY MOUNTPOINT [FUSE options]\n");
        return 2;
    }
    fs.directory_fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fs.directory_fd < 0) {
        perror(argv[1]);
        return 1;
    }
    argv[1] = argv[0];
    return fuse_main(argc - 1, argv + 1, &operations, NULL);
}
