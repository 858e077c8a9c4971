/* What every pane is given, and the ways to put text into it. SPDX-License-Identifier: MIT */
#ifndef TUI_PANES_PANE_H
#define TUI_PANES_PANE_H

#include <stdbool.h>
#include <wchar.h>

#include "layout.h"
#include "model.h"
#include "plot.h"
#include "screen.h"
#include "view.h"

struct pane {
    struct rect area; /* nothing is drawn outside */
    enum layout_mode mode;
    const struct model *model;
    const struct view *view;
};

void header_draw(const struct pane *pane);
void temperatures_draw(const struct pane *pane);
void pressure_draw(const struct pane *pane);
void devices_draw(const struct pane *pane);
void apps_draw(const struct pane *pane);
void frames_draw(const struct pane *pane);
void events_draw(const struct pane *pane);
void keys_draw(const struct pane *pane);
/* Begins with line view->help_top. Returns the first line that there was no room for, 0 = the last was shown. */
int help_draw(const struct pane *pane);

/* The page of one app. Returns the line it begins with, which is less than asked for where the page ends before. */
int details_draw(const struct pane *pane);

/* The title of the pane of apps: how many, which, by what they are sorted. */
void apps_title(const struct pane *pane, char *out, size_t capacity);

/* What is at a place of the pane of apps. */
struct apps_spot {
    const struct model_app *of; /* the app in this row, or NULL */
    bool sorts;                 /* the head of a column that apps can be sorted by */
    enum view_sort sort;
};

struct apps_spot apps_at(const struct pane *pane, int row, int column);

/* Lines these panes can fill, for the layout. */
int pressure_lines(const struct model *model);
int devices_lines(const struct model *model);

/* The box or title line around a pane, `outer` being all of its room. */
void pane_frame(const struct pane *pane, struct rect outer, const char *title);

/* Row and column count from the pane's top left; what does not fit is cut. Returns the column behind the text. */
int pane_text(const struct pane *pane, int row, int column, enum screen_style style, const char *text);
int pane_format(const struct pane *pane, int row, int column, enum screen_style style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* As pane_text(), cut or padded to `width`; right = true puts the text at its right end. */
int pane_field(const struct pane *pane, int row, int column, int width, bool right, enum screen_style style,
               const char *text);
void pane_glyph(const struct pane *pane, int row, int column, enum screen_style style, wchar_t glyph);
void pane_fill(const struct pane *pane, int row, int column, int count, enum screen_style style, wchar_t glyph);

/* Draws what is set of a plot, with its top left at row and column. */
void pane_plot(const struct pane *pane, int row, int column, enum screen_style style, const struct plot *plot,
               char ascii_mark);

/* Columns that pane_text() takes for a text, where there is room. */
int pane_width(const struct pane *pane, const char *text);

/* The session whose frames are shown, or NULL. */
const struct model_app *pane_selected(const struct pane *pane);

enum screen_style pane_state_style(enum perfadapt_thermal_state state);

#endif
