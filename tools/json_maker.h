/* Building JSON documents: a failure is looked at once, at the end. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_JSON_MAKER_H
#define PERFADAPT_TOOLS_JSON_MAKER_H

#include <jansson.h>
#include <stdbool.h>

/* Values that could not be made are NULL, which Jansson's setters take and refuse. */
struct json_maker {
    bool failed;
};

/* Each takes over `value`. What is returned belongs to where it was put; it may be NULL, which these functions take. */
void json_maker_put(struct json_maker *maker, json_t *object, const char *key, json_t *value);
void json_maker_append(struct json_maker *maker, json_t *array, json_t *value);
json_t *json_maker_put_object(struct json_maker *maker, json_t *object, const char *key);
json_t *json_maker_put_array(struct json_maker *maker, json_t *object, const char *key);
json_t *json_maker_append_object(struct json_maker *maker, json_t *array);

/* null where it is NAN or infinite. */
json_t *json_maker_number(double value);

/* An integer; null where it is none, or too large for one. */
json_t *json_maker_whole(double value);

/* Texts of drivers need not be UTF-8: what is not is replaced. */
json_t *json_maker_text(const char *given);
json_t *json_maker_text_or_null(const char *given);

/*
 * The document as one line, to be freed, and the document given up. NULL where anything had failed. Decimals keep 15
 * digits, which is what comes through a double and back: 0.18 stays 0.18.
 */
char *json_maker_line(struct json_maker *maker, json_t *document);

#endif
