/* The live screen. SPDX-License-Identifier: MIT */
#include "dashboard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>

#include "keys.h"
#include "layout.h"
#include "model.h"
#include "mouse.h"
#include "panes/pane.h"
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

static struct pane pane_of(const struct dashboard *dashboard, enum layout_pane which) {
    return (struct pane){layout_content(&dashboard->layout, which), dashboard->layout.mode, dashboard->model,
                         &dashboard->view};
}

/* A pane's title begins with the key that hides it. */
static void draw_pane(const struct dashboard *dashboard, enum layout_pane which, const char *title,
                      void (*draw_content)(const struct pane *)) {
    const struct pane pane = pane_of(dashboard, which);
    char numbered[192];
    if (dashboard->layout.panes[which].rows == 0) {
        return;
    }
    if (title != NULL) {
        snprintf(numbered, sizeof numbered, "%d %s", (int)which - (int)PANE_HEADER, title);
        pane_frame(&pane, dashboard->layout.panes[which], numbered);
    }
    draw_content(&pane);
}

static void draw_apps(const struct dashboard *dashboard) {
    const struct pane pane = pane_of(dashboard, PANE_APPS);
    char title[160];
    apps_title(&pane, title, sizeof title);
    draw_pane(dashboard, PANE_APPS, title, apps_draw);
}

/* A title with the selected app's name, where one is selected. */
static void title_of_selected(const struct dashboard *dashboard, const char *what, char *out, size_t capacity) {
    const struct pane pane = pane_of(dashboard, PANE_APPS);
    const struct model_app *selected = pane_selected(&pane);
    if (selected == NULL) {
        snprintf(out, capacity, "%s", what);
    } else {
        snprintf(out, capacity, "%s: %s (%d)", what, selected->app.name, (int)selected->app.pid);
    }
}

/* Between the header and the keys. */
static struct rect between_ends(const struct dashboard *dashboard) {
    const struct rect *panes = dashboard->layout.panes;
    const int rows = LINES - panes[PANE_HEADER].rows - panes[PANE_KEYS].rows;
    return (struct rect){panes[PANE_HEADER].rows, 0, rows > 0 ? rows : 0, COLS};
}

/* Where panes are hidden and none is left, an empty screen would look broken. */
static void draw_nothing(const struct dashboard *dashboard) {
    const struct pane pane = {between_ends(dashboard), dashboard->layout.mode, dashboard->model, &dashboard->view};
    bool all = true;
    for (unsigned which = PANE_TEMPERATURES; which < PANE_KEYS; ++which) {
        if (dashboard->layout.panes[which].rows > 0) {
            return;
        }
        all = all && (dashboard->view.hidden >> which & 1U) != 0;
    }
    if (dashboard->view.hidden != 0) {
        pane_text(&pane, 0, 1, STYLE_NORMAL,
                  all ? "all panes are hidden: 1 to 6 show them" : "no room for those not hidden: 1 to 6 show others");
    }
}

static void draw_panes(const struct dashboard *dashboard) {
    const struct view *view = &dashboard->view;
    char title[128];
    draw_pane(dashboard, PANE_TEMPERATURES, view->ascii ? "Temperatures C" : "Temperatures °C", temperatures_draw);
    draw_pane(dashboard, PANE_PRESSURE, "Pressure: time stalled", pressure_draw);
    draw_pane(dashboard, PANE_DEVICES, "Power and clocks", devices_draw);
    draw_apps(dashboard);
    title_of_selected(dashboard, view->frames_as_fps ? "Frames per second" : "Frame times ms", title, sizeof title);
    draw_pane(dashboard, PANE_FRAMES, title, frames_draw);
    title_of_selected(dashboard, "Events", title, sizeof title);
    draw_pane(dashboard, PANE_EVENTS, view->events_of_selected ? title : "Events", events_draw);
    draw_nothing(dashboard);
}

/* The page of one app takes all room between the header and the keys. */
static void draw_details(struct dashboard *dashboard) {
    struct layout page = {.mode = dashboard->layout.mode};
    char title[128];
    page.panes[PANE_APPS] = between_ends(dashboard);
    if (page.panes[PANE_APPS].rows == 0) {
        return;
    }
    const struct pane pane = {layout_content(&page, PANE_APPS), page.mode, dashboard->model, &dashboard->view};
    title_of_selected(dashboard, "Details", title, sizeof title);
    pane_frame(&pane, page.panes[PANE_APPS], title);
    if (pane.area.rows > 0) {
        dashboard->view.details_top = details_draw(&pane);
    }
}

/* Where there is no room for the line of keys, what is typed and said still has the last row. */
static void draw_keys(const struct dashboard *dashboard) {
    struct pane pane = pane_of(dashboard, PANE_KEYS);
    const bool needed = dashboard->view.filtering || dashboard->view.message[0] != '\0';
    if (pane.area.rows == 0 && needed) {
        pane.area = (struct rect){LINES - 1, 0, 1, COLS};
        pane_fill(&pane, 0, 0, COLS, STYLE_NORMAL, L' ');
    }
    if (pane.area.rows > 0) {
        keys_draw(&pane);
    }
}

static void draw(struct dashboard *dashboard) {
    const struct model *model = dashboard->model;
    const struct layout_counts counts = {.sensors = (int)model->sensor_count,
                                         .apps = (int)model->apps.count,
                                         .events = (int)model->journal.count,
                                         .pressure = pressure_lines(model),
                                         .devices = devices_lines(model)};
    layout_compute(COLS, LINES, &counts, dashboard->view.hidden, &dashboard->layout);
    if (dashboard->view.message_until_ns <= model_monotonic_ns()) {
        dashboard->view.message[0] = '\0';
    }
    erase();
    draw_pane(dashboard, PANE_HEADER, NULL, header_draw);
    if (dashboard->view.page == VIEW_DETAILS) {
        draw_details(dashboard);
    } else {
        draw_panes(dashboard);
    }
    draw_keys(dashboard);
    if (dashboard->view.help) {
        dashboard->help_next =
            help_draw(&(struct pane){{0, 0, LINES, COLS}, dashboard->layout.mode, model, &dashboard->view});
    }
    refresh();
}

static void take_keys(struct dashboard *dashboard, short events) {
    int taken = 0;
    for (int key; taken < KEYS_AT_ONCE && !dashboard->leaving && (key = screen_key()) != ERR; ++taken) {
        keys_take(dashboard, key);
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
        draw(dashboard);
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
