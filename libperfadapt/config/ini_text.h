/*
 * An INI text line by line, through inih. SPDX-License-Identifier: MIT
 *
 * inih does not tell lines to its handler, cuts long lines and goes on with the rest, takes indented keys for more of the
 * value above, and puts keys under the section above where a header is broken. The reader in front of it sees to all
 * that. What is left to the caller: drop everything where perfadapt__ini_parse does not return 0.
 */
#ifndef PERFADAPT_CONFIG_INI_TEXT_H
#define PERFADAPT_CONFIG_INI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct perfadapt__ini_text;

/*
 * One key, or the start of a section (key and value NULL; its name comes with its keys). Never a NULL section; section,
 * key and value may be "".
 */
typedef void perfadapt__ini_take(void *user, const struct perfadapt__ini_text *ini, const char *section,
                                 const char *key, const char *value);

struct perfadapt__ini_text {
    const char *at; /* what is still to be read, up to */
    const char *end;
    const char *line; /* the line in hand, from its first letter, up to */
    const char *line_end;
    unsigned line_number; /* from 1 */
    unsigned broken_line; /* the first that is too long, or holds a NUL; 0 = none */
    perfadapt__ini_take *take;
    void *user;
};

/* 0, or the number of the first line that is no INI; what was delivered is then to be dropped. -1: no memory. */
int perfadapt__ini_parse(const char *text, size_t length, perfadapt__ini_take *take, void *user);

/*
 * The value of the line in hand with all that follows: inih takes " ;" in a value for the start of a comment, and names
 * of devices may hold one. False where it does not fit.
 */
bool perfadapt__ini_whole_value(const struct perfadapt__ini_text *ini, char *out, size_t capacity);

#endif
