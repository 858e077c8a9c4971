/*
 * A GPU that sleeps is not touched, and one that is idle is left alone for long enough to fall asleep.
 * SPDX-License-Identifier: MIT
 *
 * Time is virtual; inotify tells which files of the device were opened or read.
 */
#include "machine.h"

#include "core/clock.h"
#include "sampler/machine.h"

#include <dirent.h>
#include <fnmatch.h>
#include <math.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cmocka.h>

#define GPU "/sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0"
#define DIRECTORIES_MAX 32

struct bench {
    struct machine *laptop;
    struct perfadapt__machine *sampled;
    int64_t now_ns;
    int inotify_fd;
    char directories[DIRECTORIES_MAX][256]; /* below the device, by watch descriptor */
    char touched[256];                      /* the last file that was, and wakes the device */
};

/* What the drivers answer from memory, or the PCI core without asking the device: amdgpu of Linux 6.12 takes no runtime
 * reference for its memory's figures and labels. */
static bool wakes_nothing(const char *path) {
    static const char *const safe[] = {"*/power/*", "*/power_state", "*/uevent",      "*/vendor",   "*/device",
                                       "*/class",   "*/revision",    "*/name",        "*/boot_vga", "*/dev",
                                       "*_label",   "*/mem_info_*",  "*/subsystem_*", "*/id"};
    for (size_t i = 0; i < sizeof safe / sizeof safe[0]; i++)
        if (fnmatch(safe[i], path, 0) == 0)
            return true;
    return false;
}

/* ---- who touches what ---- */

static void watch_below(struct bench *bench, const char *path) {
    char full[512];
    snprintf(full, sizeof full, "%s%s", machine_root(bench->laptop), path);
    const int watch = inotify_add_watch(bench->inotify_fd, full, IN_OPEN | IN_ACCESS);
    assert_in_range(watch, 1, DIRECTORIES_MAX - 1);
    snprintf(bench->directories[watch], sizeof bench->directories[watch], "%s", path);
    DIR *directory = opendir(full);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char below[512];
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        watch_below(bench, below);
    }
    closedir(directory);
}

/* Files touched since the last call; of those that wake the device. Writes of the machine itself open files too. */
static unsigned count_touches(struct bench *bench) {
    alignas(struct inotify_event) char buffer[16384];
    unsigned count = 0;
    for (ssize_t length; (length = read(bench->inotify_fd, buffer, sizeof buffer)) > 0;) {
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);
            char path[512];
            at += (ssize_t)(sizeof *event + event->len);
            assert_int_equal(event->mask & IN_Q_OVERFLOW, 0);
            if (event->mask & IN_ISDIR || event->len == 0)
                continue;
            snprintf(path, sizeof path, "%s/%s", bench->directories[event->wd], event->name);
            if (wakes_nothing(path))
                continue;
            snprintf(bench->touched, sizeof bench->touched, "%.255s", path);
            count++;
        }
    }
    return count;
}

/* ---- driving ---- */

static void sample(struct bench *bench, bool frames_flow, int64_t step_ms) {
    const struct perfadapt__activity activity = {.frames_flow = frames_flow,
                                                 .gpu_busy = frames_flow ? 0.3 : (double)NAN};
    bench->now_ns += step_ms * PERFADAPT__NS_PER_MS;
    perfadapt__machine_sample(bench->sampled, &activity, bench->now_ns);
}

static unsigned touches_in(struct bench *bench, bool frames_flow, int seconds) {
    count_touches(bench); /* what the test itself did */
    for (int i = 0; i < seconds; i++)
        sample(bench, frames_flow, 1000);
    return count_touches(bench);
}

static void start(struct bench *bench) {
    assert_int_equal(perfadapt__machine_create(machine_root(bench->laptop), NULL, &bench->sampled), PERFADAPT_OK);
}

static void make_idle(struct bench *bench) {
    machine_text(bench->laptop, GPU "/gpu_busy_percent", "0\n");
    machine_text(bench->laptop, GPU "/mem_busy_percent", "0\n");
    machine_text(bench->laptop, GPU "/gpu_metrics", ""); /* no other source of how busy it is */
}

static int set_up(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->now_ns = perfadapt__now_ns();
    bench->laptop = machine_create();
    bench->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    *state = bench;
    if (bench->inotify_fd < 0)
        return -1;
    watch_below(bench, GPU);
    return 0;
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    if (bench->sampled)
        perfadapt__machine_destroy(bench->sampled);
    close(bench->inotify_fd);
    machine_destroy(bench->laptop);
    free(bench);
    return 0;
}

/* ---- tests ---- */

static void assert_untouched(const struct bench *bench, unsigned touches) {
    if (touches > 0)
        fail_msg("%u touches, of %s last", touches, bench->touched);
}

static void asleep_from_the_start(void **state) {
    struct bench *bench = *state;
    machine_text(bench->laptop, GPU "/power/runtime_status", "suspended\n");
    machine_text(bench->laptop, GPU "/power_state", "D3cold\n");
    count_touches(bench);
    start(bench);
    assert_untouched(bench, touches_in(bench, false, 70));
    assert_untouched(bench, touches_in(bench, true, 70));
}

static void awake_while_it_is_used(void **state) {
    struct bench *bench = *state;
    start(bench);
    assert_true(touches_in(bench, true, 10) >= 10);
    assert_true(touches_in(bench, true, 60) >= 60);
}

static void asleep_later_in_every_way(void **state) {
    static const char *const statuses[] = {"suspended\n", "suspending\n", "resuming\n", "error\n", "?\n"};
    struct bench *bench = *state;
    start(bench);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        machine_text(bench->laptop, GPU "/power/runtime_status", "active\n");
        assert_true(touches_in(bench, true, 40) > 0);
        machine_text(bench->laptop, GPU "/power/runtime_status", statuses[i]);
        assert_untouched(bench, touches_in(bench, true, 40));
    }
    machine_text(bench->laptop, GPU "/power/runtime_status", "active\n");
    machine_text(bench->laptop, GPU "/power_state", "D3hot\n");
    assert_untouched(bench, touches_in(bench, true, 40));
}

/* The longest time without a touch, over the seconds given; the first touch may come at once. */
static int longest_pause_s(struct bench *bench, int seconds, int64_t step_ms, unsigned *out_touches) {
    int64_t pause_ms = 0;
    int64_t longest_ms = 0;
    *out_touches = 0;
    count_touches(bench);
    for (int64_t at_ms = 0; at_ms < (int64_t)seconds * 1000; at_ms += step_ms) {
        sample(bench, false, step_ms);
        const unsigned touches = count_touches(bench);
        *out_touches += touches;
        pause_ms = touches > 0 ? 0 : pause_ms + step_ms;
        longest_ms = pause_ms > longest_ms ? pause_ms : longest_ms;
    }
    return (int)(longest_ms / 1000);
}

/* Its delay is 5 s: every touch starts it anew. How long five idle samples take is the schedule's; the rest is not. */
static void idle_and_left_alone(void **state) {
    struct bench *bench = *state;
    unsigned touches;
    make_idle(bench);
    start(bench);
    sample(bench, false, 1000);
    assert_true(count_touches(bench) > 0);
    assert_in_range(longest_pause_s(bench, 22, 1000, &touches), 7, 16);
    assert_true(touches > 0);
    assert_in_range(longest_pause_s(bench, 120, 1000, &touches), 20, 32); /* still awake: left alone for longer */
    assert_true(touches > 0);
}

/* Ten reads a second are not ten idle samples, and find no way around the rest. */
static void idle_and_read_fast(void **state) {
    struct bench *bench = *state;
    unsigned touches;
    make_idle(bench);
    start(bench);
    sample(bench, false, 1000);
    assert_in_range(longest_pause_s(bench, 4, 100, &touches), 0, 3); /* fewer than five idle samples: no rest yet */
    assert_true(touches > 0);
    assert_in_range(longest_pause_s(bench, 25, 100, &touches), 7, 16);
}

static void idle_and_kept_on(void **state) {
    struct bench *bench = *state;
    unsigned touches;
    make_idle(bench);
    machine_text(bench->laptop, GPU "/power/control", "on\n");
    start(bench);
    sample(bench, false, 1000);
    assert_in_range(longest_pause_s(bench, 60, 1000, &touches), 0, 5);
}

static void used_again_while_it_rests(void **state) {
    struct bench *bench = *state;
    int quiet_s = 0;
    make_idle(bench);
    start(bench);
    for (int i = 0; i < 60 && quiet_s < 5; i++)
        quiet_s = touches_in(bench, false, 1) > 0 ? 0 : quiet_s + 1;
    assert_int_equal(quiet_s, 5); /* of seven at least */
    assert_true(touches_in(bench, true, 2) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(asleep_from_the_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(awake_while_it_is_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(asleep_later_in_every_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(idle_and_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(idle_and_read_fast, set_up, tear_down),
        cmocka_unit_test_setup_teardown(idle_and_kept_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(used_again_while_it_rests, set_up, tear_down),
    };
#if !PERFADAPT_WITH_SENSORS
    print_message("built without sensors: nothing reads a GPU\n");
    return 77;
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
