/*
 * Real memory pressure, and how long the library takes to say so. SPDX-License-Identifier: MIT
 *
 * A child inside a memory cgroup of 64 MiB walks over a mapped file half again as large, so that it stalls for memory
 * while the rest of the machine keeps all of its own. The parent is outside. With "frames" it renders frames that cost
 * nothing and waits until its snapshot shows the stall and its budget gives way to it. With "trigger" it draws nothing
 * and waits until the snapshot shows the stall, and one that is read at the kernel's call alone does so too. Exit 0: both
 * came. 77: not possible here.
 */
#include "providers/psi.h"

#include <perfadapt/perfadapt.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <mntent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_BYTES ((size_t)64 << 20)
#define FILE_BYTES (LIMIT_BYTES / 2 * 3)
#define TMPFS_MAGIC 0x01021994
#define NS_PER_S INT64_C(1000000000)

static const int64_t warm_up_ns = 1 * NS_PER_S; /* frames flow and the first samples are in */
static const int64_t frames_hog_ns = 6 * NS_PER_S;
static const int64_t trigger_hog_ns = 10 * NS_PER_S; /* plain users' triggers come every 2 s at most */
static const double stall_us = 50000;                /* growth of the stall total that counts as seen */
/* After the last stall: a sampler at rest reads within a second, a plain user's trigger comes within 2 s. */
static const int64_t patience_ns = 4 * NS_PER_S;
static const int64_t first_sample_ns = 10 * NS_PER_S;
static const int64_t longest_gap_ns =
    NS_PER_S; /* of ours: whose own turn came so late cannot say that others are late */

enum { EXIT_SKIPPED = 77 };

static volatile sig_atomic_t interrupted;
static int64_t hog_ns;

/* What has to be undone, however the test ends. */
static struct {
    char cgroup[4096]; /* "" = none made */
    pid_t hog;         /* 0 = none */
} undo;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void clean_up(void) {
    if (undo.hog > 0) {
        kill(undo.hog, SIGKILL);
        waitpid(undo.hog, NULL, 0);
    }
    /* The kernel may need a moment to see that the last task has gone. */
    for (int i = 0; undo.cgroup[0] && rmdir(undo.cgroup) != 0 && errno == EBUSY && i < 100; i++)
        usleep(10000);
}

__attribute__((noreturn, format(printf, 2, 3))) static void end(int status, const char *format, ...) {
    clean_up();
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    exit(status);
}

static bool write_text(const char *directory, const char *file, const char *text) {
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return written;
}

static bool read_text(const char *directory, const char *file, char *out_text, size_t capacity) {
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t length = read(fd, out_text, capacity - 1);
    close(fd);
    out_text[length > 0 ? length : 0] = '\0';
    return length >= 0;
}

/* Makes a limited cgroup below `parent`; an errno where it cannot be. */
static int make_cgroup(const char *parent, const char *limit_file) {
    char path[sizeof undo.cgroup];
    char limit[32];
    snprintf(path, sizeof path, "%s/perfadapt-psi-%d", parent, (int)getpid());
    snprintf(limit, sizeof limit, "%zu", LIMIT_BYTES);
    if (mkdir(path, 0755) != 0)
        return errno;
    if (!write_text(path, limit_file, limit)) {
        const int error = errno; /* no memory controller here: a v2 parent without it in subtree_control */
        rmdir(path);
        return error;
    }
    snprintf(undo.cgroup, sizeof undo.cgroup, "%s", path);
    return 0;
}

/* The v2 cgroup above the own one: where a user's service manager lets its user make more. */
static bool parent_cgroup(const char *mount, char *out_path, size_t capacity) {
    char text[4096];
    if (!read_text("/proc/self", "cgroup", text, sizeof text))
        return false;
    const char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
    if (!line)
        return false;
    line = strchr(line, '/');
    const int length = (int)strcspn(line, "\n");
    snprintf(out_path, capacity, "%s%.*s", mount, length, line);
    char *slash = strrchr(out_path, '/');
    if (!slash || (size_t)(slash - out_path) <= strlen(mount))
        return false;
    *slash = '\0';
    return true;
}

/* In the first hierarchy with a memory controller that lets us; the last errno where none does. */
static int make_limited_cgroup(void) {
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    if (!mounts)
        return errno;
    int error = ENOENT;
    struct mntent *entry;
    while (error != 0 && (entry = getmntent(mounts)) != NULL) {
        char parent[4096];
        if (strcmp(entry->mnt_type, "cgroup") == 0 && hasmntopt(entry, "memory")) {
            error = make_cgroup(entry->mnt_dir, "memory.limit_in_bytes");
        } else if (strcmp(entry->mnt_type, "cgroup2") == 0) {
            error = make_cgroup(entry->mnt_dir, "memory.max");
            if (error != 0 && parent_cgroup(entry->mnt_dir, parent, sizeof parent))
                error = make_cgroup(parent, "memory.max");
        }
    }
    endmntent(mounts);
    return error;
}

/* A file without a name: it goes with its last descriptor. -1 where its pages would not be file pages. */
static int make_file(const char *directory) {
    char path[4096];
    struct statfs filesystem;
    snprintf(path, sizeof path, "%s/pressure-XXXXXX", directory);
    const int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        end(EXIT_SKIPPED, "skipped: no file in %s: %s", directory, strerror(errno));
    unlink(path);
    if (fstatfs(fd, &filesystem) != 0 || filesystem.f_type == TMPFS_MAGIC)
        end(EXIT_SKIPPED, "skipped: %s is a tmpfs, whose pages are not given back: name a directory on a disk",
            directory);
    return fd;
}

/* The child: joins the cgroup, says so, waits to be let go, and stalls until its time is over. Never returns. */
__attribute__((noreturn)) static void hog(int file, int from_parent, int to_parent) {
    char text[16];
    char go = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    write_text("/proc/self", "oom_score_adj", "1000");
    snprintf(text, sizeof text, "%d", (int)getpid());
    if (!write_text(undo.cgroup, "cgroup.procs", text))
        _exit(3);
    const int error = posix_fallocate(file, 0, (off_t)FILE_BYTES);
    if (error != 0)
        _exit(4);
    char *bytes = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED)
        _exit(4);
    if (write(to_parent, &go, 1) != 1 || read(from_parent, &go, 1) != 1)
        _exit(5);
    const int64_t deadline = now_ns() + hog_ns;
    for (bool over = false; now_ns() < deadline;) {
        for (size_t at = 0; at < FILE_BYTES; at += 4096) {
            bytes[at]++;
            if (!over && at >= LIMIT_BYTES) {
                const int64_t onset = now_ns();
                over = write(to_parent, &onset, sizeof onset) == sizeof onset;
            }
            if (at % (1 << 20) == 0 && now_ns() >= deadline)
                break;
        }
    }
    _exit(0);
}

struct pipes {
    int to_hog;
    int from_hog;
};

static struct pipes start_hog(const char *directory) {
    int down[2];
    int up[2];
    char ready;
    const int file = make_file(directory);
    if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0)
        end(EXIT_FAILURE, "FAIL: no pipe: %s", strerror(errno));
    undo.hog = fork();
    if (undo.hog < 0)
        end(EXIT_FAILURE, "FAIL: no child: %s", strerror(errno));
    if (undo.hog == 0) {
        close(down[1]);
        close(up[0]);
        hog(file, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    close(file);
    if (read(up[0], &ready, 1) != 1) {
        int status = 0;
        waitpid(undo.hog, &status, 0);
        undo.hog = 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
            end(EXIT_SKIPPED, "skipped: %s cannot be joined", undo.cgroup);
        end(EXIT_SKIPPED, "skipped: no %zu MiB file in %s", FILE_BYTES >> 20, directory);
    }
    fcntl(up[0], F_SETFL, O_NONBLOCK);
    return (struct pipes){.to_hog = down[1], .from_hog = up[0]};
}

/* The machine's `some` total in microseconds, past the library; NAN where the file is not there. */
static double raw_stall_us(void) {
    char text[512];
    if (!read_text("/proc/pressure", "memory", text, sizeof text))
        return (double)NAN;
    const char *total = strstr(text, "total=");
    return total ? strtod(total + strlen("total="), NULL) : (double)NAN;
}

static double snapshot_stall_us(const perfadapt *session) {
    static struct perfadapt_snapshot snapshot;
    snapshot.size = sizeof snapshot;
    if (perfadapt_get_snapshot(session, &snapshot) != PERFADAPT_OK)
        return (double)NAN;
    const struct perfadapt_metric *total = &snapshot.pressure[PERFADAPT_RESOURCE_MEMORY].some.total;
    return total->state == PERFADAPT_STATE_OK ? total->value : (double)NAN;
}

static void wait_for_first_sample(const perfadapt *session) {
    for (const int64_t deadline = now_ns() + first_sample_ns; isnan(snapshot_stall_us(session)); usleep(10000))
        if (now_ns() > deadline)
            end(EXIT_FAILURE, "FAIL: the machine has /proc/pressure/memory, the snapshot has no stall total");
}

static bool budget_says_memory(const struct perfadapt_budget *budget) {
    return budget->memory_state >= PERFADAPT_MEMORY_TIGHT || (budget->reasons & PERFADAPT_REASON_MEMORY);
}

static void one_frame(perfadapt *session, struct perfadapt_budget *budget) {
    perfadapt_wait_next_frame(session);
    perfadapt_frame_begin(session);
    perfadapt_get_budget(session, budget);
    perfadapt_frame_end(session);
}

/* When each thing was first seen; 0 = not yet. */
struct sightings {
    int64_t onset_ns, raw_ns, snapshot_ns, budget_ns, trigger_ns;
    int64_t looked_ns, gap_ns; /* the last look, and the longest time between two */
};

static void note_look(struct sightings *seen, int64_t now) {
    if (seen->looked_ns && now - seen->looked_ns > seen->gap_ns)
        seen->gap_ns = now - seen->looked_ns;
    seen->looked_ns = now;
}

static void fail_or_skip(const struct sightings *seen, const char *what) {
    if (seen->gap_ns > longest_gap_ns)
        end(EXIT_SKIPPED, "skipped: the machine is too busy to measure time: this test waited %.1f s for its own turn",
            (double)seen->gap_ns / 1e9);
    end(EXIT_FAILURE, "FAIL: the pressure was real, and %s", what);
}

static void see_onset(struct pipes pipes, struct sightings *seen) {
    if (!seen->onset_ns && read(pipes.from_hog, &seen->onset_ns, sizeof seen->onset_ns) < 0)
        seen->onset_ns = 0;
}

static void watch(perfadapt *session, struct perfadapt_budget *budget, struct pipes pipes, struct sightings *seen) {
    const double raw_before = raw_stall_us();
    const double before = snapshot_stall_us(session);
    if (write(pipes.to_hog, "", 1) != 1)
        end(EXIT_FAILURE, "FAIL: the hog has gone");
    const int64_t deadline = now_ns() + hog_ns + patience_ns;
    while (!interrupted && now_ns() < deadline && !(seen->snapshot_ns && seen->budget_ns)) {
        one_frame(session, budget);
        const int64_t now = now_ns();
        note_look(seen, now);
        see_onset(pipes, seen);
        if (!seen->raw_ns && raw_stall_us() - raw_before > stall_us)
            seen->raw_ns = now;
        if (!seen->snapshot_ns && snapshot_stall_us(session) - before > stall_us)
            seen->snapshot_ns = now;
        if (!seen->budget_ns && budget_says_memory(budget))
            seen->budget_ns = now;
    }
}

static void print_latency(const char *what, int64_t seen_ns, int64_t onset_ns) {
    if (seen_ns && onset_ns)
        printf("%-44s %8.1f ms after the limit was reached\n", what, (double)(seen_ns - onset_ns) / 1e6);
    else
        printf("%-44s never\n", what);
}

static void run_frames(perfadapt *session, struct pipes pipes) {
    struct sightings seen = {0};
    struct perfadapt_budget budget = {.size = sizeof budget};
    wait_for_first_sample(session);
    for (const int64_t warm = now_ns() + warm_up_ns; now_ns() < warm;)
        one_frame(session, &budget);
    if (budget_says_memory(&budget))
        end(EXIT_SKIPPED, "skipped: memory is short here already (state %s)",
            perfadapt_memory_state_name(budget.memory_state));
    watch(session, &budget, pipes, &seen);
    if (interrupted)
        end(EXIT_FAILURE, "FAIL: interrupted");
    print_latency("kernel: 50 ms of stalls in /proc/pressure", seen.raw_ns, seen.onset_ns);
    print_latency("snapshot: 50 ms of stalls", seen.snapshot_ns, seen.onset_ns);
    print_latency("budget: memory", seen.budget_ns, seen.onset_ns);
    if (!seen.raw_ns)
        end(EXIT_SKIPPED, "skipped: the kernel counted no stalls in %s", undo.cgroup);
    if (!seen.snapshot_ns || !seen.budget_ns)
        fail_or_skip(&seen, seen.snapshot_ns ? "the budget did not say so" : "the snapshot did not say so");
    char reasons[96];
    perfadapt_reasons_text(budget.reasons, reasons, sizeof reasons);
    printf("budget: quality %" PRIu32 " of 0-%" PRIu32 ", memory %s, reasons %s\n", budget.quality,
           budget.quality_levels - 1, perfadapt_memory_state_name(budget.memory_state), reasons);
}

/* --- without frames --- */

/* Stalls outside the own cgroup do not make its trigger fire. Asked as a service manager would, the provider watches the
 * machine; below a root cgroup everything is inside, and it is left to choose by itself. */
static void watch_machine(void) {
    char text[4096];
    if (!read_text("/proc/self", "cgroup", text, sizeof text))
        return;
    const char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
    if (!line || strncmp(strchr(line, '/'), "/\n", 2) == 0)
        return;
    setenv("MEMORY_PRESSURE_WATCH", "/proc/pressure/memory", 1);
    setenv("MEMORY_PRESSURE_WRITE", "c29tZSAxNTAwMDAgMjAwMDAwMAA=", 1); /* "some 150000 2000000" and a NUL */
}

/* The provider alone: what counts is what it shows when it is read because the kernel says so. It is also read once a
 * second, as by a sampler at rest: a trigger that came too soon after another, or was lost, is watched again then. */
struct alone {
    int64_t read_ns;
    double told_us; /* the total at the kernel's newest call; NAN = none came */
    uint32_t calls;
    struct perfadapt__root root;
    struct perfadapt__watch watch;
    struct perfadapt__provider *psi;
    struct perfadapt_snapshot snapshot;
};

static void read_alone(struct alone *alone) {
    const struct perfadapt__read_context context = {.now_ns = now_ns(), .gpu_busy = (double)NAN};
    alone->read_ns = context.now_ns;
    alone->psi->type->read(alone->psi, &context, &alone->snapshot);
}

static void open_alone(struct alone *alone) {
    if (perfadapt__root_open("/", &alone->root) != PERFADAPT_OK || !perfadapt__watch_init(&alone->watch))
        end(EXIT_FAILURE, "FAIL: no root or no epoll: %s", strerror(errno));
    const struct perfadapt__provider_environment environment = {.root = &alone->root, .watch = &alone->watch};
    alone->psi = perfadapt__psi_provider.create(&environment, &alone->snapshot);
    if (!alone->psi || alone->snapshot.psi_trigger != PERFADAPT_STATE_OK)
        end(EXIT_SKIPPED, "skipped: this user gets no memory pressure trigger here");
    alone->told_us = (double)NAN;
    read_alone(alone);
}

static void close_alone(struct alone *alone) {
    perfadapt__psi_provider.destroy(alone->psi);
    perfadapt__watch_finish(&alone->watch);
    perfadapt__root_close(&alone->root);
}

static void wait_alone(struct alone *alone, int64_t deadline_ns) {
    struct perfadapt__watch_event events[4]; /* the timer's is one of them */
    if (perfadapt__watch_wait(&alone->watch, deadline_ns, events, 4) > 0 &&
        perfadapt__psi_provider.triggered(alone->psi, events[0].fd, events[0].events, &alone->snapshot)) {
        read_alone(alone);
        alone->told_us = alone->snapshot.pressure[PERFADAPT_RESOURCE_MEMORY].some.total.value;
        alone->calls++;
    } else if (now_ns() - alone->read_ns >= NS_PER_S) {
        read_alone(alone);
    }
}

static double watch_idle(const perfadapt *session, struct alone *alone, struct pipes pipes, struct sightings *seen) {
    const double raw_before = raw_stall_us();
    const double before = snapshot_stall_us(session);
    if (write(pipes.to_hog, "", 1) != 1)
        end(EXIT_FAILURE, "FAIL: the hog has gone");
    const int64_t deadline = now_ns() + hog_ns + patience_ns;
    while (!interrupted && now_ns() < deadline && !(seen->snapshot_ns && seen->trigger_ns)) {
        wait_alone(alone, now_ns() + 16000000); /* as often as a frame: reading more often slows the hog */
        see_onset(pipes, seen);
        const int64_t now = now_ns();
        note_look(seen, now);
        if (!seen->raw_ns && raw_stall_us() - raw_before > stall_us)
            seen->raw_ns = now;
        if (!seen->snapshot_ns && snapshot_stall_us(session) - before > stall_us)
            seen->snapshot_ns = now;
        if (!seen->trigger_ns && alone->told_us - raw_before > stall_us)
            seen->trigger_ns = now;
    }
    return raw_stall_us() - raw_before;
}

/* The cgroup's first way over its limit may go by without a stall, while the disk still takes all that is given up. */
static void print_delay(const char *what, int64_t ns, int64_t raw_ns) {
    if (ns && raw_ns)
        printf("%-44s %8.1f ms after the kernel had counted them\n", what, (double)(ns - raw_ns) / 1e6);
}

static void run_trigger(perfadapt *session, struct pipes pipes) {
    static struct alone alone;
    struct sightings seen = {0};
    open_alone(&alone);
    wait_for_first_sample(session);
    usleep(1500000); /* the pace is that of a machine at rest */
    const double stalled_us = watch_idle(session, &alone, pipes, &seen);
    const bool still = alone.snapshot.psi_trigger == PERFADAPT_STATE_OK;
    close_alone(&alone);
    if (interrupted)
        end(EXIT_FAILURE, "FAIL: interrupted");
    print_latency("kernel: 50 ms of stalls in /proc/pressure", seen.raw_ns, seen.onset_ns);
    print_latency("session at rest: 50 ms of stalls", seen.snapshot_ns, seen.onset_ns);
    print_latency("trigger alone: 50 ms of stalls", seen.trigger_ns, seen.onset_ns);
    print_delay("session at rest: behind the kernel", seen.snapshot_ns, seen.raw_ns);
    print_delay("trigger alone: behind the kernel", seen.trigger_ns, seen.raw_ns);
    printf("the kernel counted %.0f ms of stalls, and called %" PRIu32 " times%s\n", stalled_us / 1e3, alone.calls,
           still ? "" : "; the trigger was lost");
    /* 150 ms in any 2 s make it fire: an average of twice that cannot miss it. */
    if (!seen.raw_ns || (!seen.trigger_ns && stalled_us * 1e3 < 0.15 * (double)hog_ns))
        end(EXIT_SKIPPED, "skipped: the kernel counted too few stalls in %s", undo.cgroup);
    if (!seen.snapshot_ns || !seen.trigger_ns)
        fail_or_skip(&seen, seen.snapshot_ns ? "no trigger came" : "it was not seen");
}

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

int main(int argc, char **argv) {
    const char *directory = argc > 1 ? argv[1] : ".";
    const bool draws = argc <= 2 || strcmp(argv[2], "trigger") != 0;
    perfadapt *session = NULL;
    hog_ns = draws ? frames_hog_ns : trigger_hog_ns;
    if (!draws)
        watch_machine();
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "pressure",
                                              .quality_levels = 5,
                                              .target_frame_ns = NS_PER_S / 60,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY,
                                              .flags = PERFADAPT_FLAG_NO_PUBLISH};
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (isnan(raw_stall_us()))
        end(EXIT_SKIPPED, "skipped: no /proc/pressure/memory: this kernel counts no stalls");
    const int error = make_limited_cgroup();
    if (error != 0)
        end(EXIT_SKIPPED, "skipped: no memory cgroup can be made here: %s", strerror(error));
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN);
    const struct pipes pipes = start_hog(directory); /* before the session, so that the child has no threads */
    const enum perfadapt_result result = perfadapt_open(&options, &session);
    if (result != PERFADAPT_OK)
        end(EXIT_FAILURE, "FAIL: perfadapt_open: %s", perfadapt_strerror(result));
    if (draws)
        run_frames(session, pipes);
    else
        run_trigger(session, pipes);
    perfadapt_close(&session);
    end(EXIT_SUCCESS, "PASS: real memory pressure reaches %s",
        draws ? "the snapshot and the budget" : "the snapshot, and the kernel says so");
}
