/* What is wrong in the file of the setup. SPDX-License-Identifier: MIT */
#include "setup_problem.h"

#include <stdarg.h>
#include <string.h>

#include "text.h"

void setup_problem_add(struct setup_problems *problems, int line, const char *format, ...) {
    if (problems->count++ >= SETUP_PROBLEMS_MAX) {
        return;
    }
    struct setup_problem *problem = &problems->items[problems->count - 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    text_to_ascii(problem->text); /* a line for any terminal */
    problem->line = line;
}

/* "top.ini:3", or the file alone. */
static void format_place(const char *path, int line, char *out, size_t capacity) {
    if (line > 0) {
        snprintf(out, capacity, "%s:%d", path, line);
    } else {
        snprintf(out, capacity, "%s", path);
    }
}

void setup_problems_print(const struct setup_problems *problems, const char *path, FILE *out) {
    for (int i = 0; i < problems->count && i < SETUP_PROBLEMS_MAX; ++i) {
        char place[4096 + 16];
        format_place(path, problems->items[i].line, place, sizeof place);
        fprintf(out, "perfadapt-top: %s: %s; skipped\n", place, problems->items[i].text);
    }
    if (problems->count > SETUP_PROBLEMS_MAX) {
        fprintf(out, "perfadapt-top: %s: +%d more\n", path, problems->count - SETUP_PROBLEMS_MAX);
    }
}

void setup_problems_summary(const struct setup_problems *problems, const char *path, char *out, size_t capacity) {
    const char *slash = strrchr(path, '/');
    char place[64];
    char more[32] = "";
    out[0] = '\0';
    if (problems->count == 0) {
        return;
    }
    if (problems->count > 1) { /* before the text, which a narrow screen cuts */
        snprintf(more, sizeof more, " (+%d more)", problems->count - 1);
    }
    format_place(slash != NULL ? slash + 1 : path, problems->items[0].line, place, sizeof place);
    snprintf(out, capacity, "%s%s: %s; skipped", place, more, problems->items[0].text);
}
