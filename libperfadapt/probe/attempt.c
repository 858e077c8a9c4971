/* SPDX-License-Identifier: MIT */
#include "probe/attempt.h"

#include "probe/child.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <float.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_DRIVER (-9) /* VK_ERROR_INCOMPATIBLE_DRIVER */

struct message {
    struct probe_attempt_head head;
    struct perfadapt_device devices[PROBE_ATTEMPT_DEVICES_MAX];
};

struct work {
    const struct probe_icd *icd;
    probe_enumerate *enumerate;
};

/* ---- the child ---- */

/* By the system's own call: of the C library's none is old enough. */
static void close_range_or_each(unsigned first, unsigned last) {
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
    const long limit = sysconf(_SC_OPEN_MAX);
    for (unsigned fd = first; fd <= last && (long)fd < limit; fd++)
        close((int)fd);
}

/* A driver has no business with what this program and whoever started it hold open, and may print. */
static void keep_only(int out_fd) {
    const int fd = open("/dev/null", O_RDWR);
    for (int stream = STDIN_FILENO; fd >= 0 && stream <= STDERR_FILENO; stream++)
        dup2(fd, stream);
    close_range_or_each(STDERR_FILENO + 1, (unsigned)out_fd - 1);
    close_range_or_each((unsigned)out_fd + 1, UINT_MAX);
}

/*
 * This driver alone, and no layers: those of overlays and recorders are made for apps, and Mesa's device selection asks
 * the display server. VK_LOADER_LAYERS_DISABLE works since 1.3.234, NODEVICE_SELECT with any.
 */
static void set_environment(const struct probe_icd *icd) {
    static const char *const unwanted[] = {"VK_ADD_DRIVER_FILES",
                                           "VK_LOADER_DRIVERS_SELECT",
                                           "VK_LOADER_DRIVERS_DISABLE",
                                           "VK_LOADER_LAYERS_ENABLE",
                                           "VK_LOADER_LAYERS_ALLOW",
                                           "VK_INSTANCE_LAYERS",
                                           "VK_LOADER_DEBUG",
                                           "VK_IMPLICIT_LAYER_PATH",
                                           "VK_ADD_IMPLICIT_LAYER_PATH",
                                           "ENABLE_DEVICE_CHOOSER_LAYER"};
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++)
        unsetenv(unwanted[i]);
    setenv("VK_DRIVER_FILES", icd->path, 1);
    setenv("VK_ICD_FILENAMES", icd->path, 1);
    setenv("VK_LOADER_LAYERS_DISABLE", "~implicit~", 1);
    setenv("NODEVICE_SELECT", "1", 1);
    setenv("MESA_SHADER_CACHE_DISABLE", "true", 1); /* nothing is drawn */
}

/* As the loader finds it: beside the manifest where it has a directory, else where the system looks for libraries. */
static void library_path(const struct probe_icd *icd, char *out, size_t capacity) {
    const bool beside = icd->library[0] != '/' && strchr(icd->library, '/');
    const int directory = beside ? (int)(probe_base_name(icd->path) - icd->path) : 0;
    snprintf(out, capacity, "%.*s%s", directory, icd->path, icd->library);
}

/* The loader says of a library that it cannot load, or that is no driver, only that there is no driver. */
static void explain(const struct probe_icd *icd, char *reason, size_t capacity) {
    char path[sizeof icd->path + sizeof icd->library];
    library_path(icd, path, sizeof path);
    const char *name = probe_base_name(icd->library);
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    const char *error = library ? NULL : dlerror();
    const char *short_error = error ? strstr(error, name) : NULL; /* without its directories */
    if (!library)
        snprintf(reason, capacity, "cannot be loaded: %s", short_error ? short_error : error ? error : name);
    else if (!dlsym(library, "vk_icdGetInstanceProcAddr") && !dlsym(library, "vkGetInstanceProcAddr"))
        snprintf(reason, capacity, "%.200s is no Vulkan driver", name);
}

static void ask(int out_fd, void *user) {
    static struct message message;
    const struct work *work = user;
    size_t count = 0;
    keep_only(out_fd);
    set_environment(work->icd);
    message.head.code = work->enumerate(message.devices, PROBE_ATTEMPT_DEVICES_MAX, &count, message.head.reason,
                                        sizeof message.head.reason);
    if (message.head.code == NO_DRIVER)
        explain(work->icd, message.head.reason, sizeof message.head.reason);
    message.head.magic = PROBE_ATTEMPT_MAGIC;
    message.head.device_bytes = sizeof message.devices[0];
    message.head.count = count <= PROBE_ATTEMPT_DEVICES_MAX ? (uint32_t)count : UINT32_MAX;
    if (count <= PROBE_ATTEMPT_DEVICES_MAX)
        probe_child_write(out_fd, &message, sizeof message.head + count * sizeof message.devices[0]);
}

/* ---- what came back ---- */

/* What follows the end is of nobody's interest, and no byte that a terminal obeys is kept. */
static void clean(char *text, size_t capacity) {
    size_t length = 0;
    while (length < capacity - 1 && text[length]) {
        if ((unsigned char)text[length] < ' ' || text[length] == 0x7f)
            text[length] = '?';
        length++;
    }
    memset(text + length, 0, capacity - length);
}

static bool is_possible(const struct perfadapt_device *device) {
    if (device->size != sizeof *device || device->heap_count > PERFADAPT_HEAPS_MAX ||
        device->memory_type_count > PERFADAPT_MEMORY_TYPES_MAX)
        return false;
    for (uint32_t i = 0; i < device->memory_type_count; i++)
        if (device->memory_types[i].heap >= device->heap_count)
            return false;
    return true;
}

static void tidy(struct perfadapt_device *device) {
    clean(device->name, sizeof device->name);
    clean(device->driver_name, sizeof device->driver_name);
    clean(device->driver_info, sizeof device->driver_info);
    if (device->type > PERFADAPT_DEVICE_CPU)
        device->type = PERFADAPT_DEVICE_OTHER;
    if (!(device->timestamp_period_ns >= 0) || device->timestamp_period_ns > FLT_MAX)
        device->timestamp_period_ns = 0; /* a clock that counts nothing: no GPU timing */
    device->features_known = device->features_known != 0;
    device->timestamp_known = device->timestamp_known != 0;
    device->pci.known = device->pci.known != 0;
}

bool probe_attempt_take(const void *bytes, size_t length, struct probe_attempt *out_attempt) {
    struct probe_attempt_head head;
    out_attempt->count = 0;
    if (length < sizeof head)
        return false;
    memcpy(&head, bytes, sizeof head);
    if (head.magic != PROBE_ATTEMPT_MAGIC || head.device_bytes != sizeof(struct perfadapt_device) ||
        head.count > PROBE_ATTEMPT_DEVICES_MAX ||
        length != sizeof head + head.count * sizeof(struct perfadapt_device) || (head.code != 0 && head.count > 0))
        return false;
    memcpy(out_attempt->devices, (const char *)bytes + sizeof head, length - sizeof head);
    for (uint32_t i = 0; i < head.count; i++) {
        if (!is_possible(&out_attempt->devices[i]))
            return false;
        tidy(&out_attempt->devices[i]);
    }
    clean(head.reason, sizeof head.reason);
    out_attempt->count = head.count;
    out_attempt->code = head.code;
    snprintf(out_attempt->result, sizeof out_attempt->result, "%.159s", head.reason);
    return true;
}

void probe_attempt(const struct probe_icd *icd, probe_enumerate *enumerate, int64_t timeout_ms,
                   struct probe_attempt *out_attempt) {
    static struct message message;
    struct work work = {.icd = icd, .enumerate = enumerate};
    const struct probe_child_result end = probe_child_run(ask, &work, timeout_ms, &message, sizeof message);
    out_attempt->count = 0;
    out_attempt->code = 0;
    out_attempt->failed = true;
    if (end.end != PROBE_CHILD_RETURNED)
        probe_child_describe(&end, out_attempt->result, sizeof out_attempt->result);
    else if (!probe_attempt_take(&message, end.length, out_attempt))
        snprintf(out_attempt->result, sizeof out_attempt->result, "wrote garbage");
    else
        out_attempt->failed = false;
}
