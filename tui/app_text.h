/* What is said of an app in a cell of a table. SPDX-License-Identifier: MIT */
#ifndef TUI_APP_TEXT_H
#define TUI_APP_TEXT_H

#include "model.h"

typedef void app_text_format(const struct model_app *of, char *out, size_t capacity);

/* "n/a" where a value is not known. */
app_text_format app_text_pid, app_text_name, app_text_state, app_text_fps, app_text_limit, app_text_p50, app_text_p99,
    app_text_low, app_text_cpu, app_text_gpu, app_text_level, app_text_scale, app_text_memory, app_text_heat,
    app_text_why;

/* The latest decision in as many columns, if it can be said in these: "02:31 quality 7->4 thermal", the time left out
 * before anything else. "-" where there is none. */
void app_text_action(const struct model *model, const struct model_app *of, size_t columns, char *out, size_t capacity);

/* Why a session that is found cannot be shown. */
app_text_format app_text_reason;

/* The time of day of a moment of CLOCK_MONOTONIC, "02:31:08". */
void app_text_time(const struct model *model, int64_t timestamp_ns, char *out, size_t capacity);

#endif
