/*
 * Starting a program out of the host's sight. The program is this one, told by its arguments.
 * SPDX-License-Identifier: MIT
 */
#include "device/launch.h"

#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static char self[PATH_MAX];

/* ---- the program that is started ---- */

static void report_descriptors(FILE *file) {
    DIR *directory = opendir("/proc/self/fd");
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[300];
        char target[PATH_MAX] = "";
        const int fd = atoi(entry->d_name);
        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        if (*entry->d_name != '.' && fd != dirfd(directory) && fd != fileno(file) &&
            readlink(path, target, sizeof target - 1) > 0)
            fprintf(file, "fd %d %s\n", fd, target);
    }
    if (directory)
        closedir(directory);
}

static void report(const char *path, int count, char **arguments) {
    FILE *file = fopen(path, "we");
    if (!file)
        _exit(99);
    report_descriptors(file);
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP && !sigismember(&mask, number))
            fprintf(file, "not blocked %d\n", number);
    fprintf(file, "leads %d\n", getsid(0) == getpid() && getpgrp() == getpid());
    fprintf(file, "terminal %d\n", open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0);
    for (int i = 0; i < count; i++)
        fprintf(file, "argument <%s>\n", arguments[i]);
    for (char **variable = environ; *variable; variable++)
        fprintf(file, "variable <%s>\n", *variable);
    fclose(file);
}

static _Noreturn void end_by_signal(int number) {
    sigset_t none;
    sigemptyset(&none);
    signal(number, SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise(number);
    _exit(98);
}

/* It, and a child of it, hold the pipe open for ever. */
static _Noreturn void hang(const char *pipe_path) {
    const int fd = open(pipe_path, O_WRONLY | O_CLOEXEC);
    if (fork() == 0 && write(fd, "x", 1) != 1)
        _exit(97);
    for (;;)
        pause();
}

static _Noreturn void act(int count, char **arguments) {
    const char *what = count > 2 ? arguments[2] : "";
    const char *which = count > 3 ? arguments[3] : "";
    if (strcmp(what, "exit") == 0)
        _exit(atoi(which));
    if (strcmp(what, "signal") == 0)
        end_by_signal(atoi(which));
    if (strcmp(what, "hang") == 0)
        hang(which);
    if (strcmp(what, "report") == 0)
        report(which, count, arguments);
    _exit(0);
}

/* ---- starting it ---- */

static char *no_variables[] = {NULL};

static int launch(const char *what, const char *which, struct perfadapt__child *out_child) {
    char *arguments[] = {self, "--launched", (char *)(uintptr_t)what, (char *)(uintptr_t)which, NULL};
    return perfadapt__launch(self, arguments, no_variables, out_child);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False where it does not end in time. */
static bool wait_for_end(struct perfadapt__child *child, int *out_status) {
    const int64_t deadline = now_ms() + PATIENCE_MS;
    while (!perfadapt__child_ended(child, out_status)) {
        struct pollfd end = {.fd = child->pidfd, .events = POLLIN};
        poll(&end, 1, child->pidfd >= 0 ? PATIENCE_MS : 1);
        if (now_ms() > deadline)
            return false;
    }
    return true;
}

static bool has_no_child(void) {
    return waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD;
}

static unsigned count_descriptors(void) {
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

/* Fails with the line that it stands in; for forked children, which must not leave by cmocka's way out. */
#define CHECK(condition) ((condition) ? (void)0 : fail_in_child(__LINE__, #condition))

static void fail_in_child(int line, const char *condition) {
    fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, line, condition, errno);
    _exit(1);
}

/* An init for the host: orphans come to it and are reaped at once, which the machine's own may not do. */
static _Noreturn void be_init(void (*body)(const char *path), const char *path) {
    int host_status = -1;
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    const pid_t host = fork();
    CHECK(host >= 0);
    if (host == 0) {
        body(path);
        _exit(0);
    }
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, 0)) > 0;)
        if (pid == host)
            host_status = status;
    _exit(WIFEXITED(host_status) ? WEXITSTATUS(host_status) : 1);
}

/* A host of its own: what it does to itself ends with it. */
static void in_child(void (*body)(const char *path), const char *path) {
    const pid_t pid = fork();
    int status = -1;
    assert_true(pid >= 0);
    if (pid == 0)
        be_init(body, path);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status == 77 << 8)
        skip();
    assert_int_equal(status, 0);
}

static void file_in(const struct fixture *fixture, const char *name, char *out, size_t capacity) {
    snprintf(out, capacity, "%s/%s", fixture->path, name);
}

/* ---- how it ended ---- */

static const struct {
    const char *what;
    const char *which;
    int status;
} endings[] = {{"exit", "0", 0}, {"exit", "3", 3 << 8}, {"signal", "9", SIGKILL}, {"signal", "11", SIGSEGV}};

#define ENDINGS (sizeof endings / sizeof endings[0])

/* A host that orphans come to, as process 1 of a container or a launcher: it is told, and no zombie stays. */
static void be_adopter(const char *unused) {
    (void)unused;
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    for (size_t i = 0; i < ENDINGS; i++) {
        struct perfadapt__child child;
        int status = -2;
        CHECK(launch(endings[i].what, endings[i].which, &child) == 0);
        CHECK(child.pid > 0 && child.pidfd > STDERR_FILENO && child.started_ns > 0);
        CHECK(fcntl(child.pidfd, F_GETFD) == FD_CLOEXEC);
        CHECK(wait_for_end(&child, &status));
        CHECK(status == endings[i].status);
        CHECK(child.pid == 0 && child.pidfd == -1);
        CHECK(has_no_child());
    }
}

static void test_status_where_orphans_come_back(void **state) {
    (void)state;
    in_child(be_adopter, NULL);
}

/* Linux 6.15 keeps the status at the pidfd. */
static bool kernel_tells_status(void) {
    struct {
        uint64_t mask;
        uint32_t other[13];
        int32_t exit_code;
    } info = {.mask = 8};
    const pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    waitpid(pid, NULL, 0);
    const bool told = ioctl(pidfd, _IOWR(0xFF, 11, info), &info) == 0 && info.mask & 8;
    close(pidfd);
    return told;
}

static void be_no_adopter(const char *unused) {
    (void)unused;
    const bool told = kernel_tells_status();
    for (size_t i = 0; i < ENDINGS; i++) {
        struct perfadapt__child child;
        int status = -2;
        CHECK(launch(endings[i].what, endings[i].which, &child) == 0);
        const int64_t deadline = now_ms() + PATIENCE_MS;
        while (kill(child.pid, 0) == 0 && now_ms() < deadline) /* until init has reaped it */
            sched_yield();
        CHECK(perfadapt__child_ended(&child, &status));
        CHECK(status == (told ? endings[i].status : -1));
        CHECK(has_no_child());
        CHECK(perfadapt__child_ended(&child, &status) && status == -1); /* none: ended, and nothing known of it */
        perfadapt__child_kill(&child);                                  /* nobody */
    }
}

static void test_status_of_an_orphan(void **state) {
    (void)state;
    in_child(be_no_adopter, NULL);
}

/* ---- what the host sees ---- */

static atomic_int child_signals;

static void count_signal(int number) {
    (void)number;
    atomic_fetch_add(&child_signals, 1);
}

static void run_one(void) {
    struct perfadapt__child child;
    int status;
    CHECK(launch("exit", "0", &child) == 0);
    CHECK(wait_for_end(&child, &status));
}

static void count_signals(const char *unused) {
    (void)unused;
    struct sigaction after;
    sigset_t mask;
    signal(SIGCHLD, count_signal);
    for (int i = 0; i < 5; i++)
        run_one();
    CHECK(atomic_load(&child_signals) == 0);
    CHECK(sigaction(SIGCHLD, NULL, &after) == 0 && after.sa_handler == count_signal);
    CHECK(sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && !sigismember(&mask, SIGCHLD) && !sigismember(&mask, SIGINT));
    const pid_t own = fork();
    if (own == 0)
        _exit(0);
    CHECK(waitpid(own, NULL, 0) == own && atomic_load(&child_signals) == 1); /* the count does count */
}

static void ignore_children(const char *unused) {
    (void)unused;
    signal(SIGCHLD, SIG_IGN);
    run_one();
    CHECK(has_no_child());
}

static void want_no_zombies(const char *unused) {
    (void)unused;
    const struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_NOCLDWAIT};
    CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
    run_one();
    CHECK(has_no_child() && atomic_load(&child_signals) == 0);
}

static void test_no_signal(void **state) {
    (void)state;
    in_child(count_signals, NULL);
    in_child(ignore_children, NULL);
    in_child(want_no_zombies, NULL);
}

static void *wait_for_any(void *user) {
    *(pid_t *)user = waitpid(-1, NULL, 0);
    return NULL;
}

/* A thread of the host waits for any child: it gets the host's own, and nothing before. */
static void test_not_taken_by_wait(void **state) {
    (void)state;
    int hold[2];
    pid_t taken = -1;
    pthread_t thread;
    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    const pid_t own = fork();
    if (own == 0) {
        char end;
        close(hold[1]);
        _exit(read(hold[0], &end, 1) == 0 ? 0 : 1);
    }
    assert_int_equal(pthread_create(&thread, NULL, wait_for_any, &taken), 0);
    for (int i = 0; i < 5; i++) {
        struct perfadapt__child child;
        int status;
        assert_int_equal(launch("exit", "0", &child), 0);
        assert_true(wait_for_end(&child, &status));
        assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* the own one runs on */
    }
    close(hold[1]);
    pthread_join(thread, NULL);
    assert_int_equal(taken, own);
    close(hold[0]);
    assert_true(has_no_child());
}

static void *launch_some(void *user) {
    int *ended = user;
    for (int i = 0; i < 5; i++) {
        struct perfadapt__child child;
        int status;
        if (launch("exit", "0", &child) == 0 && wait_for_end(&child, &status))
            ++*ended;
    }
    return NULL;
}

static void test_from_several_threads(void **state) {
    (void)state;
    pthread_t threads[4];
    int ended[4] = {0};
    const unsigned before = count_descriptors();
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, launch_some, &ended[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(ended[i], 5);
    }
    assert_int_equal(count_descriptors(), before);
    assert_true(has_no_child());
}

static unsigned count_mappings(void) {
    unsigned lines = 0;
    FILE *file = fopen("/proc/self/maps", "re");
    for (int c; file && (c = getc(file)) != EOF;)
        lines += c == '\n';
    if (file)
        fclose(file);
    return lines;
}

/* A copy of the page tables would make every page of the host fault at its next write. */
static void test_no_memory_is_copied(void **state) {
    (void)state;
    const size_t bytes = (size_t)32 << 20;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct rusage before;
    struct rusage after;
    volatile char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    madvise((void *)(uintptr_t)memory, bytes, MADV_NOHUGEPAGE);
    for (size_t at = 0; at < bytes; at += page)
        memory[at] = 1;
    run_one();
    const unsigned mappings = count_mappings();
    struct perfadapt__child child;
    int status;
    assert_int_equal(launch("exit", "0", &child), 0);
    getrusage(RUSAGE_THREAD, &before);
    for (size_t at = 0; at < bytes; at += page)
        memory[at] = 2;
    getrusage(RUSAGE_THREAD, &after);
    assert_true(wait_for_end(&child, &status));
    assert_true(after.ru_minflt - before.ru_minflt < (long)(bytes / page / 8));
    assert_int_equal(count_mappings(), mappings); /* the stacks are gone */
    munmap((void *)(uintptr_t)memory, bytes);
}

/* ---- what the program gets ---- */

static void read_report(const char *path, char *out, size_t capacity) {
    FILE *file = fopen(path, "re");
    const size_t length = file ? fread(out, 1, capacity - 1, file) : 0;
    out[length] = '\0';
    if (file)
        fclose(file);
}

#define STREAMS "fd 0 /dev/null\nfd 1 /dev/null\nfd 2 /dev/null\n"

static void check_report(const char *path) {
    char text[8192];
    char expected[8192];
    char *arguments[] = {self, "--launched", "report", (char *)(uintptr_t)path, "", "a b\n", "\xc3\xa4", NULL};
    char *variables[] = {"A=1", "EMPTY=", "A=again", NULL};
    struct perfadapt__child child;
    int status;
    CHECK(perfadapt__launch(self, arguments, variables, &child) == 0);
    CHECK(wait_for_end(&child, &status));
    snprintf(expected, sizeof expected,
             STREAMS "leads 1\nterminal 0\nargument <%s>\nargument <--launched>\nargument <report>\nargument <%s>\n"
                     "argument <>\nargument <a b\n>\nargument <\xc3\xa4>\nvariable <A=1>\nvariable <EMPTY=>\n"
                     "variable <A=again>\n",
             self, path);
    read_report(path, text, sizeof text);
    if (strcmp(text, expected) != 0)
        fprintf(stderr, "is:\n%s\nshould be:\n%s\n", text, expected);
    CHECK(strcmp(text, expected) == 0);
}

/* Descriptors that are not close-on-exec, low and high. */
static void leave_descriptors_open(const char *path) {
    const int fd = open("/", O_RDONLY); // NOLINT(android-cloexec-open)
    CHECK(fd >= 0 && dup2(fd, 200) == 200 && fcntl(200, F_SETFD, 0) == 0);
    check_report(path);
}

static void test_inherits_nothing(void **state) {
    char path[160];
    file_in(*state, "report", path, sizeof path);
    in_child(leave_descriptors_open, path);
}

/* A host without standard streams: nothing of ours takes their place. */
static void close_streams(const char *path) {
    struct perfadapt__child child;
    int status;
    const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    const int error = launch("report", path, &child);
    const int pidfd = child.pidfd;
    const bool ended = wait_for_end(&child, &status);
    const bool free = fcntl(0, F_GETFD) == -1 && fcntl(1, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1;
    dup2(kept, STDERR_FILENO);
    CHECK(error == 0 && pidfd > STDERR_FILENO && ended && free);
    char text[8192];
    read_report(path, text, sizeof text);
    CHECK(strncmp(text, STREAMS "leads 1\n", sizeof STREAMS "leads 1\n" - 1) == 0);
}

static void test_host_without_streams(void **state) {
    char path[160];
    file_in(*state, "report", path, sizeof path);
    in_child(close_streams, path);
}

/* ---- what cannot be started ---- */

static void test_cannot_be_executed(void **state) {
    struct fixture *fixture = *state;
    const struct {
        const char *path;
        int error;
    } cases[] = {{"/missing", -ENOENT}, {"/no/such/directory", -ENOENT}, {"/plain", -EACCES}, {"/directory", -EACCES},
                 {"/text", -ENOEXEC},   {"/plain/below", -ENOTDIR},      {"/loop", -ELOOP}};
    fixture_file(fixture, "/plain", "x");
    fixture_mode(fixture, "/plain", 0644);
    fixture_file(fixture, "/text", "no program");
    fixture_mode(fixture, "/text", 0755);
    fixture_directory(fixture, "/directory");
    fixture_link(fixture, "/loop", "loop");
    const unsigned before = count_descriptors();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[160];
        char *arguments[] = {path, NULL};
        struct perfadapt__child child = {.pid = 1, .pidfd = 0};
        file_in(fixture, cases[i].path, path, sizeof path);
        assert_int_equal(perfadapt__launch(path, arguments, no_variables, &child), cases[i].error);
        assert_int_equal(child.pid, 0);
        assert_int_equal(child.pidfd, -1);
        assert_true(has_no_child());
    }
    assert_int_equal(count_descriptors(), before);
}

static void use_descriptors_up(const char *unused) {
    (void)unused;
    struct perfadapt__child child;
    struct rlimit limit = {0};
    int last = -1;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int fd; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
        last = fd;
    CHECK(launch("exit", "0", &child) == -EMFILE);
    CHECK(child.pid == 0 && child.pidfd == -1 && has_no_child());
    close(last);
    run_one(); /* one is enough */
    CHECK(open("/dev/null", O_RDONLY | O_CLOEXEC) == last);
}

static void test_out_of_descriptors(void **state) {
    (void)state;
    in_child(use_descriptors_up, NULL);
}

/* The first step fails with one process allowed, the second with two. */
static void use_processes_up(const char *unused) {
    (void)unused;
    if (geteuid() == 0)
        CHECK(setresuid(65534, 65534, 65534) == 0);
    for (rlim_t most = 1; most <= 2; most++) {
        struct perfadapt__child child;
        struct rlimit limit = {0};
        CHECK(getrlimit(RLIMIT_NPROC, &limit) == 0);
        limit.rlim_cur = most;
        CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
        CHECK(launch("exit", "0", &child) == -EAGAIN);
        CHECK(child.pid == 0 && child.pidfd == -1 && has_no_child());
    }
}

static void test_out_of_processes(void **state) {
    (void)state;
    in_child(use_processes_up, NULL);
}

/* ---- a program that does not end ---- */

static void check_killed(const char *path, bool with_pidfd, int expected_status) {
    struct perfadapt__child child;
    char byte = 0;
    int status = -2;
    const int held = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(held >= 0 && launch("hang", path, &child) == 0);
    CHECK((child.pidfd >= 0) == with_pidfd);
    struct pollfd pipe_end = {.fd = held, .events = POLLIN};
    CHECK(poll(&pipe_end, 1, PATIENCE_MS) == 1 && read(held, &byte, 1) == 1 && byte == 'x');
    CHECK(!perfadapt__child_ended(&child, &status) && child.pid > 0);
    CHECK(status == -1);
    perfadapt__child_kill(&child);
    CHECK(wait_for_end(&child, &status));
    CHECK(status == expected_status || (expected_status == SIGKILL && status == -1));
    pipe_end.events = 0; /* until nobody holds it: its own child is gone as well */
    CHECK(poll(&pipe_end, 1, PATIENCE_MS) == 1 && pipe_end.revents & POLLHUP);
    close(held);
}

static void kill_it(const char *path) {
    check_killed(path, true, SIGKILL);
    CHECK(has_no_child());
}

static void make_pipe(const struct fixture *fixture, char *out, size_t capacity) {
    file_in(fixture, "pipe", out, capacity);
    assert_int_equal(mkfifo(out, 0600), 0);
}

static void test_killed_with_its_children(void **state) {
    char path[160];
    make_pipe(*state, path, sizeof path);
    in_child(kill_it, path);
}

/* ---- sandboxes and old kernels ---- */

/* From here on the call fails so; `flag` of its first argument: only with that. */
static void refuse(long number, unsigned flag, int error) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | (flag ? BPF_JSET : BPF_JGE) | BPF_K, flag, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        _exit(77);
}

static void without_clone3(const char *path) {
    refuse(SYS_clone3, 0, ENOSYS);
    check_report(path);
}

static void forbidden_clone3(const char *path) {
    refuse(SYS_clone3, 0, EPERM);
    check_report(path);
}

static void without_close_range(const char *path) {
    refuse(SYS_close_range, 0, ENOSYS);
    leave_descriptors_open(path);
}

static void forbidden_exec(const char *unused) {
    (void)unused;
    struct perfadapt__child child;
    refuse(SYS_execve, 0, EPERM);
    CHECK(launch("exit", "0", &child) == -EPERM && has_no_child());
}

static void forbidden_clone(const char *unused) {
    (void)unused;
    struct perfadapt__child child;
    refuse(SYS_clone, 0, EPERM);
    CHECK(launch("exit", "0", &child) == -EPERM && has_no_child());
}

static void test_refused_calls(void **state) {
    void (*const bodies[])(const char *) = {without_clone3, forbidden_clone3, without_close_range, forbidden_exec,
                                            forbidden_clone};
    char path[160];
    file_in(*state, "report", path, sizeof path);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        in_child(bodies[i], path);
}

static void without_pidfd(const char *path) {
    refuse(SYS_clone, CLONE_PIDFD, EINVAL);
    check_killed(path, false, -1);
    CHECK(has_no_child());
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    struct perfadapt__child child;
    int status;
    CHECK(launch("exit", "3", &child) == 0 && child.pidfd == -1);
    CHECK(wait_for_end(&child, &status) && status == 3 << 8 && has_no_child());
}

static void test_without_pidfd(void **state) {
    char path[160];
    make_pipe(*state, path, sizeof path);
    in_child(without_pidfd, path);
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "--launched") == 0)
        act(count, arguments);
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_where_orphans_come_back),
        cmocka_unit_test(test_status_of_an_orphan),
        cmocka_unit_test(test_no_signal),
        cmocka_unit_test(test_not_taken_by_wait),
        cmocka_unit_test(test_from_several_threads),
        cmocka_unit_test(test_no_memory_is_copied),
        cmocka_unit_test_setup_teardown(test_inherits_nothing, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_host_without_streams, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_cannot_be_executed, fixture_setup, fixture_teardown),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_out_of_processes),
        cmocka_unit_test_setup_teardown(test_killed_with_its_children, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_refused_calls, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_without_pidfd, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
