/* Events: why budgets changed, newest first. SPDX-License-Identifier: MIT */
#include "pane.h"
#include "text.h"

void events_draw(const struct pane *pane) {
    const struct model *model = pane->model;
    const struct journal *journal = &model->journal;
    for (size_t i = 0; i < journal->count && (int)i < pane->area.rows; ++i) {
        const struct journal_event *event = &journal->events[journal->count - 1 - i];
        char clock[16];
        text_clock(clock, sizeof clock, model->realtime_ns - (model->now_ns - event->timestamp_ns));
        int column = pane_text(pane, (int)i, 0, STYLE_DIM, clock);
        column = pane_field(pane, (int)i, column + 1, 14, false, STYLE_STRONG, event->name);
        pane_text(pane, (int)i, column + 1, STYLE_NORMAL, event->text);
    }
    if (journal->count == 0) {
        pane_text(pane, 0, 0, STYLE_DIM, "none yet");
    }
}
