/* perfadapt profile: its text and its JSON, of profiles made up here. SPDX-License-Identifier: MIT */
#include "profile/document.h"
#include "profile/page.h"

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <jansson.h>
#include <math.h>
#include <perfadapt/budget.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct perfadapt_profile profile;

/* A profile of nothing. */
static int setup(void **state) {
    (void)state;
    memset(&profile, 0, sizeof profile);
    profile.size = sizeof profile;
    profile.state = PERFADAPT_STATE_UNSUPPORTED;
    profile.tier = PERFADAPT_TIER_UNKNOWN;
    profile.score = profile.gflops = (double)NAN;
    profile.unified_memory = profile.tiled = profile.gpu_timing = -1;
    profile.system.size = sizeof profile.system;
    profile.system.on_ac = profile.system.has_battery = -1;
    strcpy(profile.preset, "low");
    return 0;
}

static void add_reason(const char *text) {
    snprintf(profile.reasons[profile.reason_count++], PERFADAPT_PROFILE_REASON_BYTES, "%s", text);
}

static void make_card(void) {
    profile.state = PERFADAPT_STATE_OK;
    profile.source = PERFADAPT_PROFILE_FROM_PROBE;
    profile.tier = 3;
    profile.type = PERFADAPT_DEVICE_DISCRETE;
    strcpy(profile.preset, "high");
    strcpy(profile.family, "rdna2");
    strcpy(profile.name, "AMD Radeon RX 6600");
    strcpy(profile.driver, "radv Mesa 25.0.5");
    profile.vendor_id = 0x1002;
    profile.device_id = 0x73ff;
    profile.api_version = 1u << 22 | 3u << 12 | 255;
    profile.pci = (struct perfadapt_pci_address){1, 0, 3, 0, 1};
    profile.score = 8928.4;
    profile.gflops = 8927.744;
    profile.memory_bytes = UINT64_C(8573157376);
    profile.unified_memory = 0;
    profile.tiled = 0;
    profile.gpu_timing = 1;
    profile.compute_units = 28;
    profile.features = PERFADAPT_DEVICE_HAS_MEMORY_BUDGET | PERFADAPT_DEVICE_HAS_DEVICE_FAULT;
    profile.device_count = 2;
    add_reason("1002:73ff is of family rdna2");
    add_reason("28 units of 64 lanes at 2491 MHz make 8928 GFLOP/s, which is a long way to say that this reason does "
               "not fit on one line");
}

static void make_system(void) {
    struct perfadapt_system *system = &profile.system;
    system->form = PERFADAPT_FORM_LAPTOP;
    system->core_kind_count = 2;
    system->core_kinds[0] = (struct perfadapt_core_kind){4, 8, 5000, 1024};
    system->core_kinds[1] = (struct perfadapt_core_kind){1, 1, 0, 0};
    system->threads_allowed = 6;
    system->processor_quota_permille = 1500;
    system->memory_bytes = UINT64_C(16) << 30;
    system->memory_limit_bytes = UINT64_C(4) << 30;
    system->refresh_mhz = 59951;
    system->panel_internal = 1;
    system->on_ac = 0;
    system->has_battery = 1;
    strcpy(system->vendor, "Maker");
    strcpy(system->product, "Book 13");
    strcpy(system->board, "B1");
    strcpy(system->processor, "Some Processor 5000");
}

static char *printed(bool json, const char *from) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    if (json)
        assert_true(profile_document_print(&profile, stream));
    else
        profile_page_print(&profile, from, stream);
    assert_int_equal(fclose(stream), 0);
    return text;
}

/* ---- JSON ---- */

static json_t *document(void) {
    char *line = printed(true, NULL);
    json_error_t error;
    json_t *parsed = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (!parsed)
        fail_msg("%s: %s", error.text, line);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    free(line);
    return parsed;
}

/* As compact JSON: one line per member. */
static void assert_member(const json_t *object, const char *key, const char *right) {
    char *text = json_dumps(json_object_get(object, key), JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (!text)
        fail_msg("no %s", key);
    assert_string_equal(text, right);
    free(text);
}

static void test_document(void **state) {
    (void)state;
    make_card();
    make_system();
    json_t *parsed = document();
    assert_member(parsed, "schema", "\"perfadapt.profile/1\"");
    assert_member(parsed, "state", "\"ok\"");
    assert_member(parsed, "source", "\"probe\"");
    assert_member(parsed, "device_name", "\"AMD Radeon RX 6600\"");
    assert_member(parsed, "vendor_id", "4098");
    assert_member(parsed, "device_id", "29695");
    assert_member(parsed, "driver", "\"radv Mesa 25.0.5\"");
    assert_member(parsed, "api_version", "\"1.3.255\"");
    assert_member(parsed, "pci", "\"0000:03:00.1\"");
    assert_member(parsed, "device_type", "\"discrete\"");
    assert_member(parsed, "family", "\"rdna2\"");
    assert_member(parsed, "tier", "3");
    assert_member(parsed, "preset", "\"high\"");
    assert_member(parsed, "score", "8928.0");
    assert_member(parsed, "gflops", "8928.0");
    assert_int_equal(json_array_size(json_object_get(parsed, "reasons")), 2);
    assert_string_equal(json_string_value(json_array_get(json_object_get(parsed, "reasons"), 0)), profile.reasons[0]);
    assert_member(parsed, "compute_units", "28");
    assert_member(parsed, "memory_bytes", "8573157376");
    assert_member(parsed, "unified_memory", "false");
    assert_member(parsed, "tiled", "false");
    assert_member(parsed, "gpu_timing", "true");
    assert_member(parsed, "features", "[\"VK_EXT_memory_budget\",\"VK_EXT_device_fault\"]");
    assert_member(parsed, "asleep", "false");
    assert_member(parsed, "device_count", "2");
    assert_int_equal(json_object_size(parsed), 25);
    json_decref(parsed);
}

static void test_document_system(void **state) {
    (void)state;
    make_card();
    make_system();
    json_t *parsed = document();
    const json_t *system = json_object_get(parsed, "system");
    assert_member(system, "form", "\"laptop\"");
    assert_member(system, "processor", "\"Some Processor 5000\"");
    assert_member(system, "core_kinds",
                  "[{\"cores\":4,\"threads\":8,\"clock_max_mhz\":5000,\"capacity\":1024},"
                  "{\"cores\":1,\"threads\":1,\"clock_max_mhz\":null,\"capacity\":null}]");
    assert_member(system, "threads_allowed", "6");
    assert_member(system, "quota", "1.5");
    assert_member(system, "memory_bytes", "17179869184");
    assert_member(system, "memory_limit_bytes", "4294967296");
    assert_member(system, "refresh_hz", "59.951");
    assert_member(system, "panel_internal", "true");
    assert_member(system, "on_ac", "false");
    assert_member(system, "has_battery", "true");
    assert_member(system, "vendor", "\"Maker\"");
    assert_member(system, "product", "\"Book 13\"");
    assert_member(system, "board", "\"B1\"");
    assert_member(system, "device_tree", "null");
    assert_int_equal(json_object_size(system), 15);
    json_decref(parsed);
}

static void test_document_of_nothing(void **state) {
    (void)state;
    static const char *const unknown[] = {
        "device_name", "vendor_id",     "device_id",    "driver",         "api_version",
        "pci",         "family",        "tier",         "score",          "gflops",
        "tiled",       "compute_units", "memory_bytes", "unified_memory", "gpu_timing"};
    profile.system.memory_limit_bytes = PERFADAPT_NO_LIMIT;
    json_t *parsed = document();
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_member(parsed, unknown[i], "null");
    assert_member(parsed, "state", "\"unsupported\"");
    assert_member(parsed, "source", "\"none\"");
    assert_member(parsed, "device_type", "\"other\"");
    assert_member(parsed, "preset", "\"low\"");
    assert_member(parsed, "reasons", "[]");
    assert_member(parsed, "features", "[]");
    assert_member(json_object_get(parsed, "system"), "on_ac", "null");
    assert_member(json_object_get(parsed, "system"), "memory_limit_bytes", "null");
    assert_member(json_object_get(parsed, "system"), "panel_internal", "null");
    assert_member(json_object_get(parsed, "system"), "core_kinds", "[]");
    json_decref(parsed);
}

/* Counts beyond arrays, bytes that are no UTF-8, bits that are no feature. */
static void test_document_of_nonsense(void **state) {
    (void)state;
    profile.source = PERFADAPT_PROFILE_FROM_REPORT;
    profile.tier = 0;
    profile.reason_count = UINT32_MAX;
    profile.system.core_kind_count = UINT32_MAX;
    profile.features = UINT64_MAX;
    profile.memory_bytes = UINT64_MAX;
    profile.score = (double)INFINITY;
    strcpy(profile.name, "a\xff");
    json_t *parsed = document();
    assert_member(parsed, "device_name", "\"a?\"");
    assert_member(parsed, "system", "null");
    assert_member(parsed, "tier", "0");
    assert_member(parsed, "score", "null");
    assert_member(parsed, "memory_bytes", "null");
    assert_int_equal(json_array_size(json_object_get(parsed, "reasons")), PERFADAPT_PROFILE_REASONS_MAX);
    json_decref(parsed);
    profile.source = PERFADAPT_PROFILE_FROM_PROBE;
    parsed = document();
    assert_int_equal(json_array_size(json_object_get(json_object_get(parsed, "system"), "core_kinds")),
                     PERFADAPT_CORE_KINDS_MAX);
    json_decref(parsed);
    free(printed(false, NULL));
}

/* ---- text ---- */

static void assert_page(const char *from, const char *right) {
    char *text = printed(false, from);
    assert_string_equal(text, right);
    free(text);
}

static void test_page(void **state) {
    (void)state;
    make_card();
    make_system();
    assert_page(NULL, "AMD Radeon RX 6600\n"
                      "Tier 3 of 5, preset \"high\"\n"
                      "\n"
                      "Why      1. 1002:73ff is of family rdna2\n"
                      "         2. 28 units of 64 lanes at 2491 MHz make 8928 GFLOP/s, which is a long\n"
                      "            way to say that this reason does not fit on one line\n"
                      "\n"
                      "Device      discrete GPU, family rdna2, 1002:73ff, PCI 0000:03:00.1,\n"
                      "            one of 2 that were found\n"
                      "Driver      radv Mesa 25.0.5, Vulkan 1.3.255\n"
                      "Capacity    28 compute units, 8928 GFLOP/s nominal, score 8928 GFLOP/s\n"
                      "Memory      8.0 GiB of its own\n"
                      "Can         time the GPU's work, VK_EXT_memory_budget, VK_EXT_device_fault\n"
                      "Machine     laptop, Maker Book 13, Some Processor 5000,\n"
                      "            4 cores with 8 threads up to 5000 MHz, 1 core with 1 thread,\n"
                      "            6 threads allowed, quota of 1.5 processors, 16 GiB of memory,\n"
                      "            of which the cgroup allows 4.0 GiB, panel at 59.95 Hz, on battery\n"
                      "Source      a probe, just now\n");
}

static void test_page_of_nothing(void **state) {
    (void)state;
    assert_page(NULL, "No device is known\n"
                      "Tier unknown, preset \"low\"\n"
                      "\n"
                      "n/a         no device tells: name, kind, vendor, device number, driver,\n"
                      "            compute units, throughput, memory, whose memory it is, timing,\n"
                      "            whether it renders in tiles, PCI address\n"
                      "Source      nothing: no probe has found a device, or none has ended yet\n");
}

static void assert_says(const char *from, const char *words) {
    char *text = printed(false, from);
    if (!strstr(text, words))
        fail_msg("no \"%s\" in:\n%s", words, text);
    free(text);
}

/* Why a thing is not known depends on who was asked. */
static void test_page_says_why_unknown(void **state) {
    (void)state;
    profile.source = PERFADAPT_PROFILE_FROM_CACHE;
    assert_says(NULL, "its driver does not tell: name");
    profile.source = PERFADAPT_PROFILE_FROM_BUS;
    assert_says(NULL, "no Vulkan driver tells: name");
    profile.asleep = 1;
    assert_says(NULL, "it sleeps and is not woken: name");
    assert_says(NULL, "asleep: left so");
    profile.state = PERFADAPT_STATE_INIT;
    assert_says(NULL, "not known yet: name");
    profile.state = PERFADAPT_STATE_OK;
    profile.source = PERFADAPT_PROFILE_FROM_REPORT;
    assert_says("r.json", "the report does not tell: name");
    assert_says("r.json", "Source      the report r.json; the machine around it is unknown\n");
    profile.source = 99;
    assert_says(NULL, "Source      unknown\n");
}

static void test_page_of_a_board(void **state) {
    (void)state;
    profile.vendor_id = 0x14e4;
    profile.type = PERFADAPT_DEVICE_INTEGRATED;
    profile.tiled = 1;
    profile.gpu_timing = 0;
    profile.unified_memory = 1;
    profile.memory_bytes = UINT64_C(1) << 30;
    strcpy(profile.system.device_tree, "raspberrypi,4-model-b");
    assert_says(NULL, "Device      integrated GPU, vendor 14e4\n");
    assert_says(NULL, "Memory      1.0 GiB shared with the processor\n");
    profile.unified_memory = 0;
    assert_says(NULL, "Memory      1.0 GiB of the machine's, set aside for it\n");
    assert_says(NULL, "Can         render in tiles\n");
    assert_says(NULL, "Cannot      time the GPU's work\n");
    assert_says(NULL, "Machine     raspberrypi,4-model-b\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_document, setup),
        cmocka_unit_test_setup(test_document_system, setup),
        cmocka_unit_test_setup(test_document_of_nothing, setup),
        cmocka_unit_test_setup(test_document_of_nonsense, setup),
        cmocka_unit_test_setup(test_page, setup),
        cmocka_unit_test_setup(test_page_of_nothing, setup),
        cmocka_unit_test_setup(test_page_says_why_unknown, setup),
        cmocka_unit_test_setup(test_page_of_a_board, setup),
    };
    return cmocka_run_group_tests_name("profile_page", tests, NULL, NULL);
}
