/* Devices that sleep stay asleep; those that could are left alone. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/gate.h"
#include "providers/kernel_file.h"

#include <math.h>
#include <string.h>

#define DEVICE "/sys/devices/pci0000:00/0000:03:00.0"
#define SECOND INT64_C(1000000000)

static void write_device(struct fixture *fixture, const char *status, const char *state, const char *control,
                         const char *delay_ms) {
    fixture_file(fixture, DEVICE "/power/runtime_status", status);
    fixture_file(fixture, DEVICE "/power_state", state);
    fixture_file(fixture, DEVICE "/power/control", control);
    fixture_file(fixture, DEVICE "/power/autosuspend_delay_ms", delay_ms);
}

static struct perfadapt__gate *find(struct fixture *fixture, bool is_gpu) {
    struct perfadapt__gate *gate = perfadapt__gates_find(&fixture->gates, DEVICE, is_gpu);
    assert_non_null(gate);
    return gate;
}

static enum perfadapt__gate_answer ask(struct fixture *fixture, struct perfadapt__gate *gate, int second) {
    return perfadapt__gate_ask(&fixture->root, gate, false, second * SECOND);
}

static void test_power_states(void **state) {
    static const struct {
        const char *status, *power;
        enum perfadapt__gate_answer answer;
    } cases[] = {
        {"active\n", "D0\n", PERFADAPT__GATE_OPEN},         {"unsupported\n", "D0\n", PERFADAPT__GATE_OPEN},
        {"suspended\n", "D3hot\n", PERFADAPT__GATE_ASLEEP}, {"suspending\n", "D0\n", PERFADAPT__GATE_ASLEEP},
        {"resuming\n", "D3cold\n", PERFADAPT__GATE_ASLEEP}, {"active\n", "D3cold\n", PERFADAPT__GATE_ASLEEP},
        {"error\n", "D0\n", PERFADAPT__GATE_FAULTY},        {"active\n", "unknown\n", PERFADAPT__GATE_OPEN},
    };
    struct fixture *fixture = *state;
    struct perfadapt__gate *gate = find(fixture, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_device(fixture, cases[i].status, cases[i].power, "on\n", "5000\n");
        perfadapt__gate_forget(gate);
        assert_int_equal(ask(fixture, gate, 1), cases[i].answer);
    }
}

static void test_one_gate_a_device(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__gate *gate = find(fixture, false);
    assert_ptr_equal(find(fixture, true), gate);
    assert_true(gate->is_gpu);
    assert_true(perfadapt__gates_find(&fixture->gates, "/sys/devices/other", false) != gate);
}

/* Without power files there is no power management: nothing can be woken. */
static void test_no_power_files(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(ask(fixture, find(fixture, true), 1), PERFADAPT__GATE_OPEN);
}

static void test_idle_is_left_alone_longer_than_it_takes_to_sleep(void **state) {
    struct fixture *fixture = *state;
    write_device(fixture, "active\n", "D0\n", "auto\n", "5000\n");
    struct perfadapt__gate *gate = find(fixture, true);
    for (int second = 1; second <= 5; second++) {
        assert_int_equal(ask(fixture, gate, second), PERFADAPT__GATE_OPEN);
        perfadapt__gate_busy(gate, 0.0);
    }
    for (int second = 6; second <= 12; second++)
        assert_int_equal(ask(fixture, gate, second), PERFADAPT__GATE_RESTING);
    /* It sleeps; when it wakes it is in use. */
    write_device(fixture, "suspended\n", "D3cold\n", "auto\n", "5000\n");
    perfadapt__kernel_file_close(&gate->status_fd);
    assert_int_equal(ask(fixture, gate, 13), PERFADAPT__GATE_ASLEEP);
    write_device(fixture, "active\n", "D0\n", "auto\n", "5000\n");
    perfadapt__kernel_file_close(&gate->status_fd);
    perfadapt__kernel_file_close(&gate->power_fd);
    assert_int_equal(ask(fixture, gate, 14), PERFADAPT__GATE_OPEN);
    assert_int_equal(gate->opens, 6);
}

static void test_one_that_stays_awake_is_asked_now_and_then(void **state) {
    struct fixture *fixture = *state;
    write_device(fixture, "active\n", "D0\n", "auto\n", "1000\n");
    struct perfadapt__gate *gate = find(fixture, true);
    for (int second = 1; second <= 120; second++)
        if (ask(fixture, gate, second) == PERFADAPT__GATE_OPEN)
            perfadapt__gate_busy(gate, 0.01);
    assert_true(gate->opens >= 8 && gate->opens <= 14);
}

static void test_busy_is_read_on(void **state) {
    struct fixture *fixture = *state;
    write_device(fixture, "active\n", "D0\n", "auto\n", "5000\n");
    struct perfadapt__gate *gate = find(fixture, true);
    for (int second = 1; second <= 60; second++) {
        assert_int_equal(ask(fixture, gate, second), PERFADAPT__GATE_OPEN);
        perfadapt__gate_busy(gate, second % 4 ? 0.0 : 0.5);
    }
}

static void test_ten_reads_a_second_are_not_ten_idle_samples(void **state) {
    struct fixture *fixture = *state;
    write_device(fixture, "active\n", "D0\n", "auto\n", "5000\n");
    struct perfadapt__gate *gate = find(fixture, true);
    for (int tenth = 10; tenth < 30; tenth++) {
        assert_int_equal(perfadapt__gate_ask(&fixture->root, gate, false, tenth * SECOND / 10), PERFADAPT__GATE_OPEN);
        perfadapt__gate_busy(gate, 0.0);
    }
}

static void test_unknown_busy_goes_by_use(void **state) {
    struct fixture *fixture = *state;
    write_device(fixture, "active\n", "D0\n", "auto\n", "5000\n");
    struct perfadapt__gate *gate = find(fixture, true);
    for (int second = 1; second <= 20; second++)
        assert_int_equal(perfadapt__gate_ask(&fixture->root, gate, true, second * SECOND), PERFADAPT__GATE_OPEN);
    int second = 21;
    while (second < 60 && perfadapt__gate_ask(&fixture->root, gate, false, second * SECOND) == PERFADAPT__GATE_OPEN)
        second++;
    assert_int_equal(second, 26);
    /* Drawing begins: the rest is over. */
    assert_int_equal(perfadapt__gate_ask(&fixture->root, gate, true, 27 * SECOND), PERFADAPT__GATE_OPEN);
}

static void test_who_never_suspends_is_never_left_alone(void **state) {
    static const char *const settings[][2] = {{"on\n", "5000\n"}, {"auto\n", "-1\n"}};
    struct fixture *fixture = *state;
    struct perfadapt__gate *gate = find(fixture, true);
    for (size_t i = 0; i < 2; i++) {
        write_device(fixture, "active\n", "D0\n", settings[i][0], settings[i][1]);
        perfadapt__gate_forget(gate);
        for (int second = 1; second <= 30; second++)
            assert_int_equal(ask(fixture, gate, (int)i * 100 + second), PERFADAPT__GATE_OPEN);
    }
}

/* Chips of other devices are few reads; only graphics devices are kept awake by them. */
static void test_other_devices_do_not_rest(void **state) {
    struct fixture *fixture = *state;
    write_device(fixture, "active\n", "D0\n", "auto\n", "5000\n");
    struct perfadapt__gate *gate = find(fixture, false);
    for (int second = 1; second <= 30; second++)
        assert_int_equal(ask(fixture, gate, second), PERFADAPT__GATE_OPEN);
}

static void test_status_that_cannot_be_read_may_be_sleep(void **state) {
    struct fixture *fixture = *state;
    fixture_directory(fixture, DEVICE "/power/runtime_status");
    struct perfadapt__gate *gate = find(fixture, true);
    assert_int_equal(ask(fixture, gate, 1), PERFADAPT__GATE_FAULTY);
    assert_true(gate->faulty_why != PERFADAPT_WHY_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_power_states),
        TEST(test_one_gate_a_device),
        TEST(test_no_power_files),
        TEST(test_idle_is_left_alone_longer_than_it_takes_to_sleep),
        TEST(test_one_that_stays_awake_is_asked_now_and_then),
        TEST(test_busy_is_read_on),
        TEST(test_ten_reads_a_second_are_not_ten_idle_samples),
        TEST(test_unknown_busy_goes_by_use),
        TEST(test_who_never_suspends_is_never_left_alone),
        TEST(test_other_devices_do_not_rest),
        TEST(test_status_that_cannot_be_read_may_be_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
