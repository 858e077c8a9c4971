/*
 * The monitor: joins the reader of published sessions with the sampler. SPDX-License-Identifier: MIT
 */
#include "core/abi.h"
#include "core/fork.h"
#include "core/fs.h"
#include "publish/reader.h"
#include "sampler/sampler.h"

#include <perfadapt/monitor.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct perfadapt_monitor {
    struct perfadapt_log log;
    struct perfadapt__reader *reader;
    struct perfadapt__subscription *subscription; /* NULL: opened with no_sampler */
    int snapshot_fd;
};

static const size_t app_smallest = sizeof(struct perfadapt_app);
static const size_t snapshot_smallest = sizeof(struct perfadapt_snapshot);

static void on_sampled(void *context, const struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    (void)snapshot;
    (void)now_ns;
    const perfadapt_monitor *monitor = context;
    const uint64_t one = 1;
    if (write(monitor->snapshot_fd, &one, sizeof one) < 0) {
        /* EAGAIN: the counter is full, so it is readable already. */
    }
}

static enum perfadapt_result start_sampling(perfadapt_monitor *monitor, const char *sysroot) {
    monitor->snapshot_fd = perfadapt__fs_lift(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (monitor->snapshot_fd < 0)
        return PERFADAPT_ERROR_SYSTEM;
    const struct perfadapt__sampler_options options = {.sysroot = sysroot, .log = &monitor->log};
    const struct perfadapt__subscriber subscriber = {.sampled = on_sampled, .watch_fd = -1, .context = monitor};
    return perfadapt__sampler_subscribe(&options, &subscriber, &monitor->subscription);
}

enum perfadapt_result perfadapt_monitor_open(const struct perfadapt_monitor_options *given,
                                             perfadapt_monitor **out_monitor) {
    if (!out_monitor)
        return PERFADAPT_ERROR_INVALID;
    *out_monitor = NULL;
    struct perfadapt_monitor_options options = {.size = sizeof options};
    enum perfadapt_result result = given ? perfadapt__abi_in(given, &options, sizeof options) : PERFADAPT_OK;
    if (result == PERFADAPT_OK)
        result = perfadapt__fork_guard();
    if (result)
        return result;
    perfadapt_monitor *monitor = calloc(1, sizeof *monitor);
    if (!monitor)
        return PERFADAPT_ERROR_NO_MEMORY;
    monitor->log = options.log;
    monitor->snapshot_fd = -1;
    result = perfadapt__reader_create(options.runtime_dir, &monitor->log, &monitor->reader);
    if (result == PERFADAPT_OK && !options.no_sampler)
        result = start_sampling(monitor, options.sysroot);
    if (result)
        perfadapt_monitor_close(&monitor);
    *out_monitor = monitor;
    return result;
}

void perfadapt_monitor_close(perfadapt_monitor **monitor_pointer) {
    if (!monitor_pointer || !*monitor_pointer)
        return;
    perfadapt_monitor *monitor = *monitor_pointer;
    *monitor_pointer = NULL;
    perfadapt__sampler_unsubscribe(&monitor->subscription);
    perfadapt__reader_destroy(&monitor->reader);
    if (monitor->snapshot_fd >= 0)
        close(monitor->snapshot_fd);
    free(monitor);
}

enum perfadapt_result perfadapt_monitor_refresh(perfadapt_monitor *monitor) {
    return monitor ? perfadapt__reader_refresh(monitor->reader) : PERFADAPT_ERROR_INVALID;
}

size_t perfadapt_monitor_app_count(const perfadapt_monitor *monitor) {
    return monitor ? perfadapt__reader_count(monitor->reader) : 0;
}

enum perfadapt_result perfadapt_monitor_get_app(const perfadapt_monitor *monitor, size_t index,
                                                struct perfadapt_app *out) {
    if (!monitor || !out)
        return PERFADAPT_ERROR_INVALID;
    const struct perfadapt_app *app = perfadapt__reader_app(monitor->reader, index);
    return app ? perfadapt__abi_out(app, out, sizeof *app, app_smallest) : PERFADAPT_ERROR_NOT_FOUND;
}

size_t perfadapt_monitor_get_frames(const perfadapt_monitor *monitor, size_t index, size_t capacity,
                                    struct perfadapt_frame *out_frames) {
    return monitor && out_frames ? perfadapt__reader_frames(monitor->reader, index, capacity, out_frames) : 0;
}

size_t perfadapt_monitor_get_decisions(const perfadapt_monitor *monitor, size_t index, size_t capacity,
                                       struct perfadapt_decision *out_decisions) {
    return monitor && out_decisions ? perfadapt__reader_decisions(monitor->reader, index, capacity, out_decisions) : 0;
}

enum perfadapt_result perfadapt_monitor_get_app_snapshot(const perfadapt_monitor *monitor, size_t index,
                                                         struct perfadapt_snapshot *out) {
    if (!monitor || !out)
        return PERFADAPT_ERROR_INVALID;
    if (out->size < snapshot_smallest)
        return PERFADAPT_ERROR_ABI;
    if (index >= perfadapt__reader_count(monitor->reader))
        return PERFADAPT_ERROR_NOT_FOUND;
    struct perfadapt_snapshot snapshot;
    if (!perfadapt__reader_snapshot(monitor->reader, index, &snapshot))
        return PERFADAPT_ERROR_AGAIN;
    return perfadapt__abi_out(&snapshot, out, sizeof snapshot, snapshot_smallest);
}

enum perfadapt_result perfadapt_monitor_get_snapshot(const perfadapt_monitor *monitor, struct perfadapt_snapshot *out) {
    if (!monitor || !out)
        return PERFADAPT_ERROR_INVALID;
    if (!monitor->subscription)
        return PERFADAPT_ERROR_UNSUPPORTED;
    if (out->size < snapshot_smallest)
        return PERFADAPT_ERROR_ABI;
    struct perfadapt_snapshot snapshot;
    if (!perfadapt__sampler_snapshot(monitor->subscription, &snapshot))
        return PERFADAPT_ERROR_AGAIN;
    return perfadapt__abi_out(&snapshot, out, sizeof snapshot, snapshot_smallest);
}

int perfadapt_monitor_snapshot_fd(const perfadapt_monitor *monitor) {
    return monitor ? monitor->snapshot_fd : -1;
}
