/* What is on the live screen. SPDX-License-Identifier: MIT */
#include "dashboard_draw.h"

#include <stdio.h>

#include <curses.h>

#include "layout.h"
#include "model.h"
#include "panes/pane.h"

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

void dashboard_draw(struct dashboard *dashboard) {
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
