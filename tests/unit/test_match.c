/* Patterns that mean machines, and what is read of a machine to hold against them. SPDX-License-Identifier: MIT */
#include "tuning/machine_facts.h"
#include "config/match.h"

#include "fixture.h"

#include <string.h>
#include <unistd.h>

static void test_globs(void **state) {
    static const struct {
        const char *patterns, *text;
        bool fits;
    } cases[] = {
        {"Jupiter", "jupiter", true},
        {"jup?ter", "JUPITER", true},
        {"jup?ter", "JUPTER", false},
        {"Jupiter", "Jupiter2", false},
        {"Jupiter*", "Jupiter", true},
        {"*", "x", true},
        {"**", "", true},
        {"*o*e*", "Valve One", true},
        {"*ab", "aab ab", true},
        {"*ab", "aab abc", false},
        {"Galileo|Jupiter", "Jupiter", true},
        {"Galileo | Jupiter ", "jupiter", true},
        {"Galileo||Jupiter", "", false},
        {"|", "|", false},
        {"a*b*c|x", "a-b-b-c", true},
        {"raspberrypi,5-*", "raspberrypi,5-model-b", true},
        {"", "", false},
        {"?", "", false},
        {"\xc3\x89*", "\xc3\x89lan", true},
        {"\xc3\xa9*", "\xc3\x89lan", false}, /* no letter but ASCII's has two cases: no locale is asked */
        {"[ab]", "a", false},
        {"[ab]", "[ab]", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (perfadapt__match_glob(cases[i].patterns, cases[i].text) != cases[i].fits)
            fail_msg("\"%s\" and \"%s\"", cases[i].patterns, cases[i].text);
}

/* A matcher that goes back to every star would still be at it when the sun goes out. */
static void test_stars_take_no_time(void **state) {
    char text[4001];
    char pattern[2001];
    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i + 1 < sizeof pattern; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[sizeof pattern - 2] = 'b';
    pattern[sizeof pattern - 1] = '\0';
    assert_false(perfadapt__match_glob(pattern, text));
}

static const struct perfadapt__machine_facts facts = {
    .dmi_vendor = "Valve",
    .device_tree = "raspberrypi,5-model-b\0brcm,bcm2712",
    .device_tree_length = sizeof "raspberrypi,5-model-b\0brcm,bcm2712",
    .host = "",
    .gpus = {{0x1002, 0x163f}, {0x10de, 0x2684}, {0, 0x77}},
    .gpu_count = 3,
};

static void assert_match(const char *key, const char *value, enum perfadapt__match_result expected) {
    size_t index = 0;
    const enum perfadapt__match_result result = perfadapt__match_fact(&facts, key, value, &index);
    if (result != expected)
        fail_msg("%s = %s: %d", key, value, (int)result);
    if (result != PERFADAPT__MATCH_BAD_KEY)
        assert_string_equal(perfadapt__match_key(index), key);
}

static void test_gpus(void **state) {
    (void)state;
    assert_match("gpu", "10de:2684", PERFADAPT__MATCH_YES);
    assert_match("gpu", "0x10DE:0x2684", PERFADAPT__MATCH_YES);
    assert_match("gpu", "10de:2683", PERFADAPT__MATCH_NO);
    assert_match("gpu", "1002:*", PERFADAPT__MATCH_YES);
    assert_match("gpu", "8086:*", PERFADAPT__MATCH_NO);
    assert_match("gpu", "10de:2680-2684", PERFADAPT__MATCH_YES);
    assert_match("gpu", "10de:2685-26ff", PERFADAPT__MATCH_NO);
    assert_match("gpu", "8086:5690-56c1, 1002:163f", PERFADAPT__MATCH_YES);
    assert_match("gpu", "*:*", PERFADAPT__MATCH_YES);
    assert_match("gpu", "*:77", PERFADAPT__MATCH_NO);      /* one without a vendor is unknown */
    assert_match("gpu", "1002:2684", PERFADAPT__MATCH_NO); /* the vendor of one, the device of another */
}

static void test_wrong_patterns(void **state) {
    static const char *const gpus[] = {
        "",          "10de",    "10de:",      ":2684",       "10de:26g4",   "10de:2684x",  "10de:2-1", "10de:1-",
        "10de 2684", "10de:0x", "10de:2684,", "1,10de:2684", "10de:2684:1", "1ffffffff:1", "10de:-2",  "nvidia:*"};
    (void)state;
    for (size_t i = 0; i < sizeof gpus / sizeof gpus[0]; i++)
        assert_match("gpu", gpus[i], PERFADAPT__MATCH_BAD_VALUE);
    assert_match("dmi_vendor", "", PERFADAPT__MATCH_BAD_VALUE);
    assert_match("host", " | ", PERFADAPT__MATCH_BAD_VALUE);
    assert_match("dmi_serial", "1", PERFADAPT__MATCH_BAD_KEY);
    assert_match("", "1", PERFADAPT__MATCH_BAD_KEY);
}

static void test_unknown_facts_fit_nothing(void **state) {
    const struct perfadapt__machine_facts nothing = {0};
    size_t index;
    (void)state;
    assert_match("dmi_product", "*", PERFADAPT__MATCH_NO);
    assert_match("host", "*", PERFADAPT__MATCH_NO); /* "" is unknown as well */
    assert_int_equal(perfadapt__match_fact(&nothing, "device_tree", "*", &index), PERFADAPT__MATCH_NO);
    assert_int_equal(perfadapt__match_fact(&nothing, "gpu", "*:*", &index), PERFADAPT__MATCH_NO);
}

static void test_any_of_the_device_tree(void **state) {
    (void)state;
    assert_match("device_tree", "brcm,bcm2712", PERFADAPT__MATCH_YES);
    assert_match("device_tree", "raspberrypi,*", PERFADAPT__MATCH_YES);
    assert_match("device_tree", "nvidia,*|brcm,*", PERFADAPT__MATCH_YES);
    assert_match("device_tree", "raspberrypi,4*", PERFADAPT__MATCH_NO);
    assert_match("device_tree", "raspberrypi,5-model-b?brcm*", PERFADAPT__MATCH_NO); /* not across their ends */
}

/* The kernel ends the last one with a NUL; nothing else does. */
static void test_device_tree_without_an_end(void **state) {
    const char raw[] = {'a', ',', 'b', '\0', 'c', ',', 'd', '\0'};
    struct perfadapt__machine_facts short_of = {.device_tree = raw, .device_tree_length = 4};
    size_t index;
    (void)state;
    assert_int_equal(perfadapt__match_fact(&short_of, "device_tree", "a,b", &index), PERFADAPT__MATCH_YES);
    assert_int_equal(perfadapt__match_fact(&short_of, "device_tree", "c,d", &index), PERFADAPT__MATCH_NO);
}

static void test_facts_of_a_machine(void **state) {
    static struct perfadapt__machine_facts_store store;
    static const struct perfadapt__bus_gpu gpus[] = {
        {.vendor_id = 0x10de, .device_id = 0x2684}, {.compatible = "v3d"}, {.vendor_id = 0x8086, .device_id = 0x46a6}};
    struct fixture *fixture = *state;
    fixture_file(fixture, "/sys/class/dmi/id/sys_vendor", "Valve \n");
    fixture_file(fixture, "/sys/class/dmi/id/product_name", "Jupiter\n");
    fixture_file(fixture, "/sys/class/dmi/id/board_name", "\n");
    fixture_file(fixture, "/proc/sys/kernel/hostname", "deck\n");
    fixture_bytes(fixture, "/proc/device-tree/compatible", "a,b\0c,d", 8);
    perfadapt__machine_facts_read(&fixture->root, gpus, 3, &store);
    assert_string_equal(store.facts.dmi_vendor, "Valve");
    assert_string_equal(store.facts.dmi_product, "Jupiter");
    assert_null(store.facts.dmi_board);
    assert_string_equal(store.facts.host, "deck");
    assert_int_equal(store.facts.device_tree_length, 8);
    assert_memory_equal(store.facts.device_tree, "a,b\0c,d", 8);
    assert_int_equal(store.facts.gpu_count, 2);
    assert_int_equal(store.facts.gpus[1].device_id, 0x46a6);
}

static void test_facts_of_nothing(void **state) {
    static struct perfadapt__machine_facts_store store;
    static struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    struct fixture *fixture = *state;
    fixture_directory(fixture, "/sys/class/dmi/id/sys_vendor");
    for (size_t i = 0; i < PERFADAPT__BUS_GPUS_MAX; i++)
        gpus[i].vendor_id = 1;
    perfadapt__machine_facts_read(&fixture->root, gpus, PERFADAPT__BUS_GPUS_MAX, &store);
    assert_null(store.facts.dmi_vendor);
    assert_null(store.facts.host);
    assert_null(store.facts.device_tree);
    assert_int_equal(store.facts.gpu_count, 8); /* more are not kept */
}

static void test_facts_elsewhere_and_too_long(void **state) {
    static struct perfadapt__machine_facts_store store;
    struct fixture *fixture = *state;
    char text[4000];
    memset(text, 'x', sizeof text);
    fixture_bytes(fixture, "/sys/class/dmi/id/sys_vendor", text, sizeof text);
    fixture_bytes(fixture, "/sys/firmware/devicetree/base/compatible", text, sizeof text);
    perfadapt__machine_facts_read(&fixture->root, NULL, 0, &store);
    assert_int_equal(strlen(store.facts.dmi_vendor), sizeof store.dmi_vendor - 1);
    assert_int_equal(store.facts.device_tree_length, sizeof store.device_tree - 1);
}

static void test_host_of_this_machine(void **state) {
    static struct perfadapt__machine_facts_store store;
    struct perfadapt__root root;
    char name[72];
    (void)state;
    assert_int_equal(perfadapt__root_open("/", &root), PERFADAPT_OK);
    assert_int_equal(gethostname(name, sizeof name), 0);
    perfadapt__machine_facts_read(&root, NULL, 0, &store);
    if (*name)
        assert_string_equal(store.facts.host, name);
    perfadapt__root_close(&root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_globs),
        TEST(test_stars_take_no_time),
        TEST(test_gpus),
        TEST(test_wrong_patterns),
        TEST(test_unknown_facts_fit_nothing),
        TEST(test_any_of_the_device_tree),
        TEST(test_device_tree_without_an_end),
        TEST(test_facts_of_a_machine),
        TEST(test_facts_of_nothing),
        TEST(test_facts_elsewhere_and_too_long),
        TEST(test_host_of_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
