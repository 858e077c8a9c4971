/* SPDX-License-Identifier: MIT */
#include "probe/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_BYTES_MAX 65536
#define NS_PER_S INT64_C(1000000000)

#define LEAVE_OUT(icd, ...) snprintf((icd)->left_out, sizeof(icd)->left_out, __VA_ARGS__)

/* As it will be printed and handed to the loader, which takes ':' between names. */
static bool is_plain(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* Of the word size that this program has. The loader passes over the others (manifests since 1.0.1). */
static bool is_other_arch(const json_t *icd) {
    const char *arch = json_string_value(json_object_get(icd, "library_arch"));
    return arch && strcmp(arch, sizeof(void *) == 8 ? "64" : "32") != 0 &&
           (strcmp(arch, "64") == 0 || strcmp(arch, "32") == 0);
}

static void take_object(const json_t *object, struct probe_icd *icd) {
    const char *library = json_string_value(json_object_get(object, "library_path"));
    const char *version = json_string_value(json_object_get(object, "api_version"));
    if (!library || !*library) {
        LEAVE_OUT(icd, "broken manifest: no ICD.library_path");
    } else if (strlen(library) >= sizeof icd->library || !is_plain(library)) {
        LEAVE_OUT(icd, "broken manifest: ICD.library_path is no file's name");
    } else {
        snprintf(icd->library, sizeof icd->library, "%s", library);
        if (is_other_arch(object))
            LEAVE_OUT(icd, "made for programs of another word size");
    }
    if (version && strlen(version) < sizeof icd->api_version && is_plain(version))
        snprintf(icd->api_version, sizeof icd->api_version, "%s", version);
}

static void parse(const char *text, size_t length, struct probe_icd *icd) {
    json_error_t error;
    json_t *root = json_loadb(text, length, 0, &error);
    if (!root) {
        LEAVE_OUT(icd, "broken manifest: line %d: %.100s", error.line, error.text);
        return;
    }
    take_object(json_object_get(root, "ICD"), icd);
    json_decref(root);
}

static void read_text(int fd, struct probe_icd *icd) {
    static char text[MANIFEST_BYTES_MAX + 1];
    const ssize_t length = perfadapt__fs_pread(fd, text, sizeof text);
    if (length < 0)
        LEAVE_OUT(icd, "cannot be read: %s", strerror((int)-length));
    else
        parse(text, (size_t)length, icd);
}

static void read_open(int fd, const struct stat *status, struct probe_icd *icd) {
    icd->time_ns = (int64_t)status->st_mtim.tv_sec * NS_PER_S + status->st_mtim.tv_nsec;
    icd->bytes = (uint64_t)status->st_size;
    icd->inode[0] = status->st_dev;
    icd->inode[1] = status->st_ino;
    if (!S_ISREG(status->st_mode))
        LEAVE_OUT(icd, "not a regular file");
    else if (status->st_size > MANIFEST_BYTES_MAX)
        LEAVE_OUT(icd, "broken manifest: larger than %d bytes", MANIFEST_BYTES_MAX);
    else if (strchr(icd->path, ':') || !is_plain(icd->path))
        LEAVE_OUT(icd, "a name that the loader cannot be told");
    else
        read_text(fd, icd);
}

bool probe_manifest_read(const struct perfadapt__root *root, struct probe_icd *icd) {
    struct stat status;
    icd->library[0] = icd->api_version[0] = icd->left_out[0] = '\0';
    icd->inode[0] = icd->inode[1] = icd->bytes = 0;
    icd->time_ns = 0;
    const int fd = perfadapt__root_openat(root, icd->path, O_RDONLY);
    if (fd < 0) {
        LEAVE_OUT(icd, "cannot be opened: %s", strerror(-fd));
        return fd != -ENOENT && fd != -ENOTDIR;
    }
    if (fstat(fd, &status) == 0)
        read_open(fd, &status, icd);
    else
        LEAVE_OUT(icd, "cannot be read: %s", strerror(errno));
    close(fd);
    return true;
}
