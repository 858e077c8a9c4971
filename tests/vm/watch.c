/*
 * Prints what the library sees of the machine: one line of JSON for each new snapshot, until it is killed.
 * SPDX-License-Identifier: MIT
 *
 * usage: watch [SYSROOT]. It draws nothing, so that the sampler runs at its slowest.
 */
#include <perfadapt/monitor.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void print_text(const char *key, const char *text) {
    printf("\"%s\":\"", key);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static void print_metric(const char *key, const struct perfadapt_metric *metric) {
    const bool has_value = isfinite(metric->value) && metric->timestamp_ns != 0;
    printf("\"%s\":{\"state\":\"%s\",\"value\":", key, perfadapt_state_name(metric->state));
    if (has_value)
        printf("%.3f}", metric->value);
    else
        printf("null}");
}

static void print_sensor(const struct perfadapt_sensor *sensor) {
    putchar('{');
    print_text("id", sensor->id);
    putchar(',');
    print_text("chip", sensor->chip);
    putchar(',');
    print_text("label", sensor->label);
    putchar(',');
    print_text("why", perfadapt_why_text(sensor->why));
    putchar(',');
    print_metric("temperature", &sensor->temperature);
    putchar(',');
    print_metric("limit", &sensor->limit);
    printf(",\"limit_source\":\"%s\"}", perfadapt_limit_source_name(sensor->limit_source));
}

static void print_sensors(const struct perfadapt_snapshot *snapshot) {
    printf(",\"sensors\":[");
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        if (i > 0)
            putchar(',');
        print_sensor(&snapshot->sensors[i]);
    }
    putchar(']');
}

static void print_gpus(const struct perfadapt_snapshot *snapshot) {
    printf(",\"gpus\":[");
    for (uint32_t i = 0; i < snapshot->gpu_count; i++) {
        printf(i > 0 ? ",{" : "{");
        print_text("id", snapshot->gpus[i].id);
        printf(",\"state\":\"%s\"}", perfadapt_state_name(snapshot->gpus[i].state));
    }
    putchar(']');
}

static void print_snapshot(const struct perfadapt_snapshot *snapshot) {
    printf("{\"generation\":%" PRIu64 ",\"sampled_ns\":%" PRId64 ",\"seen_ns\":%" PRId64 ",\"psi_trigger\":\"%s\",",
           snapshot->generation, snapshot->timestamp_ns, monotonic_ns(), perfadapt_state_name(snapshot->psi_trigger));
    print_metric("stalled_us", &snapshot->pressure[PERFADAPT_RESOURCE_MEMORY].some.total);
    putchar(',');
    print_metric("cgroup_stalled_us", &snapshot->pressure[PERFADAPT_RESOURCE_CGROUP_MEMORY].some.total);
    putchar(',');
    print_metric("online", &snapshot->processor.online);
    print_sensors(snapshot);
    print_gpus(snapshot);
    puts("}");
    fflush(stdout);
}

static int watch(perfadapt_monitor *monitor) {
    static struct perfadapt_snapshot snapshot;
    struct pollfd renewed = {.fd = perfadapt_monitor_snapshot_fd(monitor), .events = POLLIN};
    uint64_t last = 0;
    for (;;) {
        uint64_t times;
        if (poll(&renewed, 1, -1) < 0 && errno != EINTR)
            return 1;
        if (!(renewed.revents & POLLIN) || read(renewed.fd, &times, sizeof times) < 0)
            continue;
        snapshot.size = sizeof snapshot;
        if (perfadapt_monitor_get_snapshot(monitor, &snapshot) != PERFADAPT_OK || snapshot.generation == last)
            continue;
        last = snapshot.generation;
        print_snapshot(&snapshot);
    }
}

int main(int argc, char **argv) {
    const struct perfadapt_monitor_options options = {.size = sizeof options, .sysroot = argc > 1 ? argv[1] : NULL};
    perfadapt_monitor *monitor = NULL;
    const enum perfadapt_result result = perfadapt_monitor_open(&options, &monitor);
    if (result != PERFADAPT_OK) {
        fprintf(stderr, "watch: perfadapt_monitor_open: %s\n", perfadapt_strerror(result));
        return 1;
    }
    const int status = watch(monitor);
    perfadapt_monitor_close(&monitor);
    return status;
}
