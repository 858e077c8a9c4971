/* What the mouse does. SPDX-License-Identifier: MIT */
#include "mouse.h"

#include <curses.h>

#include "key_table.h"
#include "panes/pane.h"

static const int64_t double_click_ns = INT64_C(400000000);

/* The click before: a second one on the same app opens its details. */
static struct {
    uint64_t key;
    int64_t at_ns;
} clicked;

void mouse_start(void) {
    mouseinterval(0); /* a press is a click at once, and two of them are told apart here */
    mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
}

static void sort_by(struct view *view, enum view_sort sort) {
    view->sort_reversed = view->sort == sort && !view->sort_reversed;
    view->sort = sort;
}

static void click_app(struct dashboard *dashboard, uint64_t key) {
    const int64_t now_ns = model_monotonic_ns();
    const bool twice = clicked.key == key && now_ns - clicked.at_ns < double_click_ns;
    clicked.key = twice ? 0 : key;
    clicked.at_ns = now_ns;
    dashboard->view.selected = key;
    keys_settle(dashboard);
    if (twice) {
        keys_take(dashboard, '\r');
    }
}

/* What is typed or said stands in place of the line of keys. */
static bool hides_keys(const struct view *view) {
    return view->filtering || view->message[0] != '\0';
}

static void click(struct dashboard *dashboard, int row, int column) {
    const struct layout *layout = &dashboard->layout;
    const enum layout_pane at = layout_pane_at(layout, row, column);
    if (at == PANE_KEYS && hides_keys(&dashboard->view)) {
        dashboard->view.message[0] = '\0';
        return;
    }
    if (at == PANE_KEYS) {
        const int key = key_table_at(layout->panes[PANE_KEYS].columns, dashboard->view.page, column);
        if (key != 0) {
            keys_take(dashboard, key);
        }
        return;
    }
    if (at != PANE_APPS || dashboard->view.page != VIEW_PANES) {
        return;
    }
    const struct pane pane = {layout_content(layout, PANE_APPS), layout->mode, dashboard->model, &dashboard->view};
    const struct apps_spot spot = apps_at(&pane, row - pane.area.top, column - pane.area.left);
    if (spot.of != NULL) {
        click_app(dashboard, spot.of->app.key);
    } else if (spot.sorts) {
        sort_by(&dashboard->view, spot.sort);
    }
}

static void take_event(struct dashboard *dashboard, const MEVENT *event) {
    if (dashboard->view.help) {
        dashboard->view.help = false;
    } else if ((event->bstate & BUTTON4_PRESSED) != 0) {
        keys_take(dashboard, KEY_UP);
    } else if ((event->bstate & BUTTON5_PRESSED) != 0) {
        keys_take(dashboard, KEY_DOWN);
    } else {
        click(dashboard, event->y, event->x);
        if ((event->bstate & BUTTON1_DOUBLE_CLICKED) != 0) {
            click(dashboard, event->y, event->x);
        }
    }
}

/* One KEY_MOUSE may stand for several events that came at once. */
void mouse_take(struct dashboard *dashboard) {
    MEVENT event;
    while (!dashboard->leaving && getmouse(&event) == OK) {
        take_event(dashboard, &event);
    }
}
