/* SPDX-License-Identifier: MIT */
#include "json_maker.h"

#include <math.h>
#include <stddef.h>

#define DIGITS 15

void json_maker_put(struct json_maker *maker, json_t *object, const char *key, json_t *value) {
    maker->failed |= json_object_set_new(object, key, value) != 0;
}

void json_maker_append(struct json_maker *maker, json_t *array, json_t *value) {
    maker->failed |= json_array_append_new(array, value) != 0;
}

json_t *json_maker_put_object(struct json_maker *maker, json_t *object, const char *key) {
    json_t *inner = json_object();
    json_maker_put(maker, object, key, inner);
    return inner;
}

json_t *json_maker_put_array(struct json_maker *maker, json_t *object, const char *key) {
    json_t *inner = json_array();
    json_maker_put(maker, object, key, inner);
    return inner;
}

json_t *json_maker_append_object(struct json_maker *maker, json_t *array) {
    json_t *inner = json_object();
    json_maker_append(maker, array, inner);
    return inner;
}

json_t *json_maker_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_maker_whole(double value) {
    return value >= -9.2e18 && value <= 9.2e18 ? json_integer((json_int_t)value) : json_null();
}

json_t *json_maker_text(const char *given) {
    char copy[256];
    size_t length = 0;
    json_t *string = json_string(given);
    if (string)
        return string;
    for (; given[length] && length + 1 < sizeof copy; length++)
        copy[length] = given[length];
    copy[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (copy[i] < ' ' || copy[i] > '~')
            copy[i] = '?';
    return json_string(copy);
}

json_t *json_maker_text_or_null(const char *given) {
    return *given ? json_maker_text(given) : json_null();
}

char *json_maker_line(struct json_maker *maker, json_t *document) {
    char *line = maker->failed ? NULL : json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(document);
    return line;
}
