/* The table of keys: what they take, what they print, what is told of a wrong one. SPDX-License-Identifier: MIT */
#include "config/schema.h"

#include "config/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <string.h>

static char reason[PERFADAPT__SCHEMA_REASON_MAX];

static bool set(struct perfadapt__settings *settings, const char *key, const char *value) {
    reason[0] = '\0';
    return perfadapt__schema_set(settings, key, value, reason);
}

static void assert_set(const char *key, const char *value, size_t offset, double expected) {
    struct perfadapt__settings settings;
    double number;
    perfadapt__settings_init(&settings);
    if (!set(&settings, key, value))
        fail_msg("%s = %s: %s", key, value, reason);
    memcpy(&number, (const char *)&settings + offset, sizeof number);
    if (!(number >= expected && number <= expected))
        fail_msg("%s = %s is %.17g, not %.17g", key, value, number, expected);
}

#define ASSERT_SET(key, value, member, expected)                                                                       \
    assert_set(key, value, offsetof(struct perfadapt__settings, member), expected)

static void assert_refused(const char *key, const char *value, const char *text) {
    struct perfadapt__settings settings;
    struct perfadapt__settings before;
    perfadapt__settings_init(&settings);
    before = settings;
    if (set(&settings, key, value))
        fail_msg("%s = %s was taken", key, value);
    if (!strstr(reason, text))
        fail_msg("%s = %s: \"%s\" has no \"%s\"", key, value, reason, text);
    assert_memory_equal(&settings, &before, sizeof settings);
}

static void test_units(void **state) {
    (void)state;
    ASSERT_SET("thermal.limit_c", "85", limit_c, 85);
    ASSERT_SET("thermal.limit_c", "+8.25e1", limit_c, 82.5);
    ASSERT_SET("frame.target_fps", "50", target_ns, 2e7);
    ASSERT_SET("frame.target_fps", "0", target_ns, 0);
    ASSERT_SET("frame.slowest_fps", "20", slowest_ns, 5e7);
    ASSERT_SET("preset.target_fps", "40", target_ns, 2.5e7);
    ASSERT_SET("preset.dispatch_ms", "7.5", dispatch_ns, 7.5e6);
    ASSERT_SET("preset.dispatch_ns", "8e6", dispatch_ns, 8e6);
    ASSERT_SET("preset.dispatch_ns", "0", dispatch_ns, 0);
    ASSERT_SET("memory.reserve", "1.5G", reserve_bytes, 1.5 * 1024 * 1024 * 1024);
    ASSERT_SET("memory.reserve", "512K", reserve_bytes, 512 * 1024);
    ASSERT_SET("memory.reserve", "2T", reserve_bytes, 2.0 * (1024.0 * 1024 * 1024 * 1024));
    ASSERT_SET("memory.reserve", "7", reserve_bytes, 7);
    ASSERT_SET("memory.share", "0.5", memory_share, .5);
    ASSERT_SET("preset.memory_share", ".25", memory_share, .25);
    ASSERT_SET("preset.quality_max", "1", quality_share_max, 1);
    ASSERT_SET("policy.quality_max", "3", quality_max, 3);
}

/* As people write them: with a unit, a share in percent, a decimal comma, a comment right behind. */
static void test_numbers_with_more_behind(void **state) {
    (void)state;
    assert_refused("frame.target_fps", "30 fps", "\"30 fps\" is no plain number: 1 to 1000, or 0 for none");
    assert_refused("preset.dispatch_ms", "16ms", "is no plain number: 0.1 to 10000");
    assert_refused("memory.share", "50%", "\"50%\" is no plain number: 0.05 to 1");
    assert_refused("preset.scale_min", "0,5", "is no plain number");
    assert_refused("frame.target_fps", "0x3c", "is no plain number");
    assert_refused("thermal.limit_c", "80 # warm", "is no plain number: 30 to 125; what is behind \" ;\" is a comment");
    assert_refused("thermal.limit_c", "80;warm", "what is behind \" ;\" is a comment");
    assert_refused("thermal.limit_c", "200", "\"200\" is not in its range: 30 to 125");
    assert_refused("thermal.limit_c", "", "is not in its range");
    assert_refused("memory.reserve", "2GiB", "is not in its range: bytes, or with K, M, G, T");
}

static void test_words_by_their_place(void **state) {
    (void)state;
    ASSERT_SET("policy.mode", "auto", mode, 0);
    ASSERT_SET("policy.mode", "off", mode, 2);
    ASSERT_SET("policy.prefer", "battery", prefer, 3);
    ASSERT_SET("app.role", "export", role, 2);
    ASSERT_SET("record.incidents", "yes", incidents, 0);
    ASSERT_SET("record.incidents", "no", incidents, 1);
    assert_refused("record.incidents", "off", "record.incidents \"off\" is not in its range: yes|no");
    assert_refused("policy.mode", "aut", "policy.mode \"aut\" is not in its range: auto|fixed|off");
    assert_refused("policy.mode", "auto|fixed", "is not in its range");
    assert_refused("policy.mode", "", "policy.mode \"\"");
}

static void test_ranges(void **state) {
    (void)state;
    ASSERT_SET("thermal.limit_c", "30", limit_c, 30);
    ASSERT_SET("thermal.limit_c", "125", limit_c, 125);
    assert_refused("thermal.limit_c", "29.999", "30 to 125");
    assert_refused("thermal.limit_c", "125.001", "30 to 125");
    assert_refused("memory.share", "0.04", "0.05 to 1");
    assert_refused("memory.share", "0", "0.05 to 1");
    assert_refused("frame.target_fps", "-0.5", "1 to 1000, or 0 for none");
    assert_refused("policy.quality_min", "1.5", "0 to 31");
    assert_refused("policy.quality_min", "-1", "0 to 31");
    assert_refused("policy.quality_min", " 1", "0 to 31");
    assert_refused("policy.quality_min", "18446744073709551617", "0 to 31");
    assert_refused("memory.reserve", "1.0000001e15", "bytes, or with K, M, G, T");
    assert_refused("memory.reserve", "K", "bytes");
    assert_refused("memory.reserve", "1KB", "bytes");
    assert_refused("memory.reserve", "-1K", "bytes");
}

static void test_no_number(void **state) {
    static const char *const values[] = {"",    "nan",   "inf", "-inf", "1e999", "0x55", "85,5", "85 ",
                                         "8 5", "85.5.", "85c", "--85", "e5",    ".",    "+",    "85\xc2\xb0"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_refused("thermal.limit_c", values[i], "thermal.limit_c");
}

static void test_preset_names(void **state) {
    struct perfadapt__settings settings;
    (void)state;
    perfadapt__settings_init(&settings);
    assert_true(set(&settings, "policy.preset", "my-Preset_2"));
    assert_string_equal(settings.preset, "my-Preset_2");
    assert_true(set(&settings, "policy.preset", "0123456789012345678901234567890"));
    assert_int_equal(strlen(settings.preset), 31);
    assert_refused("policy.preset", "01234567890123456789012345678901", "a name of letters");
    assert_refused("policy.preset", "../etc/passwd", "a name of letters");
    assert_refused("policy.preset", "a.b", "a name of letters");
    assert_refused("policy.preset", "", "a name of letters");
    assert_refused("policy.preset", "h\xc3\xb6her", "a name of letters");
}

static void test_nearest(void **state) {
    (void)state;
    assert_refused("thermal.limt_c", "80",
                   "unknown setting \"thermal.limt_c\", did you mean \"thermal.limit_c\"? (30 to 125)");
    assert_refused("limit_c", "80", "did you mean \"thermal.limit_c\"? (30 to 125)");
    assert_refused("policy.limit_c", "80", "did you mean \"thermal.limit_c\"?");
    assert_refused("policy.prefr", "quiet", "did you mean \"policy.prefer\"? (framerate|quality|quiet|battery)");
    assert_refused("nonsense.nothing", "1", "unknown setting \"nonsense.nothing\"");
    assert_null(strstr(reason, "did you mean"));
    assert_refused("", "1", "unknown setting \"\"");
    assert_refused("thermal.", "1", "unknown setting");
    assert_refused(".", "1", "unknown setting");
}

static void test_reasons_are_printable_and_end(void **state) {
    char key[300];
    (void)state;
    memset(key, '\x1b', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    assert_refused(key, "1", "???...");
    assert_refused("thermal.limit_c", key, "???...");
    for (const char *at = reason; *at; at++)
        assert_true(*at >= ' ' && *at <= '~');
}

/* What a row prints is what it takes. */
static void test_round_trip(void **state) {
    static const char *const values[] = {"auto", "fixed", "battery", "export",  "high",     "0",     "1",
                                         "3",    "16",    "0.25",    "0.05",    "0.333333", "59.94", "144",
                                         "1000", "30",    "82.55",   "256M",    "1025",     "3G",    "1e15",
                                         "0.1",  "10000", "100000",  "8333333", "1e10"};
    unsigned taken = 0;
    (void)state;
    for (size_t i = 0; i < perfadapt__schema_count(); i++)
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            const struct perfadapt__schema_row *row = perfadapt__schema_row(i);
            struct perfadapt__settings settings, again;
            char text[40], text_again[40];
            perfadapt__settings_init(&settings);
            perfadapt__settings_init(&again);
            assert_false(perfadapt__schema_print(&settings, row, text, sizeof text));
            assert_string_equal(text, "");
            if (!set(&settings, row->key, values[j]))
                continue;
            taken++;
            assert_true(perfadapt__schema_print(&settings, row, text, sizeof text));
            if (!set(&again, row->key, text))
                fail_msg("%s = %s prints as %s: %s", row->key, values[j], text, reason);
            assert_true(perfadapt__schema_print(&again, row, text_again, sizeof text_again));
            assert_string_equal(text, text_again);
        }
    assert_in_range(taken, 100, 1000);
}

static void assert_printed(const char *key, const char *value, const char *expected) {
    struct perfadapt__settings settings;
    char text[40] = "";
    perfadapt__settings_init(&settings);
    assert_true(set(&settings, key, value));
    for (size_t i = 0; i < perfadapt__schema_count(); i++)
        if (strcmp(perfadapt__schema_row(i)->key, key) == 0)
            assert_true(perfadapt__schema_print(&settings, perfadapt__schema_row(i), text, sizeof text));
    assert_string_equal(text, expected);
}

static void test_printed_in_the_unit_of_the_key(void **state) {
    (void)state;
    assert_printed("frame.target_fps", "59.94", "59.94");
    assert_printed("frame.target_fps", "0", "0");
    assert_printed("thermal.limit_c", "082.50", "82.5");
    assert_printed("memory.reserve", "536870912", "512M");
    assert_printed("memory.reserve", "1536M", "1536M");
    assert_printed("memory.reserve", "1023", "1023");
    assert_printed("memory.reserve", "0", "0");
    assert_printed("preset.dispatch_ms", "7.5", "7.5");
    assert_printed("preset.dispatch_ns", "8e6", "8000000");
    assert_printed("policy.prefer", "quiet", "quiet");
    assert_printed("policy.preset", "high", "high");
}

static void test_rows_are_sound(void **state) {
    (void)state;
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        const struct perfadapt__schema_row *row = perfadapt__schema_row(i);
        char range[96];
        perfadapt__schema_range(row, range, sizeof range);
        assert_non_null(strchr(row->key, '.'));
        assert_true(row->offset < sizeof(struct perfadapt__settings));
        assert_int_equal(row->words != NULL, row->kind == PERFADAPT__KIND_WORD);
        assert_true(strlen(range) > 4 && strlen(range) < 60);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->key, perfadapt__schema_row(j)->key);
    }
    assert_null(perfadapt__schema_row(perfadapt__schema_count()));
}

static void test_merge_is_key_by_key(void **state) {
    struct perfadapt__settings to, from;
    (void)state;
    perfadapt__settings_init(&to);
    perfadapt__settings_init(&from);
    assert_true(set(&to, "thermal.limit_c", "80") && set(&to, "policy.preset", "low") &&
                set(&to, "policy.mode", "off"));
    assert_true(set(&from, "thermal.limit_c", "90") && set(&from, "preset.dispatch_ns", "0"));
    perfadapt__settings_merge(&to, &from);
    assert_true(to.limit_c >= 90 && to.limit_c <= 90);
    assert_true(to.mode >= 2 && to.dispatch_ns <= 0 && isnan(to.margin_c));
    assert_string_equal(to.preset, "low");
    assert_true(set(&from, "policy.preset", "auto"));
    perfadapt__settings_merge(&to, &from);
    assert_string_equal(to.preset, "auto");
}

static void test_locale_does_not_matter(void **state) {
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        skip();
    ASSERT_SET("thermal.limit_c", "82.5", limit_c, 82.5);
    assert_refused("thermal.limit_c", "82,5", "30 to 125");
    assert_printed("thermal.limit_c", "82.5", "82.5");
    setlocale(LC_ALL, "C");
}

#define TEST(name) cmocka_unit_test(name)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_units),
        TEST(test_numbers_with_more_behind),
        TEST(test_words_by_their_place),
        TEST(test_ranges),
        TEST(test_no_number),
        TEST(test_preset_names),
        TEST(test_nearest),
        TEST(test_reasons_are_printable_and_end),
        TEST(test_round_trip),
        TEST(test_printed_in_the_unit_of_the_key),
        TEST(test_rows_are_sound),
        TEST(test_merge_is_key_by_key),
        TEST(test_locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
