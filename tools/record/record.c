/* perfadapt record: follows sessions into files, of a process that runs or of a command. SPDX-License-Identifier: MIT */
#include "record/options.h"
#include "record/sessions.h"

#include "command.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const long look_gap_ns = 50000000; /* a session that opens and closes faster than this is missed */

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Who interrupts the recording interrupts the command as well: both are in the terminal's foreground. */
static void catch_signals(sigset_t *out_caught, sigset_t *out_before) {
    sigemptyset(out_caught);
    sigaddset(out_caught, SIGINT);
    sigaddset(out_caught, SIGTERM);
    sigaddset(out_caught, SIGHUP);
    sigaddset(out_caught, SIGCHLD);
    sigprocmask(SIG_BLOCK, out_caught, out_before);
    signal(SIGXFSZ, SIG_IGN); /* write tells */
}

/* The command starts with the signals as they were. 0, or the errno. */
static int start(char *const *words, const sigset_t *signals, pid_t *out_pid) {
    posix_spawnattr_t attributes;
    sigset_t to_default;
    sigemptyset(&to_default);
    sigaddset(&to_default, SIGXFSZ);
    int error = posix_spawnattr_init(&attributes);
    if (error)
        return error;
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, signals);
    posix_spawnattr_setsigdefault(&attributes, &to_default);
    error = posix_spawnp(out_pid, words[0], NULL, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

struct outcome {
    bool ended; /* the command has */
    int code;   /* its exit code */
    bool asked; /* to stop, by a signal */
};

static void wait_a_moment(const sigset_t *caught, struct outcome *outcome) {
    const struct timespec nap = {.tv_nsec = look_gap_ns};
    const int caught_signal = sigtimedwait(caught, NULL, &nap);
    outcome->asked |= caught_signal > 0 && caught_signal != SIGCHLD;
}

static void look_after(pid_t child, struct outcome *outcome) {
    int status;
    if (child == 0 || outcome->ended || waitpid(child, &status, WNOHANG) != child)
        return;
    outcome->ended = true;
    outcome->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* True once nothing more can come. */
static bool is_over(const struct record_sessions *sessions, const struct record_options *options, pid_t child,
                    const struct outcome *outcome, int64_t since_ns) {
    if (outcome->asked || (options->longest_ns && now_ns() - since_ns >= options->longest_ns))
        return true;
    if (child)
        return outcome->ended;
    return record_sessions_open(sessions) == 0;
}

static int say_none(const struct record_options *options) {
    if (options->words)
        fprintf(stderr, "perfadapt record: %s opened no session\n", options->words[0]);
    else
        fprintf(stderr,
                "perfadapt record: process %d has no session to be seen: does it run as this user, with the same "
                "XDG_RUNTIME_DIR? perfadapt-top lists those that are there\n",
                (int)options->pid);
    return EXIT_CODE_ENVIRONMENT;
}

static int follow(struct record_sessions *sessions, const struct record_options *options, const sigset_t *caught,
                  pid_t child) {
    struct outcome outcome = {.ended = false};
    const int64_t since_ns = now_ns();
    bool well = true;
    for (;;) {
        look_after(child, &outcome);
        well = record_sessions_step(sessions);
        if (!well || is_over(sessions, options, child, &outcome, since_ns))
            break;
        wait_a_moment(caught, &outcome);
    }
    record_sessions_tell(sessions);
    if (child && !outcome.ended) { /* it was not started to be left alone */
        if (outcome.asked || !well || options->longest_ns)
            kill(child, SIGTERM);
        int status;
        (void)waitpid(child, &status, 0);
    }
    if (!well)
        return EXIT_CODE_ENVIRONMENT;
    if (outcome.ended && outcome.code)
        return outcome.code;
    return record_sessions_found(sessions) ? EXIT_CODE_OK : say_none(options);
}

int record_main(int argc, char **argv) {
    struct record_options options;
    sigset_t caught, before;
    pid_t child = 0;
    if (!record_options_read(argc, argv, &options))
        return EXIT_CODE_USAGE;
    if (options.help) {
        fputs(record_usage, stdout);
        return EXIT_CODE_OK;
    }
    catch_signals(&caught, &before);
    const int error = options.words ? start(options.words, &before, &child) : 0;
    if (error) {
        fprintf(stderr, "perfadapt record: %s: %s\n", options.words[0], strerror(error));
        return EXIT_CODE_ENVIRONMENT;
    }
    struct record_sessions *sessions =
        record_sessions_create(options.path, options.pid ? options.pid : child, !options.pid);
    const int code = sessions ? follow(sessions, &options, &caught, child) : EXIT_CODE_ENVIRONMENT;
    record_sessions_destroy(sessions);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return code;
}
