/* What the app reports: backing off, waiting, coming back. SPDX-License-Identifier: MIT */
#include "control/setback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <perfadapt/monitor.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
#define MIB (INT64_C(1) << 20)

static const uint32_t rungs = 11;

struct device {
    struct perfadapt__policy policy;
    struct perfadapt__setback setback;
    int64_t now_ns;
};

static struct device make_device(int64_t dispatch_ns) {
    struct device device = {.policy = {.dispatch_ns = dispatch_ns}, .now_ns = 1000 * SECOND};
    perfadapt__setback_init(&device.setback, &device.policy);
    return device;
}

static void report(struct device *device, uint32_t event, int64_t value, uint32_t rung) {
    perfadapt__setback_report(&device->setback, &device->policy, event, value, rung, rungs, device->now_ns);
}

/* How many steps of recovery came. */
static uint32_t pass(struct device *device, int64_t seconds) {
    uint32_t steps = 0;
    for (int64_t i = 0; i < seconds * 4; i++) {
        device->now_ns += SECOND / 4;
        steps += perfadapt__setback_step(&device->setback, &device->policy, device->now_ns);
    }
    return steps;
}

static void assert_normal(const struct device *device) {
    assert_int_equal(device->setback.rung, 0);
    assert_int_equal(device->setback.frames_in_flight, 0);
    assert_int_equal(device->setback.dispatch_ns, device->policy.dispatch_ns);
    assert_true(device->setback.memory_bytes == PERFADAPT_NO_LIMIT);
    assert_true(device->setback.gpu_memory_bytes == PERFADAPT_NO_LIMIT);
    assert_int_equal(device->setback.reasons, 0);
}

static void nothing_reported_is_normal(void **state) {
    (void)state;
    struct device device = make_device(8 * MS);
    assert_normal(&device);
    assert_int_equal(pass(&device, 100), 0);
    report(&device, PERFADAPT_EVENT_SHADER_COMPILE, 5, 3);
    report(&device, PERFADAPT_EVENT_SCENE_CUT, 5, 3);
    report(&device, 0, 5, 3);
    report(&device, UINT32_MAX, 5, 3);
    assert_normal(&device);
}

static void timeout_halves_the_dispatch(void **state) {
    (void)state;
    static const struct {
        int64_t preset_ns, told_ns, expected_ns;
    } cases[] = {
        {0, 0, 8 * MS},          {0, -5, 8 * MS},     {0, 40 * MS, 20 * MS}, {0, 2 * SECOND, 32 * MS},
        {0, INT64_MAX, 32 * MS}, {0, 3, MS / 2},      {4 * MS, 0, 2 * MS},   {4 * MS, 40 * MS, 2 * MS},
        {100 * MS, 0, 50 * MS},  {MS / 4, 0, MS / 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct device device = make_device(cases[i].preset_ns);
        report(&device, PERFADAPT_EVENT_GPU_TIMEOUT, cases[i].told_ns, 0);
        assert_int_equal(device.setback.dispatch_ns, cases[i].expected_ns);
        assert_int_equal(device.setback.rung, 0);
        assert_int_equal(device.setback.frames_in_flight, 0);
        assert_int_equal(device.setback.reasons, PERFADAPT_REASON_EVENT);
        assert_int_equal(device.setback.evidence.signal, PERFADAPT_SIGNAL_EVENT);
        assert_int_equal((int)device.setback.evidence.value, PERFADAPT_EVENT_GPU_TIMEOUT);
    }
}

static void what_was_queued_times_out_as_one(void **state) {
    (void)state;
    struct device device = make_device(0);
    for (int i = 0; i < 3; i++) {
        report(&device, PERFADAPT_EVENT_GPU_TIMEOUT, 0, 0);
        device.now_ns += 100 * MS;
    }
    assert_int_equal(device.setback.dispatch_ns, 8 * MS);
    for (int i = 0; i < 10; i++) {
        device.now_ns += SECOND;
        report(&device, PERFADAPT_EVENT_GPU_TIMEOUT, 0, 0);
    }
    assert_int_equal(device.setback.dispatch_ns, MS / 2);
}

static void dispatch_comes_back_after_the_wait(void **state) {
    (void)state;
    struct device device = make_device(4 * MS);
    report(&device, PERFADAPT_EVENT_GPU_TIMEOUT, 0, 0);
    assert_int_equal(pass(&device, 9), 0);
    assert_int_equal(pass(&device, 1), 1);
    assert_int_equal(device.setback.dispatch_ns, 2200 * MS / 1000);
    assert_int_equal(pass(&device, 10), 1);
    assert_int_equal(device.setback.dispatch_ns, 2420 * MS / 1000);
    assert_int_equal(pass(&device, 60), 6);
    assert_normal(&device);
    assert_int_equal(pass(&device, 100), 0);
}

static void without_a_preset_the_limit_goes_at_64_ms(void **state) {
    (void)state;
    struct device device = make_device(0);
    report(&device, PERFADAPT_EVENT_GPU_TIMEOUT, 0, 0);
    int64_t last_ns = device.setback.dispatch_ns;
    while (device.setback.dispatch_ns) {
        assert_true(device.setback.dispatch_ns >= last_ns && device.setback.dispatch_ns < 64 * MS);
        last_ns = device.setback.dispatch_ns;
        assert_int_equal(pass(&device, 10), 1);
    }
    assert_true(last_ns > 58 * MS);
    assert_true(device.now_ns <= 1000 * SECOND + 220 * SECOND);
    assert_normal(&device);
}

static void lost_device_goes_to_the_middle_and_climbs_back(void **state) {
    (void)state;
    struct device device = make_device(0);
    report(&device, PERFADAPT_EVENT_DEVICE_LOST, -4, 2);
    assert_int_equal(device.setback.rung, rungs / 2);
    assert_int_equal(device.setback.frames_in_flight, 2);
    assert_int_equal(device.setback.dispatch_ns, 8 * MS);
    assert_int_equal(pass(&device, 10), 1);
    for (uint32_t rung = rungs / 2 - 1; rung > 0; rung--) {
        assert_int_equal(device.setback.rung, rung);
        assert_int_equal(device.setback.frames_in_flight, 2);
        assert_int_equal(pass(&device, 10), 1);
    }
    assert_int_equal(device.setback.rung, 0);
    assert_int_equal(device.setback.frames_in_flight, 0);
    assert_int_equal(device.setback.reasons, PERFADAPT_REASON_EVENT);
    pass(&device, 300);
    assert_normal(&device);
}

static void lost_device_below_the_middle_stays_there(void **state) {
    (void)state;
    struct device device = make_device(0);
    report(&device, PERFADAPT_EVENT_DEVICE_LOST, 0, 9);
    assert_int_equal(device.setback.rung, 9);
    device = make_device(0);
    perfadapt__setback_report(&device.setback, &device.policy, PERFADAPT_EVENT_DEVICE_LOST, 0, 0, 1, SECOND);
    assert_int_equal(device.setback.rung, 0);
}

static void failed_allocation_caps_memory(void **state) {
    (void)state;
    struct device device = make_device(0);
    report(&device, PERFADAPT_EVENT_OUT_OF_MEMORY, 1000 * MIB, 3);
    assert_int_equal(device.setback.rung, 4);
    assert_int_equal(device.setback.frames_in_flight, 2);
    assert_true(device.setback.memory_bytes / (uint64_t)MIB == 800);
    assert_true(device.setback.gpu_memory_bytes == PERFADAPT_NO_LIMIT);
    assert_int_equal(device.setback.dispatch_ns, 0);
    pass(&device, 10);
    assert_true(device.setback.memory_bytes / (uint64_t)MIB == 880);
    pass(&device, 30);
    assert_normal(&device);
}

static void failed_allocation_without_a_figure_caps_no_memory(void **state) {
    (void)state;
    struct device device = make_device(0);
    report(&device, PERFADAPT_EVENT_OUT_OF_MEMORY, 0, 3);
    report(&device, PERFADAPT_EVENT_GPU_OUT_OF_MEMORY, INT64_MIN, 3);
    assert_true(device.setback.memory_bytes == PERFADAPT_NO_LIMIT);
    assert_true(device.setback.gpu_memory_bytes == PERFADAPT_NO_LIMIT);
    assert_int_equal(device.setback.rung, 5);
}

static void failed_device_allocation_caps_device_memory(void **state) {
    (void)state;
    struct device device = make_device(0);
    report(&device, PERFADAPT_EVENT_GPU_OUT_OF_MEMORY, 5000 * MIB, 0);
    assert_int_equal(device.setback.rung, 1);
    assert_int_equal(device.setback.frames_in_flight, 0);
    assert_true(device.setback.memory_bytes == PERFADAPT_NO_LIMIT);
    assert_true(device.setback.gpu_memory_bytes == (uint64_t)(4000 * MIB));
    /* Again, with less in use than the cap: it was too high. */
    device.now_ns += 5 * SECOND;
    report(&device, PERFADAPT_EVENT_GPU_OUT_OF_MEMORY, 3000 * MIB, 1);
    assert_true(device.setback.gpu_memory_bytes / (uint64_t)MIB == 2400);
    assert_int_equal(device.setback.rung, 2);
    /* An amount that can be no usage: an allocation's size, or nonsense. */
    device.now_ns += 5 * SECOND;
    report(&device, PERFADAPT_EVENT_GPU_OUT_OF_MEMORY, 4096, 2);
    assert_true(device.setback.gpu_memory_bytes == (uint64_t)(16 * MIB));
}

static void events_soon_after_recovery_double_the_wait(void **state) {
    (void)state;
    struct device device = make_device(4 * MS);
    for (int64_t wait_s = 10; wait_s <= 320; wait_s *= 2) {
        report(&device, PERFADAPT_EVENT_OUT_OF_MEMORY, 0, 0);
        assert_int_equal(device.setback.wait_ns, wait_s * SECOND);
        assert_int_equal(pass(&device, wait_s - 1), 0);
        assert_int_equal(pass(&device, 1), 1);
        assert_normal(&device);
        pass(&device, 59);
    }
    report(&device, PERFADAPT_EVENT_OUT_OF_MEMORY, 0, 0);
    assert_int_equal(device.setback.wait_ns, 320 * SECOND);
    pass(&device, 320 + 60);
    report(&device, PERFADAPT_EVENT_OUT_OF_MEMORY, 0, 0);
    assert_int_equal(device.setback.wait_ns, 10 * SECOND);
}

static void event_during_recovery_doubles_the_wait(void **state) {
    (void)state;
    struct device device = make_device(0);
    report(&device, PERFADAPT_EVENT_DEVICE_LOST, 0, 0);
    device.now_ns += 5 * SECOND;
    report(&device, PERFADAPT_EVENT_GPU_TIMEOUT, 0, 0); /* still waiting: begins anew, no longer */
    assert_int_equal(device.setback.wait_ns, 10 * SECOND);
    assert_int_equal(device.setback.dispatch_ns, 4 * MS);
    assert_int_equal(pass(&device, 9), 0);
    assert_int_equal(pass(&device, 11), 2);
    report(&device, PERFADAPT_EVENT_GPU_TIMEOUT, 0, 0);
    assert_int_equal(device.setback.wait_ns, 20 * SECOND);
    assert_int_equal(pass(&device, 19), 0);
    assert_int_equal(pass(&device, 1), 1);
}

/* --- Anything at all --- */

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static int64_t any_number(uint64_t *seed) {
    static const int64_t extremes[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, MS, SECOND, 1000 * MIB, INT64_MAX};
    const uint64_t choice = next_random(seed) % 16;
    if (choice < sizeof extremes / sizeof extremes[0])
        return extremes[choice];
    return (int64_t)(next_random(seed) >> (next_random(seed) % 64));
}

static void assert_bounded(const struct device *device, uint32_t most_rung, int64_t preset_ns) {
    const struct perfadapt__setback *setback = &device->setback;
    assert_true(setback->rung <= most_rung);
    assert_true(setback->frames_in_flight == 0 || setback->frames_in_flight == 2);
    assert_true(setback->dispatch_ns >= 0 && setback->dispatch_ns <= 1000 * SECOND);
    assert_true(setback->dispatch_ns >= MS / 2 || setback->dispatch_ns == preset_ns);
    assert_true(setback->memory_bytes >= (uint64_t)(16 * MIB) && setback->gpu_memory_bytes >= (uint64_t)(16 * MIB));
    assert_true(setback->wait_ns >= 10 * SECOND && setback->wait_ns <= 320 * SECOND);
    assert_true(setback->happened_ns >= 0);
    if (setback->reasons == 0)
        assert_true(setback->rung == 0 && setback->frames_in_flight == 0 && setback->dispatch_ns == preset_ns);
}

static void anything_gives_something_bounded(void **state) {
    (void)state;
    for (uint64_t run = 1; run <= 2000; run++) {
        uint64_t seed = run * UINT64_C(0x9e3779b97f4a7c15);
        struct device device = make_device(any_number(&seed));
        const int64_t given_ns = device.policy.dispatch_ns;
        const int64_t preset_ns = given_ns <= 0 ? 0 : given_ns < 1000 * SECOND ? given_ns : 1000 * SECOND;
        const bool wild = next_random(&seed) % 2;
        for (int i = 0; i < 60; i++) {
            device.now_ns = wild ? any_number(&seed) : device.now_ns + (int64_t)(next_random(&seed) % (20 * SECOND));
            if (next_random(&seed) % 3 == 0)
                perfadapt__setback_report(&device.setback, &device.policy, (uint32_t)(next_random(&seed) % 8),
                                          any_number(&seed), (uint32_t)next_random(&seed),
                                          wild ? (uint32_t)next_random(&seed) : rungs, device.now_ns);
            perfadapt__setback_step(&device.setback, &device.policy, device.now_ns);
            assert_bounded(&device, wild ? UINT32_MAX - 1 : rungs - 1, preset_ns);
        }
        if (wild)
            continue;
        pass(&device, 4000);
        assert_int_equal(device.setback.reasons, 0);
        assert_int_equal(device.setback.frames_in_flight, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_reported_is_normal),
        cmocka_unit_test(timeout_halves_the_dispatch),
        cmocka_unit_test(what_was_queued_times_out_as_one),
        cmocka_unit_test(dispatch_comes_back_after_the_wait),
        cmocka_unit_test(without_a_preset_the_limit_goes_at_64_ms),
        cmocka_unit_test(lost_device_goes_to_the_middle_and_climbs_back),
        cmocka_unit_test(lost_device_below_the_middle_stays_there),
        cmocka_unit_test(failed_allocation_caps_memory),
        cmocka_unit_test(failed_allocation_without_a_figure_caps_no_memory),
        cmocka_unit_test(failed_device_allocation_caps_device_memory),
        cmocka_unit_test(events_soon_after_recovery_double_the_wait),
        cmocka_unit_test(event_during_recovery_doubles_the_wait),
        cmocka_unit_test(anything_gives_something_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
