/* What keys do. SPDX-License-Identifier: MIT */
#include "keys.h"

#include <stdio.h>
#include <string.h>

#include <curses.h>

#include "app_order.h"
#include "setup.h"

enum { KEY_CONTROL_H = 8, KEY_CONTROL_L = 12, KEY_RETURN = '\r', KEY_ESCAPE = 27, KEY_DELETE = 127, PAGE = 10 };

void keys_settle(struct dashboard *dashboard) {
    struct view *view = &dashboard->view;
    const struct model_app *selected = app_order_selected(&dashboard->model->apps, view);
    const uint64_t key = selected == NULL ? 0 : selected->app.key;
    if (!view->filtering && key != 0) {
        view->selected = key; /* it stays the same however the order changes */
    }
    if (key != dashboard->shown) {
        dashboard->shown = dashboard->travel.frames_key = key;
        model_read_frames(dashboard->model, key);
    }
    if (view->page == VIEW_DETAILS) {
        model_read_details(dashboard->model, key);
    }
}

static void select_app(struct dashboard *dashboard, int step) {
    const struct model_apps *apps = &dashboard->model->apps;
    struct app_order order;
    app_order_compute(apps, &dashboard->view, &order);
    if (order.count == 0) {
        return;
    }
    const int last = (int)order.count - 1;
    const int at = (int)app_order_find(&order, apps, dashboard->view.selected) + step;
    dashboard->view.selected = apps->items[order.indices[at < 0 ? 0 : at > last ? last : at]].app.key;
    keys_settle(dashboard);
}

static void change_rate(struct dashboard *dashboard, int step) {
    static const double periods_s[] = {0.1, 0.2, 0.5, 1, 2, 5, 10};
    const int count = (int)(sizeof periods_s / sizeof *periods_s);
    int at = 0;
    while (at < count - 1 && periods_s[at] < dashboard->view.period_s) {
        ++at;
    }
    at += step;
    dashboard->view.period_s = periods_s[at < 0 ? 0 : at >= count ? count - 1 : at];
    if (dashboard->travel.live != NULL) {
        dashboard->due_ns = model_monotonic_ns() + (int64_t)(dashboard->view.period_s * 1e9);
    }
}

static void write_setup(struct dashboard *dashboard) {
    char path[SETUP_PATH_MAX];
    char text[SETUP_PATH_MAX + 64];
    if (!setup_path(path, sizeof path)) {
        view_say(&dashboard->view, "not written: neither XDG_CONFIG_HOME nor HOME is set");
        return;
    }
    if (setup_write(path, &dashboard->view, text, sizeof text)) {
        snprintf(text, sizeof text, "written: %s", path);
    }
    view_say(&dashboard->view, "%s", text);
}

/* Bytes of the character that a byte begins. */
static size_t length_of(unsigned char first) {
    return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static void add_to_filter(struct view *view, unsigned char byte) {
    const size_t length = strlen(view->filter);
    const bool continues = (byte & 0xc0U) == 0x80;
    if (length + (continues ? 1 : length_of(byte)) < sizeof view->filter) {
        view->filter[length] = (char)byte;
        view->filter[length + 1] = '\0';
    }
}

static void cut_filter(struct view *view) {
    size_t length = strlen(view->filter);
    while (length > 0 && ((unsigned char)view->filter[length - 1] & 0xc0U) == 0x80) {
        --length;
    }
    view->filter[length > 0 ? length - 1 : 0] = '\0';
}

static void take_filter(struct dashboard *dashboard, int key) {
    struct view *view = &dashboard->view;
    if (key == KEY_RETURN || key == KEY_ENTER || key == '\n') {
        view->filtering = false;
    } else if (key == KEY_ESCAPE) {
        view->filtering = false;
        view->filter[0] = '\0';
    } else if (key == KEY_BACKSPACE || key == KEY_DELETE || key == KEY_CONTROL_H) {
        cut_filter(view);
    } else if (key == KEY_UP || key == KEY_DOWN) {
        select_app(dashboard, key == KEY_UP ? -1 : 1);
    } else if (key >= ' ' && key <= 0xff) {
        add_to_filter(view, (unsigned char)key);
    }
    keys_settle(dashboard);
}

static void open_page(struct dashboard *dashboard, enum view_page page) {
    dashboard->view.page = page;
    dashboard->view.details_top = 0;
    keys_settle(dashboard);
}

/* Keys that move: through the apps, or through the page of one. */
static bool take_move(struct dashboard *dashboard, int key) {
    int step = 0;
    switch (key) {
    case KEY_UP:
    case 'k':
        step = -1;
        break;
    case KEY_DOWN:
    case 'j':
        step = 1;
        break;
    case KEY_PPAGE:
        step = -PAGE;
        break;
    case KEY_NPAGE:
        step = PAGE;
        break;
    case KEY_HOME:
        step = -APP_ORDER_MAX;
        break;
    default:
        return false;
    }
    if (dashboard->view.page == VIEW_DETAILS) {
        const int top = dashboard->view.details_top + step;
        dashboard->view.details_top = top < 0 ? 0 : top;
    } else {
        select_app(dashboard, step);
    }
    return true;
}

static bool take_details(struct dashboard *dashboard, int key) {
    switch (key) {
    case KEY_ESCAPE:
    case KEY_RETURN:
    case KEY_ENTER:
    case '\n':
    case KEY_BACKSPACE:
    case KEY_DELETE:
    case KEY_CONTROL_H:
        open_page(dashboard, VIEW_PANES);
        return true;
    case KEY_LEFT:
    case KEY_RIGHT:
        dashboard->view.details_top = 0;
        select_app(dashboard, key == KEY_LEFT ? -1 : 1);
        return true;
    default:
        return false;
    }
}

/* Keys of the panes alone. */
static bool take_panes(struct dashboard *dashboard, int key) {
    struct view *view = &dashboard->view;
    switch (key) {
    case KEY_RETURN:
    case KEY_ENTER:
    case '\n':
        open_page(dashboard, VIEW_DETAILS);
        return true;
    case KEY_ESCAPE:
        view->filter[0] = '\0';
        keys_settle(dashboard);
        return true;
    case '/':
        view->filtering = true;
        return true;
    case 's':
        view->sort = (enum view_sort)(((unsigned)view->sort + 1) % VIEW_SORT_COUNT);
        return true;
    case 'S':
        view->sort_reversed = !view->sort_reversed;
        return true;
    case 'e':
        view->events_of_selected = !view->events_of_selected;
        return true;
    case 'g':
        view->frames_as_fps = !view->frames_as_fps;
        return true;
    case 'w':
        write_setup(dashboard);
        return true;
    default:
        break;
    }
    const int pane = PANE_HEADER + (key - '0');
    if (pane > PANE_HEADER && pane < PANE_KEYS) {
        view->hidden ^= UINT32_C(1) << pane;
        return true;
    }
    return false;
}

static void travel(struct dashboard *dashboard, enum travel_action action) {
    const struct model *before = dashboard->model;
    travel_act(&dashboard->travel, &dashboard->view, action);
    dashboard->model = travel_model(&dashboard->travel);
    if (dashboard->model != before) {
        dashboard->shown = 0; /* its frames may be another app's */
    }
    if (dashboard->travel.live == NULL) {
        dashboard->due_ns = 0; /* the replay goes on from there */
    }
    keys_settle(dashboard);
}

static void take_travel(struct dashboard *dashboard, int key) {
    static const struct {
        int key;
        enum travel_action action;
    } keys[] = {{'[', TRAVEL_BACK},        {']', TRAVEL_FORWARD},       {'{', TRAVEL_FAR_BACK},
                {'}', TRAVEL_FAR_FORWARD}, {KEY_END, TRAVEL_TO_NEWEST}, {'r', TRAVEL_RECORD}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i) {
        if (keys[i].key == key) {
            travel(dashboard, keys[i].action);
        }
    }
}

static void take_common(struct dashboard *dashboard, int key) {
    struct view *view = &dashboard->view;
    switch (key) {
    case 'q':
    case 'Q':
        dashboard->leaving = true;
        break;
    case '?':
    case 'h':
    case KEY_F(1):
        view->help = true;
        view->help_top = 0;
        break;
    case '+':
    case '=':
        change_rate(dashboard, -1);
        break;
    case '-':
        change_rate(dashboard, 1);
        break;
    case KEY_CONTROL_L:
        clearok(stdscr, TRUE);
        break;
    case ' ':
        view->paused = !view->paused;
        dashboard->due_ns = 0;
        break;
    default:
        take_travel(dashboard, key);
        break;
    }
}

/* Any key goes on with the help where the screen is too small for all of it. */
static void close_help(struct dashboard *dashboard, int key) {
    struct view *view = &dashboard->view;
    dashboard->leaving = key == 'q' || key == 'Q';
    view->help = dashboard->help_next > 0 && key != KEY_ESCAPE;
    view->help_top = dashboard->help_next;
}

void keys_take(struct dashboard *dashboard, int key) {
    struct view *view = &dashboard->view;
    if (key == KEY_RESIZE) {
        return;
    }
    if (view->help) {
        close_help(dashboard, key);
        return;
    }
    view->message[0] = '\0';
    if (view->filtering) {
        take_filter(dashboard, key);
        return;
    }
    const bool taken = take_move(dashboard, key) ||
                       (view->page == VIEW_DETAILS ? take_details(dashboard, key) : take_panes(dashboard, key));
    if (!taken) {
        take_common(dashboard, key);
    }
}
