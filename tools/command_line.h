/*
 * What is wrong with a command line, said in one way by all sub-commands. SPDX-License-Identifier: MIT
 *
 * One line on standard error: "perfadapt NAME: what is wrong with which argument; what to do". Where nothing better is
 * known to do, that is "perfadapt NAME --help tells more". Words of the user are cleaned: whatever they hold, it stays one
 * line of printable ASCII.
 */
#ifndef PERFADAPT_TOOLS_COMMAND_LINE_H
#define PERFADAPT_TOOLS_COMMAND_LINE_H

#include <getopt.h>
#include <stdbool.h>

/* All return false, for the caller to return in turn. `name` is the sub-command's. */

/* `text` may tell what to do: behind a semicolon, or by asking whether something else was meant. */
bool command_line_refuse(const char *name, const char *text);
/* --OPTION "VALUE" TEXT, where `text` is like "is not a whole number". */
bool command_line_refuse_value(const char *name, const char *option, const char *value, const char *text);
/* An argument where none is expected. `text` is what to do, NULL = nothing in particular. */
bool command_line_refuse_word(const char *name, const char *word, const char *text);

/*
 * getopt_long(), which says what is wrong by itself: COMMAND_LINE_WRONG then; -1 at the end. Begins with optind = 1.
 * `short_options` begins with "+:" or ":", for it to tell a missing value.
 */
#define COMMAND_LINE_WRONG '?'
int command_line_next(const char *name, int argc, char **argv, const char *short_options, const struct option *options);

/* "--OPTION "VALUE" is not a number UNIT from LEAST to MOST" where it is none; `unit` may be "", or "of seconds". */
bool command_line_number(const char *name, const char *option, const char *value, const char *unit, double least,
                         double most, double *out_number);

#endif
