/* SPDX-License-Identifier: MIT */
#include "probe/process.h"

#include "probe/child.h"
#include "probe/options.h"
#include "probe/replace_file.h"
#include "probe/sentinel.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define US_PER_S 1000000
#define NICE 10 /* beside a host that is starting */

void probe_process_streams(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* Ended from outside, or too slow: no driver is to blame for that, and no half of a file stays. */
static void abandon(void) {
    probe_child_abandon();
    probe_replace_file_abandon();
    probe_sentinel_abandon();
}

static void give_up(int signal_number) {
    static const char message[] = "perfadapt-probe: no answer in time (--timeout)\n";
    (void)signal_number;
    abandon();
    const ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    _exit(PROBE_EXIT_ENVIRONMENT);
}

static void end(int signal_number) {
    abandon();
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* when this handler returns: it is blocked until then */
}

static void set_handler(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void catch_unless_ignored(int number) { /* nohup(1) */
    struct sigaction before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        set_handler(number, end);
}

static void set_signals(void) {
    sigset_t none;
    signal(SIGCHLD, SIG_DFL); /* ignored, children could not be waited for */
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error like a full disk, and no reason to die */
    catch_unless_ignored(SIGTERM);
    catch_unless_ignored(SIGINT);
    catch_unless_ignored(SIGHUP);
    set_handler(SIGALRM, give_up);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool start_timer(double timeout_s) {
    const time_t seconds = (time_t)timeout_s;
    const struct itimerval timer = {
        .it_value = {.tv_sec = seconds, .tv_usec = (suseconds_t)((timeout_s - (double)seconds) * US_PER_S)}};
    return setitimer(ITIMER_REAL, &timer, NULL) == 0;
}

bool probe_process_prepare(double timeout_s) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* a crash of a driver is expected here, and its dump is of no use to the user */
    if (getpriority(PRIO_PROCESS, 0) < NICE)
        setpriority(PRIO_PROCESS, 0, NICE);
    set_signals();
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a driver has sent into the background stays ours to end */
    return start_timer(timeout_s);
}
