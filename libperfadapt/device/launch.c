/* SPDX-License-Identifier: MIT */
#include "device/launch.h"

#include "core/clock.h"
#include "core/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Two steps. A child that clone() makes without a signal is out of sight of the host's wait(), but only until it
 * executes a program: execve(2) makes its signal SIGCHLD again. So the host's child, the starter, executes nothing. It
 * starts the program, ends without a signal and is reaped at once, and the program goes to init or to the nearest
 * subreaper.
 *
 * Both run in the host's memory on stacks of their own while the calling thread is held (CLONE_VM | CLONE_VFORK): no
 * page table is copied, however large the host, and what they write into struct launch is read here. Plain clone()
 * does: of clone3() only CLONE_CLEAR_SIGHAND would be new, which nobody needs where every signal is blocked, and
 * sandboxes refuse clone3() more often.
 */

#define STACK_BYTES 32768
#define DESCRIPTORS_MAX 65536

/* Code of a child: it must not touch what a sanitizer knows of the calling thread, whose memory it works in. */
#if defined(__has_attribute) && __has_attribute(disable_sanitizer_instrumentation)
#define CHILD_CODE __attribute__((disable_sanitizer_instrumentation, noinline))
#else
#define CHILD_CODE __attribute__((no_sanitize("address,thread,undefined"), noinline))
#endif

struct launch {
    const char *path;
    char *const *arguments;
    char *const *environment;
    char *program_stack_end;
    unsigned descriptors; /* how many to close where the kernel has no close_range(); up to the limit */
    pid_t pid;
    int pidfd;
    int error;
};

/*
 * clone(), then `run` on the other stack; `run` never returns. The process id, or -errno. A system call of its own: the
 * thread sanitizer puts itself before the C library's clone() and takes every child for a fork, with memory of its own.
 */
#if defined(__x86_64__) && defined(__LP64__)
CHILD_CODE static long start(unsigned long flags, char *stack_end, int *pidfd, int (*run)(void *), void *user) {
    long result;
    register long child_tid __asm__("r10") = 0;
    register long tls __asm__("r8") = 0;
    register int (*code)(void *) __asm__("r9") = run;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t" /* here stack traces end */
                     "mov %[user], %%rdi\n\t"
                     "call *%[code]\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone), "D"(flags), "S"(stack_end), "d"(pidfd), "r"(child_tid),
                       "r"(tls), [code] "r"(code), [user] "b"(user)
                     : "rcx", "r11", "cc", "memory");
    return result;
}
#elif defined(__aarch64__) && defined(__LP64__)
CHILD_CODE static long start(unsigned long flags, char *stack_end, int *pidfd, int (*run)(void *), void *user) {
    register unsigned long flags_then_result __asm__("x0") = flags;
    register char *stack __asm__("x1") = stack_end;
    register int *parent_tid __asm__("x2") = pidfd;
    register long tls __asm__("x3") = 0;
    register long child_tid __asm__("x4") = 0;
    register int (*code)(void *) __asm__("x5") = run;
    register void *argument __asm__("x6") = user;
    register long number __asm__("x8") = SYS_clone;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, #0\n\t" /* here stack traces end */
                     "mov x30, #0\n\t"
                     "mov x0, %[argument]\n\t"
                     "blr %[code]\n\t"
                     "brk #0\n"
                     "1:"
                     : "+r"(flags_then_result)
                     : "r"(stack), "r"(parent_tid), "r"(tls),
                       "r"(child_tid), [code] "r"(code), [argument] "r"(argument), "r"(number)
                     : "cc", "memory");
    return (long)flags_then_result;
}
#else
CHILD_CODE static long start(unsigned long flags, char *stack_end, int *pidfd, int (*run)(void *), void *user) {
    const int pid = clone(run, stack_end, (int)flags, user, pidfd);
    return pid >= 0 ? pid : -errno;
}
#endif

/*
 * The program until it is one. Only system calls: a lock of the C library may be held by a thread that is not here. The
 * descriptors are a copy, so closing them is not felt by the host.
 */
CHILD_CODE static int run_program(void *user) {
    struct launch *launch = user;
    if (syscall(SYS_close_range, 0, ~0U, 0) != 0)
        for (unsigned fd = 0; fd < launch->descriptors; fd++)
            syscall(SYS_close, fd);
    if (syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR) == STDIN_FILENO &&
        syscall(SYS_dup, STDIN_FILENO) == STDOUT_FILENO && syscall(SYS_dup, STDIN_FILENO) == STDERR_FILENO) {
        syscall(SYS_setsid);
        syscall(SYS_execve, launch->path, launch->arguments, launch->environment);
    }
    launch->error = errno;
    syscall(SYS_exit_group, 127);
    return 0;
}

/* Shares the host's descriptors, so that the pidfd becomes one of them. */
CHILD_CODE static int run_starter(void *user) {
    struct launch *launch = user;
    const unsigned long flags = CLONE_VM | CLONE_VFORK;
    long pid = start(flags | CLONE_PIDFD, launch->program_stack_end, &launch->pidfd, run_program, launch);
    if (pid == -EINVAL) /* sandboxes; kernels before 5.2 take no notice of the flag, and write no pidfd */
        pid = start(flags, launch->program_stack_end, NULL, run_program, launch);
    if (pid < 0)
        launch->error = (int)-pid;
    else if (launch->error)
        syscall(SYS_wait4, pid, NULL, __WALL, NULL); /* so that no init is needed that reaps */
    else
        launch->pid = (pid_t)pid;
    syscall(SYS_exit_group, 0);
    return 0;
}

/* With every signal blocked: a handler of the host must not run in a child, on the memory of both. */
static int start_on(char *stacks, struct launch *launch) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    launch->program_stack_end = stacks + STACK_BYTES;
    const long starter =
        start(CLONE_VM | CLONE_VFORK | CLONE_FILES, stacks + (size_t)2 * STACK_BYTES, NULL, run_starter, launch);
    if (starter > 0)
        waitpid((pid_t)starter, NULL, __WALL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (starter < 0)
        return (int)starter;
    if (launch->error)
        return -launch->error;
    return launch->pid ? 0 : -ECHILD; /* killed by a sandbox */
}

static unsigned count_descriptors(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTORS_MAX ? (unsigned)limit.rlim_cur
                                                                                     : DESCRIPTORS_MAX;
}

int perfadapt__launch(const char *path, char *const *arguments, char *const *environment,
                      struct perfadapt__child *out_child) {
    struct launch launch = {.path = path,
                            .arguments = arguments,
                            .environment = environment,
                            .descriptors = count_descriptors(),
                            .pidfd = -1};
    *out_child = (struct perfadapt__child){.pidfd = -1};
    char *stacks =
        mmap(NULL, (size_t)2 * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stacks == MAP_FAILED)
        return -errno;
    const int error = start_on(stacks, &launch);
    munmap(stacks, (size_t)2 * STACK_BYTES);
    if (error == 0)
        *out_child = (struct perfadapt__child){
            .pid = launch.pid, .pidfd = perfadapt__fs_lift(launch.pidfd), .started_ns = perfadapt__now_ns()};
    else if (launch.pidfd >= 0)
        close(launch.pidfd);
    return error;
}

/* ---- afterwards ---- */

/* linux/pidfd.h of Linux 6.15, which few have yet. */
struct pidfd_exit_info {
    uint64_t mask;
    uint32_t other[13];
    int32_t exit_code;
};

#define PIDFD_EXIT UINT64_C(8)
#define PIDFD_GET_EXIT_INFO _IOWR(0xFF, 11, struct pidfd_exit_info)
#define WAIT_FOR_PIDFD ((idtype_t)3) /* P_PIDFD of newer C libraries */

_Static_assert(sizeof(struct pidfd_exit_info) == 64, "the size is part of the request");

/* A process without a pidfd is still ours where it leads the session that it made: a number used anew hardly does. */
static bool is_running(const struct perfadapt__child *child) {
    struct pollfd end = {.fd = child->pidfd, .events = POLLIN};
    return child->pidfd >= 0 ? poll(&end, 1, 0) == 0 : getsid(child->pid) == child->pid;
}

/* Where orphans come to the host, it comes back to us: to be reaped then, or to be seen as a zombie for ever. */
static int read_status(const struct perfadapt__child *child) {
    siginfo_t info = {.si_pid = 0};
    struct pidfd_exit_info exit_info = {.mask = PIDFD_EXIT};
    if (waitid(WAIT_FOR_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG | __WALL) == 0 && info.si_pid != 0)
        return info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
    if (ioctl(child->pidfd, PIDFD_GET_EXIT_INFO, &exit_info) == 0 && exit_info.mask & PIDFD_EXIT)
        return exit_info.exit_code;
    return -1;
}

static bool is_reaped_zombie(const struct perfadapt__child *child, int *out_status) {
    return child->pidfd < 0 && waitpid(child->pid, out_status, WNOHANG | __WALL) == child->pid;
}

bool perfadapt__child_ended(struct perfadapt__child *child, int *out_status) {
    *out_status = -1;
    if (child->pid == 0)
        return true;
    if (is_running(child) && !is_reaped_zombie(child, out_status))
        return false;
    if (child->pidfd >= 0) {
        *out_status = read_status(child);
        close(child->pidfd);
    }
    *child = (struct perfadapt__child){.pidfd = -1};
    return true;
}

void perfadapt__child_kill(const struct perfadapt__child *child) {
    if (child->pid > 0 && is_running(child))
        kill(-child->pid, SIGKILL);
}
