/* The live screen. SPDX-License-Identifier: MIT */
#include "dashboard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>

#include "keys.h"
#include "layout.h"
#include "model.h"
#include "panes/pane.h"
#include "screen.h"

enum { FIRST_SCREEN_WAIT_MS = 40 };

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

static void draw_pane(const struct dashboard *dashboard, const struct layout *layout, enum layout_pane which,
                      const char *title, void (*draw)(const struct pane *)) {
    const struct pane pane = {layout_content(layout, which), layout->mode, dashboard->model, &dashboard->view};
    if (layout->panes[which].rows == 0) {
        return;
    }
    if (title != NULL) {
        pane_frame(&pane, layout->panes[which], title);
    }
    draw(&pane);
}

static void draw_frames(const struct dashboard *dashboard, const struct layout *layout) {
    const struct pane pane = {.model = dashboard->model, .view = &dashboard->view};
    const struct model_app *selected = pane_selected(&pane);
    char title[128] = "Frame times ms";
    if (selected != NULL) {
        snprintf(title, sizeof title, "Frame times ms: %s (%d)", selected->app.name, (int)selected->app.pid);
    }
    draw_pane(dashboard, layout, PANE_FRAMES, title, frames_draw);
}

static void draw(const struct dashboard *dashboard) {
    const struct model *model = dashboard->model;
    const struct layout_counts counts = {(int)model->sensor_count, (int)model->apps.count, (int)model->journal.count};
    struct layout layout;
    layout_compute(COLS, LINES, &counts, &layout);
    erase();
    draw_pane(dashboard, &layout, PANE_HEADER, NULL, header_draw);
    draw_pane(dashboard, &layout, PANE_TEMPERATURES, dashboard->view.ascii ? "Temperatures C" : "Temperatures °C",
              temperatures_draw);
    draw_pane(dashboard, &layout, PANE_PRESSURE, "Pressure: time stalled", pressure_draw);
    char apps_title[64];
    snprintf(apps_title, sizeof apps_title, "Apps with a budget (%zu)", model->apps.count);
    draw_pane(dashboard, &layout, PANE_APPS, apps_title, apps_draw);
    draw_frames(dashboard, &layout);
    draw_pane(dashboard, &layout, PANE_EVENTS, "Events", events_draw);
    draw_pane(dashboard, &layout, PANE_KEYS, NULL, keys_draw);
    if (dashboard->view.help) {
        help_draw(&(struct pane){{0, 0, LINES, COLS}, layout.mode, model, &dashboard->view});
    }
    refresh();
}

static void take_keys(struct dashboard *dashboard, short events) {
    int taken = 0;
    for (int key; !dashboard->leaving && (key = getch()) != ERR; ++taken) {
        keys_take(dashboard, key);
    }
    /* Readable without a key: the terminal is gone. A half of an escape sequence cannot be it, it comes as a key. */
    if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0 && taken == 0) {
        dashboard->leaving = true;
    }
}

/* Until a key, a signal, the next refresh, or the very first sample of the machine. */
static void wait_for_something(struct dashboard *dashboard, const sigset_t *waiting) {
    const struct model *live = dashboard->travel.live;
    const bool first = live != NULL && !model_has_snapshot(live);
    struct pollfd sources[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = first ? perfadapt_monitor_snapshot_fd(live->monitor) : -1, .events = POLLIN}};
    int64_t left_ns = dashboard->due_ns - model_monotonic_ns();
    left_ns = left_ns < 0 ? 0 : left_ns;
    const struct timespec timeout = {(time_t)(left_ns / second_ns), (long)(left_ns % second_ns)};
    const int ready = ppoll(sources, 2, dashboard->due_ns == TRAVEL_NEVER ? NULL : &timeout, waiting);
    if (ready > 0 && sources[0].revents != 0) {
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
        }
        if (resized) {
            resized = 0;
            screen_resize();
        }
        draw(dashboard);
        wait_for_something(dashboard, waiting);
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
    catch_signals(&waiting);
    enum perfadapt_result result = PERFADAPT_OK;
    struct dashboard dashboard = {.view = {.period_s = options->period_s, .ascii = ascii, .mouse = !options->no_mouse}};
    int code = travel_open(&dashboard.travel, options);
    code = code >= 0 ? code : screen_start(options);
    if (code >= 0) {
        travel_close(&dashboard.travel);
        return code;
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
