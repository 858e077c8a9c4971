/* What a sensor's answer to load is taken for, whatever it does; and the arithmetic below. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/decay.h"
#include "control/heat.h"
#include "control/root.h"
#include "control_loop.h"

#include <math.h>

static const double pole_s[PERFADAPT__POLES] = PERFADAPT__POLE_SECONDS;

/* --- Arithmetic --- */

static void powers_of_two_are_near_enough(void **state) {
    (void)state;
    double before = 0;
    for (int i = -64 * 997; i <= 64 * 997; i++) {
        const double exponent = (double)i / 997;
        const double power = perfadapt__exp2(exponent);
        assert_true(fabs(power / exp2(exponent) - 1) < 1e-9);
        assert_true(power > before);
        before = power;
    }
    for (int i = -64; i <= 64; i++)
        assert_true(fabs(perfadapt__exp2(i) / ldexp(1, i) - 1) < 1e-15);
}

static void powers_of_two_are_finite_for_anything(void **state) {
    (void)state;
    static const double highs[] = {64, 65, 1e9, 1e300, INFINITY};
    for (size_t i = 0; i < sizeof highs / sizeof highs[0]; i++) {
        assert_true(fabs(perfadapt__exp2(highs[i]) / 0x1p64 - 1) < 1e-9);
        assert_true(fabs(perfadapt__exp2(-highs[i]) / 0x1p-64 - 1) < 1e-9);
    }
    assert_true(fabs(perfadapt__exp2((double)NAN) - 1) < 1e-15);
}

static void roots_are_near_enough(void **state) {
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 100000; i++) {
        const double value = exp2(2000 * loop_random_share(&random) - 1020);
        const double root = perfadapt__root(value < 1e300 ? value : 1e300);
        assert_true(fabs(root / sqrt(value < 1e300 ? value : 1e300) - 1) < 4e-16);
    }
    for (double root = 0; root < 100; root++)
        assert_true(fabs(perfadapt__root(root * root) - root) <= root * 4e-16);
}

static void roots_of_anything_are_finite(void **state) {
    (void)state;
    static const double rootless[] = {0, -0.0, -1, -1e300, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof rootless / sizeof rootless[0]; i++)
        assert_true(perfadapt__root(rootless[i]) >= 0 && perfadapt__root(rootless[i]) <= 0);
    assert_true(perfadapt__root(INFINITY) >= 1e149 && isfinite(perfadapt__root(INFINITY)));
    assert_true(isfinite(perfadapt__root(1e308)) && perfadapt__root(5e-324) > 0);
}

/* --- A device of the same build as the model --- */

struct device {
    struct perfadapt__busy busy;
    double constant_c, rest_c, seconds;
    double gain_c[PERFADAPT__POLES];
    double noise_c;
    uint64_t random;
};

static void spend(struct device *device, double utilisation, double seconds) {
    const double lag = PERFADAPT__SENSOR_LAG_SECONDS;
    for (double left = seconds; left > 1e-9; left -= 1.0 / 64) {
        for (int i = 0; i < PERFADAPT__POLES; i++) {
            double *now = &device->busy.now[i];
            double *sensed = &device->busy.sensed[i];
            *now += (1.0 / 64) / (pole_s[i] + 1.0 / 64) * (utilisation - *now);
            *sensed += (1.0 / 64) / (lag + 1.0 / 64) * (*now - *sensed);
        }
    }
    device->seconds += seconds;
}

static double temperature_of(const struct device *device, const double *busy) {
    double temperature = device->constant_c + device->rest_c * exp(-device->seconds / 240);
    for (int i = 0; i < PERFADAPT__POLES; i++)
        temperature += device->gain_c[i] * busy[i];
    return temperature;
}

static double read_sensor(struct device *device) {
    const double noise = device->noise_c * (2 * loop_random_share(&device->random) - 1);
    return temperature_of(device, device->busy.sensed) + noise;
}

static const struct device device_seen_first = {
    .constant_c = 42, .rest_c = 6, .gain_c = {12, 9, 16, 8}, .noise_c = 0.5, .random = 7};

/* Loads of 2 to 40 s each, every second a sample. */
static void teach(struct perfadapt__heat *heat, struct device *device, int seconds) {
    double utilisation = 0.5;
    for (int left = 0, i = 0; i < seconds; i++, left--) {
        if (left <= 0) {
            utilisation = loop_random_share(&device->random);
            left = 2 + (int)(loop_random(&device->random) % 39);
        }
        spend(device, utilisation, 1);
        perfadapt__heat_learn(heat, &device->busy, read_sensor(device), 1, false);
    }
}

static void gains_of_a_device_are_found(void **state) {
    (void)state;
    struct device device = device_seen_first;
    struct perfadapt__heat heat;
    perfadapt__heat_init(&heat, read_sensor(&device));
    teach(&heat, &device, 2 * 3600);
    double gains_c = 0;
    for (int i = 0; i < PERFADAPT__POLES; i++) {
        assert_true(fabs(heat.unknowns[1 + i] - device.gain_c[i]) < 4);
        gains_c += heat.unknowns[1 + i];
    }
    assert_true(fabs(gains_c - 45) < 3);
    assert_true(fabs(perfadapt__heat_base_c(&heat) - 42) < 3);
    assert_true(perfadapt__heat_noise_c(&heat) < 1);
}

static void forecasts_of_a_known_device_hold(void **state) {
    (void)state;
    static const double loads[] = {0, 0.3, 0.6, 1};
    struct device device = device_seen_first;
    struct perfadapt__heat heat;
    perfadapt__heat_init(&heat, read_sensor(&device));
    teach(&heat, &device, 3600);
    for (int h = 0; h < PERFADAPT__HORIZONS; h++)
        for (size_t k = 0; k < 4; k++) {
            struct device ahead = device;
            const enum perfadapt__horizon horizon = (enum perfadapt__horizon)h;
            const double foreseen = perfadapt__heat_forecast_c(&heat, &device.busy, loads[k], horizon);
            spend(&ahead, loads[k], perfadapt__horizon_seconds(horizon));
            assert_true(fabs(foreseen - temperature_of(&ahead, ahead.busy.now)) < 2.0);
        }
}

static void what_is_learned_is_doubted_less(void **state) {
    (void)state;
    struct device device = device_seen_first;
    struct perfadapt__heat heat;
    perfadapt__heat_init(&heat, read_sensor(&device));
    spend(&device, 0.2, 30);
    const double before = perfadapt__heat_doubt(&heat, &device.busy, 1, PERFADAPT__AFTER_1_S);
    teach(&heat, &device, 600);
    spend(&device, 0.2, 30);
    const double after = perfadapt__heat_doubt(&heat, &device.busy, 1, PERFADAPT__AFTER_1_S);
    assert_true(before > 0 && after > 0 && after < before / 4);
}

/* A load of a third makes a die 9 °C hotter within a second: less is expected of what is behind it. */
static void fast_die_leaves_less_to_slow_poles(void **state) {
    (void)state;
    struct device device = {.constant_c = 36, .gain_c = {27, 0, 0, 0}, .random = 7};
    struct perfadapt__heat heat;
    perfadapt__heat_init(&heat, read_sensor(&device));
    const double before_c = heat.unknowns[3] + heat.unknowns[4];
    perfadapt__heat_learn(&heat, &device.busy, read_sensor(&device), 1, false);
    for (int i = 0; i < 3; i++) {
        spend(&device, 0.34, 1);
        perfadapt__heat_learn(&heat, &device.busy, read_sensor(&device), 1, false);
    }
    assert_true(heat.unknowns[1] > 15);
    assert_true(heat.unknowns[3] + heat.unknowns[4] < 0.6 * before_c);
}

static void frozen_clock_teaches_nothing(void **state) {
    (void)state;
    struct device device = device_seen_first;
    struct perfadapt__heat heat;
    perfadapt__heat_init(&heat, read_sensor(&device));
    teach(&heat, &device, 600);
    const struct perfadapt__heat before = heat;
    for (int i = 0; i < 100; i++)
        perfadapt__heat_learn(&heat, &device.busy, 95, 1, true);
    assert_memory_equal(heat.unknowns, before.unknowns, sizeof heat.unknowns);
    assert_memory_equal(heat.covariance, before.covariance, sizeof heat.covariance);
}

/* --- Any device --- */

static const double most[PERFADAPT__HEAT_UNKNOWNS] = {400, 60, 60, 60, 60, 30};
static const double least[PERFADAPT__HEAT_UNKNOWNS] = {-100, 0, 0, 0, 0, -30};

static void assert_sound(const struct perfadapt__heat *heat) {
    for (int i = 0; i < PERFADAPT__HEAT_UNKNOWNS; i++) {
        assert_true(heat->unknowns[i] >= least[i] && heat->unknowns[i] <= most[i]);
        assert_true(isfinite(heat->covariance[i][i]) && heat->covariance[i][i] > 0);
        for (int j = 0; j < i; j++) {
            const double between = heat->covariance[i][j];
            assert_memory_equal(&between, &heat->covariance[j][i], sizeof between);
            assert_true(isfinite(between));
        }
    }
    assert_true(fabs(heat->bias) <= 30);
    assert_true(heat->fade >= 0 && heat->fade <= 1);
    assert_true(perfadapt__heat_noise_c(heat) >= 0 && perfadapt__heat_noise_c(heat) <= 10.01);
}

/* Finite, and more load is never cooler. */
static void assert_forecasts(const struct perfadapt__heat *heat, const struct perfadapt__busy *busy) {
    for (int h = 0; h < PERFADAPT__HORIZONS; h++) {
        double before = -INFINITY;
        for (double utilisation = 0; utilisation <= 1; utilisation += 0.125) {
            const enum perfadapt__horizon horizon = (enum perfadapt__horizon)h;
            const double foreseen = perfadapt__heat_forecast_c(heat, busy, utilisation, horizon);
            const double doubt = perfadapt__heat_doubt(heat, busy, utilisation, horizon);
            assert_true(foreseen >= before && fabs(foreseen) < 1000);
            assert_true(doubt >= 0 && isfinite(doubt));
            before = foreseen;
        }
    }
}

enum character { CONSTANT, JUMPY, SPIKY, HUGE_ONES, BINARY, SAWTOOTH, CONTRARY, CHARACTERS };

static double temperature_by(enum character character, int i, double utilisation, uint64_t *random) {
    const double share = loop_random_share(random);
    switch (character) {
    case CONSTANT:
        return 60;
    case JUMPY:
        return -40 + 190 * share;
    case SPIKY:
        return share < 0.05 ? 150 : 55 + share;
    case HUGE_ONES:
        return (share - 0.5) * (i % 7 ? 1e9 : 1e300);
    case BINARY:
        return share < 0.5 ? -39.9 : 149.9;
    case SAWTOOTH:
        return i % 100;
    case CONTRARY: /* cooler under load */
        return 90 - 60 * utilisation;
    default:
        return 0;
    }
}

static double seconds_by(int i, uint64_t *random) {
    static const double odd[] = {0, -5, 1e-9, 3600, 1e9, 1e300, 0.1, 30};
    return i % 11 ? 1 : odd[loop_random(random) % 8];
}

static void no_input_upsets_it(void **state) {
    (void)state;
    for (int character = 0; character < CHARACTERS; character++)
        for (uint64_t seed = 0; seed < 6; seed++) {
            uint64_t random = seed;
            struct device device = {.random = seed};
            struct perfadapt__heat heat;
            perfadapt__heat_init(&heat, 60);
            for (int i = 0; i < 4000; i++) {
                const double utilisation = i / 50 % 3 == 0 ? 1.0 : i / 50 % 3 == 1 ? 0.0 : loop_random_share(&random);
                spend(&device, utilisation, 1.0 / 16);
                perfadapt__heat_learn(&heat, &device.busy,
                                      temperature_by((enum character)character, i, utilisation, &random),
                                      seconds_by(i, &random), loop_random(&random) % 50 == 0);
                assert_sound(&heat);
                if (i % 50 == 0)
                    assert_forecasts(&heat, &device.busy);
            }
        }
}

/* Without a change of load nothing can be told apart; a day of it must not make the model drift away. */
static void a_day_of_steady_load_changes_little(void **state) {
    (void)state;
    struct device device = device_seen_first;
    struct perfadapt__heat heat;
    perfadapt__heat_init(&heat, read_sensor(&device));
    teach(&heat, &device, 3600);
    spend(&device, 0.6, 1800);
    for (int i = 0; i < 24 * 3600; i++) {
        perfadapt__heat_learn(&heat, &device.busy, read_sensor(&device), 1, false);
        device.seconds += 1;
    }
    assert_sound(&heat);
    struct device ahead = device;
    spend(&ahead, 1, 20);
    const double foreseen = perfadapt__heat_forecast_c(&heat, &device.busy, 1, PERFADAPT__AFTER_20_S);
    assert_true(fabs(foreseen - temperature_of(&ahead, ahead.busy.now)) < 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_two_are_near_enough),
        cmocka_unit_test(powers_of_two_are_finite_for_anything),
        cmocka_unit_test(roots_are_near_enough),
        cmocka_unit_test(roots_of_anything_are_finite),
        cmocka_unit_test(gains_of_a_device_are_found),
        cmocka_unit_test(forecasts_of_a_known_device_hold),
        cmocka_unit_test(what_is_learned_is_doubted_less),
        cmocka_unit_test(fast_die_leaves_less_to_slow_poles),
        cmocka_unit_test(frozen_clock_teaches_nothing),
        cmocka_unit_test(no_input_upsets_it),
        cmocka_unit_test(a_day_of_steady_load_changes_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
