/* SPDX-License-Identifier: MIT */
#include "command_line.h"

#include "config/nearest.h"
#include "config/number.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 256

/* ---- refusing ---- */

static bool tells_what_to_do(const char *text) {
    const size_t length = strlen(text);
    return strstr(text, "; ") || (length > 0 && text[length - 1] == '?');
}

bool command_line_refuse(const char *name, const char *text) {
    if (tells_what_to_do(text))
        fprintf(stderr, "perfadapt %s: %s\n", name, text);
    else
        fprintf(stderr, "perfadapt %s: %s; perfadapt %s --help tells more\n", name, text, name);
    return false;
}

/* Words may hold semicolons: what they come to is judged by `text` alone. */
static bool refuse_about(const char *name, const char *about, const char *word, const char *text) {
    char cleaned[PERFADAPT__WORD_SHOWN];
    perfadapt__word_clean(word, cleaned);
    fprintf(stderr, "perfadapt %s: %s \"%s\" %s", name, about, cleaned, text);
    if (tells_what_to_do(text))
        fputc('\n', stderr);
    else
        fprintf(stderr, "; perfadapt %s --help tells more\n", name);
    return false;
}

bool command_line_refuse_value(const char *name, const char *option, const char *value, const char *text) {
    char about[TEXT_MAX];
    snprintf(about, sizeof about, "--%s", option);
    return refuse_about(name, about, value, text);
}

bool command_line_refuse_word(const char *name, const char *word, const char *text) {
    char whole[TEXT_MAX];
    snprintf(whole, sizeof whole, "is not an option%s%s", text ? "; " : "", text ? text : "");
    return refuse_about(name, "argument", word, whole);
}

/* ---- options ---- */

/* Whether an option before it means the same: this one is its name of old, and none to learn. */
static bool is_alias(const struct option *options, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (options[i].val == options[index].val)
            return true;
    return false;
}

/* "--nope" of "--nope=1"; the nearest option, where one is near. */
static void refuse_long(const char *name, const char *word, const struct option *options) {
    char cut[PERFADAPT__WORD_SHOWN];
    char offered[32][PERFADAPT__WORD_SHOWN];
    char text[TEXT_MAX];
    struct perfadapt__nearest guess;
    const size_t length = strcspn(word, "=");
    snprintf(cut, sizeof cut, "%.*s", (int)(length < sizeof cut ? length : sizeof cut), word);
    perfadapt__nearest_init(&guess, cut);
    for (size_t i = 0; i < sizeof offered / sizeof offered[0] && options[i].name; i++) {
        snprintf(offered[i], sizeof offered[i], "--%s", options[i].name);
        if (!is_alias(options, i))
            perfadapt__nearest_offer(&guess, offered[i]);
    }
    perfadapt__nearest_tell(&guess, "option", text, sizeof text);
    command_line_refuse(name, text);
}

static void refuse_letter(const char *name, char letter) {
    const char word[] = {'-', letter, '\0'};
    char text[TEXT_MAX];
    struct perfadapt__nearest guess;
    perfadapt__nearest_init(&guess, word);
    perfadapt__nearest_tell(&guess, "option", text, sizeof text);
    command_line_refuse(name, text);
}

static bool has_value(const struct option *options, int value) {
    for (; options->name; options++)
        if (options->val == value)
            return true;
    return false;
}

static void refuse_option(const char *name, int result, const char *word, const struct option *options) {
    if (result == ':')
        refuse_about(name, "option", word, "wants a value");
    else if (optopt == 0)
        refuse_long(name, word, options);
    else if (has_value(options, optopt))
        refuse_about(name, "option", word, "takes no value");
    else
        refuse_letter(name, (char)optopt);
}

int command_line_next(const char *name, int argc, char **argv, const char *short_options,
                      const struct option *options) {
    opterr = 0;
    const int option = getopt_long(argc, argv, short_options, options, NULL);
    if (option != ':' && option != '?')
        return option;
    refuse_option(name, option, argv[optind - 1], options);
    return COMMAND_LINE_WRONG;
}

/* ---- values ---- */

bool command_line_number(const char *name, const char *option, const char *value, const char *unit, double least,
                         double most, double *out_number) {
    char text[TEXT_MAX];
    if (perfadapt__number_parse(value, out_number) && *out_number >= least && *out_number <= most)
        return true;
    snprintf(text, sizeof text, "is not a number %s%sfrom %.10g to %.10g", unit, *unit ? " " : "", least, most);
    return command_line_refuse_value(name, option, value, text);
}
