/* SPDX-License-Identifier: MIT */
#include "device/limits.h"

#include "core/clock.h"
#include "device/cpu_list.h"
#include "providers/cgroup_column.h"
#include "providers/cgroup_quota.h"
#include "providers/line_reader.h"

#include <perfadapt/budget.h>

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* The most that Linux addresses on any machine: 52 bits. */
static const uint64_t memory_most_kib = UINT64_C(1) << 42;

/* ---- files of one "key: value" a line ---- */

/* What is behind the key in the first line that begins with it. False where there is none, or the line has no value. */
static bool read_field(const struct perfadapt__root *root, const char *path, const char *key, char *out,
                       size_t capacity) {
    struct perfadapt__line_reader lines;
    perfadapt__line_reader_init(&lines, perfadapt__root_openat(root, path, O_RDONLY));
    if (lines.fd < 0)
        return false;
    const size_t key_length = strlen(key);
    bool found = false;
    int left = 256; /* more lines than either file has */
    for (char *line; !found && left-- > 0 && (line = perfadapt__line_reader_next(&lines));) {
        if (strncmp(line, key, key_length) != 0)
            continue;
        line += key_length;
        line += strspn(line, " \t");
        found = strlen(line) < capacity;
        if (found)
            memcpy(out, line, strlen(line) + 1);
    }
    close(lines.fd);
    return found;
}

static uint64_t read_memory(const struct perfadapt__root *root) {
    char text[64];
    uint64_t kib;
    const char *at = text;
    if (!read_field(root, "/proc/meminfo", "MemTotal:", text, sizeof text) || !perfadapt__fs_parse_u64(&at, &kib) ||
        strcmp(at, " kB") != 0 || kib > memory_most_kib)
        return 0;
    return kib * 1024;
}

/* ---- processors ---- */

/* What this process may run on; of another root's processes only what is written there. */
static bool read_allowed(const struct perfadapt__root *root, struct perfadapt__cpu_list *out) {
    char text[4096];
    *out = (struct perfadapt__cpu_list){0};
    if (!root->confined && sched_getaffinity(0, sizeof out->bits, (cpu_set_t *)(void *)out->bits) == 0)
        return true;
    return read_field(root, "/proc/self/status", "Cpus_allowed_list:", text, sizeof text) &&
           perfadapt__cpu_list_parse(text, out);
}

/* A container's list may name processors that the machine could have (0-127) rather than those that it has. */
static uint32_t count_allowed(const struct perfadapt__root *root) {
    struct perfadapt__cpu_list online;
    struct perfadapt__cpu_list allowed;
    const bool has_online = perfadapt__cpu_list_read(root, "/sys/devices/system/cpu/online", &online) &&
                            perfadapt__cpu_list_count(&online) > 0;
    if (!read_allowed(root, &allowed))
        allowed = online;
    else if (has_online)
        perfadapt__cpu_list_intersect(&allowed, &online);
    return perfadapt__cpu_list_count(&allowed);
}

static uint32_t read_quota(const struct perfadapt__root *root) {
    struct perfadapt__cgroup_quota quota = {0};
    struct perfadapt_metric metric = {0};
    perfadapt__cgroup_quota_open(root, &quota);
    perfadapt__cgroup_quota_read(&quota, perfadapt__now_ns(), &metric);
    perfadapt__cgroup_quota_close(&quota);
    if (metric.state != PERFADAPT_STATE_OK || !(metric.value > 0 && metric.value < PERFADAPT__CPU_LIST_MAX))
        return 0;
    const uint32_t permille = (uint32_t)(metric.value * 1000 + 0.5);
    return permille ? permille : 1;
}

/* ---- the cgroup's memory ---- */

struct least {
    uint64_t bytes;
    bool any_file; /* the hierarchy is the one that accounts memory */
    bool bad;      /* one of the limits could not be read: it may be the least */
};

static void look_at(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *own, const char *file,
                    struct least *least) {
    struct perfadapt__cgroup_column column;
    perfadapt__cgroup_column_open(root, own, file, &column);
    least->any_file |= column.any || column.denied;
    least->bad |= column.denied || column.incomplete;
    for (size_t i = 0; i < column.count; i++) {
        char text[64];
        uint64_t bytes;
        if (column.fds[i] < 0)
            continue;
        const ssize_t length = perfadapt__fs_pread(column.fds[i], text, sizeof text);
        const enum perfadapt__cgroup_value value =
            length < 0 ? PERFADAPT__CGROUP_BAD_VALUE : perfadapt__cgroup_parse_bytes(text, &bytes);
        least->bad |= value == PERFADAPT__CGROUP_BAD_VALUE;
        if (value == PERFADAPT__CGROUP_VALUE && bytes < least->bytes)
            least->bytes = bytes;
    }
    perfadapt__cgroup_column_close(&column);
}

/* On hybrid hosts version 2 is mounted without memory. */
static uint64_t read_memory_limit(const struct perfadapt__root *root) {
    struct perfadapt__cgroup_path own;
    struct least least = {.bytes = PERFADAPT_NO_LIMIT};
    char text[8];
    if (perfadapt__cgroup_resolve(root, PERFADAPT__CGROUP_V2, &own) == 0) {
        look_at(root, &own, "memory.max", &least);
        look_at(root, &own, "memory.high", &least);
    }
    if (!least.any_file && perfadapt__cgroup_resolve(root, PERFADAPT__CGROUP_V1_MEMORY, &own) == 0)
        look_at(root, &own, "memory.limit_in_bytes", &least);
    if (least.bad)
        return 0;
    /* A kernel without cgroups has no such file either: but then nobody can tell it from a root without /proc. */
    const bool has_cgroups = perfadapt__fs_read_once(root, "/proc/self/cgroup", text, sizeof text) > 0;
    return least.any_file || has_cgroups ? least.bytes : 0;
}

void perfadapt__limits_read(const struct perfadapt__root *root, struct perfadapt_system *system) {
    system->threads_allowed = count_allowed(root);
    system->processor_quota_permille = read_quota(root);
    system->memory_bytes = read_memory(root);
    system->memory_limit_bytes = read_memory_limit(root);
}
