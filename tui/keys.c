/* What keys and the mouse do. SPDX-License-Identifier: MIT */
#include "keys.h"

#include <curses.h>

enum { KEY_CONTROL_L = 12 };

static void select_app(struct dashboard *dashboard, int step) {
    const struct model *model = dashboard->model;
    if (model->apps.count == 0) {
        return;
    }
    const size_t at = model_find_app(model, dashboard->view.selected);
    if ((step < 0 && at > 0) || (step > 0 && at + 1 < model->apps.count)) {
        dashboard->view.selected = model->apps.items[step < 0 ? at - 1 : at + 1].app.key;
        model_read_frames(dashboard->model, dashboard->view.selected);
    }
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
    dashboard->due_ns = model_monotonic_ns() + (int64_t)(dashboard->view.period_s * 1e9);
}

void keys_take(struct dashboard *dashboard, int key) {
    struct view *view = &dashboard->view;
    if (key == 'q' || key == 'Q') {
        dashboard->leaving = true;
        return;
    }
    if (view->help && key != KEY_RESIZE) {
        view->help = false;
        return;
    }
    switch (key) {
    case '?':
    case 'h':
    case KEY_F(1):
        view->help = true;
        break;
    case KEY_UP:
    case 'k':
        select_app(dashboard, -1);
        break;
    case KEY_DOWN:
    case 'j':
        select_app(dashboard, 1);
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
        travel_key(&dashboard->travel, view, key);
        dashboard->model = travel_model(&dashboard->travel);
        break;
    }
}
