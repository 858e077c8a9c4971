/* What the user has set on the screen, and is told there. SPDX-License-Identifier: MIT */
#include "view.h"

#include <stdarg.h>
#include <stdio.h>

#include "model.h"

static const int64_t message_ns = INT64_C(5000000000);

void view_say(struct view *view, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(view->message, sizeof view->message, format, arguments);
    va_end(arguments);
    view->message_until_ns = model_monotonic_ns() + message_ns;
}
