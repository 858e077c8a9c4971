/* Events: why budgets changed, newest first. SPDX-License-Identifier: MIT */
#include "app_text.h"
#include "pane.h"

enum { NAME_WIDTH = 14 };

static void draw_event(const struct pane *pane, int row, const struct journal_event *event, bool named) {
    char clock[16];
    app_text_time(pane->model, event->timestamp_ns, clock, sizeof clock);
    int column = pane_text(pane, row, 0, STYLE_DIM, clock) + 1;
    if (named) {
        column = pane_field(pane, row, column, NAME_WIDTH, false, STYLE_STRONG, event->name) + 1;
    }
    pane_text(pane, row, column, STYLE_NORMAL, event->text);
}

void events_draw(const struct pane *pane) {
    const struct journal *journal = &pane->model->journal;
    const bool alone = pane->view->events_of_selected;
    const struct model_app *selected = pane_selected(pane);
    int row = 0;
    for (size_t i = journal->count; i > 0 && row < pane->area.rows; --i) {
        const struct journal_event *event = &journal->events[i - 1];
        if (!alone || (selected != NULL && event->owner == selected->app.key)) {
            draw_event(pane, row++, event, !alone);
        }
    }
    if (row == 0) {
        pane_text(pane, 0, 0, STYLE_DIM,
                  alone && journal->count > 0 ? "none yet of this app (e shows all)" : "none yet");
    }
}
