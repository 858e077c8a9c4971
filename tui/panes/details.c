/* The page of one app: its budget, the evidence of its decisions, its memory. SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "details_text.h"
#include "pane.h"

enum { LABEL_WIDTH = 15, WIDE_COLUMNS = 100, GAP = 3 };

static void draw_line(const struct pane *pane, int row, const struct sheet_line *line) {
    if (line->heading) {
        const int column = pane_text(pane, row, 0, line->style, line->text) + 1;
        pane_fill(pane, row, column, pane->area.columns - column, STYLE_BORDER, pane->view->ascii ? L'-' : L'─');
        return;
    }
    if (line->label[0] == '\0') {
        pane_text(pane, row, 0, line->style, line->text);
        return;
    }
    pane_text(pane, row, 0, STYLE_DIM, line->label);
    pane_text(pane, row, LABEL_WIDTH, line->style, line->text);
}

static void draw_sheet(const struct pane *pane, int row, const struct sheet *sheet) {
    for (int i = 0; i < sheet->count; ++i) {
        draw_line(pane, row + i, &sheet->lines[i]);
    }
}

static struct pane part_of(const struct pane *pane, int left, int columns) {
    struct pane part = *pane;
    part.area.left += left;
    part.area.columns = columns;
    return part;
}

/* A page higher than the room begins no later than leaves the last line at the bottom. */
static int begin_at(const struct pane *pane, int rows) {
    const int most = rows > pane->area.rows ? rows - pane->area.rows : 0;
    return pane->view->details_top < most ? pane->view->details_top : most;
}

/* The right end of the last row tells how many of the page's lines are below it. */
static void draw_left_below(const struct pane *pane, int left) {
    char text[24];
    if (left > 0) {
        snprintf(text, sizeof text, " +%d more", left);
        pane_text(pane, pane->area.rows - 1, pane->area.columns - pane_width(pane, text), STYLE_DIM, text);
    }
}

static int draw_wide(const struct pane *pane, const struct model_app *of) {
    struct sheet left = {0};
    struct sheet right = {0};
    struct sheet below = {0};
    const int half = (pane->area.columns - GAP) / 2;
    details_text_identity(of, &left);
    details_text_budget(pane->model, of, &left);
    details_text_evidence(pane->model, of, &right);
    details_text_machine(pane->model, of, pane->view->ascii, half, &right);
    details_text_decisions(pane->model, of, &below);
    sheet_fold(&left, (size_t)(half - LABEL_WIDTH));
    sheet_fold(&right, (size_t)(pane->area.columns - half - GAP - LABEL_WIDTH));
    const int high = left.count > right.count ? left.count : right.count;
    const int rows = high + (below.count > 0 ? 1 + below.count : 0);
    const int top = begin_at(pane, rows);
    const struct pane left_part = part_of(pane, 0, half);
    const struct pane right_part = part_of(pane, half + GAP, pane->area.columns - half - GAP);
    draw_sheet(&left_part, -top, &left);
    draw_sheet(&right_part, -top, &right);
    draw_sheet(pane, high + 1 - top, &below);
    draw_left_below(pane, rows - top - pane->area.rows);
    return top;
}

/* What one opens the page for comes first: its title has the name. */
static int draw_narrow(const struct pane *pane, const struct model_app *of) {
    struct sheet sheet = {0};
    details_text_evidence(pane->model, of, &sheet);
    details_text_budget(pane->model, of, &sheet);
    details_text_machine(pane->model, of, pane->view->ascii, pane->area.columns, &sheet);
    details_text_identity(of, &sheet);
    details_text_decisions(pane->model, of, &sheet);
    sheet_fold(&sheet, pane->area.columns > LABEL_WIDTH ? (size_t)(pane->area.columns - LABEL_WIDTH) : 0);
    const int top = begin_at(pane, sheet.count);
    draw_sheet(pane, -top, &sheet);
    draw_left_below(pane, sheet.count - top - pane->area.rows);
    return top;
}

int details_draw(const struct pane *pane) {
    const struct model_app *of = pane_selected(pane);
    if (of == NULL) {
        pane_text(pane, 0, 0, STYLE_NORMAL, "no app is selected; Esc goes back");
        return 0;
    }
    return pane->area.columns >= WIDE_COLUMNS ? draw_wide(pane, of) : draw_narrow(pane, of);
}
