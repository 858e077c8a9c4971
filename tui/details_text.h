/* What the page of details says of one app, as lines. SPDX-License-Identifier: MIT */
#ifndef TUI_DETAILS_TEXT_H
#define TUI_DETAILS_TEXT_H

#include "model.h"
#include "sheet.h"

void details_text_identity(const struct model_app *of, struct sheet *out);

/* What it may use, output by output, and which signal set each. */
void details_text_budget(const struct model *model, const struct model_app *of, struct sheet *out);

/* The evidence of the latest decision, and what keeps the budget low. */
void details_text_evidence(const struct model *model, const struct model_app *of, struct sheet *out);

/* What steers it, and its memory; `columns` is the room of a line's text. */
void details_text_machine(const struct model *model, const struct model_app *of, bool ascii, int columns,
                          struct sheet *out);

/* Decisions, newest first, as a table from -> to. */
void details_text_decisions(const struct model *model, const struct model_app *of, struct sheet *out);

#endif
