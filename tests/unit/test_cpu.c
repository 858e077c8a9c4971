/* Load, clocks and slowdowns of the processors. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/cpu.h"
#include "providers/cpu_text.h"
#include "providers/raspberrypi.h"

#include <stdio.h>
#include <string.h>

#define CPUS "/sys/devices/system/cpu"

static void set(struct fixture *fixture, const char *text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void set(struct fixture *fixture, const char *text, const char *format, ...) {
    char path[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    fixture_file(fixture, path, text);
}

static void set_stat(struct fixture *fixture, const char *fields) {
    char text[512];
    snprintf(text, sizeof text, "cpu  %s\ncpu0 1 2 3 4 5 6 7 8 0 0\nintr 12 3\nctxt 1\n", fields);
    fixture_file(fixture, "/proc/stat", text);
}

static void add_policy(struct fixture *fixture, unsigned number, const char *clock, const char *limit,
                       const char *most) {
    set(fixture, clock, CPUS "/cpufreq/policy%u/scaling_cur_freq", number);
    set(fixture, limit, CPUS "/cpufreq/policy%u/scaling_max_freq", number);
    set(fixture, most, CPUS "/cpufreq/policy%u/cpuinfo_max_freq", number);
}

static void add_counters(struct fixture *fixture, unsigned cpu, const char *package, const char *core) {
    set(fixture, package, CPUS "/cpu%u/topology/physical_package_id", cpu);
    set(fixture, core, CPUS "/cpu%u/topology/core_id", cpu);
    set(fixture, "10\n", CPUS "/cpu%u/thermal_throttle/package_throttle_count", cpu);
    set(fixture, "250\n", CPUS "/cpu%u/thermal_throttle/package_throttle_total_time_ms", cpu);
    set(fixture, "3\n", CPUS "/cpu%u/thermal_throttle/core_throttle_count", cpu);
}

static void create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__cpu_provider);
    assert_non_null(fixture->provider);
}

static struct perfadapt_evidence *evidence(struct fixture *fixture, const char *source) {
    for (uint32_t i = 0; i < fixture->snapshot.evidence_count; i++)
        if (strcmp(fixture->snapshot.evidence[i].source, source) == 0)
            return &fixture->snapshot.evidence[i];
    return NULL;
}

static void assert_claims(struct fixture *fixture, const char *source, uint32_t claims, const char *text) {
    const struct perfadapt_evidence *found = evidence(fixture, source);
    assert_non_null(found);
    assert_int_equal(found->state, PERFADAPT_STATE_OK);
    assert_string_equal(found->text, text);
    assert_int_equal(found->claims, claims);
    assert_int_equal(found->subject, PERFADAPT_SENSOR_CPU);
}

/* ---- load ---- */

static void test_busy_is_of_the_interval(void **state) {
    struct fixture *fixture = *state;
    set_stat(fixture, "100 10 50 800 40 5 5 0 77 0");
    create(fixture);
    assert_unknown(&fixture->snapshot.processor.busy, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.processor.busy, PERFADAPT_STATE_INIT);
    /* +30 user, +10 system, +5 irq, +5 softirq, +10 steal; +80 idle, +60 iowait; guest (in user) is not counted again. */
    set_stat(fixture, "130 10 60 880 100 10 10 10 107 0");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.processor.busy, PERFADAPT_STATE_OK, 0.3);
    assert_int_equal(fixture->snapshot.processor.busy.timestamp_ns, INT64_C(2000000000));
}

static void test_counters_that_go_back_give_no_figure(void **state) {
    struct fixture *fixture = *state;
    set_stat(fixture, "100 0 0 900 0 0 0 0 0 0");
    create(fixture);
    fixture_read(fixture, 1000);
    set_stat(fixture, "150 0 0 950 0 0 0 0 0 0");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.processor.busy, PERFADAPT_STATE_OK, 0.5);
    set_stat(fixture, "80 0 0 960 0 0 0 0 0 0"); /* a processor was unplugged */
    fixture_read(fixture, 3000);
    assert_metric(&fixture->snapshot.processor.busy, PERFADAPT_STATE_STALE, 0.5);
    set_stat(fixture, "90 0 0 950 0 0 0 0 0 0"); /* idle went back */
    fixture_read(fixture, 4000);
    assert_metric(&fixture->snapshot.processor.busy, PERFADAPT_STATE_STALE, 0.5);
    set_stat(fixture, "165 0 0 975 0 0 0 0 0 0");
    fixture_read(fixture, 5000);
    assert_metric(&fixture->snapshot.processor.busy, PERFADAPT_STATE_OK, 0.75);
}

static void test_resume_drops_the_interval(void **state) {
    struct fixture *fixture = *state;
    set_stat(fixture, "100 0 0 900 0 0 0 0 0 0");
    create(fixture);
    fixture_read(fixture, 1000);
    set_stat(fixture, "200 0 0 900 0 0 0 0 0 0");
    const struct perfadapt__read_context context = {.now_ns = INT64_C(1100000000), .resumed = true};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
    assert_unknown(&fixture->snapshot.processor.busy, PERFADAPT_STATE_INIT);
}

static void test_stat_lines(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"cpu  1 2 3 4\n", true},
        {"cpu  1 2 3 4 5 6 7 8 9 10\n", true},
        {"cpu  1 2 3 4 5 6 7 8 9 10", false}, /* cut */
        {"cpu  1 2 3\n", false},
        {"cpu  1 2 3 4 -5 6\n", false},
        {"cpu0 1 2 3 4 5 6 7 8\n", false},
        {"cpu  1 2 3 18446744073709551615 5\n", false},
        {"cpu  1 2 3 4 5 6 7 8x\n", false},
        {"", false},
        {"\xff\xff\xff\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct perfadapt__cpu_times times;
        assert_int_equal(perfadapt__cpu_text_times(cases[i].text, &times), cases[i].good);
    }
    const struct perfadapt__cpu_times same = {.busy = 5, .idle = 5};
    double ratio;
    assert_false(perfadapt__cpu_text_busy(&same, &same, &ratio));
}

static void test_bad_stat(void **state) {
    static char bytes[4096];
    struct fixture *fixture = *state;
    memset(bytes, 0xff, sizeof bytes);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.processor.busy, PERFADAPT_STATE_UNSUPPORTED);
    fixture_bytes(fixture, "/proc/stat", bytes, sizeof bytes);
    fixture_read(fixture, 2000);
    assert_unknown(&fixture->snapshot.processor.busy, PERFADAPT_STATE_ERROR);
}

static void test_online_count(void **state) {
    static const struct {
        const char *text;
        uint32_t count; /* 0 = refused */
    } cases[] = {{"0\n", 1}, {"0-3\n", 4}, {"0-3,8,10-11\n", 7}, {"0-3,\n", 0}, {"3-0\n", 0},
                 {"\n", 0},  {"0-x\n", 0}, {"0-99999999\n", 0},  {"0-3", 4},    {"0-3 4\n", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t count = 0;
        assert_int_equal(perfadapt__cpu_text_count(cases[i].text, &count), cases[i].count > 0);
        assert_int_equal(count, cases[i].count);
    }
    struct fixture *fixture = *state;
    fixture_file(fixture, CPUS "/online", "0-5,7\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.processor.online, PERFADAPT_STATE_OK, 7);
    fixture_file(fixture, CPUS "/online", "0-3\n");
    fixture_read(fixture, 2000); /* seldom asked */
    assert_metric(&fixture->snapshot.processor.online, PERFADAPT_STATE_OK, 7);
    fixture_read(fixture, 11000);
    assert_metric(&fixture->snapshot.processor.online, PERFADAPT_STATE_OK, 4);
}

/* ---- clocks ---- */

static void test_fastest_policies_are_read(void **state) {
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 6; i++)
        add_policy(fixture, i, "800000\n", "2000000\n", "2000000\n");
    add_policy(fixture, 6, "3100000\n", "4200000\n", "4200000\n");
    add_policy(fixture, 5, "9999000\n", "1000000\n", "1000000\n"); /* the slowest: never looked at */
    create(fixture);
    assert_unknown(&fixture->snapshot.processor.clock, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.processor.clock, PERFADAPT_STATE_OK, 3100);
    assert_metric(&fixture->snapshot.processor.clock_limit, PERFADAPT_STATE_OK, 4200);
    assert_metric(&fixture->snapshot.processor.clock_max, PERFADAPT_STATE_OK, 4200);
    assert_claims(fixture, "cpufreq", 0, "scaling_max_freq 4200 of 4200 MHz");
}

static void test_clocks_not_more_than_once_a_second(void **state) {
    struct fixture *fixture = *state;
    add_policy(fixture, 0, "800000\n", "2000000\n", "2000000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    add_policy(fixture, 0, "900000\n", "2000000\n", "2000000\n");
    fixture_read(fixture, 1500);
    assert_metric(&fixture->snapshot.processor.clock, PERFADAPT_STATE_OK, 800);
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.processor.clock, PERFADAPT_STATE_OK, 900);
}

static void test_clock_that_is_not_known(void **state) {
    static const char *const texts[] = {"<unknown>\n", "<unavailable>\n", "0\n", "-1\n", "", "99999999999\n"};
    struct fixture *fixture = *state;
    add_policy(fixture, 0, "1000000\n", "2000000\n", "2000000\n");
    create(fixture);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        set(fixture, texts[i], CPUS "/cpufreq/policy0/scaling_cur_freq");
        fixture_read(fixture, 1000 * (int64_t)(i + 1));
        assert_unknown(&fixture->snapshot.processor.clock, PERFADAPT_STATE_ERROR);
    }
    set(fixture, "1200000\n", CPUS "/cpufreq/policy0/scaling_cur_freq");
    fixture_read(fixture, 20000);
    assert_metric(&fixture->snapshot.processor.clock, PERFADAPT_STATE_OK, 1200);
    set(fixture, "", CPUS "/cpufreq/policy0/scaling_cur_freq");
    fixture_read(fixture, 21000);
    assert_metric(&fixture->snapshot.processor.clock, PERFADAPT_STATE_STALE, 1200);
}

static void test_no_cpufreq(void **state) {
    struct fixture *fixture = *state;
    create(fixture);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.processor.clock, PERFADAPT_STATE_UNSUPPORTED);
    assert_null(evidence(fixture, "cpufreq"));
    add_policy(fixture, 0, "1000000\n", "2000000\n", "2000000\n"); /* its module was loaded late */
    fixture_read(fixture, 40000);
    fixture_read(fixture, 41000);
    assert_metric(&fixture->snapshot.processor.clock, PERFADAPT_STATE_OK, 1000);
}

static void test_old_kernel_has_cpufreq_below_each_cpu(void **state) {
    struct fixture *fixture = *state;
    set(fixture, "1500000\n", CPUS "/cpu0/cpufreq/scaling_cur_freq");
    set(fixture, "1500000\n", CPUS "/cpu0/cpufreq/scaling_max_freq");
    set(fixture, "1500000\n", CPUS "/cpu0/cpufreq/cpuinfo_max_freq");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.processor.clock, PERFADAPT_STATE_OK, 1500);
}

static void test_limits_are_policy(void **state) {
    struct fixture *fixture = *state;
    add_policy(fixture, 0, "2000000\n", "2000000\n", "4000000\n");
    add_policy(fixture, 1, "3900000\n", "4000000\n", "4000000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_claims(fixture, "cpufreq", PERFADAPT__CLAIM(POLICY), "scaling_max_freq 2000 of 4000 MHz");
    add_policy(fixture, 0, "2000000\n", "3900000\n", "4000000\n"); /* rounding, no limit */
    fixture_read(fixture, 2000);
    assert_claims(fixture, "cpufreq", 0, "scaling_max_freq 3900 of 4000 MHz");
    fixture_file(fixture, CPUS "/cpufreq/boost", "0\n");
    fixture_read(fixture, 40000);
    assert_claims(fixture, "cpufreq", PERFADAPT__CLAIM(POLICY), "boost=0");
    fixture_file(fixture, CPUS "/intel_pstate/no_turbo", "1\n");
    fixture_read(fixture, 80000);
    assert_claims(fixture, "cpufreq", PERFADAPT__CLAIM(POLICY), "no_turbo=1");
    fixture_file(fixture, CPUS "/cpufreq/boost", "1\n");
    fixture_file(fixture, CPUS "/intel_pstate/no_turbo", "0\n");
    fixture_read(fixture, 86000);
    assert_claims(fixture, "cpufreq", 0, "scaling_max_freq 3900 of 4000 MHz");
}

/* ---- counters of slowdowns ---- */

static void test_throttle_is_heat_while_it_grows(void **state) {
    struct fixture *fixture = *state;
    for (unsigned cpu = 0; cpu < 4; cpu++)
        add_counters(fixture, cpu, "0\n", cpu < 2 ? "0\n" : "1\n");
    create(fixture);
    assert_int_equal(fixture->snapshot.evidence_count, 1); /* one for the package, not for each processor */
    fixture_read(fixture, 1000);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(NONE), "package_throttle_count 10");
    assert_string_equal(evidence(fixture, "thermal_throttle")->device, "package 0");
    assert_metric(&fixture->snapshot.processor.throttled, PERFADAPT_STATE_OK, 250000);
    set(fixture, "370\n", CPUS "/cpu0/thermal_throttle/package_throttle_total_time_ms");
    fixture_read(fixture, 2000);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(THERMAL), "package_throttle_total_time_ms +120");
    assert_metric(&fixture->snapshot.processor.throttled, PERFADAPT_STATE_OK, 370000);
    fixture_read(fixture, 4900);
    assert_int_equal(evidence(fixture, "thermal_throttle")->claims, PERFADAPT__CLAIM(THERMAL));
    fixture_read(fixture, 5900);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(NONE), "package_throttle_count 10");
}

/* The time grows only when a slowdown has ended. */
static void test_a_slowdown_that_lasts_is_seen_by_its_count(void **state) {
    struct fixture *fixture = *state;
    add_counters(fixture, 0, "0\n", "0\n");
    create(fixture);
    fixture_read(fixture, 1000);
    set(fixture, "11\n", CPUS "/cpu0/thermal_throttle/package_throttle_count");
    fixture_read(fixture, 2000);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(THERMAL), "package_throttle_count +1");
}

static void test_cores_are_looked_at_now_and_then(void **state) {
    struct fixture *fixture = *state;
    add_counters(fixture, 0, "0\n", "0\n");
    add_counters(fixture, 1, "0\n", "4\n");
    create(fixture);
    fixture_read(fixture, 1000);
    set(fixture, "9\n", CPUS "/cpu1/thermal_throttle/core_throttle_count");
    fixture_read(fixture, 2000);
    assert_int_equal(evidence(fixture, "thermal_throttle")->claims, PERFADAPT__CLAIM(NONE));
    fixture_read(fixture, 5000);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(THERMAL), "core_throttle_count +6");
}

static void test_counts_without_times(void **state) {
    struct fixture *fixture = *state;
    set(fixture, "1\n", CPUS "/cpu0/thermal_throttle/package_throttle_count");
    set(fixture, "1\n", CPUS "/cpu0/thermal_throttle/core_throttle_count");
    create(fixture);
    fixture_read(fixture, 1000);
    set(fixture, "2\n", CPUS "/cpu0/thermal_throttle/package_throttle_count");
    fixture_read(fixture, 2000);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(THERMAL), "package_throttle_count +1");
    assert_unknown(&fixture->snapshot.processor.throttled, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_two_packages(void **state) {
    struct fixture *fixture = *state;
    add_counters(fixture, 0, "0\n", "0\n");
    add_counters(fixture, 1, "1\n", "0\n");
    set(fixture, "900\n", CPUS "/cpu1/thermal_throttle/package_throttle_total_time_ms");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.evidence_count, 2);
    assert_string_equal(fixture->snapshot.evidence[1].device, "package 1");
    assert_metric(&fixture->snapshot.processor.throttled, PERFADAPT_STATE_OK, 900000);
}

/* Another processor of the package is asked; what that one counted before is no growth. */
static void test_offline_processor(void **state) {
    struct fixture *fixture = *state;
    add_counters(fixture, 0, "0\n", "0\n");
    add_counters(fixture, 1, "0\n", "1\n");
    set(fixture, "5000\n", CPUS "/cpu1/thermal_throttle/package_throttle_total_time_ms");
    create(fixture);
    fixture_read(fixture, 1000);
    set(fixture, "", CPUS "/cpu0/thermal_throttle/package_throttle_count");
    set(fixture, "", CPUS "/cpu0/thermal_throttle/package_throttle_total_time_ms");
    set(fixture, "", CPUS "/cpu0/thermal_throttle/core_throttle_count");
    fixture_read(fixture, 2000);
    fixture_read(fixture, 3000);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(NONE), "package_throttle_count 10");
    assert_metric(&fixture->snapshot.processor.throttled, PERFADAPT_STATE_OK, 5000000);
    assert_int_equal(fixture->snapshot.evidence_count, 1);
    fixture_remove(fixture, CPUS "/cpu1/thermal_throttle");
    fixture_read(fixture, 4000);
    assert_int_equal(evidence(fixture, "thermal_throttle")->state, PERFADAPT_STATE_ERROR);
    assert_int_equal(fixture->snapshot.processor.throttled.state, PERFADAPT_STATE_STALE);
}

/* Where the cores' counters are all there is, and they fail, nothing is known. */
static void test_lost_cores(void **state) {
    struct fixture *fixture = *state;
    set(fixture, "3\n", CPUS "/cpu0/thermal_throttle/core_throttle_count");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(NONE), "core_throttle_count is still");
    set(fixture, "?\n", CPUS "/cpu0/thermal_throttle/core_throttle_count");
    for (int second = 2; second <= 6; second++)
        fixture_read(fixture, 1000 * second);
    assert_int_equal(evidence(fixture, "thermal_throttle")->state, PERFADAPT_STATE_ERROR);
    set(fixture, "4\n", CPUS "/cpu0/thermal_throttle/core_throttle_count");
    for (int second = 7; second <= 20; second++)
        fixture_read(fixture, 1000 * second);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(NONE), "core_throttle_count is still");
}

static void test_growth_while_asleep_is_none(void **state) {
    struct fixture *fixture = *state;
    add_counters(fixture, 0, "0\n", "0\n");
    create(fixture);
    fixture_read(fixture, 1000);
    set(fixture, "99\n", CPUS "/cpu0/thermal_throttle/package_throttle_count");
    const struct perfadapt__read_context context = {.now_ns = INT64_C(2000000000), .resumed = true};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
    assert_claims(fixture, "thermal_throttle", PERFADAPT__CLAIM(NONE), "package_throttle_count 99");
}

/* ---- Raspberry Pi ---- */

static void add_pi(struct fixture *fixture, const char *compatible, size_t length, const char *temperature) {
    fixture_bytes(fixture, "/proc/device-tree/compatible", compatible, length);
    fixture_file(fixture, "/sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
    fixture_file(fixture, "/sys/class/thermal/thermal_zone0/temp", temperature);
    fixture_file(fixture, "/sys/class/hwmon/hwmon1/name", "rpi_volt\n");
    fixture_file(fixture, "/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n");
    fixture_file(fixture, "/sys/devices/platform/soc/soc:firmware/get_throttled", "e0008\n");
    add_policy(fixture, 0, "1500000\n", "1800000\n", "1800000\n");
}

/* Loaded at every read. */
static void read_loaded(struct fixture *fixture, int64_t second) {
    char fields[96];
    snprintf(fields, sizeof fields, "%d 0 0 %d 0 0 0 0 0 0", (int)second * 390, (int)second * 10);
    set_stat(fixture, fields);
    fixture_read(fixture, 1000 * second);
}

static const char pi4[] = "raspberrypi,4-model-b\0brcm,bcm2711";
static const char pi3_plus[] = "raspberrypi,3-model-b-plus\0brcm,bcm2837";

static void test_pi_slows_down_for_heat(void **state) {
    struct fixture *fixture = *state;
    add_pi(fixture, pi4, sizeof pi4, "81000\n");
    create(fixture);
    read_loaded(fixture, 1);
    read_loaded(fixture, 2);
    assert_claims(fixture, "raspberrypi", 0, "firmware 1500 of 1800 MHz at 81 C"); /* the first slow look */
    read_loaded(fixture, 3);
    assert_claims(fixture, "raspberrypi", PERFADAPT__CLAIM(THERMAL), "firmware 1500 of 1800 MHz at 81 C");
    fixture_file(fixture, "/sys/class/thermal/thermal_zone0/temp", "65000\n");
    read_loaded(fixture, 5);
    assert_claims(fixture, "raspberrypi", PERFADAPT__CLAIM(UNKNOWN), "firmware 1500 of 1800 MHz at 65 C");
    add_policy(fixture, 0, "1800000\n", "1800000\n", "1800000\n");
    read_loaded(fixture, 6);
    assert_claims(fixture, "raspberrypi", PERFADAPT__CLAIM(NONE), "firmware 1800 of 1800 MHz at 65 C");
}

static void test_pi_with_a_lowered_limit_or_at_rest(void **state) {
    struct fixture *fixture = *state;
    add_pi(fixture, pi4, sizeof pi4, "81000\n");
    add_policy(fixture, 0, "1500000\n", "1500000\n", "1800000\n");
    create(fixture);
    for (int64_t second = 1; second < 5; second++)
        read_loaded(fixture, second);
    assert_int_equal(evidence(fixture, "raspberrypi")->claims, 0);
    assert_int_equal(evidence(fixture, "cpufreq")->claims, PERFADAPT__CLAIM(POLICY));
}

static void test_pi_soft_limit(void **state) {
    struct fixture *fixture = *state;
    add_pi(fixture, pi3_plus, sizeof pi3_plus, "61000\n");
    create(fixture);
    for (int64_t second = 1; second < 5; second++)
        read_loaded(fixture, second);
    assert_int_equal(evidence(fixture, "raspberrypi")->claims, PERFADAPT__CLAIM(THERMAL));
}

static void test_pi_under_voltage(void **state) {
    struct fixture *fixture = *state;
    add_pi(fixture, pi4, sizeof pi4, "50000\n");
    fixture_file(fixture, "/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n");
    create(fixture);
    for (int64_t second = 1; second < 5; second++)
        read_loaded(fixture, second);
    assert_claims(fixture, "raspberrypi", PERFADAPT__CLAIM(POWER), "under-voltage 1500 of 1800 MHz at 50 C");
}

static void test_pi_sensor_that_lies(void **state) {
    struct fixture *fixture = *state;
    add_pi(fixture, pi4, sizeof pi4, "-650788984\n");
    create(fixture);
    for (int64_t second = 1; second < 5; second++)
        read_loaded(fixture, second);
    assert_claims(fixture, "raspberrypi", PERFADAPT__CLAIM(UNKNOWN), "firmware 1500 of 1800 MHz");
}

static void test_other_boards_are_no_pi(void **state) {
    static const char jetson[] = "nvidia,p3737-0000+p3701-0000\0nvidia,tegra234";
    struct fixture *fixture = *state;
    add_pi(fixture, jetson, sizeof jetson, "81000\n");
    create(fixture);
    assert_null(evidence(fixture, "raspberrypi"));
    assert_true(perfadapt__raspberrypi_is_compatible("a\0raspberrypi,5", 14, "raspberrypi,"));
    assert_false(perfadapt__raspberrypi_is_compatible("a\0raspberry", 11, "raspberrypi,"));
    assert_false(perfadapt__raspberrypi_is_compatible("x-raspberrypi,5", 15, "raspberrypi,"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_busy_is_of_the_interval),
        TEST(test_counters_that_go_back_give_no_figure),
        TEST(test_resume_drops_the_interval),
        TEST(test_stat_lines),
        TEST(test_bad_stat),
        TEST(test_online_count),
        TEST(test_fastest_policies_are_read),
        TEST(test_clocks_not_more_than_once_a_second),
        TEST(test_clock_that_is_not_known),
        TEST(test_no_cpufreq),
        TEST(test_old_kernel_has_cpufreq_below_each_cpu),
        TEST(test_limits_are_policy),
        TEST(test_throttle_is_heat_while_it_grows),
        TEST(test_a_slowdown_that_lasts_is_seen_by_its_count),
        TEST(test_cores_are_looked_at_now_and_then),
        TEST(test_counts_without_times),
        TEST(test_two_packages),
        TEST(test_offline_processor),
        TEST(test_lost_cores),
        TEST(test_growth_while_asleep_is_none),
        TEST(test_pi_slows_down_for_heat),
        TEST(test_pi_with_a_lowered_limit_or_at_rest),
        TEST(test_pi_soft_limit),
        TEST(test_pi_under_voltage),
        TEST(test_pi_sensor_that_lies),
        TEST(test_other_boards_are_no_pi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
