/* SPDX-License-Identifier: MIT */
#include "replay/problems.h"

#include "config/nearest.h"
#include "json_maker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 256

static void print_json(uint64_t line, const char *column, const char *text) {
    struct json_maker maker = {.failed = false};
    json_t *object = json_object();
    json_maker_put(&maker, object, "schema", json_string("perfadapt.replay/1"));
    json_maker_put(&maker, object, "kind", json_string("problem"));
    json_maker_put(&maker, object, "line", json_integer((json_int_t)line));
    json_maker_put(&maker, object, "column", column ? json_maker_text(column) : json_null());
    json_maker_put(&maker, object, "text", json_maker_text(text));
    char *printed = json_maker_line(&maker, object);
    if (printed)
        puts(printed);
    free(printed);
}

void replay_problems_tell(struct replay_problems *problems, unsigned topic, uint64_t line, const char *column,
                          const char *word, const char *text) {
    char cleaned[PERFADAPT__WORD_SHOWN] = "";
    char whole[TEXT_MAX];
    problems->count++;
    if (problems->told >> topic & 1)
        return;
    problems->told |= UINT64_C(1) << topic;
    if (word)
        perfadapt__word_clean(word, cleaned);
    snprintf(whole, sizeof whole, "%s%s%s%s", word ? "\"" : "", cleaned, word ? "\" " : "", text);
    if (problems->json)
        print_json(line, column, whole);
    else
        fprintf(stderr, "perfadapt replay: %s:%" PRIu64 ": %s%s%s%s\n", problems->path, line, column ? "column " : "",
                column ? column : "", column ? ": " : "", whole);
}
