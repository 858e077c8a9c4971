/*
 * The library, by its public calls, on a file system whose reads fail, hang and vanish. SPDX-License-Identifier: MIT
 *
 * In real time: a read that hangs cannot be had otherwise. Skipped where nothing can be mounted.
 */
#include "machine.h"

#include <perfadapt/monitor.h>
#include <perfadapt/perfadapt.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

#define CORETEMP "/sys/devices/platform/coretemp.0/hwmon/hwmon1/temp1_input"
#define BOARD "/sys/devices/platform/nct6775.656/hwmon/hwmon3/temp1_input"
#define JUNCTION "/sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0/hwmon/hwmon2/temp2_input"
#define ACPITZ "/sys/devices/virtual/thermal/thermal_zone0/temp"
#define PACKAGE_ZONE "/sys/devices/virtual/thermal/thermal_zone1/temp"
#define MEMINFO "/proc/meminfo"
#define PRESSURE "/proc/pressure/memory"
#define CGROUP_PRESSURE "/sys/fs/cgroup/user.slice/app.scope/memory.pressure"

enum { SKIPPED = 77 };
static const double longest_close_ms = 100;

/* The one mount of this program. */
static struct {
    struct machine *laptop;
    char mount[128];
    pid_t server;
} site;

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void sleep_ms(unsigned milliseconds) {
    usleep(milliseconds * 1000);
}

/* ---- the file system ---- */

static void rule(const char *line) {
    char path[256];
    snprintf(path, sizeof path, "%s/.faults", site.mount);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, line, strlen(line)), (ssize_t)strlen(line));
    close(fd);
}

static void heal_all(void) {
    static const char *const paths[] = {CORETEMP, BOARD,    JUNCTION,        ACPITZ,
                                        MEMINFO,  PRESSURE, CGROUP_PRESSURE, PACKAGE_ZONE};
    char line[300];
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        snprintf(line, sizeof line, "%s ok", paths[i]);
        rule(line);
    }
}

struct counts {
    unsigned long opens, reads, writes, reading;
};

/* All 0 of a file that nobody has touched. */
static struct counts counts_of(const char *mount, const char *wanted) {
    char path[300];
    char text[65536];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/.counts", mount);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (ssize_t more; fd >= 0 && (more = read(fd, text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)more;
    text[length] = '\0';
    if (fd >= 0)
        close(fd);
    char *rest = NULL;
    for (const char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        struct counts counts;
        if (sscanf(line, "%lu %lu %lu %lu %255s", &counts.opens, &counts.reads, &counts.writes, &counts.reading,
                   path) == 5 &&
            strcmp(path, wanted) == 0)
            return counts;
    }
    return (struct counts){0};
}

static bool wait_until_reading(const char *mount, const char *path, double longest_ms) {
    for (const double end_ms = now_ms() + longest_ms; now_ms() < end_ms; sleep_ms(5))
        if (counts_of(mount, path).reading > 0)
            return true;
    return false;
}

static bool is_mounted(void) {
    struct statfs status;
    return statfs(site.mount, &status) == 0 && status.f_type == FUSE_SUPER_MAGIC;
}

/* Ends with this program, however that ends. */
static void serve(const char *program) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execl(program, program, machine_root(site.laptop), site.mount, "-f", (char *)NULL);
    _exit(127);
}

static bool mount_site(void) {
    char program[512];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 16);
    if (length <= 0)
        return false;
    program[length] = '\0';
    strcpy(strrchr(program, '/'), "/fault_fs");
    site.server = fork();
    if (site.server == 0)
        serve(program);
    for (int i = 0; i < 1000 && !is_mounted(); i++) {
        if (site.server < 0 || waitpid(site.server, NULL, WNOHANG) != 0) {
            site.server = -1;
            return false;
        }
        sleep_ms(10);
    }
    return is_mounted();
}

static void unmount_site(void) {
    if (site.server < 0)
        return;
    if (is_mounted())
        heal_all();
    kill(site.server, SIGTERM);
    for (int i = 0; i < 300; i++, sleep_ms(10))
        if (waitpid(site.server, NULL, WNOHANG) != 0)
            return;
    umount2(site.mount, MNT_DETACH);
    kill(site.server, SIGKILL);
    waitpid(site.server, NULL, 0);
}

/* ---- the library ---- */

static perfadapt_monitor *open_monitor(const char *mount) {
    perfadapt_monitor *monitor = NULL;
    const struct perfadapt_monitor_options options = {
        .size = sizeof options, .runtime_dir = "/nonexistent", .sysroot = mount};
    assert_int_equal(perfadapt_monitor_open(&options, &monitor), PERFADAPT_OK);
    return monitor;
}

static perfadapt *open_session(const char *mount) {
    perfadapt *session = NULL;
    const struct perfadapt_options options = {
        .size = sizeof options, .flags = PERFADAPT_FLAG_NO_PUBLISH, .sysroot = mount};
    assert_int_equal(perfadapt_open(&options, &session), PERFADAPT_OK);
    return session;
}

static struct perfadapt_snapshot *look(const perfadapt_monitor *monitor) {
    static struct perfadapt_snapshot snapshot;
    snapshot.size = sizeof snapshot;
    enum perfadapt_result result = PERFADAPT_ERROR_AGAIN;
    for (int i = 0; i < 100 && result == PERFADAPT_ERROR_AGAIN; i++) {
        if (i > 0)
            sleep_ms(1); /* its writer may be in the middle of it, and slow under a sanitizer */
        result = perfadapt_monitor_get_snapshot(monitor, &snapshot);
    }
    assert_int_equal(result, PERFADAPT_OK);
    return &snapshot;
}

static uint32_t state_of_sensor(const struct perfadapt_snapshot *snapshot, const char *id) {
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        if (strncmp(snapshot->sensors[i].id, id, strlen(id)) == 0)
            return snapshot->sensors[i].temperature.state;
    return PERFADAPT_STATE_INIT;
}

/* Those that the tests break. */
static unsigned count_ok(const struct perfadapt_snapshot *snapshot) {
    static const char *const ids[] = {"coretemp/Package", "amdgpu/junction", "zone/acpitz", "zone/x86_pkg_temp"};
    unsigned count = snapshot->memory.total.state == PERFADAPT_STATE_OK;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        count += state_of_sensor(snapshot, ids[i]) == PERFADAPT_STATE_OK;
    return count;
}

enum { BREAKABLE = 5 };

static void wait_for_ok(const perfadapt_monitor *monitor, unsigned wanted, double longest_ms) {
    const double start_ms = now_ms();
    while (count_ok(look(monitor)) != wanted) {
        if (now_ms() - start_ms > longest_ms)
            fail_msg("%u of %d sources are ok after %.0f ms, not %u", count_ok(look(monitor)), BREAKABLE,
                     now_ms() - start_ms, wanted);
        sleep_ms(20);
    }
    print_message("  %u of %d sources ok after %.0f ms\n", wanted, BREAKABLE, now_ms() - start_ms);
}

/* ---- tests ---- */

/* Each in a way of its own; the rest of the machine is read on meanwhile. */
static void errors_and_their_end(void **state) {
    (void)state;
    perfadapt_monitor *monitor = open_monitor(site.mount);
    wait_for_ok(monitor, BREAKABLE, 5000);
    const unsigned long storm_before = counts_of(site.mount, PACKAGE_ZONE).reads;
    const double start_ms = now_ms();
    rule(CORETEMP " eio\n" JUNCTION " enodev\n" ACPITZ " vanish-after 2\n" MEMINFO " vanish-after 24\n" PACKAGE_ZONE
                  " eagain 1000000000\n");
    wait_for_ok(monitor, 0, 4000);
    const uint64_t generation = look(monitor)->generation;
    sleep_ms(2100);
    const struct perfadapt_snapshot *snapshot = look(monitor);
    assert_true(snapshot->generation >= generation + 2);
    assert_int_equal(snapshot->memory.process_resident.state, PERFADAPT_STATE_OK);
    assert_int_equal(snapshot->pressure[PERFADAPT_RESOURCE_MEMORY].some.total.state, PERFADAPT_STATE_OK);
    assert_int_equal(state_of_sensor(snapshot, "amdgpu/edge"), PERFADAPT_STATE_OK);
    const unsigned long storm = counts_of(site.mount, PACKAGE_ZONE).reads - storm_before;
    print_message("  %lu reads in %.1f s of EAGAIN\n", storm, (now_ms() - start_ms) / 1000);
    assert_true((double)storm <= (now_ms() - start_ms) / 1000 * 1.5 + 2); /* never tried again at once */
    heal_all();
    wait_for_ok(monitor, BREAKABLE, 12000);
    perfadapt_monitor_close(&monitor);
}

static void assert_quick(const char *what, double start_ms) {
    const double took_ms = now_ms() - start_ms;
    print_message("  %s, while a read hangs: %.2f ms\n", what, took_ms);
    assert_true(took_ms < longest_close_ms);
}

static void closing_while_a_read_hangs(void **state) {
    (void)state;
    rule(CORETEMP " delay 400");
    perfadapt_monitor *monitor = open_monitor(site.mount);
    assert_true(wait_until_reading(site.mount, CORETEMP, 5000));
    double start_ms = now_ms();
    perfadapt *session = open_session(site.mount);
    assert_quick("perfadapt_open", start_ms);
    start_ms = now_ms();
    perfadapt_frame_begin(session);
    perfadapt_frame_end(session);
    assert_quick("a frame", start_ms);
    start_ms = now_ms();
    look(monitor);
    assert_quick("a snapshot", start_ms);
    start_ms = now_ms();
    perfadapt_monitor_close(&monitor);
    assert_quick("perfadapt_monitor_close", start_ms);
    assert_true(wait_until_reading(site.mount, CORETEMP, 5000));
    start_ms = now_ms();
    perfadapt_close(&session);
    assert_quick("perfadapt_close", start_ms);
    session = open_session(site.mount);
    assert_true(wait_until_reading(site.mount, CORETEMP, 5000));
    start_ms = now_ms();
    perfadapt_close(&session);
    assert_quick("perfadapt_close as the only one", start_ms);
    heal_all();
}

/* A sensor that does not steer is then read seldom; the others keep their pace. */
static void a_slow_sensor_is_read_seldom(void **state) {
    (void)state;
    perfadapt_monitor *monitor = open_monitor(site.mount);
    wait_for_ok(monitor, BREAKABLE, 5000);
    rule(BOARD " delay 100\n" CORETEMP " delay 400");
    sleep_ms(1100); /* the slow reads that tell that they are slow */
    const unsigned long board = counts_of(site.mount, BOARD).reads;
    const unsigned long steering = counts_of(site.mount, CORETEMP).reads;
    const unsigned long meminfo = counts_of(site.mount, MEMINFO).reads;
    const uint64_t generation = look(monitor)->generation;
    sleep_ms(4700);
    print_message("  in 4.7 s: %lu reads of a slow sensor, %lu of a slow one that steers, %lu of another file, %lu "
                  "snapshots\n",
                  counts_of(site.mount, BOARD).reads - board, counts_of(site.mount, CORETEMP).reads - steering,
                  counts_of(site.mount, MEMINFO).reads - meminfo,
                  (unsigned long)(look(monitor)->generation - generation));
    assert_in_range(counts_of(site.mount, BOARD).reads - board, 0, 2);
    assert_true(counts_of(site.mount, MEMINFO).reads - meminfo >= 3);
    assert_true(look(monitor)->generation - generation >= 3);
    perfadapt_monitor_close(&monitor);
    heal_all();
}

/* ---- the end of a process ---- */

/* In a process of its own: exits while a read hangs, and says when. */
static int leave_while_a_read_hangs(const char *mount, const char *how) {
    perfadapt_monitor *monitor = open_monitor(mount);
    perfadapt *session = open_session(mount);
    if (!wait_until_reading(mount, CORETEMP, 5000))
        return 1;
    if (strcmp(how, "closed") == 0) {
        perfadapt_close(&session);
        perfadapt_monitor_close(&monitor);
    }
    const double left_ms = now_ms();
    if (write(STDOUT_FILENO, &left_ms, sizeof left_ms) != (ssize_t)sizeof left_ms)
        return 1;
    exit(0); /* NOLINT(concurrency-mt-unsafe): that it is safe beside the thread is the test */
}

static void exit_while_a_read_hangs(const char *how) {
    int ends[2];
    int status = -1;
    double left_ms = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    rule(CORETEMP " delay 30000");
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/proc/self/exe", "test_fuse", "--hang", site.mount, how, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &left_ms, sizeof left_ms), (ssize_t)sizeof left_ms);
    assert_int_equal(waitpid(child, &status, 0), child);
    const double took_ms = now_ms() - left_ms;
    close(ends[0]);
    heal_all();
    print_message("  exit, %s: %.1f ms\n", how, took_ms);
    assert_int_equal(status, 0);
    assert_true(took_ms < 2000); /* the read would hang for 30 s */
}

static void exiting_while_a_read_hangs(void **state) {
    (void)state;
    exit_while_a_read_hangs("closed");
    exit_while_a_read_hangs("open");
}

/* ---- several threads ---- */

static atomic_bool threads_end;

static void *come_and_go(void *argument) {
    unsigned *rounds = argument;
    struct perfadapt_snapshot *snapshot = calloc(1, sizeof *snapshot);
    while (snapshot && !atomic_load(&threads_end)) {
        perfadapt_monitor *monitor = open_monitor(site.mount);
        perfadapt *session = open_session(site.mount);
        for (int i = 0; i < 5; i++) {
            perfadapt_frame_begin(session);
            snapshot->size = sizeof *snapshot;
            perfadapt_monitor_get_snapshot(monitor, snapshot);
            sleep_ms(5);
            perfadapt_frame_end(session);
        }
        perfadapt_close(&session);
        perfadapt_monitor_close(&monitor);
        ++*rounds;
    }
    free(snapshot);
    return NULL;
}

static void opening_and_closing_from_threads(void **state) {
    (void)state;
    pthread_t threads[3];
    unsigned rounds[3] = {0};
    static const char *const rules[] = {CORETEMP " delay 50\n" MEMINFO " eio",
                                        CORETEMP " enodev\n" JUNCTION " delay 80",
                                        JUNCTION " ok\n" CORETEMP " ok\n" MEMINFO " eagain 3"};
    atomic_store(&threads_end, false);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &rounds[i]), 0);
    for (size_t i = 0; i < 15; i++, sleep_ms(100))
        rule(rules[i % 3]);
    atomic_store(&threads_end, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    heal_all();
    print_message("  %u, %u and %u times\n", rounds[0], rounds[1], rounds[2]);
    assert_true(rounds[0] > 5 && rounds[1] > 5 && rounds[2] > 5);
}

/* ---- pressure files ---- */

static int open_pressure(void) {
    char path[300];
    snprintf(path, sizeof path, "%s" PRESSURE, site.mount);
    const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static int refusal_of(const void *text, size_t length) {
    const int fd = open_pressure();
    const int error = write(fd, text, length) < 0 ? errno : 0;
    close(fd);
    return error;
}

/* POLLPRI, or what else is told within the time. */
static int poll_pressure(int fd, int timeout_ms) {
    struct pollfd polled = {.fd = fd, .events = POLLPRI};
    return poll(&polled, 1, timeout_ms) > 0 ? polled.revents : 0;
}

/* The file system's own: that it stands in for the kernel's file where it is to. */
static void pressure_triggers(void **state) {
    (void)state;
    static const char trigger[] = "some 150000 2000000";
    rule(PRESSURE " pollpri");
    assert_int_equal(refusal_of(trigger, sizeof trigger - 1), EINVAL); /* without its NUL: a window of 200000 */
    assert_int_equal(refusal_of("some 150000 1000000", 20), EINVAL);
    assert_int_equal(refusal_of("some 0 2000000", 15), EINVAL);
    assert_int_equal(refusal_of("some 3000000 2000000", 21), EINVAL);
    int fd = open_pressure();
    assert_int_equal(poll_pressure(fd, 0), POLLERR | POLLPRI);
    close(fd);
    fd = open_pressure();
    assert_int_equal(write(fd, trigger, sizeof trigger), (ssize_t)sizeof trigger);
    assert_int_equal(write(fd, trigger, sizeof trigger), -1);
    assert_int_equal(errno, EBUSY);
    assert_int_equal(poll_pressure(fd, 20), 0);
    rule(PRESSURE " fire");
    assert_int_equal(poll_pressure(fd, 2000), POLLPRI);
    assert_int_equal(poll_pressure(fd, 20), 0); /* told once */
    close(fd);
    heal_all();
}

/* Only the kernel's own files take a trigger: this one is read, and nothing is written to it. */
static void pressure_is_read_where_no_trigger_is_taken(void **state) {
    (void)state;
    rule(PRESSURE " pollpri\n" CGROUP_PRESSURE " pollpri");
    const unsigned long writes = counts_of(site.mount, PRESSURE).writes + counts_of(site.mount, CGROUP_PRESSURE).writes;
    perfadapt_monitor *monitor = open_monitor(site.mount);
    wait_for_ok(monitor, BREAKABLE, 5000);
    const struct perfadapt_snapshot *snapshot = look(monitor);
    assert_int_equal(snapshot->pressure[PERFADAPT_RESOURCE_MEMORY].some.total.state, PERFADAPT_STATE_OK);
    assert_int_equal(snapshot->pressure[PERFADAPT_RESOURCE_CGROUP_MEMORY].some.total.state, PERFADAPT_STATE_OK);
    print_message("  psi trigger: %s: a wake-up by POLLPRI can be had of /proc and cgroup2 only\n",
                  perfadapt_state_name(snapshot->psi_trigger));
    if (snapshot->psi_trigger != PERFADAPT_STATE_OK)
        assert_int_equal(counts_of(site.mount, PRESSURE).writes + counts_of(site.mount, CGROUP_PRESSURE).writes,
                         writes);
    perfadapt_monitor_close(&monitor);
    heal_all();
}

static int finish(int status) {
    unmount_site();
    rmdir(site.mount);
    machine_destroy(site.laptop);
    return status;
}

static int leave_out(const char *reason) {
    const int status = finish(SKIPPED);
    printf("skipped: %s\n", reason);
    return status;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_and_their_end),
        cmocka_unit_test(closing_while_a_read_hangs),
        cmocka_unit_test(a_slow_sensor_is_read_seldom),
        cmocka_unit_test(exiting_while_a_read_hangs),
        cmocka_unit_test(opening_and_closing_from_threads),
        cmocka_unit_test(pressure_triggers),
        cmocka_unit_test(pressure_is_read_where_no_trigger_is_taken),
    };
    static const char *const unwanted[] = {"PERFADAPT_SIMULATE", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE"};
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++)
        unsetenv(unwanted[i]);
    if (argc == 4 && strcmp(argv[1], "--hang") == 0)
        return leave_while_a_read_hangs(argv[2], argv[3]);
    const char *temporary = getenv("TMPDIR");
    site.server = -1;
    site.laptop = machine_create();
    snprintf(site.mount, sizeof site.mount, "%s/perfadapt-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(site.mount))
        return leave_out("no temporary directory");
    if (access("/dev/fuse", R_OK | W_OK) != 0)
        return leave_out("/dev/fuse cannot be opened");
    if (!mount_site())
        return leave_out("fault_fs could not be mounted: neither root nor fusermount3");
    return finish(cmocka_run_group_tests(tests, NULL, NULL));
}
