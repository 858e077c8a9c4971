/*
 * When NVML may be used, and of which GPU. SPDX-License-Identifier: MIT
 *
 * Initialised, NVML keeps the GPUs that it holds awake (runtime_usage stays above 0). So it is initialised while a GPU is
 * in use and shut down when all of them rest or sleep. The reference says that a GPU is only initialised once a handle to
 * it is taken; users see nvmlInit() itself wake others. As that is not certain, NVML is never initialised while one of its
 * GPUs sleeps: what is awake beside it is then not read. A GPU of several that rests has NVML shut down and initialised
 * anew without it, which gives its handle back while the others stay readable.
 */
#include "providers/nvml.h"

#include "core/clock.h"
#include "core/log.h"
#include "providers/kernel_file.h"
#include "providers/gpu_device.h"
#include "providers/nvml_gpu.h"
#include "providers/pause.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GPUS_MAX 16

#define DRIVER_PATH "/sys/bus/pci/drivers/nvidia"
#define DEVICES_PATH "/sys/bus/pci/devices"
#define PROC_PATH "/proc/driver/nvidia/gpus" /* sandboxes that hide the bus may have this */

struct gpu {
    struct perfadapt__nvml_gpu nvml;
    enum perfadapt__gate_answer answer; /* of this read */
    bool has_nothing;                   /* NVML knows nothing of it: left alone */
    bool was_lost;                      /* gone since it was last read: NVML finds it again when it is initialised */
    enum perfadapt_why why;             /* of the last failure, while it pauses */
    int64_t retry_ns;
    int64_t pause_ns;
};

struct nvml {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    struct perfadapt__gates *gates;
    const char *library_name;
    struct perfadapt__nvml_library library;
    size_t count;
    bool discovered;
    bool loaded;
    bool useless; /* no library, and there will be none */
    bool initialised;
    bool kept_out;    /* a sleeping GPU keeps NVML from being initialised */
    int last_result;  /* of the initialisation; SUCCESS = not failed since */
    int64_t retry_ns; /* of the initialisation, and of what comes before it */
    int64_t pause_ns;
    struct gpu gpus[GPUS_MAX]; /* those that there are not have never been written to */
};

/* ---- discovery ---- */

static bool is_hex(char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
}

/* "0000:0b:00.0"; domains of virtual buses have more digits. */
static bool is_pci_address(const char *name) {
    size_t digits = 0;
    while (is_hex(name[digits]))
        digits++;
    const char *rest = name + digits;
    return digits >= 4 && digits <= 6 && strlen(rest) == 8 && rest[0] == ':' && is_hex(rest[1]) && is_hex(rest[2]) &&
           rest[3] == ':' && is_hex(rest[4]) && is_hex(rest[5]) && rest[6] == '.' && rest[7] >= '0' && rest[7] <= '7';
}

static bool is_known(const struct nvml *self, const char *address) {
    for (size_t i = 0; i < self->count; i++)
        if (strcmp(self->gpus[i].nvml.address, address) == 0)
            return true;
    return false;
}

/* The device's path, by which its gate is known to every provider. Where the bus is hidden the path leads nowhere: what
 * has no power management is awake. 0, or -errno where descriptors were short. */
static int find_device(const struct nvml *self, const char *address, char *out, size_t capacity) {
    char path[64];
    snprintf(path, sizeof path, DEVICES_PATH "/%.32s", address);
    const int error = perfadapt__kernel_file_canonical(self->root, path, out, capacity);
    if (error)
        snprintf(out, capacity, "%s", path);
    return perfadapt__kernel_file_is_shortage(error) ? error : 0;
}

static int add_gpu(struct nvml *self, const char *address) {
    char device[256];
    if (self->count == GPUS_MAX || is_known(self, address))
        return 0;
    const int error = find_device(self, address, device, sizeof device);
    if (error)
        return error;
    struct gpu *gpu = &self->gpus[self->count++];
    *gpu = (struct gpu){.nvml = {.entry = -1, .sensor = -1, .memory_sensor = -1, .evidence = -1}};
    snprintf(gpu->nvml.address, sizeof gpu->nvml.address, "%.*s", (int)sizeof gpu->nvml.address - 1, address);
    gpu->nvml.gate = perfadapt__gates_find(self->gates, device, true);
    return 0;
}

/* How many GPUs a part of the directory names, or -errno. */
static int add_entries(struct nvml *self, const char *entries, ssize_t length) {
    int found = 0;
    for (ssize_t at = 0; at < length;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
        if (is_pci_address(entry->d_name)) {
            const int error = add_gpu(self, entry->d_name);
            if (error)
                return error;
            found++;
        }
        at += entry->d_reclen;
    }
    return found;
}

/* How many GPUs the directory names, or -errno. */
static int add_gpus_of(struct nvml *self, const char *path) {
    const int fd = perfadapt__root_openat(self->root, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fd;
    alignas(struct dirent64) char buffer[4096];
    int found = 0;
    ssize_t length;
    while (found >= 0 && (length = getdents64(fd, buffer, sizeof buffer)) > 0) {
        const int more = add_entries(self, buffer, length);
        found = more < 0 ? more : found + more;
    }
    close(fd);
    return found;
}

static int by_address(const void *a, const void *b) {
    return strcmp(((const struct gpu *)a)->nvml.address, ((const struct gpu *)b)->nvml.address);
}

/* How many cards DRM knows of this driver, or -errno: recorded trees have little else. */
static int add_cards(struct nvml *self) {
    struct perfadapt__gpu_device devices[PERFADAPT__GPU_DEVICES_MAX];
    const ssize_t count = perfadapt__gpu_devices_find(self->root, devices, PERFADAPT__GPU_DEVICES_MAX);
    int found = 0;
    for (ssize_t i = 0; i < count; i++) {
        if (strcmp(devices[i].driver, "nvidia") != 0 || !is_pci_address(devices[i].id))
            continue;
        const int error = add_gpu(self, devices[i].id);
        if (error)
            return error;
        found++;
    }
    return count < 0 ? (int)count : found;
}

static bool says_nothing(int found) {
    return found == 0 || found == -ENOENT || found == -ENOTDIR || found == -EACCES;
}

/* Also those that came since the last look: at the end, as the entries of the others stay where they are. */
static void discover(struct nvml *self) {
    const size_t known = self->count;
    int found = add_gpus_of(self, DRIVER_PATH);
    if (says_nothing(found))
        found = add_gpus_of(self, PROC_PATH);
    if (says_nothing(found))
        found = add_cards(self);
    self->discovered |= !perfadapt__kernel_file_is_shortage(found);
    qsort(&self->gpus[known], self->count - known, sizeof self->gpus[0], by_address);
}

static bool has_link(const struct nvml *self, const char *directory, const char *address) {
    char path[64];
    char target[256];
    snprintf(path, sizeof path, "%s/%.32s", directory, address);
    return perfadapt__kernel_file_canonical(self->root, path, target, sizeof target) == 0;
}

static bool is_bound(const struct nvml *self, const struct gpu *gpu) {
    return has_link(self, DRIVER_PATH, gpu->nvml.address) || has_link(self, PROC_PATH, gpu->nvml.address);
}

/* ---- the library ---- */

/* dlopen() does not say why; a process without a descriptor left cannot open any library. */
static bool is_starved(const struct nvml *self) {
    const int fd = perfadapt__root_openat(self->root, "/", O_PATH);
    if (fd >= 0)
        close(fd);
    return perfadapt__kernel_file_is_shortage(fd);
}

static void refuse_all(struct nvml *self, enum perfadapt_state state, enum perfadapt_why why,
                       struct perfadapt_snapshot *snapshot) {
    for (size_t i = 0; i < self->count; i++) {
        struct perfadapt_gpu *entry = perfadapt__gpu_find_or_add(snapshot, self->gpus[i].nvml.address, "nvidia");
        if (entry)
            perfadapt__gpu_state(entry, state, why);
    }
    self->useless = true;
}

static void enter_new(struct nvml *self, struct perfadapt_snapshot *snapshot) {
    for (size_t i = 0; i < self->count; i++)
        if (self->gpus[i].nvml.entry < 0 && self->gpus[i].nvml.sensor < 0)
            perfadapt__nvml_gpu_enter(&self->gpus[i].nvml, snapshot);
}

static void load(struct nvml *self, struct perfadapt_snapshot *snapshot) {
    switch (perfadapt__nvml_load(&self->library, self->library_name)) {
    case PERFADAPT__NVML_LOADED:
        self->loaded = true;
        enter_new(self, snapshot);
        break;
    case PERFADAPT__NVML_INHERITED:
        perfadapt__log(self->log, PERFADAPT_LOG_INFO, "nvml: not used in a forked child of a process that uses it");
        refuse_all(self, PERFADAPT_STATE_ERROR, PERFADAPT_WHY_AVOIDED, snapshot);
        break;
    case PERFADAPT__NVML_MISSING:
        if (is_starved(self))
            break;
        perfadapt__log(self->log, PERFADAPT_LOG_INFO, "nvml: no usable %s: NVIDIA's GPUs are not read",
                       self->library_name);
        refuse_all(self, PERFADAPT_STATE_UNSUPPORTED, PERFADAPT_WHY_NO_LIBRARY, snapshot);
        break;
    }
}

static void get_ready(struct nvml *self, struct perfadapt_snapshot *snapshot) {
    if (!self->discovered)
        discover(self);
    if (self->discovered && !self->loaded && self->count > 0)
        load(self, snapshot);
}

static void forget_handles(struct nvml *self) {
    for (size_t i = 0; i < self->count; i++)
        self->gpus[i].nvml.device = NULL;
    self->initialised = false;
}

static void stop(struct nvml *self) {
    if (self->initialised)
        perfadapt__nvml_shutdown(&self->library);
    forget_handles(self);
}

static void start(struct nvml *self, int64_t now_ns) {
    const int result = perfadapt__nvml_init(&self->library);
    self->initialised = result == PERFADAPT__NVML_SUCCESS;
    if (self->initialised) {
        self->pause_ns = 0;
    } else {
        if (result != self->last_result)
            perfadapt__log(self->log, PERFADAPT_LOG_WARNING, "nvml: cannot be initialised: %s (%d)",
                           perfadapt__nvml_result_text(result), result);
        self->pause_ns = perfadapt__pause_next(self->pause_ns);
        self->retry_ns = now_ns + self->pause_ns;
    }
    self->last_result = result;
}

/* ---- which GPUs are to be read ---- */

static bool is_wanted(const struct gpu *gpu, int64_t now_ns) {
    return gpu->answer == PERFADAPT__GATE_OPEN && !gpu->has_nothing && now_ns >= gpu->retry_ns;
}

static bool any_wanted(const struct nvml *self, int64_t now_ns) {
    for (size_t i = 0; i < self->count; i++)
        if (is_wanted(&self->gpus[i], now_ns))
            return true;
    return false;
}

/* One whose power state cannot be told may be asleep. */
static bool any_asleep(const struct nvml *self) {
    for (size_t i = 0; i < self->count; i++)
        if (self->gpus[i].answer == PERFADAPT__GATE_ASLEEP || self->gpus[i].answer == PERFADAPT__GATE_FAULTY)
            return true;
    return false;
}

/* One that rests is to be given back; one that was lost is found again by a fresh NVML alone. */
static bool any_needs_restart(const struct nvml *self, int64_t now_ns) {
    for (size_t i = 0; i < self->count; i++) {
        const struct gpu *gpu = &self->gpus[i];
        if (gpu->answer == PERFADAPT__GATE_RESTING && gpu->nvml.device)
            return true;
        if (gpu->was_lost && !gpu->nvml.device && is_wanted(gpu, now_ns))
            return true;
    }
    return false;
}

static void ask_gates(struct nvml *self, const struct perfadapt__read_context *context) {
    for (size_t i = 0; i < self->count; i++) {
        struct gpu *gpu = &self->gpus[i];
        gpu->answer = gpu->nvml.gate
                          ? perfadapt__gate_ask(self->root, gpu->nvml.gate, context->frames_flow, context->now_ns)
                          : PERFADAPT__GATE_FAULTY;
    }
}

/* Before the first touch, and after it was lost: a device that is gone has no power status either, and looks awake. */
static void drop_unbound(struct nvml *self, int64_t now_ns) {
    for (size_t i = 0; i < self->count; i++) {
        struct gpu *gpu = &self->gpus[i];
        if (!gpu->nvml.device && is_wanted(gpu, now_ns) && !is_bound(self, gpu))
            gpu->answer = PERFADAPT__GATE_GONE;
    }
}

/* NVML may wake what it finds: also what came since the last look. */
static void look_around(struct nvml *self, const struct perfadapt__read_context *context,
                        struct perfadapt_snapshot *snapshot) {
    const size_t known = self->count;
    discover(self);
    if (self->count == known)
        return;
    enter_new(self, snapshot);
    ask_gates(self, context);
    drop_unbound(self, context->now_ns);
}

static void start_unless_kept_out(struct nvml *self, int64_t now_ns) {
    const bool kept_out = any_asleep(self);
    if (kept_out && !self->kept_out)
        perfadapt__log(self->log, PERFADAPT_LOG_INFO, "nvml: not used while one of several GPUs sleeps");
    self->kept_out = kept_out;
    if (!kept_out)
        start(self, now_ns);
}

static void settle(struct nvml *self, const struct perfadapt__read_context *context,
                   struct perfadapt_snapshot *snapshot) {
    const int64_t now_ns = context->now_ns;
    ask_gates(self, context);
    drop_unbound(self, now_ns);
    if (!any_wanted(self, now_ns)) {
        stop(self);
        return;
    }
    if (self->initialised && (any_asleep(self) || !any_needs_restart(self, now_ns)))
        return;
    stop(self);
    if (now_ns < self->retry_ns)
        return;
    look_around(self, context, snapshot);
    start_unless_kept_out(self, now_ns);
}

/* ---- reading ---- */

static void pause_gpu(struct gpu *gpu, enum perfadapt_why why, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    gpu->nvml.device = NULL;
    gpu->why = why;
    gpu->pause_ns = perfadapt__pause_next(gpu->pause_ns);
    gpu->retry_ns = now_ns + gpu->pause_ns;
    perfadapt__nvml_gpu_unread(&gpu->nvml, PERFADAPT_STATE_ERROR, why, snapshot);
}

static void lose(struct nvml *self, struct gpu *gpu, int result, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    const enum perfadapt_why why = perfadapt__nvml_why(result);
    if (gpu->pause_ns == 0 || gpu->why != why)
        perfadapt__log(self->log, PERFADAPT_LOG_INFO, "nvml: %s: %s (%d)", gpu->nvml.address,
                       perfadapt__nvml_result_text(result), result);
    gpu->was_lost |= gpu->nvml.device != NULL;
    pause_gpu(gpu, why, now_ns, snapshot);
    /* The host has ended NVML more often than it began it. Our share in its count is gone: to end it again would take
     * somebody else's. */
    if (result == PERFADAPT__NVML_UNINITIALIZED)
        forget_handles(self);
}

static void lose_device(struct nvml *self, struct gpu *gpu, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    if (now_ns < gpu->retry_ns)
        return;
    if (gpu->pause_ns == 0)
        perfadapt__log(self->log, PERFADAPT_LOG_INFO, "nvml: %s is gone", gpu->nvml.address);
    gpu->was_lost = true;
    pause_gpu(gpu, PERFADAPT_WHY_VANISHED, now_ns, snapshot);
}

static void come_back(struct nvml *self, struct gpu *gpu) {
    if (gpu->pause_ns > 0)
        perfadapt__log(self->log, PERFADAPT_LOG_INFO, "nvml: %s is back", gpu->nvml.address);
    gpu->pause_ns = 0;
    gpu->was_lost = false;
}

static void read_awake(struct nvml *self, struct gpu *gpu, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    int result = PERFADAPT__NVML_SUCCESS;
    if (!gpu->nvml.device) {
        result = perfadapt__nvml_device_by_pci(&self->library, gpu->nvml.address, &gpu->nvml.device);
        if (result != PERFADAPT__NVML_SUCCESS) {
            gpu->nvml.device = NULL;
            lose(self, gpu, result, now_ns, snapshot);
            return;
        }
        perfadapt__nvml_gpu_begin(&gpu->nvml, &self->library, snapshot);
    }
    result = perfadapt__nvml_gpu_read(&gpu->nvml, &self->library, now_ns, snapshot);
    if (result == PERFADAPT__NVML_SUCCESS) {
        come_back(self, gpu);
    } else if (result == PERFADAPT__NVML_NOT_SUPPORTED) {
        gpu->has_nothing = true;
        gpu->nvml.device = NULL;
        perfadapt__nvml_gpu_unread(&gpu->nvml, PERFADAPT_STATE_UNSUPPORTED, PERFADAPT_WHY_NONE, snapshot);
    } else {
        lose(self, gpu, result, now_ns, snapshot);
    }
}

static enum perfadapt_why why_not_initialised(const struct nvml *self) {
    if (self->kept_out)
        return PERFADAPT_WHY_AVOIDED;
    return self->last_result == PERFADAPT__NVML_SUCCESS ? PERFADAPT_WHY_BUSY : perfadapt__nvml_why(self->last_result);
}

static void serve_open(struct nvml *self, struct gpu *gpu, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    if (gpu->has_nothing)
        return;
    if (now_ns < gpu->retry_ns)
        perfadapt__nvml_gpu_unread(&gpu->nvml, PERFADAPT_STATE_ERROR, gpu->why, snapshot);
    else if (self->initialised)
        read_awake(self, gpu, now_ns, snapshot);
    else
        perfadapt__nvml_gpu_unread(&gpu->nvml, PERFADAPT_STATE_ERROR, why_not_initialised(self), snapshot);
}

static void serve(struct nvml *self, struct gpu *gpu, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    switch (gpu->answer) {
    case PERFADAPT__GATE_OPEN:
        serve_open(self, gpu, now_ns, snapshot);
        break;
    case PERFADAPT__GATE_ASLEEP:
        perfadapt__nvml_gpu_unread(&gpu->nvml, PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_NONE, snapshot);
        break;
    case PERFADAPT__GATE_RESTING:
        perfadapt__nvml_gpu_unread(&gpu->nvml, PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_RESTING, snapshot);
        break;
    case PERFADAPT__GATE_FAULTY:
        perfadapt__nvml_gpu_unread(&gpu->nvml, PERFADAPT_STATE_ERROR,
                                   gpu->nvml.gate ? (enum perfadapt_why)gpu->nvml.gate->faulty_why : PERFADAPT_WHY_BUSY,
                                   snapshot);
        break;
    case PERFADAPT__GATE_GONE:
        lose_device(self, gpu, now_ns, snapshot);
        break;
    }
}

static bool any_held(const struct nvml *self) {
    for (size_t i = 0; i < self->count; i++)
        if (self->gpus[i].nvml.device)
            return true;
    return false;
}

/* The machine slept: what could not be read, or had nothing to say, may be different now. */
static void start_over(struct nvml *self) {
    stop(self);
    self->retry_ns = self->pause_ns = 0;
    for (size_t i = 0; i < self->count; i++) {
        self->gpus[i].retry_ns = self->gpus[i].pause_ns = 0;
        self->gpus[i].has_nothing = false;
    }
}

static void nvml_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                      struct perfadapt_snapshot *snapshot) {
    struct nvml *self = (struct nvml *)provider;
    if (!self->loaded && !self->useless && context->now_ns >= self->retry_ns) {
        self->pause_ns = perfadapt__pause_next(self->pause_ns);
        self->retry_ns = context->now_ns + self->pause_ns;
        get_ready(self, snapshot);
        if (self->loaded)
            self->retry_ns = self->pause_ns = 0;
    }
    if (!self->loaded)
        return;
    if (context->resumed)
        start_over(self);
    settle(self, context, snapshot);
    for (size_t i = 0; i < self->count; i++)
        serve(self, &self->gpus[i], context->now_ns, snapshot);
    if (!any_held(self))
        stop(self);
}

/* ---- life ---- */

static void nvml_destroy(struct perfadapt__provider *provider) {
    stop((struct nvml *)provider);
    free(provider);
}

static struct perfadapt__provider *nvml_create(const struct perfadapt__provider_environment *environment,
                                               struct perfadapt_snapshot *snapshot) {
    struct nvml *self = malloc(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, offsetof(struct nvml, gpus));
    self->base.type = &perfadapt__nvml_provider;
    self->root = environment->root;
    self->log = environment->log;
    self->gates = environment->gates;
    self->library_name = environment->nvml_library ? environment->nvml_library : PERFADAPT__NVML_NAME;
    if (environment->root->confined && !environment->nvml_library) {
        /* Another machine's tree: this machine's library knows nothing of its GPUs. */
        discover(self);
        refuse_all(self, PERFADAPT_STATE_UNSUPPORTED, PERFADAPT_WHY_NO_LIBRARY, snapshot);
    } else {
        get_ready(self, snapshot);
    }
    if (!self->useless && (self->count > 0 || !self->discovered))
        return &self->base;
    nvml_destroy(&self->base);
    return NULL;
}

const struct perfadapt__provider_class perfadapt__nvml_provider = {
    .name = "nvml",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 100 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = false,
    .asks_devices = true,
    .create = nvml_create,
    .destroy = nvml_destroy,
    .read = nvml_read,
};
