/* The sensor map: its text, its three files, and what is wrong with them. SPDX-License-Identifier: MIT */
#include "config/sensor_map.h"

#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM "/etc/perfadapt/sensors.ini"
#define NAME "a.ini"
#define ID "k10temp/Tctl@pci0000:00/0000:00:18.3"

static struct perfadapt__sensor_map map;

static bool add(struct fixture *fixture, const char *text) {
    return perfadapt__sensor_map_add(&map, text, strlen(text), NAME, NULL, &fixture->log);
}

/* The only note. */
static const struct perfadapt__sensor_note *only_note(struct fixture *fixture, const char *text) {
    map.count = 0;
    fixture->logged = 0;
    fixture->last_line[0] = '\0';
    assert_true(add(fixture, text));
    assert_int_equal(map.count, 1);
    return &map.notes[0];
}

static void assert_number(double value, double expected) {
    if (!(value >= expected && value <= expected))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void assert_unset(const struct perfadapt__sensor_note *note) {
    assert_int_equal(note->role, PERFADAPT__NOTE_UNSET);
    assert_string_equal(note->label, "");
    assert_true(isnan(note->limit_c) && isnan(note->scale) && isnan(note->offset_c));
    assert_int_equal(note->ignore, -1);
    assert_int_equal(note->read, -1);
}

static void test_every_key(void **state) {
    const struct perfadapt__sensor_note *note =
        only_note(*state, "; a comment\n[sensor]\nid = " ID "\nrole = gpu_memory\nlimit_c = 89.5\nlabel = Core \n"
                          "scale = -0.5\noffset_c = +12.25 ; a comment\nignore = yes\nread=no\n");
    assert_string_equal(note->id, ID);
    assert_int_equal(note->role, PERFADAPT_SENSOR_GPU_MEMORY);
    assert_number(note->limit_c, 89.5);
    assert_string_equal(note->label, "Core");
    assert_number(note->scale, -0.5);
    assert_number(note->offset_c, 12.25);
    assert_int_equal(note->ignore, 1);
    assert_int_equal(note->read, 0);
    assert_int_equal(((struct fixture *)*state)->logged, 0);
}

static void test_unset_is_unset(void **state) {
    assert_unset(only_note(*state, "[sensor]\nid = " ID "\n"));
}

static void test_every_role(void **state) {
    static const char *const words[] = {"other", "cpu", "gpu", "gpu_memory", "board", "skin"};
    for (uint32_t role = 0; role < sizeof words / sizeof words[0]; role++) {
        char text[128];
        snprintf(text, sizeof text, "[sensor]\nid=x\nrole=%s\n", words[role]);
        assert_int_equal(only_note(*state, text)->role, role);
    }
}

/* A key that is wrong is left out and told of with file, line, name and what is allowed; the rest stands. */
static void test_bad_values(void **state) {
    static const struct {
        const char *line;
        const char *told;
    } cases[] = {
        {"limit_c = 29.9", "a.ini:4: limit_c: a number from 30 to 130, not \"29.9\""},
        {"limit_c = 130.1", "a.ini:4: limit_c: a number from 30 to 130, not \"130.1\""},
        {"limit_c = 90C", "a.ini:4: limit_c: "},
        {"limit_c = 90,5", "a.ini:4: limit_c: "},
        {"limit_c = nan", "a.ini:4: limit_c: "},
        {"limit_c = 0x50", "a.ini:4: limit_c: "},
        {"limit_c = 1e2", "a.ini:4: limit_c: "},
        {"limit_c =", "a.ini:4: limit_c: "},
        {"limit_c = - 40", "a.ini:4: limit_c: "},
        {"limit_c = 99999999999999999999999", "a.ini:4: limit_c: "},
        {"scale = 0", "a.ini:4: scale: a number from 0.001 to 1000, or its negative"},
        {"scale = 1001", "a.ini:4: scale: "},
        {"offset_c = -500.5", "a.ini:4: offset_c: a number from -500 to 500"},
        {"role = CPU", "a.ini:4: role: cpu, gpu, gpu_memory, board, skin or other, not \"CPU\""},
        {"ignore = true", "a.ini:4: ignore: yes or no, not \"true\""},
        {"read = 1", "a.ini:4: read: yes or no, not \"1\""},
        {"label = 01234567890123456789012345678901", "a.ini:4: label: 1 to 31 printable"},
        {"label =", "a.ini:4: label: "},
        {"label = \xc3\xa4", "a.ini:4: label: "},
        {"limt_c = 90", "a.ini:4: limt_c: unknown key; known are id, role, limit_c"},
        {"= 90", "a.ini:4: \"\": unknown key"},
        {"\x1b[2J = 90", "a.ini:4: ?[2J: unknown key"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[160];
        snprintf(text, sizeof text, "\n[sensor]\nid=x\n%s\n", cases[i].line);
        assert_unset(only_note(fixture, text));
        assert_int_equal(fixture->logged, 1);
        if (!strstr(fixture->last_line, cases[i].told))
            fail_msg("\"%s\" tells \"%s\"", cases[i].line, fixture->last_line);
        strcat(text, "role = cpu\n");
        assert_int_equal(only_note(fixture, text)->role, PERFADAPT_SENSOR_CPU);
    }
}

static void test_bounds_are_allowed(void **state) {
    assert_number(only_note(*state, "[sensor]\nid=x\nlimit_c=30\n")->limit_c, 30);
    assert_number(only_note(*state, "[sensor]\nid=x\nlimit_c=130\n")->limit_c, 130);
    assert_number(only_note(*state, "[sensor]\nid=x\noffset_c=-500\n")->offset_c, -500);
    assert_number(only_note(*state, "[sensor]\nid=x\nscale=1000\n")->scale, 1000);
    assert_string_equal(only_note(*state, "[sensor]\nid=x\nlabel=0123456789012345678901234567890\n")->label,
                        "0123456789012345678901234567890");
}

static void test_ids(void **state) {
    struct fixture *fixture = *state;
    char longest[96];
    char text[256];
    memset(longest, 'a', 95);
    longest[95] = '\0';
    snprintf(text, sizeof text, "[sensor]\nid = %s\n", longest);
    assert_string_equal(only_note(fixture, text)->id, longest);
    /* What inih takes for a comment, for more separators, and quotes. */
    assert_string_equal(only_note(fixture, "[sensor]\nid = a/b ; c=d: #\"e\"\nlabel = x ;y\n")->id,
                        "a/b ; c=d: #\"e\"");
    assert_string_equal(map.notes[0].label, "x ;y");
    /* Too long: keys that follow are no other sensor's. */
    snprintf(text, sizeof text, "[sensor]\nid=x\n[sensor]\nid = %sb\nignore = yes\n", longest);
    assert_unset(only_note(fixture, text));
    assert_int_equal(fixture->logged, 1);
    assert_non_null(strstr(fixture->last_line, "a.ini:4: id: "));
    assert_unset(only_note(fixture, "[sensor]\nid=x\n[sensor]\nid = \nignore = yes\n"));
    assert_unset(only_note(fixture, "[sensor]\nid=x\n[sensor]\nid = \xff\nignore = yes\n"));
}

/* Keys of a section without id do not go to the sensor above. */
static void test_section_without_id(void **state) {
    struct fixture *fixture = *state;
    assert_unset(only_note(fixture, "[sensor]\nid=x\n[sensor]\nignore=yes\nread=yes\n"));
    assert_int_equal(fixture->logged, 1);
    assert_non_null(strstr(fixture->last_line, "a.ini:4: ignore: of which sensor?"));
    assert_unset(only_note(fixture, "[sensor]\nid=x\n[sensor]\n\x1b\x8a=yes\n"));
    assert_non_null(strstr(fixture->last_line, "a.ini:4: ??: of which sensor?"));
}

static void test_sensors_in_one_section_and_twice(void **state) {
    struct fixture *fixture = *state;
    map.count = 0;
    assert_true(add(fixture, "[sensor]\nid=x\nignore=yes\nrole=cpu\nid=y\nread=yes\n[sensor]\nid=x\nignore=no\n"));
    assert_int_equal(map.count, 2);
    assert_int_equal(perfadapt__sensor_map_find(&map, "x")->ignore, 0);
    assert_int_equal(perfadapt__sensor_map_find(&map, "x")->role, PERFADAPT_SENSOR_CPU);
    assert_int_equal(perfadapt__sensor_map_find(&map, "x")->read, -1);
    assert_int_equal(perfadapt__sensor_map_find(&map, "y")->read, 1);
    assert_null(perfadapt__sensor_map_find(&map, "z"));
}

/* inih would take an indented line for more of the value above, here of the id. */
static void test_layout(void **state) {
    const struct perfadapt__sensor_note *note =
        only_note(*state, "\xef\xbb\xbf  [sensor]\r\n\tid : x\r\n    limit_c = 80\r\n\r\n#c\r\n  ; d\r\n  read = yes");
    assert_string_equal(note->id, "x");
    assert_number(note->limit_c, 80);
    assert_int_equal(note->read, 1);
    assert_int_equal(((struct fixture *)*state)->logged, 0);
}

/* Nothing of a file that is no INI is used, and the line is told. */
static void test_broken_texts(void **state) {
    static const struct {
        const char *end;
        int line;
    } cases[] = {{"[sensor\nid=y\n", 4}, {"ignore\n", 4}, {"\n[]oops\nrubbish\n", 6}, {"id=y\n\x7f\x45LF\n", 5}};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128];
        char told[32];
        map.count = 0;
        snprintf(text, sizeof text, "[sensor]\nid=x\nignore=yes\n%s", cases[i].end);
        snprintf(told, sizeof told, "a.ini:%d: ", cases[i].line);
        assert_false(add(fixture, text));
        assert_int_equal(map.count, 0);
        if (!strstr(fixture->last_line, told))
            fail_msg("case %d tells \"%s\"", (int)i, fixture->last_line);
    }
}

/* inih cuts a long line and takes its rest for a line of its own. */
static void test_long_lines(void **state) {
    struct fixture *fixture = *state;
    static char text[1024];
    map.count = 0;
    snprintf(text, sizeof text, "[sensor]\nid=x\nlabel=%0300d role=cpu\n", 0);
    assert_false(add(fixture, text));
    assert_int_equal(map.count, 0);
    assert_non_null(strstr(fixture->last_line, "a.ini:3: "));
    snprintf(text, sizeof text, "; %0300d role=cpu\n[sensor]\nid=x\n", 0);
    assert_unset(only_note(fixture, text));
    assert_int_equal(fixture->logged, 0);
}

static void test_nul_bytes(void **state) {
    struct fixture *fixture = *state;
    static const char text[] = "[sensor]\nid=x\nrole=cpu\0rubbish\n";
    map.count = 0;
    assert_false(perfadapt__sensor_map_add(&map, text, sizeof text - 1, NAME, NULL, &fixture->log));
    assert_int_equal(map.count, 0);
    assert_non_null(strstr(fixture->last_line, "a.ini:3: "));
}

static void test_garbage(void **state) {
    struct fixture *fixture = *state;
    static char bytes[4096];
    memset(bytes, 0xff, sizeof bytes);
    map.count = 0;
    assert_false(perfadapt__sensor_map_add(&map, bytes, sizeof bytes, NAME, NULL, &fixture->log));
    assert_true(add(fixture, ""));
    assert_true(add(fixture, "\n\n"));
    assert_int_equal(map.count, 0);
}

static void test_unknown_section(void **state) {
    struct fixture *fixture = *state;
    assert_unset(only_note(fixture, "[sensor]\nid=x\n[sensors]\nignore=yes\nread=yes\n"));
    assert_int_equal(fixture->logged, 1);
    assert_non_null(strstr(fixture->last_line, "a.ini:4: section: [sensor] or [map], not \"sensors\""));
}

/* The host's log is not filled. */
static void test_warnings_end(void **state) {
    struct fixture *fixture = *state;
    static char text[8192];
    strcpy(text, "[sensor]\nid=x\n");
    for (int i = 0; i < 500; i++)
        strcat(text, "role=none\n");
    only_note(fixture, text);
    assert_int_equal(fixture->logged, 21);
    assert_non_null(strstr(fixture->last_line, "a.ini:23: what else"));
}

static void test_more_than_fit(void **state) {
    struct fixture *fixture = *state;
    static char text[8192];
    size_t at = 0;
    map.count = 0;
    for (int i = 0; i < 70; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "[sensor]\nid=s%d\nignore=%s\n", i, i < 64 ? "no" : "yes");
    assert_true(add(fixture, text));
    assert_int_equal(map.count, 64);
    assert_int_equal(fixture->logged, 1);
    assert_non_null(strstr(fixture->last_line, "6 sensors more than the 64"));
    assert_string_equal(map.notes[63].id, "s63");
    assert_int_equal(map.notes[63].ignore, 0); /* not what belongs to those left out */
    assert_true(add(fixture, "[sensor]\nid=s5\nread=yes\n[sensor]\nid=new\nread=yes\n"));
    assert_int_equal(map.notes[5].read, 1);
    assert_non_null(strstr(fixture->last_line, "1 sensors more"));
}

static bool add_of_boot(struct fixture *fixture, const char *text, const char *boot_id) {
    return perfadapt__sensor_map_add(&map, text, strlen(text), NAME, boot_id, &fixture->log);
}

static void test_version_and_boot(void **state) {
    struct fixture *fixture = *state;
    map.count = 0;
    assert_false(add(fixture, "[map]\nversion=2\n[sensor]\nid=x\n"));
    assert_non_null(strstr(fixture->last_line, "version"));
    assert_false(add(fixture, "[map]\nversion=one\n[sensor]\nid=x\n"));
    assert_false(add_of_boot(fixture, "[map]\nversion=1\nboot_id=other\n[sensor]\nid=x\n", "this"));
    assert_false(add_of_boot(fixture, "[sensor]\nid=x\n", "this"));
    assert_int_equal(map.count, 0);
    assert_true(add_of_boot(fixture, "[map]\nversion=1\nboot_id=this\nwritten=today\n[sensor]\nid=x\n", "this"));
    assert_true(add(fixture, "[map]\nversion=1\nboot_id=other\n[sensor]\nid=y\n"));
    assert_int_equal(map.count, 2);
}

/* ---- files ---- */

static void load(struct fixture *fixture) {
    fixture->logged = 0;
    struct perfadapt__variables variables;
    perfadapt__variables_copy(&variables);
    perfadapt__sensor_map_load(&map, &fixture->root, &variables, &fixture->log);
    perfadapt__variables_free(&variables);
}

static void test_below_the_root(void **state) {
    struct fixture *fixture = *state;
    load(fixture);
    assert_int_equal(map.count, 0);
    assert_int_equal(fixture->logged, 0);
    fixture_file(fixture, SYSTEM, "[sensor]\nid=x\nlimit_c=77\n");
    load(fixture);
    assert_int_equal(map.count, 1);
    assert_number(map.notes[0].limit_c, 77);
}

/* A recorded machine is not to be changed by the files of the one it is looked at on. */
static void test_own_files_are_not_for_another_root(void **state) {
    struct fixture *fixture = *state;
    char directory[256];
    fixture_file(fixture, "/config/perfadapt/sensors.ini", "[sensor]\nid=x\n");
    snprintf(directory, sizeof directory, "%s/config", fixture->path);
    setenv("XDG_CONFIG_HOME", directory, 1);
    load(fixture);
    unsetenv("XDG_CONFIG_HOME");
    assert_int_equal(map.count, 0);
}

static void assert_refused(struct fixture *fixture, const char *why) {
    load(fixture);
    assert_int_equal(map.count, 0);
    assert_int_equal(fixture->logged, 1);
    assert_non_null(strstr(fixture->last_line, SYSTEM));
    assert_non_null(strstr(fixture->last_line, why));
}

static void test_no_regular_file(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    fixture_directory(fixture, SYSTEM);
    assert_refused(fixture, "not a regular file");
    fixture_remove(fixture, SYSTEM);
    snprintf(path, sizeof path, "%s" SYSTEM, fixture->path);
    assert_int_equal(mkfifo(path, 0600), 0); /* a blocking open would hang here for ever */
    assert_refused(fixture, "not a regular file");
    fixture_remove(fixture, SYSTEM);
    fixture_link(fixture, SYSTEM, "sensors.ini");
    assert_refused(fixture, "cannot be opened");
}

static void test_too_large(void **state) {
    struct fixture *fixture = *state;
    static char text[PERFADAPT__SENSOR_MAP_BYTES_MAX + 1];
    memset(text, '\n', sizeof text);
    static const char sensor[] = "[sensor]\nid=x\n";
    memcpy(text, sensor, sizeof sensor - 1);
    fixture_bytes(fixture, SYSTEM, text, sizeof text);
    assert_refused(fixture, "larger than 64 KiB");
    fixture_bytes(fixture, SYSTEM, text, sizeof text - 1);
    load(fixture);
    assert_int_equal(map.count, 1);
}

static void test_unreadable(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_plain_user())
        skip();
    fixture_file(fixture, SYSTEM, "[sensor]\nid=x\n");
    fixture_mode(fixture, SYSTEM, 0);
    assert_refused(fixture, "cannot be opened");
}

/* The three files of the machine itself, the system's one aside: it is the machine's. */
static void load_own(struct fixture *fixture) {
    struct perfadapt__root root;
    assert_int_equal(perfadapt__root_open(NULL, &root), PERFADAPT_OK);
    fixture->logged = 0;
    struct perfadapt__variables variables;
    perfadapt__variables_copy(&variables);
    perfadapt__sensor_map_load(&map, &root, &variables, &fixture->log);
    perfadapt__variables_free(&variables);
    perfadapt__root_close(&root);
}

static void set_home(struct fixture *fixture) {
    unsetenv("XDG_CACHE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", fixture->path, 1);
}

static void write_cache(struct fixture *fixture, const char *boot_id, const char *sensors) {
    char text[256];
    snprintf(text, sizeof text, "[map]\nversion = 1\nboot_id = %s\n%s", boot_id, sensors);
    fixture_file(fixture, "/.cache/perfadapt/sensors.ini", text);
}

static void test_cache_and_own_file(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__root root;
    char boot_id[48];
    assert_int_equal(perfadapt__root_open(NULL, &root), PERFADAPT_OK);
    const bool has_boot_id = perfadapt__boot_id_read(&root, boot_id, sizeof boot_id);
    perfadapt__root_close(&root);
    if (!has_boot_id)
        skip();
    set_home(fixture);
    write_cache(fixture, boot_id, "[sensor]\nid=t/x\nscale=2\noffset_c=1\nignore=yes\n");
    fixture_file(fixture, "/.config/perfadapt/sensors.ini", "[sensor]\nid=t/x\nignore=no\nlimit_c=70\n");
    load_own(fixture);
    const struct perfadapt__sensor_note *note = perfadapt__sensor_map_find(&map, "t/x");
    assert_non_null(note);
    assert_number(note->scale, 2);
    assert_number(note->offset_c, 1);
    assert_number(note->limit_c, 70);
    assert_int_equal(note->ignore, 0); /* the later file's */
    write_cache(fixture, "another", "[sensor]\nid=t/x\nscale=2\n");
    load_own(fixture);
    assert_true(isnan(perfadapt__sensor_map_find(&map, "t/x")->scale));
}

static void test_directories_of_the_environment(void **state) {
    struct fixture *fixture = *state;
    char directory[256];
    set_home(fixture);
    fixture_file(fixture, "/.config/perfadapt/sensors.ini", "[sensor]\nid=t/home\n");
    fixture_file(fixture, "/xdg/perfadapt/sensors.ini", "[sensor]\nid=t/xdg\n");
    snprintf(directory, sizeof directory, "%s/xdg", fixture->path);
    setenv("XDG_CONFIG_HOME", directory, 1);
    load_own(fixture);
    assert_non_null(perfadapt__sensor_map_find(&map, "t/xdg"));
    assert_null(perfadapt__sensor_map_find(&map, "t/home"));
    setenv("XDG_CONFIG_HOME", "xdg", 1); /* not absolute: as if unset */
    load_own(fixture);
    assert_non_null(perfadapt__sensor_map_find(&map, "t/home"));
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    load_own(fixture);
    assert_null(perfadapt__sensor_map_find(&map, "t/home"));
}

static void test_own_file_of_others(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    set_home(fixture);
    fixture_file(fixture, "/.config/perfadapt/sensors.ini", "[sensor]\nid=t/x\n");
    fixture_mode(fixture, "/.config/perfadapt/sensors.ini", 0666);
    load_own(fixture);
    assert_null(perfadapt__sensor_map_find(&map, "t/x"));
    assert_non_null(strstr(fixture->last_line, "writable by everyone"));
    fixture_mode(fixture, "/.config/perfadapt/sensors.ini", 0644);
    load_own(fixture);
    assert_non_null(perfadapt__sensor_map_find(&map, "t/x"));
    snprintf(path, sizeof path, "%s/.config/perfadapt/sensors.ini", fixture->path);
    if (fixture_is_plain_user())
        return; /* only root can give a file away */
    assert_int_equal(chown(path, 65534, 65534), 0);
    load_own(fixture);
    assert_null(perfadapt__sensor_map_find(&map, "t/x"));
    assert_non_null(strstr(fixture->last_line, "another user's"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_every_key),
        TEST(test_unset_is_unset),
        TEST(test_every_role),
        TEST(test_bad_values),
        TEST(test_bounds_are_allowed),
        TEST(test_ids),
        TEST(test_section_without_id),
        TEST(test_sensors_in_one_section_and_twice),
        TEST(test_layout),
        TEST(test_broken_texts),
        TEST(test_long_lines),
        TEST(test_nul_bytes),
        TEST(test_garbage),
        TEST(test_unknown_section),
        TEST(test_warnings_end),
        TEST(test_more_than_fit),
        TEST(test_version_and_boot),
        TEST(test_below_the_root),
        TEST(test_own_files_are_not_for_another_root),
        TEST(test_no_regular_file),
        TEST(test_too_large),
        TEST(test_unreadable),
        TEST(test_cache_and_own_file),
        TEST(test_directories_of_the_environment),
        TEST(test_own_file_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
