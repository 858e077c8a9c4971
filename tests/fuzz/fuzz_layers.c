/*
 * Any bytes as a file of the configuration: what is taken of them is in its range, and prints.
 * SPDX-License-Identifier: MIT
 */
#include "config/layer_text.h"
#include "config/schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void check_text(const char *text, size_t capacity) {
    CHECK(memchr(text, '\0', capacity));
    for (; *text; text++)
        CHECK(*text >= ' ' && *text <= '~');
}

static void check_log(void *user_data, enum perfadapt_log_level level, const char *message) {
    unsigned *logged = user_data;
    (void)level;
    CHECK(++*logged <= 3 * 21);
    check_text(message, 512);
}

/* What is said to hold was taken: it can be taken again. */
static void check_found(void *user, const char *path, unsigned line, const char *section, const char *key,
                        const char *value) {
    struct perfadapt__settings settings;
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
    (void)user;
    CHECK(strcmp(path, "fuzz") == 0 && section && value);
    if (!key) {
        check_text(value, PERFADAPT__SCHEMA_REASON_MAX);
        return;
    }
    perfadapt__settings_init(&settings);
    CHECK(line > 0 && perfadapt__schema_set(&settings, key, value, reason));
}

/* As a user would write them, they are the same. */
static void check_settings(const struct perfadapt__settings *settings) {
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        const struct perfadapt__schema_row *row = perfadapt__schema_row(i);
        struct perfadapt__settings again;
        char text[64];
        char reason[PERFADAPT__SCHEMA_REASON_MAX];
        perfadapt__settings_init(&again);
        if (perfadapt__schema_print(settings, row, text, sizeof text)) {
            check_text(text, sizeof text);
            CHECK(perfadapt__schema_set(&again, row->key, text, reason));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct perfadapt__machine_facts facts = {.dmi_vendor = "Valve",
                                                          .dmi_product = "Jupiter",
                                                          .device_tree = "a,b\0c,d",
                                                          .device_tree_length = 8,
                                                          .host = "deck",
                                                          .gpus = {{0x1002, 0x163f}},
                                                          .gpu_count = 1};
    unsigned logged = 0;
    const struct perfadapt_log log = {.write = check_log, .user_data = &logged};
    const struct perfadapt__layers_request request = {
        .app_name = "viewer", .facts = &facts, .log = &log, .found = check_found};
    char *bytes = malloc(size ? size : 1); /* of its own and without a NUL, so that the sanitizer sees its end */
    CHECK(bytes);
    memcpy(bytes, data, size);
    for (unsigned preset_file = 0; preset_file < 2; preset_file++) {
        struct perfadapt__settings settings;
        struct perfadapt__preset_search search = {.name = "low"};
        struct perfadapt__layer_text text = {
            .request = &request, .path = "fuzz", .preset = preset_file ? "low" : NULL, .text = bytes, .length = size};
        perfadapt__nearest_init(&search.nearest, search.name);
        perfadapt__settings_init(&settings);
        if (!perfadapt__layer_text_survey(&text))
            continue;
        perfadapt__layer_text_apply(&text, &settings);
        CHECK((text.preset_line > 0) == (settings.preset[0] != '\0'));
        perfadapt__layer_text_preset(&text, &search, &settings);
        check_settings(&settings);
    }
    free(bytes);
    return 0;
}
