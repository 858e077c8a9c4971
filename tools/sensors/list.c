/* SPDX-License-Identifier: MIT */
#include "sensors/list.h"

#include "sensors/figure.h"

#include <stdarg.h>
#include <string.h>

static const size_t line_width = 80;
#define INDENT 12

void sensors_list_begin(struct sensors_list *list, FILE *stream, const char *title) {
    *list = (struct sensors_list){.stream = stream, .title = title};
}

static void start_line(struct sensors_list *list) {
    fprintf(list->stream, "%-*s", INDENT, list->title);
    list->title = "";
    list->column = INDENT;
}

static void print(struct sensors_list *list, const char *text, size_t length) {
    fprintf(list->stream, "%.*s", (int)length, text);
    list->column += length;
}

static void break_line(struct sensors_list *list) {
    fputc('\n', list->stream);
    start_line(list);
}

/* A text longer than a line is broken between its words. */
static void print_words(struct sensors_list *list, const char *text) {
    for (bool first = true; *text; first = false) {
        const size_t length = strcspn(text, " ");
        if (!first && list->column + 1 + length > line_width)
            break_line(list);
        else if (!first)
            print(list, " ", 1);
        print(list, text, length);
        text += length + (text[length] == ' ');
    }
}

void sensors_list_add(struct sensors_list *list, const char *format, ...) {
    char item[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item, sizeof item, format, arguments);
    va_end(arguments);
    const bool first = list->column == 0;
    if (first)
        start_line(list);
    else
        print(list, ",", 1);
    /* With room for the comma that the next one brings. */
    if (!first && list->column + strlen(" ") + strlen(item) + strlen(",") > line_width)
        break_line(list);
    else if (!first)
        print(list, " ", 1);
    print_words(list, item);
}

void sensors_list_unknown(struct sensors_list *list, const char *name, uint32_t state) {
    char *names = list->unknown[state < SENSORS_LIST_STATES ? state : PERFADAPT_STATE_ERROR];
    const size_t length = strlen(names);
    snprintf(names + length, sizeof list->unknown[0] - length, "%s%s", length ? ", " : "", name);
}

bool sensors_list_knows(struct sensors_list *list, const char *name, const struct perfadapt_metric *metric) {
    const bool known = sensors_figure_known(metric);
    if (!known)
        sensors_list_unknown(list, name, metric->state == PERFADAPT_STATE_OK ? PERFADAPT_STATE_ERROR : metric->state);
    return known;
}

/* As the reason why there is no figure; the states' own names are for programs. */
static const char *reason_of(uint32_t state) {
    switch (state) {
    case PERFADAPT_STATE_INIT:
        return "not known yet";
    case PERFADAPT_STATE_STALE:
        return "too old";
    case PERFADAPT_STATE_ASLEEP:
        return "asleep";
    case PERFADAPT_STATE_UNSUPPORTED:
        return "not on this machine";
    default:
        return "cannot be read";
    }
}

static void end_line(struct sensors_list *list) {
    if (list->column > 0)
        fputc('\n', list->stream);
    list->column = 0;
}

/* Names are broken into lines as items are. */
static void print_unknown(struct sensors_list *list, uint32_t state) {
    char lead[40];
    snprintf(lead, sizeof lead, "n/a (%s): ", reason_of(state));
    const char *before = lead;
    char *rest = list->unknown[state];
    for (char *name; (name = strsep(&rest, ",")); before = "")
        sensors_list_add(list, "%s%s", before, name + (*name == ' '));
    end_line(list);
}

void sensors_list_end(struct sensors_list *list) {
    end_line(list);
    for (uint32_t state = 0; state < SENSORS_LIST_STATES; state++)
        if (list->unknown[state][0])
            print_unknown(list, state);
}
