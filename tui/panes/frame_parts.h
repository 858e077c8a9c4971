/* What the graphs of frame times have in common: the target, the scale, the line of figures. SPDX-License-Identifier: MIT */
#ifndef TUI_PANES_FRAME_PARTS_H
#define TUI_PANES_FRAME_PARTS_H

#include "frame_figures.h"
#include "pane.h"

enum { FRAME_SCALE_WIDTH = 6 };

/* The scale of a graph in what is shown, milliseconds or frames per second; it begins at 0. */
struct frame_scale {
    double target; /* NAN = none */
    double most;   /* outliers above it are cut */
    double top;
};

/* The app is allowed fewer frames than it aims at. */
bool frame_is_slowed(const struct model_app *of);

/* Milliseconds as the pane shows them: these, or frames per second. */
double frame_shown(const struct pane *pane, double ms);

/* A scale that reaches over the target. */
struct frame_scale frame_scale_begin(const struct pane *pane, const struct model_app *of);

/* Makes room for a value as frame_shown() gives it; NAN takes none. */
void frame_scale_add(struct frame_scale *scale, double value);

/* Figures, for a plot that stands at that row right of the scale. */
void frame_scale_draw(const struct pane *pane, int row, const struct plot *like, const struct frame_scale *scale);

/* A line at the target, all along such a plot. */
void frame_target_draw(const struct pane *pane, int row, const struct plot *like, const struct frame_scale *scale);

/* As many figures as fit; what is NAN of `figures` and not known at all is left out. */
void frame_numbers_draw(const struct pane *pane, int row, const struct frame_figures *figures,
                        const struct model_app *of);

#endif
