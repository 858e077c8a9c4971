/* perfadapt sensors: its text and its JSON, of snapshots made up here. SPDX-License-Identifier: MIT */
#include "sensors/document.h"
#include "sensors/report.h"

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct perfadapt_snapshot snapshot;

static struct perfadapt_metric known(double value, enum perfadapt_unit unit) {
    return (struct perfadapt_metric){
        .value = value, .unit = unit, .state = PERFADAPT_STATE_OK, .timestamp_ns = 1000000000};
}

static struct perfadapt_metric unknown(enum perfadapt_state state) {
    return (struct perfadapt_metric){.value = (double)NAN, .state = state};
}

/* A snapshot of nothing: every number that could be NAN is. */
static int setup(void **state) {
    (void)state;
    memset(&snapshot, 0, sizeof snapshot);
    snapshot.size = sizeof snapshot;
    snapshot.generation = 1;
    return 0;
}

static struct perfadapt_sensor *add_sensor(const char *chip, const char *label, double celsius) {
    struct perfadapt_sensor *sensor = &snapshot.sensors[snapshot.sensor_count++];
    snprintf(sensor->id, sizeof sensor->id, "%s/%s@here", chip, label);
    snprintf(sensor->chip, sizeof sensor->chip, "%s", chip);
    snprintf(sensor->label, sizeof sensor->label, "%s", label);
    sensor->temperature = known(celsius, PERFADAPT_UNIT_CELSIUS);
    sensor->limit = unknown(PERFADAPT_STATE_UNSUPPORTED);
    sensor->headroom = NAN;
    sensor->slope_c_per_s = sensor->steering_c = (double)NAN;
    sensor->time_to_limit_ns = -2;
    return sensor;
}

static struct perfadapt_sensor *add_steering(double celsius) {
    struct perfadapt_sensor *sensor = add_sensor("amdgpu", "junction", celsius);
    sensor->role = PERFADAPT_SENSOR_GPU;
    sensor->steers = 1;
    sensor->limit = known(105, PERFADAPT_UNIT_CELSIUS);
    sensor->limit_source = PERFADAPT_LIMIT_CRIT;
    sensor->headroom = 0.1F;
    return sensor;
}

static struct perfadapt_gpu *add_gpu(const char *id) {
    struct perfadapt_gpu *gpu = &snapshot.gpus[snapshot.gpu_count++];
    snprintf(gpu->id, sizeof gpu->id, "%s", id);
    snprintf(gpu->driver, sizeof gpu->driver, "amdgpu");
    gpu->state = PERFADAPT_STATE_OK;
    gpu->busy = gpu->power = gpu->power_limit = gpu->clock = gpu->clock_max = unknown(PERFADAPT_STATE_UNSUPPORTED);
    gpu->memory_used = gpu->memory_total = gpu->shared_used = gpu->shared_total = gpu->busy;
    return gpu;
}

static struct perfadapt_evidence *add_evidence(const char *source, const char *text, uint32_t claims) {
    struct perfadapt_evidence *evidence = &snapshot.evidence[snapshot.evidence_count++];
    snprintf(evidence->source, sizeof evidence->source, "%s", source);
    snprintf(evidence->text, sizeof evidence->text, "%s", text);
    evidence->state = PERFADAPT_STATE_OK;
    evidence->claims = claims;
    return evidence;
}

/* ---- text ---- */

/* Freed by the caller. Every line fits. */
static char *text_of(bool all, bool utf8) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    const struct sensors_report_style style = {.all = all, .utf8 = utf8};
    sensors_report_print(&snapshot, &style, stream);
    fclose(stream);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, utf8 ? 81 : 80); /* the degree sign has a byte more than columns */
    return text;
}

static void expect(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static void expect_none(const char *text, const char *part) {
    if (strstr(text, part))
        fail_msg("\"%s\" in:\n%s", part, text);
}

static void test_nothing_known(void **state) {
    (void)state;
    char *text = text_of(false, false);
    expect(text, "No temperature sensor was found");
    expect(text, "none was found");
    expect(text, "n/a (not known yet): busy");
    expect_none(text, "nan");
    free(text);
}

static void test_steering_sensors_come_first(void **state) {
    (void)state;
    add_sensor("acpitz", "thermal_zone0", 20);
    add_steering(102)->time_to_limit_ns = INT64_C(12000000000);
    char *text = text_of(false, false);
    expect(text, "*gpu        amdgpu/junction         102.0   105.0 crit");
    expect(text, "0.10      12 s");
    assert_true(strstr(text, "amdgpu") < strstr(text, "acpitz"));
    free(text);
}

static void test_reasons(void **state) {
    (void)state;
    struct perfadapt_sensor *avoided = add_sensor("nvme", "Composite of a drive with a name", 0);
    avoided->temperature = unknown(PERFADAPT_STATE_UNSUPPORTED);
    avoided->why = PERFADAPT_WHY_AVOIDED;
    struct perfadapt_sensor *stale = add_steering(61.25);
    stale->temperature.state = PERFADAPT_STATE_STALE;
    stale->why = PERFADAPT_WHY_TOO_OLD;
    struct perfadapt_sensor *no_limit = add_sensor("acpitz", "temp1", 16.8);
    no_limit->limit_why = PERFADAPT_WHY_LIMIT;
    char *text = text_of(false, false);
    expect(text, "n/a never read: reading it costs the machine\n");
    expect(text, "61.2 stale: not read for too long\n");
    expect(text, "limit n/a: a limit outside 50..130 C\n");
    free(text);
}

static void test_time_to_the_limit(void **state) {
    (void)state;
    add_steering(105)->time_to_limit_ns = 0;
    add_steering(60)->time_to_limit_ns = -1;
    char *text = text_of(false, false);
    expect(text, "reached\n");
    expect(text, "        -\n");
    free(text);
}

static void test_sensors_of_one_name_are_numbered(void **state) {
    (void)state;
    add_sensor("coretemp", "Package id 0", 50);
    add_sensor("coretemp", "Package id 0", 51);
    char *text = text_of(false, false);
    expect(text, "id 0 #1");
    expect(text, "id 0 #2");
    free(text);
}

/* Zones are numbered by the order in which drivers came; sensors.ini knows them by their ids. */
static void test_zones_are_named_by_their_ids(void **state) {
    (void)state;
    struct perfadapt_sensor *zone = add_sensor("INT3400 Thermal", "thermal_zone7", 20);
    snprintf(zone->id, sizeof zone->id, "zone/INT3400 Thermal");
    struct perfadapt_sensor *second = add_sensor("acpitz", "thermal_zone3", 30);
    snprintf(second->id, sizeof second->id, "zone/acpitz#2");
    struct perfadapt_sensor *named = add_sensor("TSKN", "Lid", 40);
    snprintf(named->id, sizeof named->id, "zone/TSKN");
    char *text = text_of(false, false);
    expect(text, " zone/INT3400 Thermal ");
    expect(text, " zone/acpitz#2 ");
    expect(text, " TSKN/Lid ");
    expect_none(text, "thermal_zone");
    free(text);
}

static void test_many_sensors_are_counted_unless_all_are_wanted(void **state) {
    (void)state;
    for (int i = 0; i < 40; i++) {
        char label[16];
        snprintf(label, sizeof label, "temp%d", i);
        add_sensor("nct6779", label, 30);
    }
    char *text = text_of(false, false);
    expect(text, "and 24 more; --all shows them");
    expect_none(text, "temp39");
    free(text);
    text = text_of(true, false);
    expect(text, "temp39");
    expect_none(text, "more;");
    free(text);
}

static void test_gpu(void **state) {
    (void)state;
    struct perfadapt_gpu *gpu = add_gpu("0000:09:00.0");
    gpu->busy = known(.11, PERFADAPT_UNIT_RATIO);
    gpu->power = known(41.045, PERFADAPT_UNIT_WATT);
    gpu->power_limit = known(155, PERFADAPT_UNIT_WATT);
    gpu->clock = known(0, PERFADAPT_UNIT_MEGAHERTZ);
    gpu->memory_used = known(512.0 * 1048576, PERFADAPT_UNIT_BYTES);
    gpu->memory_total = known(4096.0 * 1048576, PERFADAPT_UNIT_BYTES);
    char *text = text_of(false, false);
    expect(text, "GPU         0000:09:00.0 amdgpu\n");
    expect(text, "busy 11 %, power 41.0 of 155.0 W, clock 0 MHz,\n            memory 512 MiB of 4.0 GiB");
    expect(text, "n/a (not on this machine): highest clock, system memory\n");
    free(text);
}

static void test_gpu_without_figures(void **state) {
    (void)state;
    struct perfadapt_gpu *gpu = add_gpu("0000:01:00.0");
    gpu->state = PERFADAPT_STATE_ASLEEP;
    gpu->why = PERFADAPT_WHY_RESTING;
    char *text = text_of(false, false);
    expect(
        text,
        "0000:01:00.0 amdgpu\n            asleep: left alone so that the device can sleep,\n            n/a: its load");
    free(text);
}

static void test_machine(void **state) {
    (void)state;
    snapshot.processor.throttled = known(2500000, PERFADAPT_UNIT_MICROSECONDS);
    snapshot.processor.clock = known(1700, PERFADAPT_UNIT_MEGAHERTZ);
    snapshot.processor.clock_limit = known(3700, PERFADAPT_UNIT_MEGAHERTZ);
    snapshot.processor.clock_max = known(4200, PERFADAPT_UNIT_MEGAHERTZ);
    snapshot.power.on_ac = known(0, PERFADAPT_UNIT_COUNT);
    snapshot.power.battery = known(.8116, PERFADAPT_UNIT_RATIO);
    snapshot.power.profile_state = PERFADAPT_STATE_OK;
    snprintf(snapshot.power.profile, sizeof snapshot.power.profile, "low-power");
    snapshot.memory.swap_total = known(0, PERFADAPT_UNIT_BYTES);
    char *text = text_of(false, false);
    expect(text, "clock 1700 of 4200 MHz, held to 3700 MHz");
    expect(text, "throttled for 2.5 s since boot");
    expect(text, "on battery, battery 81 %, profile low-power");
    expect(text, "no swap");
    free(text);
}

static void test_throttling(void **state) {
    (void)state;
    snapshot.throttle.verdict = PERFADAPT_THROTTLING_POWER;
    snapshot.throttle.subject = PERFADAPT_SENSOR_GPU;
    snprintf(snapshot.throttle.proof, sizeof snapshot.throttle.proof, "nvml: SwPowerCap");
    add_evidence("nvml", "SwPowerCap", 1U << PERFADAPT_THROTTLING_POWER)->believed = 1U << PERFADAPT_THROTTLING_POWER;
    add_evidence("amdgpu", "hotspot", 1U << PERFADAPT_THROTTLING_THERMAL | 1U << PERFADAPT_THROTTLING_CURRENT);
    add_evidence("xe", "", 0)->state = PERFADAPT_STATE_ASLEEP;
    char *text = text_of(false, false);
    expect(text, "Throttling  power (gpu)\n  proof     nvml: SwPowerCap\n");
    expect(text, "nvml, \"SwPowerCap\", says power\n");
    expect(text, "amdgpu, \"hotspot\", says thermal+current, believed: nothing\n");
    expect(text, "xe, n/a: asleep\n");
    free(text);
}

static void test_long_texts_are_broken(void **state) {
    (void)state;
    for (size_t i = 0; i + 7 < sizeof snapshot.throttle.proof; i += 6)
        strcat(snapshot.throttle.proof, "proof ");
    char words[sizeof snapshot.evidence[0].text];
    memset(words, 'x', sizeof words - 1);
    words[60] = ' ';
    words[sizeof words - 1] = '\0';
    add_evidence("nvml", words, 0);
    snapshot.processor.clock = known(1e300, PERFADAPT_UNIT_MEGAHERTZ);
    free(text_of(false, false)); /* which looks at its lines */
}

static void test_degree_sign(void **state) {
    (void)state;
    add_steering(50);
    char *text = text_of(false, true);
    expect(text, "\302\260C");
    free(text);
    text = text_of(false, false);
    for (const char *byte = text; *byte; byte++)
        assert_in_range(*byte, '\n', '~');
    free(text);
}

/* ---- JSON ---- */

static char *json_text;

/* The document, released by the caller; its text in json_text. */
static json_t *document(void) {
    size_t length = 0;
    json_error_t error;
    free(json_text);
    FILE *stream = open_memstream(&json_text, &length);
    assert_non_null(stream);
    assert_true(sensors_document_print(&snapshot, stream));
    fclose(stream);
    assert_ptr_equal(strchr(json_text, '\n'), json_text + length - 1);
    json_t *root = json_loads(json_text, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    return root;
}

static int finish(void **state) {
    (void)state;
    free(json_text);
    json_text = NULL;
    return 0;
}

static void test_json_of_nothing(void **state) {
    (void)state;
    json_t *root = document();
    assert_string_equal(json_string_value(json_object_get(root, "schema")), "perfadapt.sensors/1");
    assert_int_equal(json_array_size(json_object_get(root, "sensors")), 0);
    assert_true(json_is_null(json_object_get(json_object_get(root, "power"), "on_ac")));
    json_decref(root);
}

static void test_json_numbers_are_short_and_exact(void **state) {
    (void)state;
    struct perfadapt_sensor *sensor = add_steering(52);
    sensor->slope_c_per_s = .18;
    add_steering(33.25)->headroom = 1.0F / 3;
    snapshot.memory.total = known(3831959552, PERFADAPT_UNIT_BYTES);
    json_decref(document());
    expect(json_text, "\"temp_c\":52.0,");
    expect(json_text, "\"slope_c_per_s\":0.18,");
    expect(json_text, "\"headroom\":0.1,");
    expect(json_text, "\"headroom\":0.333333,");
    expect(json_text, "\"temp_c\":33.25,");
    expect(json_text, "\"total_bytes\":3831959552,");
}

static void test_json_unknown_is_null(void **state) {
    (void)state;
    struct perfadapt_sensor *sensor = add_steering(0);
    sensor->temperature = unknown(PERFADAPT_STATE_ERROR);
    sensor->headroom = NAN;
    sensor->why = PERFADAPT_WHY_ZERO;
    struct perfadapt_gpu *gpu = add_gpu("0000:01:00.0");
    gpu->power = known((double)INFINITY, PERFADAPT_UNIT_WATT);
    gpu->memory_used = known(1e300, PERFADAPT_UNIT_BYTES);
    gpu->clock = known(1500, PERFADAPT_UNIT_MEGAHERTZ);
    gpu->clock.state = PERFADAPT_STATE_STALE;
    json_decref(document());
    expect(json_text, "\"temp_c\":null,");
    expect(json_text, "\"time_to_limit_ns\":null,");
    expect(json_text, "\"state\":\"error\",\"why\":\"0 C beside warmer sensors of its chip\"");
    expect(json_text, "\"power_w\":null,");
    expect(json_text, "\"memory_used_bytes\":null,");
    expect(json_text, "\"clock_mhz\":null,");
}

static void test_json_evidence(void **state) {
    (void)state;
    add_evidence("amdgpu", "hot \"spot\"", 1U << PERFADAPT_THROTTLING_THERMAL | 1U << PERFADAPT_THROTTLING_POWER)
        ->believed = 1U << PERFADAPT_THROTTLING_POWER;
    json_decref(document());
    expect(json_text, "\"text\":\"hot \\\"spot\\\"\"");
    expect(json_text, "\"claims\":[\"thermal\",\"power\"],\"believed\":[\"power\"]");
}

static void test_json_of_texts_that_are_not_utf8(void **state) {
    (void)state;
    struct perfadapt_gpu *gpu = add_gpu("0000:01:00.0");
    memcpy(gpu->name, "Radeon\377\200 X", 11);
    json_t *root = document();
    const json_t *first = json_array_get(json_object_get(root, "gpus"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "name")), "Radeon?? X");
    json_decref(root);
}

static void test_json_of_everything_at_its_most(void **state) {
    (void)state;
    memset(&snapshot, 0xff, sizeof snapshot); /* every count, state and text out of range */
    for (size_t i = 0; i < PERFADAPT_SENSORS_MAX; i++) {
        snapshot.sensors[i].id[95] = snapshot.sensors[i].chip[31] = snapshot.sensors[i].label[31] = '\0';
    }
    for (size_t i = 0; i < PERFADAPT_GPUS_MAX; i++) {
        struct perfadapt_gpu *gpu = &snapshot.gpus[i];
        gpu->id[39] = gpu->driver[15] = gpu->name[63] = gpu->throttle.proof[159] = '\0';
    }
    for (size_t i = 0; i < PERFADAPT_EVIDENCE_MAX; i++)
        snapshot.evidence[i].source[23] = snapshot.evidence[i].device[39] = snapshot.evidence[i].text[95] = '\0';
    snapshot.throttle.proof[159] = snapshot.processor.throttle.proof[159] = snapshot.power.profile[23] = '\0';
    json_t *root = document();
    assert_int_equal(json_array_size(json_object_get(root, "sensors")), PERFADAPT_SENSORS_MAX);
    assert_int_equal(json_array_size(json_object_get(root, "gpus")), PERFADAPT_GPUS_MAX);
    json_decref(root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_known),
        TEST(test_steering_sensors_come_first),
        TEST(test_reasons),
        TEST(test_time_to_the_limit),
        TEST(test_sensors_of_one_name_are_numbered),
        TEST(test_zones_are_named_by_their_ids),
        TEST(test_many_sensors_are_counted_unless_all_are_wanted),
        TEST(test_gpu),
        TEST(test_gpu_without_figures),
        TEST(test_machine),
        TEST(test_throttling),
        TEST(test_long_texts_are_broken),
        TEST(test_degree_sign),
        TEST(test_json_of_nothing),
        TEST(test_json_numbers_are_short_and_exact),
        TEST(test_json_unknown_is_null),
        TEST(test_json_evidence),
        TEST(test_json_of_texts_that_are_not_utf8),
        TEST(test_json_of_everything_at_its_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
