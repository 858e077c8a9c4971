/* SPDX-License-Identifier: MIT */
#include "config/ini_text.h"

#include <ini.h>
#include <string.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";

static bool is_blank(char letter) {
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

static bool is_comment(const char *line, const char *end) {
    return line < end && (*line == ';' || *line == '#');
}

/* Blanks go: to inih an indented line is more of the value above. */
static void cut_blanks(const char **line, const char **end) {
    while (*line < *end && is_blank(**line))
        (*line)++;
    while (*line < *end && is_blank((*end)[-1]))
        (*end)--;
}

static void mark_broken(struct perfadapt__ini_text *ini) {
    if (ini->broken_line == 0)
        ini->broken_line = ini->line_number;
}

static void next_line(struct perfadapt__ini_text *ini) {
    const char *newline = memchr(ini->at, '\n', (size_t)(ini->end - ini->at));
    ini->line = ini->at;
    ini->line_end = newline ? newline : ini->end;
    ini->at = newline ? newline + 1 : ini->end;
    ini->line_number++;
    cut_blanks(&ini->line, &ini->line_end);
    if (memchr(ini->line, '\0', (size_t)(ini->line_end - ini->line)))
        mark_broken(ini);
}

/* inih's fgets. A line that does not fit is cut: as a comment that does no harm, else the text is broken. */
static char *give_line(char *out, int size, void *stream) {
    struct perfadapt__ini_text *ini = stream;
    if (ini->at >= ini->end || size < 2)
        return NULL;
    next_line(ini);
    size_t length = (size_t)(ini->line_end - ini->line);
    if (length + 2 > (size_t)size) {
        length = (size_t)size - 2;
        if (!is_comment(ini->line, ini->line_end))
            mark_broken(ini);
    }
    memcpy(out, ini->line, length);
    memcpy(out + length, "\n", 2);
    if (length > 0 && *ini->line == '[')
        ini->take(ini->user, ini, "", NULL, NULL);
    return out;
}

/* Distributions build inih differently: some call for a new section without a key, some for a key without a value. */
static int take_pair(void *user, const char *section, const char *key, const char *value) {
    struct perfadapt__ini_text *ini = user;
    if (key && !value)
        mark_broken(ini);
    if (key && value)
        ini->take(ini->user, ini, section ? section : "", key, value);
    return 1;
}

int perfadapt__ini_parse(const char *text, size_t length, perfadapt__ini_take *take, void *user) {
    struct perfadapt__ini_text ini = {.at = text, .end = text + length, .take = take, .user = user};
    const size_t mark_length = sizeof byte_order_mark - 1;
    if (length >= mark_length && memcmp(text, byte_order_mark, mark_length) == 0)
        ini.at += mark_length;
    const int result = ini_parse_stream(give_line, &ini, take_pair, &ini);
    if (result < 0)
        return -1;
    const int broken = (int)ini.broken_line;
    return broken == 0 || (result != 0 && result < broken) ? result : broken;
}

bool perfadapt__ini_whole_value(const struct perfadapt__ini_text *ini, char *out, size_t capacity) {
    const char *value = ini->line;
    const char *end = ini->line_end;
    while (value < end && *value != '=' && *value != ':')
        value++;
    value += value < end;
    cut_blanks(&value, &end);
    const size_t length = (size_t)(end - value);
    if (length >= capacity)
        return false;
    memcpy(out, value, length);
    out[length] = '\0';
    return true;
}
