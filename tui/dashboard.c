/* The live screen. SPDX-License-Identifier: MIT */
#include "dashboard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>

#include "dashboard_draw.h"
#include "keys.h"
#include "model.h"
#include "mouse.h"
#include "screen.h"
#include "setup.h"

/* Keys may come faster than they are taken: refreshes and signals have their turn in between. */
enum { FIRST_SCREEN_WAIT_MS = 40, KEYS_AT_ONCE = 256 };

static const int64_t second_ns = 1000000000;

static volatile sig_atomic_t ended_by;
static volatile sig_atomic_t resized;

static void handle_end(int signal_number) {
    ended_by = signal_number;
}

static void handle_resize(int signal_number) {
    (void)signal_number;
    resized = 1;
}

/* Blocked but for the wait, so that none slips in between a look at the flags and the wait. */
static void catch_signals(sigset_t *out_waiting) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = handle_end};
    sigset_t blocked;
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; ++i) {
        sigaction(ends[i], &action, NULL);
        sigaddset(&blocked, ends[i]);
    }
    action.sa_handler = handle_resize;
    sigaction(SIGWINCH, &action, NULL);
    sigaddset(&blocked, SIGWINCH);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &blocked, out_waiting);
    sigdelset(out_waiting, SIGWINCH);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; ++i) {
        sigdelset(out_waiting, ends[i]);
    }
}

static void take_keys(struct dashboard *dashboard, short events) {
    int taken = 0;
    for (int key; taken < KEYS_AT_ONCE && !dashboard->leaving && (key = screen_key()) != ERR; ++taken) {
        if (key == KEY_MOUSE) {
            mouse_take(dashboard);
        } else {
            keys_take(dashboard, key);
        }
    }
    /* Readable without a key: the terminal is gone. A half of an escape sequence cannot be it, it comes as a key. */
    if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0 && taken == 0) {
        dashboard->leaving = true;
    }
}

/* Where something is ready at once, ppoll() leaves signals waiting: in a flood of keys for ever. */
static void let_signals_in(const sigset_t *waiting) {
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, waiting, &blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* When there is something to draw without a key: the next refresh, or a message that has stood for long enough. */
static int64_t next_ns(const struct dashboard *dashboard) {
    const struct view *view = &dashboard->view;
    return view->message[0] != '\0' && view->message_until_ns < dashboard->due_ns ? view->message_until_ns
                                                                                  : dashboard->due_ns;
}

/* Until a key, a signal, the next refresh, or the very first sample of the machine. */
static void wait_for_something(struct dashboard *dashboard, const sigset_t *waiting) {
    const struct model *live = dashboard->travel.live;
    const bool first = live != NULL && !model_has_snapshot(live);
    struct pollfd sources[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = first ? perfadapt_monitor_snapshot_fd(live->monitor) : -1, .events = POLLIN}};
    const int64_t until_ns = next_ns(dashboard);
    int64_t left_ns = until_ns - model_monotonic_ns();
    left_ns = left_ns < 0 ? 0 : left_ns;
    const struct timespec timeout = {(time_t)(left_ns / second_ns), (long)(left_ns % second_ns)};
    const int ready = ppoll(sources, 2, until_ns == TRAVEL_NEVER ? NULL : &timeout, waiting);
    if (ready > 0 && sources[0].revents != 0) {
        let_signals_in(waiting);
        take_keys(dashboard, sources[0].revents);
    }
    if (ready > 0 && sources[1].revents != 0) {
        uint64_t renewed = 0;
        const ssize_t bytes = read(sources[1].fd, &renewed, sizeof renewed);
        (void)bytes;
        dashboard->due_ns = 0;
    }
}

static void run_loop(struct dashboard *dashboard, const sigset_t *waiting) {
    if (dashboard->travel.live != NULL) {
        model_wait_first(dashboard->travel.live, FIRST_SCREEN_WAIT_MS);
    }
    while (!dashboard->leaving && ended_by == 0) {
        if (model_monotonic_ns() >= dashboard->due_ns) {
            dashboard->due_ns = travel_refresh(&dashboard->travel, &dashboard->view);
            dashboard->model = travel_model(&dashboard->travel);
            keys_settle(dashboard);
        }
        if (resized) {
            resized = 0;
            screen_resize();
        }
        dashboard_draw(dashboard);
        wait_for_something(dashboard, waiting);
    }
}

/* What the user keeps goes before the defaults, and behind the command line. */
static void take_setup(struct dashboard *dashboard, const struct options *options) {
    struct setup_problems problems;
    char path[SETUP_PATH_MAX];
    char summary[256];
    if (!setup_path(path, sizeof path)) {
        return;
    }
    setup_read(path, &dashboard->view, &problems);
    if (problems.count > 0) {
        setup_problems_print(&problems, path, stderr); /* stays in the terminal when the screen is given back */
        setup_problems_summary(&problems, path, summary, sizeof summary);
        view_say(&dashboard->view, "%s", summary);
    }
    if (options->period_given) {
        dashboard->view.period_s = options->period_s;
    }
}

static int report_failure(const struct options *options, enum perfadapt_result result, const struct view *view) {
    if (result != PERFADAPT_OK) {
        model_print_failure(options, result);
    } else {
        fprintf(stderr, "perfadapt-top: %s: %s\n", options->replay, view->message);
    }
    return EXIT_CODE_ENVIRONMENT;
}

int dashboard_run(const struct options *options, bool ascii) {
    sigset_t waiting;
    enum perfadapt_result result = PERFADAPT_OK;
    struct dashboard dashboard = {.view = {.period_s = options->period_s, .ascii = ascii, .mouse = !options->no_mouse}};
    take_setup(&dashboard, options);
    int code = screen_check(); /* before a recording is begun, which empties its file */
    if (code >= 0) {
        return code;
    }
    code = travel_open(&dashboard.travel, options);
    catch_signals(&waiting); /* from here on: a long file can be left */
    code = code >= 0 ? code : screen_start(options);
    if (code >= 0) {
        travel_close(&dashboard.travel);
        return code;
    }
    if (dashboard.view.mouse) {
        mouse_start();
    }
    struct model *live = options->replay == NULL ? model_create(options, &result) : NULL;
    const bool begun = travel_begin(&dashboard.travel, live, &dashboard.view);
    if (begun) {
        dashboard.model = travel_model(&dashboard.travel);
        run_loop(&dashboard, &waiting);
    }
    screen_stop();
    travel_close(&dashboard.travel);
    if (!begun) {
        return report_failure(options, result, &dashboard.view);
    }
    if (ended_by != 0) {
        const int signal_number = ended_by;
        signal(signal_number, SIG_DFL);
        sigprocmask(SIG_SETMASK, &waiting, NULL);
        raise(signal_number);
    }
    return EXIT_CODE_OK;
}
