/* The curve of heat against busy, learned from power. SPDX-License-Identifier: MIT */
#include "control/curve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#define ASSERT_CURVE(device, busy, heat, error)                                                                        \
    assert_true(fabs(perfadapt__curve_at(&(device).curve, busy) - (heat)) <= (error))

struct device {
    struct perfadapt__curve curve;
    struct perfadapt__curve_learning learning;
};

static void init(struct device *device) {
    perfadapt__curve_init(&device->curve, &device->learning);
}

static void hold(struct device *device, double busy, double power_w, int seconds) {
    for (int i = 0; i < seconds; i++)
        perfadapt__curve_learn(&device->curve, &device->learning, busy, power_w);
}

/* As one datacentre GPU was measured: 690 W from 69 % on. */
static double capped_w(double busy) {
    return busy < 0.69 ? 120 + 826 * busy : 690;
}

static double linear_w(double busy) {
    return 25 + 72 * busy;
}

static void visit(struct device *device, double (*power_w)(double)) {
    for (int i = 1; i <= 10; i++)
        hold(device, i / 10.0, power_w(i / 10.0), 30);
}

static void without_a_meter_it_is_a_line(void **state) {
    (void)state;
    struct device device;
    init(&device);
    for (int i = 0; i <= 10; i++) {
        hold(&device, i / 10.0, (double)NAN, 30);
        hold(&device, i / 10.0, -1, 30);
        ASSERT_CURVE(device, i / 10.0, i / 10.0, 1e-12);
    }
}

static void linear_power_is_a_line(void **state) {
    (void)state;
    struct device device;
    init(&device);
    visit(&device, linear_w);
    for (int i = 0; i <= 10; i++)
        ASSERT_CURVE(device, i / 10.0, i / 10.0, 0.02);
}

static void capped_power_flattens_it(void **state) {
    (void)state;
    struct device device;
    init(&device);
    visit(&device, capped_w);
    ASSERT_CURVE(device, 0.3, 0.3, 0.02);
    ASSERT_CURVE(device, 0.5, 0.5, 0.03);
    ASSERT_CURVE(device, 1.0, 0.69, 0.04);
    ASSERT_CURVE(device, 0.85, 0.69, 0.04);
}

static void changes_are_not_learned_from(void **state) {
    (void)state;
    struct device device;
    init(&device);
    for (int i = 0; i < 300; i++) /* power a second late: what a meter shows after every jump */
        perfadapt__curve_learn(&device.curve, &device.learning, i % 2 ? 0.9 : 0.2, i % 2 ? 200 : 600);
    for (int i = 0; i <= 10; i++)
        ASSERT_CURVE(device, i / 10.0, i / 10.0, 1e-12);
}

static void any_input_leaves_it_rising_and_bounded(void **state) {
    (void)state;
    const double busy[] = {0, 0.1, 0.5, 0.52, 0.9, 1, -1, 2, (double)NAN, (double)INFINITY};
    const double power[] = {0, 1, 80, 500, 1e4, 1e9, -5, (double)NAN, (double)INFINITY, 1e-9};
    struct device device;
    init(&device);
    uint64_t random = 1;
    for (int i = 0; i < 100000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        hold(&device, busy[(random >> 33) % 10], power[(random >> 43) % 10], 1 + (int)((random >> 53) % 12));
        double below = 0;
        for (int k = 0; k <= 16; k++) {
            const double heat = perfadapt__curve_at(&device.curve, k / 16.0);
            assert_true(heat >= below && heat <= 2.0);
            below = heat;
        }
    }
    assert_true(isfinite(perfadapt__curve_at(&device.curve, (double)NAN)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_meter_it_is_a_line),
        cmocka_unit_test(linear_power_is_a_line),
        cmocka_unit_test(capped_power_flattens_it),
        cmocka_unit_test(changes_are_not_learned_from),
        cmocka_unit_test(any_input_leaves_it_rising_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
