/* The preset of the last probe, as perfadapt config finds it. SPDX-License-Identifier: MIT */
#include "config/device.h"

#include "device/cache.h"
#include "device/cache_key.h"
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char home[192]; /* of the cache: a directory beside the machine's own */

/* A cache that a probe of this very machine has left. */
static void leave(struct fixture *fixture, const char *key, const char *preset) {
    struct perfadapt__cache *cache = calloc(1, sizeof *cache);
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    assert_true(cache && file);
    snprintf(cache->key, sizeof cache->key, "%s", key);
    cache->device_count = 2;
    cache->best = 1;
    for (size_t i = 0; i < 2; i++) {
        cache->devices[i].size = sizeof cache->devices[i];
        cache->devices[i].tier = (uint32_t)i;
        snprintf(cache->devices[i].preset, sizeof cache->devices[i].preset, "%s", i ? preset : "minimal");
    }
    assert_true(perfadapt__cache_print(cache, file));
    fclose(file);
    fixture_bytes(fixture, "/home/perfadapt/device.ini", text, length);
    free(text);
    free(cache);
}

static bool ask(struct fixture *fixture, char preset[CONFIG_DEVICE_PRESET]) {
    const struct perfadapt__variables variables = {.cache_home = home};
    snprintf(home, sizeof home, "%s/home", fixture->path);
    return config_device_preset(&fixture->root, NULL, &variables, preset);
}

static void test_the_best_device_counts(void **state) {
    char key[PERFADAPT__CACHE_KEY_BYTES], preset[CONFIG_DEVICE_PRESET];
    struct fixture *fixture = *state;
    perfadapt__cache_key(&fixture->root, NULL, key);
    leave(fixture, key, "high");
    assert_true(ask(fixture, preset));
    assert_string_equal(preset, "high");
}

static void test_what_is_not_to_be_used(void **state) {
    char key[PERFADAPT__CACHE_KEY_BYTES], preset[CONFIG_DEVICE_PRESET];
    struct fixture *fixture = *state;
    perfadapt__cache_key(&fixture->root, NULL, key);
    assert_false(ask(fixture, preset)); /* none */
    leave(fixture, "another", "high");
    assert_false(ask(fixture, preset));
    leave(fixture, key, "../high"); /* would become a part of a path */
    assert_false(ask(fixture, preset));
    fixture_file(fixture, "/home/perfadapt/device.ini", "garbage");
    assert_false(ask(fixture, preset));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_best_device_counts, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_to_be_used, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
