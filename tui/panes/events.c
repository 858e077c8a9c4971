/* Events: why budgets changed, newest first. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "app_text.h"
#include "pane.h"

enum { NAME_MOST = 14, GAP = 1 };

static bool is_shown(const struct pane *pane, const struct journal_event *event) {
    const struct model_app *selected = pane_selected(pane);
    return !pane->view->events_of_selected || (selected != NULL && event->owner == selected->app.key);
}

/* Columns for names: as wide as the widest; none where all events are of one app, whose name is told elsewhere. */
static int name_columns(const struct pane *pane) {
    const struct journal *journal = &pane->model->journal;
    int widest = 0;
    bool several = false;
    for (size_t i = 0; i < journal->count && !pane->view->events_of_selected; ++i) {
        const int width = pane_width(pane, journal->events[i].name);
        widest = width > widest ? width : widest;
        several = several || journal->events[i].owner != journal->events[0].owner;
    }
    return !several ? 0 : widest < NAME_MOST ? widest : NAME_MOST;
}

/* Apps of the same name are told apart by their process. */
static bool has_namesake(const struct pane *pane, const struct journal_event *event) {
    const struct model_apps *apps = &pane->model->apps;
    for (size_t i = 0; i < apps->count; ++i) {
        const struct perfadapt_app *app = &apps->items[i].app;
        if (app->key != event->owner && strcmp(app->name, event->name) == 0) {
            return true;
        }
    }
    return false;
}

static void draw_event(const struct pane *pane, int row, const struct journal_event *event, int names) {
    char clock[16];
    app_text_time(pane->model, event->timestamp_ns, clock, sizeof clock);
    int column = pane_text(pane, row, 0, STYLE_DIM, clock) + GAP;
    if (names > 0) {
        column = pane_field(pane, row, column, names, false, STYLE_STRONG, event->name) + GAP;
        if (event->pid > 0 && has_namesake(pane, event)) {
            column = pane_format(pane, row, column, STYLE_NORMAL, "(%" PRId32 ")", event->pid) + GAP;
        }
    }
    pane_text(pane, row, column, STYLE_NORMAL, event->text);
}

void events_draw(const struct pane *pane) {
    const struct journal *journal = &pane->model->journal;
    const int names = name_columns(pane);
    int row = 0;
    for (size_t i = journal->count; i > 0 && row < pane->area.rows; --i) {
        const struct journal_event *event = &journal->events[i - 1];
        if (is_shown(pane, event)) {
            draw_event(pane, row++, event, names);
        }
    }
    if (row == 0) {
        const bool others = pane->view->events_of_selected && journal->count > 0;
        pane_text(pane, 0, 0, STYLE_DIM, others ? "none yet of this app (e shows all)" : "none yet");
    }
}
