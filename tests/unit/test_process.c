/* The own process's memory. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/heap.h"
#include "providers/process.h"
#include "providers/proportional.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

#define STATUS "/proc/self/status"
#define ROLLUP "/proc/self/smaps_rollup"
#define STATM "1000 300 120 10 0 200 0\n"

static void test_anonymous_and_swap(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_memory *memory = &fixture->snapshot.memory;
    fixture_file(fixture, PATH, STATM);
    fixture_file(fixture, STATUS, "Name:\tx\nVmRSS:\t 900 kB\nRssAnon:\t     116 kB\nVmSwap:\t       0 kB\n");
    fixture_create(fixture, &perfadapt__process_provider);
    assert_unknown(&memory->process_anonymous, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_metric(&memory->process_anonymous, PERFADAPT_STATE_OK, 116 * 1024);
    assert_metric(&memory->process_swap, PERFADAPT_STATE_OK, 0);
    fixture_file(fixture, STATUS, "RssAnon:\t200 kB\nVmSwap:\t7 kB\n");
    fixture_read(fixture, 1500); /* not before a second is over */
    assert_metric(&memory->process_anonymous, PERFADAPT_STATE_OK, 116 * 1024);
    fixture_read(fixture, 1995); /* the sampler may come a little early */
    assert_metric(&memory->process_anonymous, PERFADAPT_STATE_OK, 200 * 1024);
    assert_metric(&memory->process_swap, PERFADAPT_STATE_OK, 7 * 1024);
}

static void test_status_without_the_lines(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_memory *memory = &fixture->snapshot.memory;
    fixture_file(fixture, PATH, STATM);
    fixture_create(fixture, &perfadapt__process_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&memory->process_anonymous, PERFADAPT_STATE_UNSUPPORTED);
    fixture_file(fixture, STATUS, "Name:\tx\n");
    fixture_read(fixture, 3000);
    assert_unknown(&memory->process_anonymous, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&memory->process_swap, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_bad_status(void **state) {
    static const char *const texts[] = {"",
                                        "RssAnon:\n",
                                        "RssAnon: 5",
                                        "RssAnon: 5 MB\n",
                                        "RssAnon: -5 kB\n",
                                        "RssAnon: 99999999999999999999 kB\n",
                                        "RssAnon: 18446744073709551615 kB\n"};
    struct fixture *fixture = *state;
    fixture_file(fixture, PATH, STATM);
    fixture_create(fixture, &perfadapt__process_provider);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fixture_file(fixture, STATUS, texts[i]);
        fixture_read(fixture, (int64_t)(i + 1) * 2000);
        assert_unknown(&fixture->snapshot.memory.process_anonymous, PERFADAPT_STATE_ERROR);
    }
}

/* A member of thousands of groups: the line may lie behind what is read, and is not known to be missing. */
static void test_status_of_many_groups(void **state) {
    static char text[70000];
    struct fixture *fixture = *state;
    memset(text, '1', sizeof text - 1);
    fixture_file(fixture, PATH, STATM);
    fixture_file(fixture, STATUS, text);
    fixture_create(fixture, &perfadapt__process_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.process_anonymous, PERFADAPT_STATE_ERROR);
}

#define SHARE "1-2 ---p 00000000 00:00 0    [rollup]\nRss:  1756 kB\nPss_Dirty: 3 kB\nPss:   255 kB\n"

static void test_proportional_is_read_seldom(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_metric *share = &fixture->snapshot.memory.process_proportional;
    fixture_file(fixture, PATH, STATM);
    fixture_file(fixture, ROLLUP, SHARE);
    fixture_create(fixture, &perfadapt__process_provider);
    fixture_read(fixture, 1000);
    assert_metric(share, PERFADAPT_STATE_OK, 255 * 1024);
    fixture_file(fixture, ROLLUP, "Pss: 300 kB\n");
    fixture_read(fixture, 10900);
    assert_metric(share, PERFADAPT_STATE_OK, 255 * 1024);
    assert_int_equal(share->timestamp_ns, 1000000000);
    fixture_read(fixture, 11000);
    assert_metric(share, PERFADAPT_STATE_OK, 300 * 1024);
    fixture_file(fixture, ROLLUP, "Pss: 3");
    fixture_read(fixture, 22000);
    assert_metric(share, PERFADAPT_STATE_STALE, 300 * 1024);
}

/* Kernels before 4.14 */
static void test_no_rollup(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, PATH, STATM);
    fixture_create(fixture, &perfadapt__process_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.process_proportional, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_rollup_that_may_not_be_read(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_plain_user())
        skip();
    fixture_file(fixture, PATH, STATM);
    fixture_file(fixture, ROLLUP, SHARE);
    fixture_mode(fixture, ROLLUP, 0);
    fixture_create(fixture, &perfadapt__process_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.process_proportional, PERFADAPT_STATE_ERROR);
}

/* A clock by which each reading takes as long as the test says. */
static int64_t fake_ns;
static int64_t fake_cost_ns;
static int64_t fake_clock(void) {
    fake_ns += fake_cost_ns / 2;
    const int64_t now_ns = fake_ns;
    fake_ns += fake_cost_ns - fake_cost_ns / 2;
    return now_ns;
}

#define S INT64_C(1000000000)

static void start_share(struct fixture *fixture, struct perfadapt__proportional *share, int64_t cost_ns) {
    fixture_file(fixture, ROLLUP, "Pss: 1 kB\n");
    perfadapt__proportional_init(share, &fixture->root);
    share->clock = fake_clock;
    fake_cost_ns = cost_ns;
}

static void test_dear_share_is_read_each_minute(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__proportional share;
    struct perfadapt_metric metric = {0};
    start_share(fixture, &share, 2100000);
    perfadapt__proportional_read(&share, 5000, S, &metric);
    assert_metric(&metric, PERFADAPT_STATE_OK, 1024);
    perfadapt__proportional_read(&share, 5000, 60 * S, &metric);
    assert_int_equal(metric.timestamp_ns, S);
    perfadapt__proportional_read(&share, 5000, 61 * S, &metric);
    assert_int_equal(metric.timestamp_ns, 61 * S);
    perfadapt__proportional_finish(&share);
}

static void test_too_dear_a_share_is_never_read_again(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__proportional share;
    struct perfadapt_metric metric = {0};
    start_share(fixture, &share, 21000000);
    perfadapt__proportional_read(&share, 5000, S, &metric);
    assert_unknown(&metric, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(share.fd, -1);
    perfadapt__proportional_read(&share, 5000, 1000 * S, &metric);
    assert_unknown(&metric, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(share.fd, -1);
}

/* What it will cost is known before: a large process is not held up even once. */
static void test_share_of_a_large_process_is_not_asked_for(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__proportional share;
    struct perfadapt_metric metric = {0};
    start_share(fixture, &share, 1000);
    perfadapt__proportional_read(&share, 2u << 20, S, &metric); /* 8 GiB */
    assert_unknown(&metric, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(share.fd, -1);
    /* One that grew: a page cost 1 µs when there were 10000, 30000 would be 30 ms. */
    start_share(fixture, &share, 10000000);
    perfadapt__proportional_read(&share, 10000, S, &metric);
    assert_metric(&metric, PERFADAPT_STATE_OK, 1024);
    perfadapt__proportional_read(&share, 30000, 100 * S, &metric);
    assert_unknown(&metric, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(share.fd, -1);
    perfadapt__proportional_read(&share, UINT64_MAX, 200 * S, &metric);
    perfadapt__proportional_finish(&share);
}

static struct perfadapt__mallinfo2 answer;
static unsigned asked;
static struct perfadapt__mallinfo2 fake_mallinfo(void) {
    asked++;
    return answer;
}

static struct perfadapt__heap start_heap(int64_t cost_ns) {
    struct perfadapt__heap heap;
    perfadapt__heap_init(&heap);
    heap.ask = fake_mallinfo;
    heap.clock = fake_clock;
    fake_cost_ns = cost_ns;
    asked = 0;
    answer = (struct perfadapt__mallinfo2){.uordblks = 1000, .hblkhd = 500, .fordblks = 70, .arena = 9, .keepcost = 8};
    return heap;
}

static void test_heap_is_asked_seldom(void **state) {
    (void)state;
    static const struct { int64_t cost_ns, pause_s; } cases[] = {{150000, 10}, {250000, 60}, {2000000, 60}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct perfadapt_memory memory = {0};
        struct perfadapt__heap heap = start_heap(cases[i].cost_ns);
        perfadapt__heap_read(&heap, false, S, &memory);
        assert_metric(&memory.heap_used, PERFADAPT_STATE_OK, 1500);
        assert_metric(&memory.heap_free, PERFADAPT_STATE_OK, 70);
        perfadapt__heap_read(&heap, false, cases[i].pause_s * S, &memory);
        assert_int_equal(asked, 1);
        perfadapt__heap_read(&heap, false, (cases[i].pause_s + 1) * S, &memory);
        assert_int_equal(asked, 2);
    }
}

static void test_too_dear_a_heap_is_never_asked_again(void **state) {
    (void)state;
    struct perfadapt_memory memory = {0};
    struct perfadapt__heap heap = start_heap(2100000);
    perfadapt__heap_read(&heap, false, S, &memory);
    assert_unknown(&memory.heap_used, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&memory.heap_free, PERFADAPT_STATE_UNSUPPORTED);
    perfadapt__heap_read(&heap, false, 1000 * S, &memory);
    assert_int_equal(asked, 1);
}

/* As the address sanitizer answers. */
static void test_heap_of_zeros_is_unknown(void **state) {
    (void)state;
    struct perfadapt_memory memory = {0};
    struct perfadapt__heap heap = start_heap(1000);
    answer = (struct perfadapt__mallinfo2){0};
    perfadapt__heap_read(&heap, false, S, &memory);
    assert_unknown(&memory.heap_used, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&memory.heap_free, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_heap_of_this_process(void **state) {
    (void)state;
    struct perfadapt_memory memory = {0};
    struct perfadapt__heap heap;
    perfadapt__heap_init(&heap);
    if (!heap.ask) /* a sanitizer's allocator, or another libc */
        skip();
    perfadapt__heap_read(&heap, false, S, &memory);
    const double before = memory.heap_used.value;
    char *block = malloc(1 << 20);
    assert_non_null(block);
    memset(block, 1, 1 << 20);
    perfadapt__heap_read(&heap, false, 100 * S, &memory);
    assert_true(memory.heap_used.value - before >= 1 << 20);
    assert_true(memory.heap_used.value - before < 2 << 20);
    free(block);
}

static void test_heap_is_no_part_of_a_recorded_machine(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, PATH, STATM);
    fixture_create(fixture, &perfadapt__process_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.heap_used, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&fixture->snapshot.memory.heap_free, PERFADAPT_STATE_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reads_pages),
        TEST(test_missing),
        TEST(test_bad_content),
        TEST(test_directory_in_its_place),
        TEST(test_this_process),
        TEST(test_anonymous_and_swap),
        TEST(test_status_without_the_lines),
        TEST(test_bad_status),
        TEST(test_status_of_many_groups),
        TEST(test_proportional_is_read_seldom),
        TEST(test_no_rollup),
        TEST(test_rollup_that_may_not_be_read),
        TEST(test_dear_share_is_read_each_minute),
        TEST(test_too_dear_a_share_is_never_read_again),
        TEST(test_share_of_a_large_process_is_not_asked_for),
        cmocka_unit_test(test_heap_is_asked_seldom),
        cmocka_unit_test(test_too_dear_a_heap_is_never_asked_again),
        cmocka_unit_test(test_heap_of_zeros_is_unknown),
        cmocka_unit_test(test_heap_of_this_process),
        TEST(test_heap_is_no_part_of_a_recorded_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
