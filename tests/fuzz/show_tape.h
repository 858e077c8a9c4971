/* A tape that was opened, shown as perfadapt-top shows it. SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_SHOW_TAPE_H
#define TESTS_FUZZ_SHOW_TAPE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "moment.h"
#include "tape.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void show_json(const struct model *model, struct json *json) {
    json_clear(json);
    document_write(model, json);
    CHECK(!json->failed && memchr(json->text, '\0', json->length) == NULL);
}

struct promise {
    size_t apps_least, apps_most;
    bool whole;  /* every moment can be shown */
    size_t step; /* each such is printed too */
};

static void show_tape(const struct tape *tape, const struct promise *promise) {
    struct model *model = model_create_empty();
    struct tape_place place;
    struct json json;
    tape_place_init(&place);
    json_init(&json);
    CHECK(model != NULL && tape->count > 0 && tape->entries[0].key);
    for (size_t i = 0; i < tape->count; ++i) {
        const bool shown = tape_go(tape, &place, i) && moment_show(place.moment, model);
        CHECK(shown || !promise->whole);
        if (!shown)
            continue;
        CHECK(model->apps.count >= promise->apps_least && model->apps.count <= promise->apps_most);
        CHECK(model->frame_count <= PERFADAPT_FRAMES_MAX);
        if (i % promise->step == 0)
            show_json(model, &json);
    }
    json_finish(&json);
    tape_place_finish(&place);
    model_destroy(model);
}

#endif
