/* The filter's lines and numbers, from text to structs and back. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drive/input.h"
#include "drive/line.h"
#include "drive/number.h"

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void same_bits(double a, double b) {
    assert_memory_equal(&a, &b, sizeof a);
}

/* ---- numbers ---- */

static void ordinary_numbers_are_what_the_compiler_makes_of_them(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"85", 85.0},
        {"71.25", 71.25},
        {"0.1", 0.1},
        {".5", .5},
        {"5.", 5.},
        {"1e3", 1e3},
        {"1E+3", 1e3},
        {"25e-4", 25e-4},
        {"-12.5", -12.5},
        {"0.000001", 1e-6},
        {"1e22", 1e22},
        {"8000000000", 8000000000},
        {"+3", 3},
        {"003.10", 3.1},
        {"16.666667", 16.666667},
        {"0e999999999999", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 77;
        assert_true(perfadapt__number_parse(cases[i].text, &value));
        same_bits(value, cases[i].value);
    }
}

static void numbers_of_any_length_come_near(void **state) {
    (void)state;
    static const char *const texts[] = {"0.12345678901234567890123", "123456789012345678901234567890", "1.7976931e308",
                                        "2.2250738585072014e-308", "0.00000000000000000000000000012345678901234"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value;
        const double expected = strtod(texts[i], NULL);
        assert_true(perfadapt__number_parse(texts[i], &value));
        assert_true(fabs(value / expected - 1) < 1e-14);
    }
}

static void what_is_no_number(void **state) {
    (void)state;
    static const char *const texts[] = {"",      "-",   ".",    "e5",  "1e",    "1e+",          "0x1", "1,5", "1 ",
                                        "1.2.3", "inf", "-inf", "nan", "1e309", "1e9999999999", "--1", "1f"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 77;
        assert_false(perfadapt__number_parse(texts[i], &value));
        same_bits(value, 77);
    }
    assert_true(drive_number_is_nan("nan") && drive_number_is_nan("-nan") && drive_number_is_nan("NaN"));
    assert_false(drive_number_is_nan("nano") || drive_number_is_nan("") || drive_number_is_nan("--nan"));
}

static void printed(double value, unsigned decimals, const char *expected) {
    char text[PERFADAPT__NUMBER_TEXT];
    perfadapt__number_print(value, decimals, text);
    assert_string_equal(text, expected);
}

static void printing(void **state) {
    (void)state;
    printed(0.85, 3, "0.850");
    printed((double)0.85F, 3, "0.850");
    printed(1, 3, "1.000");
    printed(0, 3, "0.000");
    printed(-0.0, 3, "0.000");
    printed(-0.0004, 3, "0.000");
    printed(-1.5, 3, "-1.500");
    printed(0.9996, 3, "1.000");
    printed(1e300, 3, "1000000000000000.000");
    printed(12, 0, "12");
    char text[PERFADAPT__NUMBER_TEXT];
    perfadapt__number_print_short(0.25, 3, text);
    assert_string_equal(text, "0.25");
    perfadapt__number_print_short(100, 3, text);
    assert_string_equal(text, "100");
}

/* ---- lines ---- */

static bool parse(const char *text, struct drive_line *out_line) {
    char copy[512];
    char reason[DRIVE_REASON_MAX] = "";
    snprintf(copy, sizeof copy, "%s", text);
    const bool good = drive_line_parse(copy, strlen(copy), out_line, reason);
    assert_true(good == (reason[0] == '\0'));
    return good;
}

static void frames_and_gpu_times(void **state) {
    (void)state;
    struct drive_line line;
    assert_true(parse("frame 5 6 -1", &line));
    assert_int_equal(line.kind, DRIVE_LINE_FRAME);
    assert_int_equal(line.time_ns, 5);
    assert_int_equal(line.cpu_ns, 6);
    assert_int_equal(line.gpu_ns, -1);
    assert_true(parse("gpu 5 6 9223372036854775807", &line));
    assert_int_equal(line.kind, DRIVE_LINE_GPU);
    assert_int_equal(line.index, 6);
    assert_int_equal(line.gpu_ns, INT64_MAX);
    assert_true(parse("frame -9223372036854775808 0 0", &line));
    assert_true(line.time_ns == INT64_MIN);
    assert_false(parse("frame 5 6 -2", &line));
    assert_false(parse("gpu 5 -1 1", &line));
}

static void ticks(void **state) {
    (void)state;
    struct drive_line line;
    assert_true(parse("tick 7 rss=4e8 throttle=power ac=0 temp=71.5 limit=nan", &line));
    assert_int_equal(line.kind, DRIVE_LINE_TICK);
    same_bits(line.tick.temperature_c, 71.5);
    same_bits(line.tick.resident, 4e8);
    same_bits(line.tick.on_ac, 0);
    assert_int_equal(line.tick.throttle, PERFADAPT_THROTTLING_POWER);
    assert_true(isnan(line.tick.limit_c) && isnan(line.tick.busy) && isnan(line.tick.memory_some_us));
    assert_true(parse("tick 8", &line)); /* nothing of the line before is left */
    assert_true(isnan(line.tick.temperature_c) && isnan(line.tick.resident) && isnan(line.tick.on_ac));
    assert_int_equal(line.tick.throttle, PERFADAPT_THROTTLING_UNKNOWN);
    assert_false(parse("tick 7 temp=nan temp=5", &line));
    assert_false(parse("tick 7 throttle=none throttle=none", &line));
}

static void events_and_holds(void **state) {
    (void)state;
    struct drive_line line;
    assert_true(parse("event 1 Gpu_Timeout -5", &line));
    assert_int_equal(line.event, PERFADAPT_EVENT_GPU_TIMEOUT);
    assert_int_equal(line.value, -5);
    assert_true(parse("event 1 oom", &line));
    assert_int_equal(line.event, PERFADAPT_EVENT_OUT_OF_MEMORY);
    assert_int_equal(line.value, 0);
    assert_true(parse("hold 1 on", &line));
    assert_int_equal(line.value, 1);
    assert_true(parse("hold 1 off", &line));
    assert_int_equal(line.value, 0);
    assert_false(parse("hold 1 ON", &line));
}

static void reasons_are_clean(void **state) {
    (void)state;
    struct drive_line line;
    char reason[DRIVE_REASON_MAX];
    char text[] = "tick 1 \x1b[31m\xff\"key=5";
    assert_false(drive_line_parse(text, sizeof text - 1, &line, reason));
    assert_string_equal(reason, "unknown key \"?[31m??key\"");
    char nul[] = "hold 1\0on";
    assert_false(drive_line_parse(nul, sizeof nul - 1, &line, reason));
    assert_string_equal(reason, "a NUL byte in the line");
}

/* ---- input ---- */

static void lines_over_the_ends_of_the_buffer(void **state) {
    (void)state;
    static struct drive_input input;
    FILE *file = tmpfile();
    assert_non_null(file);
    for (int i = 0; i < 3000; i++)
        fprintf(file, "%d%0*d\n", i % 10, i % 4090 + 1, 0);
    fprintf(file, "%05000d\nlast", 0);
    fflush(file);
    lseek(fileno(file), 0, SEEK_SET);
    drive_input_init(&input, fileno(file));
    char *line;
    size_t length;
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(drive_input_next(&input, &line, &length), DRIVE_INPUT_LINE);
        assert_int_equal(length, i % 4090 + 2);
        assert_int_equal(strlen(line), length);
        assert_int_equal(line[0], '0' + i % 10);
    }
    assert_int_equal(drive_input_next(&input, &line, &length), DRIVE_INPUT_TOO_LONG);
    assert_int_equal(drive_input_next(&input, &line, &length), DRIVE_INPUT_LINE);
    assert_string_equal(line, "last");
    assert_int_equal(drive_input_next(&input, &line, &length), DRIVE_INPUT_END);
    assert_int_equal(drive_input_next(&input, &line, &length), DRIVE_INPUT_END);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_numbers_are_what_the_compiler_makes_of_them),
        cmocka_unit_test(numbers_of_any_length_come_near),
        cmocka_unit_test(what_is_no_number),
        cmocka_unit_test(printing),
        cmocka_unit_test(frames_and_gpu_times),
        cmocka_unit_test(ticks),
        cmocka_unit_test(events_and_holds),
        cmocka_unit_test(reasons_are_clean),
        cmocka_unit_test(lines_over_the_ends_of_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
