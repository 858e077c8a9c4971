/* SPDX-License-Identifier: MIT */
#include "probe/map_file.h"

#include "config/sensor_map.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Read by a signal handler: written before the flag. */
static char unfinished[PATH_MAX];
static volatile int is_unfinished;

void probe_map_file_abandon(void) {
    if (is_unfinished)
        unlink(unfinished);
}

/* ---- the text ---- */

/* The label as the library will have it. */
static void make_label(const char *from, char *out, size_t capacity) {
    snprintf(out, capacity, "%.*s", (int)capacity - 1, from);
    for (char *c = out; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    perfadapt__fs_trim(out);
}

static bool is_renamed(const struct probe_feature *feature, const char *label) {
    char kernel_label[32];
    make_label(feature->kernel_label, kernel_label, sizeof kernel_label);
    return *label && strcmp(label, kernel_label) != 0;
}

static void print_note(FILE *file, const char *id, const struct probe_feature *feature, const char *label) {
    fprintf(file, "\n[sensor]\nid = %s\n", id);
    if (is_renamed(feature, label))
        fprintf(file, "label = %s\n", label);
    if (feature->ignored)
        fputs("ignore = yes\n", file);
    if (!probe_compute_says_something(&feature->compute))
        return;
    if (feature->compute.fit != PROBE_FIT_LINE)
        fprintf(file, "; from %s\n", probe_fit_name(feature->compute.fit));
    fprintf(file, "scale = %.9f\noffset_c = %.9f\n", feature->compute.scale, feature->compute.offset_c);
}

/* A thermal zone that is the same sensor is told the same. */
static size_t print_feature(FILE *file, const struct probe_feature *feature, size_t room) {
    char label[32];
    size_t notes = 0;
    make_label(feature->label, label, sizeof label);
    if (!feature->ignored && !is_renamed(feature, label) && !probe_compute_says_something(&feature->compute))
        return 0;
    if (notes++ < room)
        print_note(file, feature->id, feature, label);
    if (*feature->zone_id && notes++ < room)
        print_note(file, feature->zone_id, feature, label);
    return notes;
}

static void print_head(FILE *file, const char *boot_id) {
    char written[32] = "";
    struct tm parts;
    const time_t now = time(NULL);
    if (gmtime_r(&now, &parts))
        strftime(written, sizeof written, "%Y-%m-%dT%H:%M:%SZ", &parts);
    fprintf(file, "; Written by perfadapt-probe from libsensors' configuration, and written over by it.\n");
    fprintf(file, "; What you want to say of a sensor goes into ~/.config/perfadapt/sensors.ini.\n");
    fprintf(file, "[map]\nversion = %d\nboot_id = %s\nwritten = %s\n", PERFADAPT__SENSOR_MAP_VERSION, boot_id, written);
}

static size_t print_map(FILE *file, const struct probe_sensors *sensors, const char *boot_id) {
    size_t notes = 0;
    print_head(file, boot_id);
    for (size_t i = 0; i < sensors->chip_count; i++)
        for (size_t j = 0; j < sensors->chips[i].count; j++)
            notes += print_feature(file, &sensors->chips[i].features[j],
                                   notes < PERFADAPT__SENSOR_NOTES_MAX ? PERFADAPT__SENSOR_NOTES_MAX - notes : 0);
    return notes > PERFADAPT__SENSOR_NOTES_MAX ? notes - PERFADAPT__SENSOR_NOTES_MAX : 0;
}

static char *make_text(const struct probe_sensors *sensors, const char *boot_id, size_t *out_length,
                       size_t *out_left_out) {
    char *text = NULL;
    FILE *file = open_memstream(&text, out_length);
    if (!file)
        return NULL;
    *out_left_out = print_map(file, sensors, boot_id);
    const bool failed = ferror(file);
    if (fclose(file) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}

/* ---- the file ---- */

/* XDG Base Directory Specification: what is missing is made for the user alone. */
static int make_directories(const char *path) {
    char directory[PATH_MAX];
    if ((size_t)snprintf(directory, sizeof directory, "%s", path) >= sizeof directory)
        return -ENAMETOOLONG;
    for (char *slash = directory; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
            const int error = errno;
            struct stat status;
            if (stat(directory, &status) != 0) /* a read-only file system says EROFS of what is there, too */
                return -error;
        }
        *slash = '/';
    }
    return 0;
}

static int write_all(int fd, const char *text, size_t length) {
    while (length > 0) {
        const ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        text += written;
        length -= (size_t)written;
    }
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : -errno;
}

/* Quota and network file systems may tell of a full disk at the close. */
static int fill(int fd, const char *text, size_t length) {
    const int error = write_all(fd, text, length);
    if (close(fd) != 0 && error == 0)
        return -errno;
    return error;
}

static int replace(const char *path, const char *text, size_t length) {
    if ((size_t)snprintf(unfinished, sizeof unfinished, "%s.XXXXXX", path) >= sizeof unfinished)
        return -ENAMETOOLONG;
    const int fd = mkostemp(unfinished, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    is_unfinished = 1;
    int error = fill(fd, text, length);
    if (error == 0 && rename(unfinished, path) != 0)
        error = -errno;
    if (error != 0)
        unlink(unfinished);
    is_unfinished = 0;
    return error;
}

int probe_map_file_write(const char *path, const struct probe_sensors *sensors, const char *boot_id,
                         size_t *out_left_out) {
    size_t length = 0;
    char *text = make_text(sensors, boot_id, &length, out_left_out);
    if (!text)
        return -ENOMEM;
    int error = make_directories(path);
    if (error == 0)
        error = replace(path, text, length);
    free(text);
    return error;
}
