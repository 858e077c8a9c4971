/* The tables of devices: what fits, what wins, what is left out. SPDX-License-Identifier: MIT */
#include "device/families.h"

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_A "/devices/a.ini"

static struct perfadapt_device device_called(uint32_t vendor, uint32_t id, const char *name) {
    struct perfadapt_device device = {.size = sizeof device, .vendor_id = vendor, .device_id = id};
    snprintf(device.name, sizeof device.name, "%s", name);
    return device;
}

static struct perfadapt__family find(struct fixture *fixture, const struct perfadapt_device *device) {
    struct perfadapt__family family;
    assert_true(perfadapt__families_find(fixture->path, device, &family));
    return family;
}

/* What one file says of one device. */
static struct perfadapt__family find_in(struct fixture *fixture, const char *text, uint32_t vendor, uint32_t id,
                                        const char *name) {
    const struct perfadapt_device device = device_called(vendor, id, name);
    fixture_file(fixture, FILE_A, text);
    return find(fixture, &device);
}

static void assert_near(double value, double expected) {
    if (!(value > expected - 1e-9 && value < expected + 1e-9))
        fail_msg("%.9g is not %.9g", value, expected);
}

static void assert_nothing(const struct perfadapt__family *family) {
    const struct perfadapt__family nothing = {.known = false};
    assert_string_equal(family->name, "");
    assert_string_equal(family->where, "");
    assert_string_equal(family->deny, "");
    assert_false(family->known);
    assert_near(family->units + family->gflops + family->clock_mhz + family->lanes_per_unit, nothing.units);
}

static void test_patterns(void **state) {
    (void)state;
    static const struct {
        const char *patterns, *text;
        bool fits;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"a", "A", true},
        {"*RTX 40??*", "NVIDIA GeForce rtx 4090 Laptop GPU", true},
        {"*RTX 40??", "NVIDIA GeForce RTX 4090 Laptop GPU", false},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbYbZ", false},
        {"*ab", "aab", true},
        {"x|y*|z", "yes", true},
        {"x|y*|z", "z", true},
        {"x|y*|z", "zz", false},
        {"|x", "", true},
        {"?", "", false},
        {"[ab]", "[AB]", true},
        {"*\xc3\xa4*", "gr\xc3\xa4n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (perfadapt__families_glob(cases[i].patterns, cases[i].text) != cases[i].fits)
            fail_msg("\"%s\" and \"%s\"", cases[i].patterns, cases[i].text);
}

/* Stars enough to keep a matcher that tries every way busy for longer than the universe. */
static void test_a_pattern_of_stars_ends(void **state) {
    (void)state;
    char text[256];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(perfadapt__families_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static void test_every_key(void **state) {
    const struct perfadapt__family family = find_in(
        *state,
        "; comment\n[One]\nvendor = 0x10DE\ndevice = 0x2684\ntype = discrete\nyear = 2022\nlanes_per_unit = 128\n"
        "units=142.0\nclock_mhz = 2505.5\ngflops = 1234\ntier_min = 3\ntier_max=5\ntiled = yes\ndeny = no, never\n",
        0x10de, 0x2684, "");
    assert_string_equal(family.name, "One");
    assert_string_equal(family.where, "a.ini:2");
    assert_string_equal(family.deny, "no, never");
    assert_string_equal(family.broken, "");
    assert_int_equal(family.type, PERFADAPT_DEVICE_DISCRETE + 1);
    assert_true(family.known && family.tiled);
    assert_near(family.year, 2022);
    assert_near(family.lanes_per_unit, 128);
    assert_near(family.units, 142);
    assert_near(family.clock_mhz, 2505.5);
    assert_near(family.gflops, 1234);
    assert_near(family.tier_least, 3);
    assert_near(family.tier_most, 5);
}

static void test_lists_and_ranges(void **state) {
    static const char text[] = "[R]\nvendor = 0x1, 0x2\ndevice = 0x10, 0x20-0x2f ,0x40\ndevice = 0x50\n";
    static const uint32_t inside[] = {0x10, 0x20, 0x2f, 0x25, 0x40, 0x50};
    static const uint32_t outside[] = {0, 0xf, 0x11, 0x1f, 0x30, 0x41, 0x51, 0xffffffff};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        assert_string_equal(find_in(*state, text, 2, inside[i], "").name, "R");
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        assert_string_equal(find_in(*state, text, 2, outside[i], "").name, "");
    assert_string_equal(find_in(*state, text, 3, 0x10, "").name, "");
}

static void test_number_or_name(void **state) {
    static const char text[] = "[B]\nvendor = 0x1\ndevice = 0x10\nname = *Foo*\n";
    assert_string_equal(find_in(*state, text, 1, 0x10, "bar").name, "B");
    assert_string_equal(find_in(*state, text, 1, 0x11, "a foo").name, "B");
    assert_string_equal(find_in(*state, text, 1, 0x11, "bar").name, "");
    assert_string_equal(find_in(*state, text, 2, 0x10, "a foo").name, "");
    assert_string_equal(find_in(*state, text, 0, 0, "a foo").name, "B"); /* the name tells the vendor */
    assert_string_equal(find_in(*state, text, 0, 0x10, "bar").name, "");
}

static void test_driver_must_fit(void **state) {
    static const char text[] = "[D]\ndriver = radv*|*NVK*\nunits = 3\n[E]\nvendor = 0x1\nname = x\ndriver = other\n";
    struct perfadapt_device device = device_called(1, 0, "x");
    fixture_file(*state, FILE_A, text);
    assert_string_equal(find(*state, &device).name, "");
    snprintf(device.driver_name, sizeof device.driver_name, "RADV");
    assert_string_equal(find(*state, &device).name, "D");
    snprintf(device.driver_info, sizeof device.driver_info, "other");
    assert_string_equal(find(*state, &device).name, "E");
}

static void test_later_wins_key_by_key(void **state) {
    fixture_file(*state, "/devices/b.ini", "[B]\nname = x\nunits = 7\nclock_mhz = 0\n");
    const struct perfadapt__family family =
        find_in(*state, "[A]\nvendor = 0x1\nunits = 1\nclock_mhz = 900\n[A2]\nname = x\nunits = 2\n", 1, 0, "x");
    assert_string_equal(family.name, "B");
    assert_string_equal(family.where, "b.ini:1");
    assert_near(family.units, 7);
    assert_near(family.clock_mhz, 900); /* 0 says nothing */
}

static void test_a_vendor_alone_is_not_known(void **state) {
    const struct perfadapt__family family = find_in(*state, "[V]\nvendor = 0x1\nunits = 1\n", 1, 5, "x");
    assert_string_equal(family.name, "V");
    assert_false(family.known);
}

static void test_a_share_is_no_family(void **state) {
    const struct perfadapt__family family =
        find_in(*state, "[GPU]\nvendor = 0x1\n[Way]\nname = Venus*\nshare = 0.75\nclock_mhz = 5\n", 1, 0, "Venus (x)");
    assert_string_equal(family.name, "GPU");
    assert_string_equal(family.where, "a.ini:1");
    assert_string_equal(family.through, "Way");
    assert_near(family.share, 0.75);
    assert_false(family.known);
}

/* A section that asks for nothing would fit everything. */
static void test_what_does_not_fit_says_nothing(void **state) {
    struct perfadapt__family family = find_in(*state, "[N]\nunits = 1\ndeny = x\n", 1, 1, "x");
    assert_nothing(&family);
    family = find_in(*state, "units = 1\nvendor = 0x1\n[]\nvendor = 0x1\nunits = 2\n", 1, 1, "x");
    assert_nothing(&family);
}

static void test_bad_values_are_skipped(void **state) {
    const struct perfadapt__family family = find_in(
        *state,
        "[B]\nvendor = 0x1\nunits = -3\nclock_mhz = 1e9\ngflops = 99999999999999999999999\nlanes_per_unit = 12x\n"
        "year =\ntype = gpu\ntiled = maybe\nshare = nan\nnonsense = 3\ntier_min = ,\n",
        1, 1, "x");
    assert_string_equal(family.name, "B");
    assert_near(family.units + family.clock_mhz + family.gflops + family.lanes_per_unit + family.year + family.share +
                    family.tier_least,
                0);
    assert_int_equal(family.type, 0);
    assert_false(family.tiled);
}

static void test_bad_lists_fit_nothing(void **state) {
    static const char *const lists[] = {
        "",        "0x",  "10",          "0x10-", "0x10 0x5", "-0x5", "x10",
        "0x5-0x1", "0xg", "0x123456789", ",0x5",  "0x4;0x5",  "5",    "0x6-0x123456789"};
    char text[128];
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        snprintf(text, sizeof text, "[L]\nvendor = 0x1\ndevice = %s\n", lists[i]);
        if (find_in(*state, text, 1, 5, "").name[0])
            fail_msg("\"%s\" fits", lists[i]);
    }
}

/* What is no INI is left out whole, and said; the other files stand. */
static void test_a_broken_file_is_left_out(void **state) {
    static const char *const broken[] = {"[A]\nvendor = 0x1\nunits = 5\nno ini here\n", "[A\nvendor = 0x1\n",
                                         "\177ELF\2\1\1\n\1\2\n"};
    fixture_file(*state, "/devices/b.ini", "[B]\nvendor = 0x1\nclock_mhz = 7\n");
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        const struct perfadapt__family family = find_in(*state, broken[i], 1, 1, "x");
        assert_string_equal(family.name, "B");
        assert_near(family.units, 0);
        assert_near(family.clock_mhz, 7);
        assert_memory_equal(family.broken, "a.ini:", 6);
        assert_true(atoi(family.broken + 6) >= 1);
    }
}

static void test_a_nul_or_a_long_line_breaks_a_file(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_device device = device_called(1, 1, "x");
    static const char nul[] = "[A]\nvendor = 0x1\nunits\0= 5\n";
    fixture_bytes(fixture, FILE_A, nul, sizeof nul - 1);
    assert_string_equal(find(fixture, &device).broken, "a.ini:3");
    char text[600];
    const int length = snprintf(text, sizeof text, "[A]\nvendor = 0x1\nname = %0400d\n", 7);
    fixture_bytes(fixture, FILE_A, text, (size_t)length);
    assert_string_equal(find(fixture, &device).broken, "a.ini:3");
    assert_string_equal(find(fixture, &device).name, "");
}

static void test_what_is_no_file(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_device device = device_called(1, 1, "x");
    char path[256];
    fixture_file(fixture, "/devices/z.ini", "[Z]\nvendor = 0x1\n");
    fixture_file(fixture, "/devices/notes.txt", "[T]\nvendor = 0x1\nunits = 4\n");
    fixture_file(fixture, "/devices/.hidden.ini", "[H]\nvendor = 0x1\nunits = 4\n");
    fixture_file(fixture, "/devices/.ini", "[H]\nvendor = 0x1\nunits = 4\n");
    fixture_directory(fixture, "/devices/d.ini");
    fixture_link(fixture, "/devices/loop.ini", "loop.ini");
    snprintf(path, sizeof path, "%s/devices/fifo.ini", fixture->path);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: a blocking open would never return */
    const struct perfadapt__family family = find(fixture, &device);
    assert_string_equal(family.name, "Z");
    assert_string_equal(family.broken, "d.ini:0");
    assert_near(family.units, 0);
}

static void test_a_huge_file_is_left_out(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_device device = device_called(1, 1, "x");
    char path[256];
    fixture_file(fixture, FILE_A, "[A]\nvendor = 0x1\n");
    snprintf(path, sizeof path, "%s" FILE_A, fixture->path);
    assert_int_equal(truncate(path, (off_t)1 << 40), 0);
    assert_string_equal(find(fixture, &device).broken, "a.ini:0");
}

static void test_a_link_leads_out(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_device device = device_called(1, 1, "x");
    char path[256];
    fixture_file(fixture, "/store/real", "[Linked]\nvendor = 0x1\n");
    snprintf(path, sizeof path, "%s/store/real", fixture->path);
    fixture_link(fixture, FILE_A, path);
    assert_string_equal(find(fixture, &device).name, "Linked");
}

static void test_an_unreadable_file_is_said(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_plain_user())
        skip();
    const struct perfadapt_device device = device_called(1, 1, "x");
    fixture_file(fixture, FILE_A, "[A]\nvendor = 0x1\n");
    fixture_mode(fixture, FILE_A, 0);
    assert_string_equal(find(fixture, &device).broken, "a.ini:0");
}

static void test_no_directory(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_device device = device_called(1, 1, "x");
    struct perfadapt__family family;
    char path[8192];
    assert_false(perfadapt__families_find(fixture->path, &device, &family));
    assert_nothing(&family);
    fixture_file(fixture, "/devices", "[A]\nvendor = 0x1\n");
    assert_false(perfadapt__families_find(fixture->path, &device, &family));
    memset(path, '/', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_false(perfadapt__families_find(path, &device, &family));
}

static void test_leaves_no_descriptor(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_device device = device_called(1, 1, "x");
    fixture_file(fixture, FILE_A, "[A]\nvendor = 0x1\n");
    fixture_directory(fixture, "/devices/d.ini");
    const int before = dup(0);
    close(before);
    for (int i = 0; i < 20; i++)
        find(fixture, &device);
    const int after = dup(0);
    close(after);
    assert_int_equal(after, before);
}

/* ---- the tables that come with this ---- */

static void check_bounds_of_one(const struct perfadapt_device *device) {
    struct perfadapt__family family;
    assert_true(perfadapt__families_find(fixture_profiles(), device, &family));
    assert_string_equal(family.broken, "");
    assert_true(family.tier_least <= 5 && family.share <= 1);
}

static void test_our_tables_can_be_read(void **state) {
    (void)state;
    const struct perfadapt_device device = device_called(0x10de, 0x2684, "NVIDIA GeForce RTX 4090");
    check_bounds_of_one(&device);
}

/* Each key that stands there is one that is read, and each number and list is understood. */
static void check_line(const char *file, unsigned number, char *line) {
    static const char *const keys[] = {"vendor", "device",         "name",     "driver",    "type",
                                       "year",   "lanes_per_unit", "units",    "clock_mhz", "gflops",
                                       "share",  "tiled",          "tier_min", "tier_max",  "deny"};
    line[strcspn(line, "\n")] = '\0';
    if (*line == ';' || *line == '\0')
        return;
    const size_t length = strlen(line);
    if (length > 198 || (*line == '[' && (length > 51 || line[length - 1] != ']')) || strstr(line, " ;"))
        fail_msg("%s:%u: %s", file, number, line);
    if (*line == '[')
        return;
    char *value = strstr(line, " = ");
    if (!value || !value[3])
        fail_msg("%s:%u: %s", file, number, line);
    *value = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(line, keys[i]) == 0)
            return;
    fail_msg("%s:%u: unknown key %s", file, number, line);
}

static void test_our_tables_have_known_keys_alone(void **state) {
    (void)state;
    static const char *const files[] = {"amd",         "amd_models", "apple",        "apple_models",    "arm",
                                        "arm_models",  "intel",      "intel_models", "nvidia",          "nvidia_models",
                                        "imagination", "broadcom",   "samsung",      "qualcomm_models", "qualcomm",
                                        "others",      "software",   "virtual"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[600];
        char line[512];
        snprintf(path, sizeof path, "%s/devices/%s.ini", fixture_profiles(), files[i]);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        for (unsigned number = 1; fgets(line, sizeof line, file); number++)
            check_line(files[i], number, line);
        fclose(file);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_a_pattern_of_stars_ends),
        TEST(test_every_key),
        TEST(test_lists_and_ranges),
        TEST(test_number_or_name),
        TEST(test_driver_must_fit),
        TEST(test_later_wins_key_by_key),
        TEST(test_a_vendor_alone_is_not_known),
        TEST(test_a_share_is_no_family),
        TEST(test_what_does_not_fit_says_nothing),
        TEST(test_bad_values_are_skipped),
        TEST(test_bad_lists_fit_nothing),
        TEST(test_a_broken_file_is_left_out),
        TEST(test_a_nul_or_a_long_line_breaks_a_file),
        TEST(test_what_is_no_file),
        TEST(test_a_huge_file_is_left_out),
        TEST(test_a_link_leads_out),
        TEST(test_an_unreadable_file_is_said),
        TEST(test_no_directory),
        TEST(test_leaves_no_descriptor),
        cmocka_unit_test(test_our_tables_can_be_read),
        cmocka_unit_test(test_our_tables_have_known_keys_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
