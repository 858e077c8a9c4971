/* SPDX-License-Identifier: MIT */
#include "record/child.h"

#include "command.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Whoever reads our messages may go, and a file may reach its limit: neither is worth dying of. */
static void ignore(int number, struct record_signals *signals) {
    if (signal(number, SIG_IGN) != SIG_IGN)
        sigaddset(&signals->to_default, number);
}

void record_signals_take(struct record_signals *out) {
    sigemptyset(&out->to_default);
    sigemptyset(&out->caught);
    sigaddset(&out->caught, SIGINT);
    sigaddset(&out->caught, SIGTERM);
    sigaddset(&out->caught, SIGHUP);
    sigaddset(&out->caught, SIGCHLD);
    sigprocmask(SIG_BLOCK, &out->caught, &out->before);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would have the kernel forget how the command ended */
    ignore(SIGXFSZ, out);
    ignore(SIGPIPE, out);
}

void record_signals_give_back(const struct record_signals *signals) {
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

bool record_signals_wait(const struct record_signals *signals, int64_t longest_ns, siginfo_t *out_info) {
    const struct timespec longest = {.tv_sec = longest_ns / 1000000000, .tv_nsec = longest_ns % 1000000000};
    return sigtimedwait(&signals->caught, out_info, &longest) > 0;
}

static int spawn(pid_t *out_pid, char *const *words, const struct record_signals *signals) {
    posix_spawnattr_t attributes;
    int error = posix_spawnattr_init(&attributes);
    if (error)
        return error;
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &signals->before);
    posix_spawnattr_setsigdefault(&attributes, &signals->to_default);
    error = posix_spawnp(out_pid, words[0], NULL, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

bool record_child_start(struct record_child *child, char *const *words, const struct record_signals *signals) {
    const int error = spawn(&child->pid, words, signals);
    if (!error)
        return true;
    fprintf(stderr, "perfadapt record: %s: %s\n", words[0], strerror(error));
    child->pid = 0;
    return false;
}

void record_child_keep_orphans(void) {
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static void note_end(struct record_child *child, int status) {
    child->ended = true;
    child->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void record_child_look(struct record_child *child) {
    if (child->pid == 0)
        return;
    for (;;) {
        int status = 0;
        const pid_t waited = waitpid(-1, &status, WNOHANG);
        if (waited < 0 && errno == EINTR)
            continue;
        child->left = waited == 0;
        if (waited <= 0)
            break;
        if (waited == child->pid)
            note_end(child, status);
    }
    if (!child->left && !child->ended) { /* someone else has waited for it */
        child->ended = true;
        child->code = EXIT_CODE_ENVIRONMENT;
    }
}
