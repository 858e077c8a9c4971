/* SPDX-License-Identifier: MIT */
#include "providers/fdinfo.h"

#include "core/clock.h"
#include "core/fs.h"
#include "providers/fdinfo_text.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdalign.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS "/proc/self/fd"
#define CLIENTS_MAX 16
#define DEVICES_MAX PERFADAPT_GPUS_MAX
#define DRM_MAJOR 226

static const int64_t search_period_ns = 5 * PERFADAPT__NS_PER_S;
/* A look at each descriptor of the host: with ten thousand of them 11 ms were measured. */
static const int64_t search_share = 500;
static const int64_t longest_search_period_ns = 120 * PERFADAPT__NS_PER_S;
/* A shorter time says little: drivers bring their counters up to date when jobs end. */
static const int64_t shortest_interval_ns = 100 * PERFADAPT__NS_PER_MS;

struct engine {
    char name[16];
    bool by_cycles;
    uint64_t busy;  /* ns or cycles, the most that was seen: counters of drivers may go back */
    uint64_t total; /* cycles that passed */
};

/* One open of a device, whatever number of descriptors stand for it. */
struct client {
    size_t device; /* index */
    uint64_t id;
    uint32_t descriptor; /* of the host: its number only */
    int info_fd;         /* of /proc/self/fdinfo/<descriptor> */
    bool known;          /* `engines` are of a look before */
    size_t engine_count;
    struct engine engines[PERFADAPT__FDINFO_ENGINES_MAX];
};

struct device {
    char id[40]; /* as in the snapshot */
    char driver[16];
    struct perfadapt__gate *gate; /* NULL = it cannot sleep, or there are too many */
};

struct fdinfo {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    struct perfadapt__gates *gates;
    struct device devices[DEVICES_MAX];
    size_t device_count;
    size_t client_count;
    int64_t search_ns;
    int64_t read_ns;                    /* 0 = the values are of no use */
    struct client clients[CLIENTS_MAX]; /* those that there are not have never been written to */
};

/* ---- devices ---- */

/* "/dev/dri/renderD128" leads to the device, where fdinfo gives no PCI address. */
static bool find_platform_device(const struct fdinfo *self, uint32_t descriptor, char *out, size_t capacity) {
    char path[80];
    char target[128];
    char device[256];
    snprintf(path, sizeof path, DESCRIPTORS "/%u", (unsigned)descriptor);
    if (perfadapt__fs_readlink(self->root, path, target, sizeof target) <= 0)
        return false;
    const char *slash = strrchr(target, '/');
    if (!slash || strlen(slash) > 24)
        return false;
    snprintf(path, sizeof path, "/sys/class/drm%s/device", slash);
    if (perfadapt__kernel_file_canonical(self->root, path, device, sizeof device) != 0 ||
        !(slash = strrchr(device, '/')) || strlen(slash + 1) == 0 || strlen(slash + 1) >= capacity)
        return false;
    snprintf(out, capacity, "%s", slash + 1);
    return true;
}

static struct perfadapt__gate *find_gate(const struct fdinfo *self, const char *pdev) {
    char path[96];
    char device[256];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s", pdev);
    if (!*pdev || !self->gates || perfadapt__kernel_file_canonical(self->root, path, device, sizeof device) != 0)
        return NULL;
    return perfadapt__gates_find(self->gates, device, true);
}

/* The index, or DEVICES_MAX where there is no room or no name for it. */
static size_t find_device(struct fdinfo *self, const struct perfadapt__fdinfo *info, uint32_t descriptor) {
    char id[sizeof self->devices[0].id];
    snprintf(id, sizeof id, "%s", info->pdev);
    if (!*id && !find_platform_device(self, descriptor, id, sizeof id))
        return DEVICES_MAX;
    for (size_t i = 0; i < self->device_count; i++)
        if (strcmp(self->devices[i].id, id) == 0)
            return i;
    if (self->device_count == DEVICES_MAX)
        return DEVICES_MAX;
    struct device *device = &self->devices[self->device_count];
    *device = (struct device){.gate = find_gate(self, info->pdev)};
    snprintf(device->id, sizeof device->id, "%s", id);
    snprintf(device->driver, sizeof device->driver, "%s", info->driver);
    return self->device_count++;
}

/* ---- clients ---- */

static struct client *find_client(struct fdinfo *self, size_t device, uint64_t id) {
    for (size_t i = 0; i < self->client_count; i++)
        if (self->clients[i].device == device && self->clients[i].id == id)
            return &self->clients[i];
    return NULL;
}

static ssize_t read_info(const struct fdinfo *self, uint32_t descriptor, int *fd, struct perfadapt__fdinfo *out) {
    char path[48] = "";
    char text[4096];
    if (*fd < 0)
        snprintf(path, sizeof path, "/proc/self/fdinfo/%u", (unsigned)descriptor);
    const ssize_t length = perfadapt__kernel_file_read(self->root, path, fd, text, sizeof text);
    if (length < 0)
        return length;
    return perfadapt__fdinfo_parse(text, out) ? length : -ENOENT;
}

/* A client that is known keeps its values, also behind another descriptor. */
static void meet_client(struct fdinfo *self, uint32_t descriptor, bool *seen) {
    struct perfadapt__fdinfo info;
    int fd = -1;
    if (read_info(self, descriptor, &fd, &info) < 0) {
        perfadapt__kernel_file_close(&fd);
        return;
    }
    const size_t device = find_device(self, &info, descriptor);
    struct client *client = device < DEVICES_MAX ? find_client(self, device, info.client) : NULL;
    if (!client && device < DEVICES_MAX && self->client_count < CLIENTS_MAX) {
        client = &self->clients[self->client_count++];
        *client = (struct client){.device = device, .id = info.client, .info_fd = -1};
    }
    if (!client || seen[client - self->clients]) {
        perfadapt__kernel_file_close(&fd);
        return;
    }
    perfadapt__kernel_file_close(&client->info_fd);
    client->info_fd = fd;
    client->descriptor = descriptor;
    seen[client - self->clients] = true;
}

static void drop_client(struct fdinfo *self, size_t index) {
    perfadapt__kernel_file_close(&self->clients[index].info_fd);
    self->clients[index] = self->clients[--self->client_count];
}

/*
 * Of a recorded process nothing but the texts is there. The host's descriptors are looked at by number alone, and may be
 * closed by another thread meanwhile. fstat would ask the server of a file of FUSE or NFS, and wait for it; the thread
 * sanitizer takes it for a race with whoever opened the file.
 */
static bool is_graphics(const struct fdinfo *self, uint32_t descriptor) {
    struct statx status;
    if (self->root->confined)
        return true;
    return statx((int)descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0 &&
           S_ISCHR(status.stx_mode) && status.stx_rdev_major == DRM_MAJOR;
}

static void look_at(struct fdinfo *self, const char *name, bool *seen) {
    uint64_t number;
    const char *at = name;
    if (perfadapt__fs_parse_u64(&at, &number) && *at == '\0' && number <= INT32_MAX &&
        is_graphics(self, (uint32_t)number))
        meet_client(self, (uint32_t)number, seen);
}

static void search(struct fdinfo *self) {
    alignas(struct dirent64) char buffer[4096];
    bool seen[CLIENTS_MAX] = {false};
    ssize_t length;
    const int fd = perfadapt__root_openat(self->root, DESCRIPTORS, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return;
    while ((length = getdents64(fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < length;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(buffer + at);
            look_at(self, entry->d_name, seen);
            at += entry->d_reclen;
        }
    }
    close(fd);
    for (size_t i = self->client_count; i-- > 0;) {
        if (seen[i])
            continue;
        drop_client(self, i);
        seen[i] = seen[self->client_count];
    }
}

/* ---- figures ---- */

struct load {
    char name[16];
    double busy; /* ratio, of all clients together */
};

/* What this process did with one device since the last look. */
struct sum {
    bool compared;
    struct load loads[PERFADAPT__FDINFO_ENGINES_MAX];
    size_t load_count;
    bool has_memory;
    double memory_bytes;
};

static void add_load(struct sum *sum, const char *name, double busy) {
    for (size_t i = 0; i < sum->load_count; i++) {
        if (strcmp(sum->loads[i].name, name) != 0)
            continue;
        sum->loads[i].busy += busy;
        return;
    }
    if (sum->load_count == PERFADAPT__FDINFO_ENGINES_MAX)
        return;
    struct load *load = &sum->loads[sum->load_count++];
    load->busy = busy;
    snprintf(load->name, sizeof load->name, "%s", name);
}

static uint64_t growth(uint64_t *most, uint64_t value) {
    const uint64_t grown = value > *most ? value - *most : 0;
    *most += grown;
    return grown;
}

static struct engine *engine_of(struct client *client, const struct perfadapt__fdinfo_engine *read, bool *out_new) {
    for (size_t i = 0; i < client->engine_count; i++) {
        *out_new = false;
        if (strcmp(client->engines[i].name, read->name) == 0)
            return &client->engines[i];
    }
    *out_new = true;
    if (client->engine_count == PERFADAPT__FDINFO_ENGINES_MAX)
        return NULL;
    struct engine *engine = &client->engines[client->engine_count++];
    *engine = (struct engine){.by_cycles = !read->has_busy_ns};
    snprintf(engine->name, sizeof engine->name, "%s", read->name);
    return engine;
}

/* Time where the driver gives it; its share of the cycles that passed where it does not (xe). */
static void add_engine(struct client *client, const struct perfadapt__fdinfo_engine *read, int64_t passed_ns,
                       struct sum *sum) {
    bool is_new;
    if (!perfadapt__fdinfo_engine_draws(read->name) ||
        !(read->has_busy_ns || (read->has_cycles && read->has_total_cycles)))
        return;
    struct engine *engine = engine_of(client, read, &is_new);
    if (!engine || engine->by_cycles == read->has_busy_ns)
        return;
    const uint64_t busy = growth(&engine->busy, engine->by_cycles ? read->cycles : read->busy_ns);
    const uint64_t total = growth(&engine->total, engine->by_cycles ? read->total_cycles : 0);
    if (is_new && client->known) /* an engine's first job: drivers leave out those at 0 */
        is_new = engine->by_cycles;
    const double passed = engine->by_cycles ? (double)total : (double)passed_ns;
    if (!is_new && passed_ns > 0 && passed > 0)
        add_load(sum, engine->name, (double)busy / passed / read->capacity);
    else if (!is_new && passed_ns > 0)
        add_load(sum, engine->name, 0);
}

/* False where the descriptor has become another: it is looked for anew. */
static bool read_client(struct fdinfo *self, struct client *client, int64_t passed_ns, struct sum *sum) {
    struct perfadapt__fdinfo info;
    if (read_info(self, client->descriptor, &client->info_fd, &info) < 0 || info.client != client->id)
        return false;
    for (size_t i = 0; i < info.engine_count; i++)
        add_engine(client, &info.engines[i], passed_ns, sum);
    sum->compared |= client->known && passed_ns > 0 && sum->load_count > 0;
    client->known = true;
    double bytes;
    if (perfadapt__fdinfo_memory(&info, &bytes)) {
        sum->memory_bytes += bytes;
        sum->has_memory = true;
    }
    return true;
}

static void put_sum(const struct sum *sum, int64_t now_ns, struct perfadapt_gpu *gpu) {
    double busiest = 0;
    for (size_t i = 0; i < sum->load_count; i++)
        busiest = sum->loads[i].busy > busiest ? sum->loads[i].busy : busiest;
    if (sum->compared)
        gpu->own_busy = perfadapt__metric_ok(busiest < 1 ? busiest : 1, PERFADAPT_UNIT_RATIO, now_ns);
    else
        perfadapt__metric_fail(&gpu->own_busy, PERFADAPT_STATE_INIT);
    if (sum->has_memory)
        gpu->own_memory = perfadapt__metric_ok(sum->memory_bytes, PERFADAPT_UNIT_BYTES, now_ns);
    else
        perfadapt__metric_fail(&gpu->own_memory, PERFADAPT_STATE_UNSUPPORTED);
}

static void put_unasked(struct perfadapt_gpu *gpu, bool asleep) {
    if (asleep) {
        gpu->own_busy = perfadapt__metric_none(PERFADAPT_UNIT_RATIO, PERFADAPT_STATE_ASLEEP);
        gpu->own_memory = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_ASLEEP);
        return;
    }
    perfadapt__metric_fail(&gpu->own_busy, PERFADAPT_STATE_INIT);
    perfadapt__metric_fail(&gpu->own_memory, PERFADAPT_STATE_INIT);
}

static bool has_clients(const struct fdinfo *self, size_t device) {
    for (size_t i = 0; i < self->client_count; i++)
        if (self->clients[i].device == device)
            return true;
    return false;
}

/* xe wakes the device to read its counters; a device of others' is asked like one of ours. */
static bool is_open(const struct fdinfo *self, const struct device *device, int64_t now_ns, bool *out_asleep) {
    if (!device->gate)
        return true;
    const enum perfadapt__gate_answer answer = perfadapt__gate_ask(self->root, device->gate, true, now_ns);
    *out_asleep = answer == PERFADAPT__GATE_ASLEEP || answer == PERFADAPT__GATE_RESTING;
    return answer == PERFADAPT__GATE_OPEN;
}

static void forget_values(struct fdinfo *self, size_t device) {
    for (size_t i = 0; i < self->client_count; i++) {
        if (self->clients[i].device != device)
            continue;
        self->clients[i].known = false;
        self->clients[i].engine_count = 0;
    }
}

static void read_device(struct fdinfo *self, size_t index, int64_t passed_ns, int64_t now_ns,
                        struct perfadapt_snapshot *snapshot) {
    struct device *device = &self->devices[index];
    struct sum sum = {.compared = false};
    bool asleep = false;
    struct perfadapt_gpu *gpu = perfadapt__gpu_find_or_add(snapshot, device->id, device->driver);
    if (!gpu)
        return;
    if (!has_clients(self, index) || !is_open(self, device, now_ns, &asleep)) {
        put_unasked(gpu, asleep);
        forget_values(self, index);
        return;
    }
    for (size_t i = 0; i < self->client_count; i++)
        if (self->clients[i].device == index && !read_client(self, &self->clients[i], passed_ns, &sum))
            self->search_ns = 0;
    if (gpu->state == PERFADAPT_STATE_INIT)
        gpu->state = PERFADAPT_STATE_OK;
    put_sum(&sum, now_ns, gpu);
}

/* While nothing is drawn nothing is asked: the last figures grow old. */
static void rest(struct fdinfo *self, struct perfadapt_snapshot *snapshot) {
    if (self->read_ns == 0)
        return;
    self->read_ns = 0;
    for (size_t i = 0; i < self->device_count; i++) {
        struct perfadapt_gpu *gpu = perfadapt__gpu_find_or_add(snapshot, self->devices[i].id, self->devices[i].driver);
        if (gpu)
            put_unasked(gpu, false);
        forget_values(self, i);
    }
}

int64_t perfadapt__fdinfo_search_pause_ns(int64_t cost_ns) {
    if (cost_ns <= search_period_ns / search_share)
        return search_period_ns;
    return cost_ns < longest_search_period_ns / search_share ? cost_ns * search_share : longest_search_period_ns;
}

static void fdinfo_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                        struct perfadapt_snapshot *snapshot) {
    struct fdinfo *self = (struct fdinfo *)provider;
    const int64_t now_ns = context->now_ns;
    if (context->resumed || !context->frames_flow)
        rest(self, snapshot);
    if (!context->frames_flow || (self->read_ns != 0 && now_ns - self->read_ns < shortest_interval_ns))
        return;
    if (now_ns >= self->search_ns) {
        const int64_t started_ns = perfadapt__thread_ns();
        search(self);
        self->search_ns = now_ns + perfadapt__fdinfo_search_pause_ns(perfadapt__thread_ns() - started_ns);
    }
    const int64_t passed_ns = self->read_ns != 0 ? now_ns - self->read_ns : 0;
    for (size_t i = 0; i < self->device_count; i++)
        read_device(self, i, passed_ns, now_ns, snapshot);
    self->read_ns = now_ns;
}

static void fdinfo_destroy(struct perfadapt__provider *provider) {
    struct fdinfo *self = (struct fdinfo *)provider;
    while (self->client_count > 0)
        drop_client(self, 0);
    free(self);
}

/* The devices are found once something is drawn: until then the host may have opened none. */
static struct perfadapt__provider *fdinfo_create(const struct perfadapt__provider_environment *environment,
                                                 struct perfadapt_snapshot *snapshot) {
    (void)snapshot;
    const int fd = perfadapt__root_openat(environment->root, DESCRIPTORS, O_RDONLY | O_DIRECTORY);
    if (fd == -ENOENT || fd == -ENOTDIR)
        return NULL;
    if (fd >= 0)
        close(fd);
    struct fdinfo *self = malloc(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, offsetof(struct fdinfo, clients));
    self->base.type = &perfadapt__fdinfo_provider;
    self->root = environment->root;
    self->gates = environment->gates;
    return &self->base;
}

const struct perfadapt__provider_class perfadapt__fdinfo_provider = {
    .name = "fdinfo",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = PERFADAPT__NS_PER_S,
    .fast_with_frames = true,
    .create = fdinfo_create,
    .destroy = fdinfo_destroy,
    .read = fdinfo_read,
};
