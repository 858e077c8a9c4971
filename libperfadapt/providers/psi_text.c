/* SPDX-License-Identifier: MIT */
#include "providers/psi_text.h"

#include "core/fs.h"

#include <string.h>

/* What stands behind "<keyword> " at the start of a line, or NULL. */
static const char *find_line(const char *text, const char *keyword) {
    const size_t length = strlen(keyword);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, keyword, length) == 0 && line[length] == ' ')
            return line + length;
    }
    return NULL;
}

static bool parse_key(const char **text, const char *key) {
    const char *at = *text;
    while (*at == ' ')
        at++;
    while (*key)
        if (*at++ != *key++)
            return false;
    if (*at < '0' || *at > '9')
        return false;
    *text = at;
    return true;
}

static bool parse_average(const char **text, const char *key, double *out_percent) {
    return parse_key(text, key) && perfadapt__fs_parse_decimal(text, out_percent);
}

enum perfadapt__psi_found perfadapt__psi_parse(const char *text, const char *keyword,
                                               struct perfadapt__psi_line *out_line) {
    struct perfadapt__psi_line line;
    const char *at = find_line(text, keyword);
    if (!at)
        return PERFADAPT__PSI_NO_LINE;
    if (!parse_average(&at, "avg10=", &line.avg10) || !parse_average(&at, "avg60=", &line.avg60) ||
        !parse_average(&at, "avg300=", &line.avg300) || !parse_key(&at, "total=") ||
        !perfadapt__fs_parse_u64(&at, &line.total_us))
        return PERFADAPT__PSI_BAD_LINE;
    *out_line = line;
    return PERFADAPT__PSI_LINE;
}
