/* SPDX-License-Identifier: MIT */
#include "providers/proportional.h"

#include "core/clock.h"
#include "providers/kernel_file.h"
#include "providers/process_text.h"
#include "providers/provider.h"

#include <errno.h>

#define PATH "/proc/self/smaps_rollup"

static const struct perfadapt__costly_rule rule = {
    .period_ns = 10 * PERFADAPT__NS_PER_S,
    .slow_above_ns = 2 * PERFADAPT__NS_PER_MS,
    .slow_period_ns = 60 * PERFADAPT__NS_PER_S,
    .never_above_ns = 20 * PERFADAPT__NS_PER_MS,
};

/* Before the first read: 43 to 57 ns were measured (small pages, kernel 6.18). */
static const double first_page_ns = 50;
/* What a few pages cost says nothing of what many will. */
static const uint64_t telling_pages = 4096;

void perfadapt__proportional_init(struct perfadapt__proportional *self, const struct perfadapt__root *root) {
    *self = (struct perfadapt__proportional){
        .root = root, .fd = -1, .costly = {.rule = &rule}, .page_ns = first_page_ns, .clock = perfadapt__thread_ns};
}

void perfadapt__proportional_finish(struct perfadapt__proportional *self) {
    perfadapt__kernel_file_close(&self->fd);
}

static void give_up(struct perfadapt__proportional *self, struct perfadapt_metric *metric) {
    perfadapt__kernel_file_close(&self->fd);
    *metric = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
}

static void write_metric(ssize_t length, const char *text, int64_t now_ns, struct perfadapt_metric *metric) {
    uint64_t bytes;
    if (length == -ENOENT || length == -ENOTDIR) /* kernels before 4.14 */
        *metric = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
    else if (length < 0 || perfadapt__process_parse_kib(text, "Pss:", &bytes) != PERFADAPT__PROCESS_FOUND)
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
    else
        *metric = perfadapt__metric_ok((double)bytes, PERFADAPT_UNIT_BYTES, now_ns);
}

void perfadapt__proportional_read(struct perfadapt__proportional *self, uint64_t resident_pages, int64_t now_ns,
                                  struct perfadapt_metric *metric) {
    char text[2048];
    if (resident_pages == 0)
        return;
    const double expected_ns = (double)resident_pages * self->page_ns;
    if (!perfadapt__costly_is_due(&self->costly, expected_ns < 1e15 ? (int64_t)expected_ns : INT64_MAX, now_ns)) {
        if (self->costly.never)
            give_up(self, metric);
        return;
    }
    const int64_t before_ns = self->clock();
    const ssize_t length = perfadapt__kernel_file_read(self->root, PATH, &self->fd, text, sizeof text);
    const int64_t cost_ns = self->clock() - before_ns;
    perfadapt__costly_took(&self->costly, cost_ns, now_ns);
    if (resident_pages >= telling_pages && length > 0)
        self->page_ns = (double)cost_ns / (double)resident_pages;
    if (self->costly.never)
        give_up(self, metric);
    else
        write_metric(length, text, now_ns, metric);
}
