/* SPDX-License-Identifier: MIT */
#include "providers/cpu.h"

#include "core/clock.h"
#include "providers/cpu_text.h"
#include "providers/cpufreq.h"
#include "providers/kernel_file.h"
#include "providers/raspberrypi.h"
#include "providers/thermal_throttle.h"

#include <errno.h>
#include <stdlib.h>

#define STAT_PATH "/proc/stat"
#define ONLINE_PATH "/sys/devices/system/cpu/online"

static const int64_t online_period_ns = 10 * PERFADAPT__NS_PER_S;
/* A look at an x86 clock may interrupt the core: whoever is in a hurry waits. */
static const int64_t shortest_pause_ns = 900 * PERFADAPT__NS_PER_MS;

struct cpu {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    int stat_fd;
    bool has_times;
    struct perfadapt__cpu_times times;
    int online_fd;
    int64_t online_ns; /* next look */
    int64_t due_ns;
    struct perfadapt__cpufreq cpufreq;
    struct perfadapt__thermal_throttle throttle;
    struct perfadapt__raspberrypi raspberrypi;
};

static bool is_absent(ssize_t length) {
    return length == -ENOENT || length == -ENOTDIR;
}

/* The kernel puts together more than the first line whatever is asked for; only that much is copied. */
static void read_busy(struct cpu *self, int64_t now_ns, struct perfadapt_metric *busy) {
    char text[256];
    struct perfadapt__cpu_times times;
    const ssize_t length = perfadapt__kernel_file_read(self->root, STAT_PATH, &self->stat_fd, text, sizeof text);
    if (length < 0 || !perfadapt__cpu_text_times(text, &times)) {
        self->has_times = false;
        if (is_absent(length))
            *busy = perfadapt__metric_none(PERFADAPT_UNIT_RATIO, PERFADAPT_STATE_UNSUPPORTED);
        else
            perfadapt__metric_fail(busy, PERFADAPT_STATE_ERROR);
        return;
    }
    double ratio;
    if (self->has_times && perfadapt__cpu_text_busy(&self->times, &times, &ratio))
        *busy = perfadapt__metric_ok(ratio, PERFADAPT_UNIT_RATIO, now_ns);
    else
        perfadapt__metric_fail(busy, PERFADAPT_STATE_INIT);
    self->times = times;
    self->has_times = true;
}

static void read_online(struct cpu *self, int64_t now_ns, struct perfadapt_metric *online) {
    char text[512];
    uint32_t count;
    if (now_ns < self->online_ns)
        return;
    self->online_ns = now_ns + online_period_ns;
    const ssize_t length = perfadapt__kernel_file_read(self->root, ONLINE_PATH, &self->online_fd, text, sizeof text);
    if (is_absent(length))
        *online = perfadapt__metric_none(PERFADAPT_UNIT_COUNT, PERFADAPT_STATE_UNSUPPORTED);
    else if (length > 0 && (size_t)length + 1 < sizeof text && perfadapt__cpu_text_count(text, &count))
        *online = perfadapt__metric_ok(count, PERFADAPT_UNIT_COUNT, now_ns);
    else
        perfadapt__metric_fail(online, PERFADAPT_STATE_ERROR);
}

static void cpu_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                     struct perfadapt_snapshot *snapshot) {
    struct cpu *self = (struct cpu *)provider;
    const int64_t now_ns = context->now_ns;
    if (context->resumed) {
        self->has_times = false;
        self->online_ns = self->due_ns = 0;
    }
    if (now_ns < self->due_ns)
        return;
    self->due_ns = now_ns + shortest_pause_ns;
    read_busy(self, now_ns, &snapshot->processor.busy);
    read_online(self, now_ns, &snapshot->processor.online);
    perfadapt__cpufreq_read(&self->cpufreq, now_ns, snapshot);
    perfadapt__thermal_throttle_read(&self->throttle, context, snapshot);
    perfadapt__raspberrypi_read(&self->raspberrypi, now_ns, snapshot);
}

static void cpu_destroy(struct perfadapt__provider *provider) {
    struct cpu *self = (struct cpu *)provider;
    perfadapt__kernel_file_close(&self->stat_fd);
    perfadapt__kernel_file_close(&self->online_fd);
    perfadapt__cpufreq_finish(&self->cpufreq);
    perfadapt__thermal_throttle_finish(&self->throttle);
    perfadapt__raspberrypi_finish(&self->raspberrypi);
    free(self);
}

static struct perfadapt__provider *cpu_create(const struct perfadapt__provider_environment *environment,
                                              struct perfadapt_snapshot *snapshot) {
    struct cpu *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->base.type = &perfadapt__cpu_provider;
    self->root = environment->root;
    self->stat_fd = self->online_fd = -1;
    snapshot->processor.busy = perfadapt__metric_none(PERFADAPT_UNIT_RATIO, PERFADAPT_STATE_INIT);
    snapshot->processor.online = perfadapt__metric_none(PERFADAPT_UNIT_COUNT, PERFADAPT_STATE_INIT);
    perfadapt__cpufreq_init(&self->cpufreq, self->root, snapshot);
    perfadapt__thermal_throttle_init(&self->throttle, self->root, snapshot);
    perfadapt__raspberrypi_init(&self->raspberrypi, self->root, snapshot);
    return &self->base;
}

const struct perfadapt__provider_class perfadapt__cpu_provider = {
    .name = "cpu",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = PERFADAPT__NS_PER_S,
    .fast_with_frames = false,
    .asks_devices = true,
    .create = cpu_create,
    .destroy = cpu_destroy,
    .read = cpu_read,
};
