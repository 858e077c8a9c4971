/* /proc/meminfo. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/meminfo.h"

#include <string.h>

#define PATH "/proc/meminfo"
#define USUAL                                                                                                          \
    "MemTotal:       16000 kB\nMemFree:          100 kB\nMemAvailable:    8000 kB\nBuffers:  1 kB\n"                   \
    "SwapCached:        7 kB\nSwapTotal:       4000 kB\nSwapFree:        3000 kB\n"

static const struct perfadapt_memory *memory_of(struct fixture *fixture) {
    return &fixture->snapshot.memory;
}

static void test_reads_fields(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, PATH, USUAL);
    fixture_create(fixture, &perfadapt__meminfo_provider);
    assert_unknown(&memory_of(fixture)->total, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_metric(&memory_of(fixture)->total, PERFADAPT_STATE_OK, 16000 * 1024.0);
    assert_metric(&memory_of(fixture)->available, PERFADAPT_STATE_OK, 8000 * 1024.0);
    assert_metric(&memory_of(fixture)->swap_total, PERFADAPT_STATE_OK, 4000 * 1024.0);
    assert_metric(&memory_of(fixture)->swap_free, PERFADAPT_STATE_OK, 3000 * 1024.0);
    assert_int_equal(memory_of(fixture)->total.unit, PERFADAPT_UNIT_BYTES);
}

static void test_old_kernel_without_available(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, PATH, "MemTotal: 16 kB\nMemFree: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    fixture_create(fixture, &perfadapt__meminfo_provider);
    fixture_read(fixture, 1000);
    assert_metric(&memory_of(fixture)->total, PERFADAPT_STATE_OK, 16384);
    assert_unknown(&memory_of(fixture)->available, PERFADAPT_STATE_UNSUPPORTED);
    assert_metric(&memory_of(fixture)->swap_free, PERFADAPT_STATE_OK, 0);
}

static void test_missing(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__meminfo_provider);
    assert_null(fixture->provider);
    assert_unknown(&memory_of(fixture)->total, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&memory_of(fixture)->swap_free, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_bad_content(void **state) {
    static const char *const texts[] = {"",
                                        "garbage\n",
                                        "MemTotal:",
                                        "MemTotal:  kB\n",
                                        "MemTotal: 12",
                                        "MemTotal: -5 kB\n",
                                        "MemTotal: 99999999999999999999 kB\n"};
    struct fixture *fixture = *state;
    fixture_file(fixture, PATH, texts[0]);
    fixture_create(fixture, &perfadapt__meminfo_provider);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fixture_file(fixture, PATH, texts[i]);
        fixture_read(fixture, (int64_t)i + 1);
        assert_unknown(&memory_of(fixture)->total, PERFADAPT_STATE_ERROR);
    }
}

static void test_stale_and_back(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, PATH, USUAL);
    fixture_create(fixture, &perfadapt__meminfo_provider);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, PATH);
    fixture_read(fixture, 2000);
    assert_metric(&memory_of(fixture)->available, PERFADAPT_STATE_STALE, 8000 * 1024.0);
    assert_int_equal(memory_of(fixture)->available.timestamp_ns, 1000000000);
    fixture_file(fixture, PATH, USUAL);
    fixture_read(fixture, 3000);
    assert_metric(&memory_of(fixture)->available, PERFADAPT_STATE_OK, 8000 * 1024.0);
}

static void test_huge(void **state) {
    struct fixture *fixture = *state;
    static char text[1 << 20];
    memset(text, '\n', sizeof text);
    memcpy(text, USUAL, sizeof USUAL - 1);
    fixture_bytes(fixture, PATH, text, sizeof text);
    fixture_create(fixture, &perfadapt__meminfo_provider);
    fixture_read(fixture, 1000);
    assert_metric(&memory_of(fixture)->total, PERFADAPT_STATE_OK, 16000 * 1024.0);
}

static void test_directory_and_unreadable(void **state) {
    struct fixture *fixture = *state;
    fixture_directory(fixture, PATH);
    fixture_create(fixture, &perfadapt__meminfo_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&memory_of(fixture)->total, PERFADAPT_STATE_ERROR);
    fixture->provider->type->destroy(fixture->provider);
    fixture->provider = NULL;
    if (!fixture_is_plain_user())
        return;
    fixture_remove(fixture, PATH);
    fixture_file(fixture, PATH, USUAL);
    fixture_mode(fixture, PATH, 0);
    fixture_create(fixture, &perfadapt__meminfo_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&memory_of(fixture)->total, PERFADAPT_STATE_ERROR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reads_fields),
        TEST(test_old_kernel_without_available),
        TEST(test_missing),
        TEST(test_bad_content),
        TEST(test_stale_and_back),
        TEST(test_huge),
        TEST(test_directory_and_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
