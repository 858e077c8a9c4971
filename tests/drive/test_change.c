/* Options of the command line over a policy that is there: what is not said stays as it was, to the bit.
 * SPDX-License-Identifier: MIT */
#include "drive/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <string.h>

static char program[] = "change";

/* Of every kind that policy_of can come to; the n-th is always the same. */
static struct perfadapt__policy make_policy(uint32_t n) {
    const uint32_t levels = 1 + n * 7 % 32;
    struct perfadapt__policy policy = {
        .mode = n % 3,
        .prefer = n / 2 % 4,
        .role = n / 3 % 3,
        .outputs = n % 8,
        .yields = n / 5 % 2,
        .quality_levels = levels,
        .quality_min = levels / 4,
        .quality_max = levels - 1 - levels / 5,
        .target_frame_ns = n % 11 == 0 && !(n % 8 & PERFADAPT_OUTPUT_FRAME_NS) ? 0 : 16666666 + n * 1000,
        .slowest_frame_ns = n % 4 ? 0 : 50000001 + n * 1000,
        .refresh_ns = n % 5 ? 0 : 16666667,
        .render_scale_min = 0.5,
        .render_scale_max = n % 8 & PERFADAPT_OUTPUT_RENDER_SCALE ? 0.9 : 1,
        .thermal_limit_c = n % 2 ? (double)NAN : 70.25 + n,
        .thermal_margin_c = 1.5 + n * 0.01,
        .battery_busy = n % 3 ? 1 : 0.5,
        .frames_in_flight = 1 + n % 8,
        .worker_threads = 1 + n % 16,
        .dispatch_ns = n % 2 ? 0 : 8000000,
        .memory_reserve_bytes = 268435456 + n,
        .memory_share = n % 2 ? 1 : 0.75,
    };
    policy.cost[0] = 1;
    for (uint32_t i = 1; i < levels; i++)
        policy.cost[i] = policy.cost[i - 1] * (0.8 + 0.001 * n);
    return policy;
}

static void nothing_said_changes_nothing(void **state) {
    (void)state;
    char *const words[] = {program, NULL};
    for (uint32_t n = 0; n < 200; n++) {
        const struct perfadapt__policy before = make_policy(n);
        struct perfadapt__policy after = before;
        char reason[DRIVE_REASON_MAX] = "";
        assert_int_equal(drive_options_change(1, words, &after, reason), DRIVE_OPTIONS_READ);
        assert_memory_equal(&before, &after, sizeof before);
    }
}

static void what_is_said_counts(void **state) {
    (void)state;
    static char set[] = "--set=thermal.limit_c=81.5", target[] = "--target-ms=20";
    char *const words[] = {program, set, target, NULL};
    for (uint32_t n = 0; n < 200; n++) {
        struct perfadapt__policy expected = make_policy(n);
        struct perfadapt__policy after = expected;
        char reason[DRIVE_REASON_MAX] = "";
        expected.thermal_limit_c = 81.5;
        expected.target_frame_ns = 20000000;
        assert_int_equal(drive_options_change(3, words, &after, reason), DRIVE_OPTIONS_READ);
        assert_memory_equal(&expected, &after, sizeof after);
    }
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static char set[] = "--set=policy.quality_min=9";
    char *const words[] = {program, set, NULL};
    struct perfadapt__policy policy = make_policy(1); /* 8 levels */
    char reason[DRIVE_REASON_MAX] = "";
    assert_int_equal(drive_options_change(2, words, &policy, reason), DRIVE_OPTIONS_WRONG);
    assert_non_null(strstr(reason, "policy.quality_min"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_changes_nothing),
        cmocka_unit_test(what_is_said_counts),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
