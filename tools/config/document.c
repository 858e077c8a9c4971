/* SPDX-License-Identifier: MIT */
#include "config/document.h"

#include "config/schema_text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Digits that every decimal keeps through a double and back: 0.18 stays 0.18. */
#define DIGITS 15

/* Values that could not be made are NULL, which Jansson's setters take and refuse: looked at once, at the end. */
struct maker {
    bool failed;
};

static void put(struct maker *maker, json_t *object, const char *key, json_t *value) {
    maker->failed |= json_object_set_new(object, key, value) != 0;
}

static json_t *put_array(struct maker *maker, json_t *object, const char *key) {
    json_t *inner = json_array();
    put(maker, object, key, inner);
    return inner;
}

static json_t *append_object(struct maker *maker, json_t *array) {
    json_t *inner = json_object();
    maker->failed |= json_array_append_new(array, inner) != 0;
    return inner;
}

/* Paths and sections need not be UTF-8: what is not is replaced, byte by byte. */
static json_t *text(const char *given) {
    json_t *string = json_string(given);
    char *copy = string ? NULL : strdup(given);
    if (!copy)
        return string;
    for (char *letter = copy; *letter; letter++)
        if (*letter < ' ' || *letter > '~')
            *letter = '?';
    string = json_string(copy);
    free(copy);
    return string;
}

static json_t *text_or_null(const char *given) {
    return given && *given ? text(given) : json_null();
}

static json_t *line_or_null(unsigned line) {
    return line ? json_integer((json_int_t)line) : json_null();
}

static json_t *whole_or_real(double number) {
    const json_int_t whole = (json_int_t)number;
    return number >= -9e15 && number <= 9e15 && !((double)whole < number) && !((double)whole > number)
               ? json_integer(whole)
               : json_real(number);
}

/* ---- what holds ---- */

static bool is_text(const struct perfadapt__schema_row *row) {
    return row->kind == PERFADAPT__KIND_WORD || row->kind == PERFADAPT__KIND_NAME;
}

/* Digits, and for bytes perhaps a K, M, G or T: as perfadapt__schema_print() has made it. */
static json_t *value(const struct config_effect *effect) {
    static const char suffixes[] = "KMGT";
    char *end = NULL;
    if (!*effect->value)
        return json_null();
    if (is_text(effect->row))
        return json_string(effect->value);
    double number = strtod(effect->value, &end); /* of the locale only LC_CTYPE is ever set here */
    for (const char *suffix = *end ? strchr(suffixes, *end) : NULL; suffix && suffix >= suffixes; suffix--)
        number *= 1024;
    return whole_or_real(number);
}

static void add_effect(struct maker *maker, json_t *array, const struct config_effect *effect, const char *unit) {
    static const char *const sources[] = {
        [CONFIG_FROM_FILE] = "file", [CONFIG_FROM_PRESET] = "preset", [CONFIG_FROM_DEFAULT] = "default"};
    const struct config_origin *origin = effect->origin;
    json_t *object = append_object(maker, array);
    put(maker, object, "key", json_string(effect->row->key));
    put(maker, object, "value", value(effect));
    put(maker, object, "unit", text_or_null(unit));
    put(maker, object, "source", json_string(sources[effect->source]));
    put(maker, object, "file", text_or_null(origin ? origin->path : NULL));
    put(maker, object, "line", line_or_null(origin ? origin->line : 0));
    put(maker, object, "section", text_or_null(origin ? origin->section : NULL));
    put(maker, object, "given_as", text_or_null(effect->given_as ? effect->given_as->key : NULL));
}

static void add_warnings(struct maker *maker, json_t *document, const struct config_warning *warnings, size_t count) {
    json_t *array = put_array(maker, document, "warnings");
    for (size_t i = 0; i < count; i++) {
        json_t *object = append_object(maker, array);
        put(maker, object, "file", text(warnings[i].path));
        put(maker, object, "line", line_or_null(warnings[i].line));
        put(maker, object, "text", text(warnings[i].text));
    }
}

static bool print_and_free(const struct maker *maker, json_t *document, FILE *stream) {
    char *line = maker->failed ? NULL : json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(document);
    if (!line) {
        fputs("perfadapt config: no memory for the document\n", stderr);
        return false;
    }
    fprintf(stream, "%s\n", line);
    free(line);
    return true;
}

bool config_document_print(const struct config_merged *merged, const char *app, FILE *stream) {
    struct maker maker = {0};
    json_t *document = json_object();
    put(&maker, document, "schema", json_string("perfadapt.config/1"));
    put(&maker, document, "app", text_or_null(app));
    put(&maker, document, "preset", text(merged->preset));
    json_t *array = put_array(&maker, document, "settings");
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        const struct config_effect effect = config_merged_effect(merged, i);
        add_effect(&maker, array, &effect, perfadapt__schema_text(i)->unit);
    }
    add_warnings(&maker, document, merged->warnings, merged->warning_count);
    return print_and_free(&maker, document, stream);
}

/* ---- one file ---- */

bool config_document_print_check(const char *path, bool readable, const struct config_warning *warnings, size_t count,
                                 FILE *stream) {
    struct maker maker = {0};
    json_t *document = json_object();
    put(&maker, document, "schema", json_string("perfadapt.config_check/1"));
    put(&maker, document, "file", text(path));
    put(&maker, document, "readable", json_boolean(readable));
    add_warnings(&maker, document, warnings, count);
    return print_and_free(&maker, document, stream);
}

/* ---- the keys ---- */

static const char *type_of(const struct perfadapt__schema_row *row) {
    switch (row->kind) {
    case PERFADAPT__KIND_WORD:
        return "word";
    case PERFADAPT__KIND_NAME:
        return "name";
    case PERFADAPT__KIND_WHOLE:
        return "whole";
    case PERFADAPT__KIND_BYTES:
        return "size";
    default:
        return "number";
    }
}

static void add_words(struct maker *maker, json_t *document, const char *words) {
    json_t *array = put_array(maker, document, "words");
    while (words && *words) {
        const size_t length = strcspn(words, "|");
        maker->failed |= json_array_append_new(array, json_stringn(words, length)) != 0;
        words += length + (words[length] != '\0');
    }
}

static bool print_key(size_t index, FILE *stream) {
    struct maker maker = {0};
    char range[128];
    const struct perfadapt__schema_row *row = perfadapt__schema_row(index);
    const struct perfadapt__schema_text *texts = perfadapt__schema_text(index);
    json_t *document = json_object();
    perfadapt__schema_range(row, range, sizeof range);
    put(&maker, document, "schema", json_string("perfadapt.config_key/1"));
    put(&maker, document, "key", json_string(row->key));
    put(&maker, document, "type", json_string(type_of(row)));
    add_words(&maker, document, row->words);
    put(&maker, document, "range", json_string(range));
    put(&maker, document, "least", is_text(row) ? json_null() : whole_or_real(row->least));
    put(&maker, document, "most", is_text(row) ? json_null() : whole_or_real(row->most));
    put(&maker, document, "unit", text_or_null(texts->unit));
    put(&maker, document, "default", json_string(texts->otherwise));
    put(&maker, document, "text", json_string(texts->text));
    return print_and_free(&maker, document, stream);
}

bool config_document_print_keys(FILE *stream) {
    for (size_t i = 0; i < perfadapt__schema_count(); i++)
        if (!print_key(i, stream))
            return false;
    return true;
}
