/* SPDX-License-Identifier: MIT */
#include "sensors/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int64_t first_within_ns = INT64_C(5000000000);
/* The sampler rests for a second between two reads of a cool machine. */
static const int64_t patience_ns = INT64_C(1500000000);
static const int64_t early_ns = INT64_C(50000000); /* it may read a moment early, with something else */

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The library names no cause beyond "no such sysroot"; the user wants the system's own word. */
static bool is_readable(const char *sysroot) {
    const int fd = open(sysroot, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "perfadapt sensors: %s: %s\n", sysroot, strerror(errno));
        return false;
    }
    close(fd);
    return true;
}

static void print_message(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    if (level <= PERFADAPT_LOG_WARNING)
        fprintf(stderr, "perfadapt sensors: %s\n", message);
}

bool sensors_sample_open(const char *sysroot, perfadapt_monitor **out_monitor) {
    if (sysroot && !is_readable(sysroot))
        return false;
    const struct perfadapt_monitor_options options = {
        .size = sizeof options, .sysroot = sysroot, .log = {.write = print_message}};
    const enum perfadapt_result result = perfadapt_monitor_open(&options, out_monitor);
    if (result == PERFADAPT_OK)
        return true;
    fprintf(stderr, "perfadapt sensors: %s: %s\n", sysroot ? sysroot : "/", perfadapt_strerror(result));
    return false;
}

/* False where nothing came until then. */
static bool wait_for_news(const perfadapt_monitor *monitor, int64_t deadline_ns) {
    const int64_t left_ns = deadline_ns - now_ns();
    if (left_ns <= 0)
        return false;
    struct pollfd waiting = {.fd = perfadapt_monitor_snapshot_fd(monitor), .events = POLLIN};
    if (poll(&waiting, 1, (int)(left_ns / 1000000) + 1) <= 0)
        return true; /* interrupted, or the deadline, which the next turn notices */
    uint64_t count;
    if (read(waiting.fd, &count, sizeof count) < 0) {
        /* EAGAIN: taken already, which is as good. */
    }
    return true;
}

static bool get(perfadapt_monitor *monitor, struct perfadapt_snapshot *out_snapshot) {
    out_snapshot->size = sizeof *out_snapshot;
    return perfadapt_monitor_get_snapshot(monitor, out_snapshot) == PERFADAPT_OK && out_snapshot->generation > 0;
}

bool sensors_sample_first(perfadapt_monitor *monitor, struct perfadapt_snapshot *out_snapshot) {
    const int64_t deadline_ns = now_ns() + first_within_ns;
    do {
        if (get(monitor, out_snapshot))
            return true;
    } while (wait_for_news(monitor, deadline_ns));
    fputs("perfadapt sensors: no answer within 5 s: a file of the machine does not answer\n", stderr);
    return false;
}

bool sensors_sample_later(perfadapt_monitor *monitor, int64_t later_ns, struct perfadapt_snapshot *snapshot) {
    const int64_t wanted_ns = snapshot->timestamp_ns + later_ns - early_ns;
    const int64_t deadline_ns = now_ns() + later_ns + patience_ns;
    while (snapshot->timestamp_ns < wanted_ns && wait_for_news(monitor, deadline_ns))
        if (!get(monitor, snapshot))
            return false;
    return true;
}
