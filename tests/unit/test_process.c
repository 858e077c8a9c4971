/* The own process's memory. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/process.h"

#include <unistd.h>

#define PATH "/proc/self/statm"

static void test_reads_pages(void **state) {
    struct fixture *fixture = *state;
    const double page = (double)sysconf(_SC_PAGESIZE);
    fixture_file(fixture, PATH, "1000 300 120 10 0 200 0\n");
    fixture_create(fixture, &perfadapt__process_provider);
    assert_unknown(&fixture->snapshot.memory.process_resident, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.memory.process_resident, PERFADAPT_STATE_OK, 300 * page);
    assert_metric(&fixture->snapshot.memory.process_shared, PERFADAPT_STATE_OK, 120 * page);
}

static void test_missing(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__process_provider);
    assert_null(fixture->provider);
    assert_unknown(&fixture->snapshot.memory.process_resident, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_bad_content(void **state) {
    static const char *const texts[] = {"",           "garbage\n",    "1000",      "1000 300",
                                        "1000 300 x", "1000 300 12x", "-1 -1 -1\n"};
    struct fixture *fixture = *state;
    fixture_file(fixture, PATH, texts[0]);
    fixture_create(fixture, &perfadapt__process_provider);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fixture_file(fixture, PATH, texts[i]);
        fixture_read(fixture, (int64_t)i + 1);
        assert_unknown(&fixture->snapshot.memory.process_resident, PERFADAPT_STATE_ERROR);
        assert_unknown(&fixture->snapshot.memory.process_shared, PERFADAPT_STATE_ERROR);
    }
}

static void test_directory_in_its_place(void **state) {
    struct fixture *fixture = *state;
    fixture_directory(fixture, PATH);
    fixture_create(fixture, &perfadapt__process_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.process_resident, PERFADAPT_STATE_ERROR);
}

static void test_this_process(void **state) {
    struct fixture *fixture = *state;
    perfadapt__root_close(&fixture->root);
    assert_int_equal(perfadapt__root_open(NULL, &fixture->root), PERFADAPT_OK);
    fixture_create(fixture, &perfadapt__process_provider);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.memory.process_resident.state, PERFADAPT_STATE_OK);
    assert_true(fixture->snapshot.memory.process_resident.value > 100000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reads_pages),  TEST(test_missing), TEST(test_bad_content), TEST(test_directory_in_its_place),
        TEST(test_this_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
