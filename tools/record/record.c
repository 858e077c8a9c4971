/* perfadapt record: follows sessions into files, of a process that runs or of a command. SPDX-License-Identifier: MIT */
#include "record/child.h"
#include "record/options.h"
#include "record/process.h"
#include "record/sessions.h"

#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const int64_t look_gap_ns = 50000000; /* a session that opens and closes faster than this is missed */
static const int64_t second_ns = 1000000000;
static const int64_t answer_most_ns = 5000000000; /* for a session of a process that runs, or that a command has left */
static const int64_t same_ns = 300000000; /* one wish may come twice: timeout(1) signals its child, then the group */

struct run {
    const struct record_options *options;
    const char *command; /* its first word; "" = none */
    struct record_sessions *sessions;
    struct record_signals signals;
    struct record_child child;
    int process; /* a handle of the one that runs already; -1 = none */
    int64_t since_ns;
    int64_t ended_ns; /* when the command was seen to have ended; 0 = not yet */
    int64_t asked_ns; /* when to stop was asked for; 0 = never */
    int asked_by;     /* the signal */
    bool at_once;     /* by a second one */
    bool recording, well;
    bool wait_told;
    bool silent; /* a session was there that had not answered when the recording ended */
};

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * second_ns + time.tv_nsec;
}

static bool runs_child(const struct run *run) {
    return run->child.pid && !run->child.ended;
}

/* ---- Signals ---- */

/*
 * What a terminal sends it sends to the whole foreground, the command included; Ctrl-C besides is an interrupt wherever
 * it comes from. Who ends the recorder by a signal means the command as well.
 */
static void pass_on(const struct run *run, const siginfo_t *info) {
    if (info->si_signo != SIGINT && info->si_code != SI_KERNEL)
        kill(run->child.pid, info->si_signo);
}

/* A first signal lets the command end as it will, and records that; a second one does not wait for it. */
static void take_signal(struct run *run, const siginfo_t *info) {
    if (info->si_signo == SIGCHLD)
        return;
    const bool first = run->asked_ns == 0;
    if (!first && now_ns() - run->asked_ns < same_ns)
        return;
    run->asked_by = info->si_signo;
    run->at_once |= !first || !runs_child(run);
    if (!first)
        return;
    run->asked_ns = now_ns();
    if (runs_child(run))
        pass_on(run, info);
}

static void wait_a_moment(struct run *run) {
    siginfo_t info;
    if (record_signals_wait(&run->signals, look_gap_ns, &info))
        take_signal(run, &info);
}

/* ---- What is waited for ---- */

/* True once no session of the process is to be hoped for. */
static bool is_in_vain(const struct run *run) {
    return now_ns() - run->since_ns >= answer_most_ns || record_process_has_gone(run->options->pid, run->process);
}

/* What a launcher has left running may open a session yet. A daemon never does, and is not waited for as long. */
static bool awaits_left(const struct run *run) {
    return run->child.left && !record_sessions_found(run->sessions) && now_ns() - run->ended_ns < answer_most_ns;
}

/* True once nothing more can come. */
static bool is_over(const struct run *run) {
    const int64_t longest_ns = run->options->longest_ns;
    if (run->at_once || (longest_ns && now_ns() - run->since_ns >= longest_ns))
        return true;
    if (runs_child(run) || record_sessions_open(run->sessions))
        return false;
    if (run->child.pid)
        return !awaits_left(run);
    return record_sessions_found(run->sessions) || is_in_vain(run);
}

/* From when on, and for what. NULL = nothing is waited for that needs words. */
static const char *awaited(const struct run *run, int64_t *out_since_ns) {
    *out_since_ns = run->asked_ns;
    if (runs_child(run))
        return "to end; a second signal does not wait, and lets it run";
    *out_since_ns = run->child.pid ? run->ended_ns : run->since_ns;
    if (!run->recording || record_sessions_found(run->sessions))
        return NULL;
    if (run->child.pid)
        return "in vain so far: it has ended without a session, and what it has left running has a few seconds";
    return run->silent ? "an answer of process" : "a session of process";
}

static void tell_wait(struct run *run) {
    int64_t since_ns;
    const char *const text = awaited(run, &since_ns);
    if (run->wait_told || !text || since_ns == 0 || now_ns() - since_ns < second_ns)
        return;
    run->wait_told = true;
    if (run->options->words)
        fprintf(stderr, "perfadapt record: waits for %s %s\n", run->command, text);
    else
        fprintf(stderr, "perfadapt record: waits for %s %d\n", text, (int)run->options->pid);
}

static void step(struct run *run) {
    record_child_look(&run->child);
    if (run->child.ended && run->ended_ns == 0)
        run->ended_ns = now_ns();
    if (run->recording) {
        run->well = record_sessions_step(run->sessions);
        run->recording = run->well && !is_over(run);
        run->silent = record_sessions_silent(run->sessions) > 0;
        if (!run->recording)
            record_sessions_end(run->sessions);
    }
    tell_wait(run);
}

/* ---- The outcome ---- */

static int say_none(const struct run *run) {
    const int pid = (int)run->options->pid;
    if (run->options->words)
        fprintf(stderr, "perfadapt record: %s opened no session%s\n", run->command,
                run->child.left ? ", and what it has left running opened none in time: --pid PID records it" : "");
    else if (record_process_has_gone(run->options->pid, run->process))
        fprintf(stderr, "perfadapt record: there is no process %d, or it has ended, and no session of it was seen\n",
                pid);
    else if (run->silent)
        fprintf(stderr, "perfadapt record: process %d has a session and does not answer: is it stopped?\n", pid);
    else
        fprintf(stderr,
                "perfadapt record: process %d has no session to be seen: does it run as this user, with the same "
                "XDG_RUNTIME_DIR? perfadapt-top lists those that are there\n",
                pid);
    return EXIT_CODE_ENVIRONMENT;
}

static int outcome(const struct run *run) {
    const bool left = runs_child(run);
    if (left)
        fprintf(stderr, "perfadapt record: %s runs on as process %d\n", run->command, (int)run->child.pid);
    if (!run->well)
        return EXIT_CODE_ENVIRONMENT;
    if (left)
        return 128 + run->asked_by;
    if (run->child.code)
        return run->child.code;
    return record_sessions_found(run->sessions) ? EXIT_CODE_OK : say_none(run);
}

/* A recording that has ended, however, leaves the command its time. */
static int follow(struct run *run) {
    if (run->options->words)
        record_child_keep_orphans();
    if (run->options->words && !record_child_start(&run->child, run->options->words, &run->signals))
        return EXIT_CODE_ENVIRONMENT;
    if (run->options->pid)
        run->process = record_process_open(run->options->pid);
    record_sessions_of(run->sessions, run->options->pid ? run->options->pid : run->child.pid, !run->options->pid);
    run->since_ns = now_ns();
    run->recording = run->well = true;
    for (;;) {
        step(run);
        if (!run->recording && (run->at_once || !runs_child(run)))
            break;
        wait_a_moment(run);
    }
    const int code = outcome(run);
    if (run->process >= 0)
        close(run->process);
    return code;
}

int record_main(int argc, char **argv) {
    struct record_options options;
    struct run run = {.options = &options, .process = -1};
    if (!record_options_read(argc, argv, &options))
        return EXIT_CODE_USAGE;
    if (options.help) {
        fputs(record_usage, stdout);
        return EXIT_CODE_OK;
    }
    run.command = options.words ? options.words[0] : "";
    run.sessions = record_sessions_create(options.path);
    if (!run.sessions)
        return EXIT_CODE_ENVIRONMENT;
    record_signals_take(&run.signals);
    const int code = follow(&run);
    record_sessions_destroy(run.sessions);
    record_signals_give_back(&run.signals);
    return code;
}
