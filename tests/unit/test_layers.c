/* The configuration's files: which count, in which order, and what is wrong with them. SPDX-License-Identifier: MIT */
#include "config/layers.h"

#include "config/schema.h"
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOUND_MAX 400

struct found {
    bool warning;
    unsigned line;
    char path[200], section[64], key[64], value[300];
};

struct layered {
    struct fixture *fixture;
    char data[160], config[160];
    struct perfadapt__variables variables;
    struct perfadapt__machine_facts facts;
    struct perfadapt__layers_request request;
    struct perfadapt__layers layers;
    unsigned count;
    struct found found[FOUND_MAX];
};

static void take_found(void *user, const char *path, unsigned line, const char *section, const char *key,
                       const char *value) {
    struct layered *layered = user;
    const char *root = layered->fixture->path;
    assert_in_range(layered->count, 0, FOUND_MAX - 1);
    struct found *found = &layered->found[layered->count++];
    path += strncmp(path, root, strlen(root)) == 0 ? strlen(root) : 0;
    found->warning = !key;
    found->line = line;
    snprintf(found->path, sizeof found->path, "%s", path);
    snprintf(found->section, sizeof found->section, "%s", section);
    snprintf(found->key, sizeof found->key, "%s", key ? key : "");
    snprintf(found->value, sizeof found->value, "%s", value);
}

static int setup(void **state) {
    static char config_home[] = "/home/me/.config";
    struct layered *layered = calloc(1, sizeof *layered);
    void *fixture = NULL;
    if (!layered || fixture_setup(&fixture)) {
        free(layered);
        return -1;
    }
    layered->fixture = fixture;
    snprintf(layered->data, sizeof layered->data, "%s/data", layered->fixture->path);
    snprintf(layered->config, sizeof layered->config, "%s/config", layered->fixture->path);
    layered->variables.config_home = config_home;
    layered->facts = (struct perfadapt__machine_facts){
        .dmi_product = "Jupiter", .host = "deck", .gpus = {{0x1002, 0x163f}}, .gpu_count = 1};
    layered->request = (struct perfadapt__layers_request){.root = &layered->fixture->root,
                                                          .variables = &layered->variables,
                                                          .data_dir = layered->data,
                                                          .app_name = "viewer",
                                                          .facts = &layered->facts,
                                                          .log = &layered->fixture->log,
                                                          .found = take_found,
                                                          .user = layered};
    fixture_directory(layered->fixture, "/data");
    *state = layered;
    return 0;
}

static int teardown(void **state) {
    struct layered *layered = *state;
    void *fixture = layered->fixture;
    free(layered);
    return fixture_teardown(&fixture);
}

static void file(struct layered *layered, const char *path, const char *text) {
    fixture_file(layered->fixture, path, text);
}

static const struct perfadapt__settings *read_with(struct layered *layered, const char *preset) {
    layered->count = 0;
    layered->fixture->logged = 0;
    perfadapt__layers_read(&layered->request, preset, &layered->layers);
    return &layered->layers.settings;
}

static const struct perfadapt__settings *read_all(struct layered *layered) {
    return read_with(layered, "");
}

static void assert_number(double value, double expected) {
    if (!(value >= expected && value <= expected))
        fail_msg("%.17g is not %.17g", value, expected);
}

static unsigned warnings(const struct layered *layered) {
    unsigned count = 0;
    for (unsigned i = 0; i < layered->count; i++)
        count += layered->found[i].warning;
    return count;
}

static void print_found(const struct layered *layered) {
    for (unsigned i = 0; i < layered->count; i++)
        print_message("  %s:%u [%s] %s %s\n", layered->found[i].path, layered->found[i].line, layered->found[i].section,
                      layered->found[i].key, layered->found[i].value);
}

static void assert_quiet(const struct layered *layered) {
    if (warnings(layered) || layered->fixture->logged) {
        print_found(layered);
        fail_msg("%u warnings, %u lines in the log", warnings(layered), layered->fixture->logged);
    }
}

/* The only warning. */
static void assert_warned(const struct layered *layered, const char *path, unsigned line, const char *text) {
    unsigned fitting = 0;
    for (unsigned i = 0; i < layered->count; i++)
        fitting += layered->found[i].warning && layered->found[i].line == line &&
                   strcmp(layered->found[i].path, path) == 0 && strstr(layered->found[i].value, text) != NULL;
    if (fitting == 1 && warnings(layered) == 1 && layered->fixture->logged == 1)
        return;
    print_found(layered);
    fail_msg("not just %s:%u: %s; %u lines in the log", path, line, text, layered->fixture->logged);
}

/* Where the value that counts was found: the last. */
static void assert_from(const struct layered *layered, const char *key, const char *path, unsigned line,
                        const char *section) {
    for (unsigned i = layered->count; i-- > 0;) {
        const struct found *found = &layered->found[i];
        if (strcmp(found->key, key) != 0)
            continue;
        assert_string_equal(found->path, path);
        assert_int_equal(found->line, line);
        assert_string_equal(found->section, section);
        return;
    }
    fail_msg("%s was not found", key);
}

/* ---- order ---- */

static void test_no_file_is_no_error(void **state) {
    struct layered *layered = *state;
    const struct perfadapt__settings *settings = read_all(layered);
    assert_true(isnan(settings->limit_c) && isnan(layered->layers.preset.limit_c));
    assert_string_equal(settings->preset, "");
    assert_int_equal(layered->count, 0);
    assert_int_equal(layered->fixture->logged, 0);
}

static void test_later_layers_win_key_by_key(void **state) {
    static const char *const paths[] = {"/data/machines/a.ini",
                                        "/data/machines/b.ini",
                                        "/data/perfadapt.ini",
                                        "/etc/perfadapt/perfadapt.ini",
                                        "/data/perfadapt.d/10-a.ini",
                                        "/etc/perfadapt/perfadapt.d/20-b.ini",
                                        "/data/perfadapt.d/30-c.ini",
                                        "/home/me/.config/perfadapt/perfadapt.ini",
                                        "/home/me/.config/perfadapt/perfadapt.d/05-z.ini"};
    struct layered *layered = *state;
    for (unsigned i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "[machine m]\nmatch.host = *\nthermal.limit_c = %u\n%s", 40 + i,
                 i == 0 ? "thermal.margin_c = 7\n" : "");
        if (i > 1)
            snprintf(text, sizeof text, "[thermal]\nlimit_c = %u\n", 40 + i);
        file(layered, paths[i], text);
        const struct perfadapt__settings *settings = read_all(layered);
        assert_quiet(layered);
        assert_number(settings->limit_c, 40 + i);
        assert_number(settings->margin_c, 7);
        assert_from(layered, "thermal.limit_c", paths[i], i > 1 ? 2 : 3, i > 1 ? "thermal" : "machine m");
        assert_int_equal(layered->count, i + 2);
    }
}

/* Off for all, on again for one's own, off for one app: by the same order as every other key. */
static void test_incidents_by_the_same_order(void **state) {
    static const struct {
        const char *path, *text;
        unsigned line;
        const char *section;
        double expected;
    } steps[] = {
        {"/data/perfadapt.ini", "[record]\nincidents = no\n", 2, "record", 1},
        {"/etc/perfadapt/perfadapt.ini", "[record]\nincidents = yes\n", 2, "record", 0},
        {"/etc/perfadapt/perfadapt.d/50-none.ini", "[record]\nincidents = no\n", 2, "record", 1},
        {"/home/me/.config/perfadapt/perfadapt.ini", "[record]\nincidents = yes\n", 2, "record", 0},
        {"/home/me/.config/perfadapt/perfadapt.d/50-app.ini",
         "[app viewer]\nrecord.incidents = no\n[record]\nincidents = yes\n", 2, "app viewer", 1},
    };
    struct layered *layered = *state;
    assert_true(isnan(read_all(layered)->incidents));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        file(layered, steps[i].path, steps[i].text);
        assert_number(read_all(layered)->incidents, steps[i].expected);
        assert_quiet(layered);
        assert_from(layered, "record.incidents", steps[i].path, steps[i].line, steps[i].section);
    }
}

static void test_same_name_masks(void **state) {
    struct layered *layered = *state;
    file(layered, "/data/perfadapt.d/10-a.ini", "[thermal]\nlimit_c = 50\nmargin_c = 9\n");
    file(layered, "/etc/perfadapt/perfadapt.d/10-a.ini", "[thermal]\nlimit_c = 60\n");
    file(layered, "/etc/perfadapt/perfadapt.d/20-b.ini", "[power]\nbattery_busy = 0.5\n");
    const struct perfadapt__settings *settings = read_all(layered);
    assert_number(settings->limit_c, 60);
    assert_true(isnan(settings->margin_c));
    file(layered, "/home/me/.config/perfadapt/perfadapt.d/10-a.ini", ""); /* of the user, and empty */
    file(layered, "/home/me/.config/perfadapt/perfadapt.d/20-b.ini", "[memory]\nreserve = 1G\n");
    settings = read_all(layered);
    assert_true(isnan(settings->limit_c) && isnan(settings->battery_busy));
    assert_number(settings->reserve_bytes, 1073741824);
    assert_quiet(layered);
}

static void test_link_to_null_masks(void **state) {
    struct layered *layered = *state;
    file(layered, "/data/perfadapt.d/10-a.ini", "[thermal]\nlimit_c = 50\n");
    fixture_link(layered->fixture, "/etc/perfadapt/perfadapt.d/10-a.ini", "/dev/null");
    fixture_link(layered->fixture, "/data/perfadapt.d/20-b.ini", "/dev/null");
    assert_true(isnan(read_all(layered)->limit_c));
    assert_quiet(layered);
}

static void test_names_that_do_not_count(void **state) {
    static const char *const names[] = {"a.ini~", ".a.ini", "a.ini.swp", "a.conf", ".ini", "4913", "README"};
    struct layered *layered = *state;
    char path[100];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "/etc/perfadapt/perfadapt.d/%s", names[i]);
        file(layered, path, "[thermal]\nlimit_c = 50\n");
    }
    assert_true(isnan(read_all(layered)->limit_c));
    assert_int_equal(layered->count, 0);
}

static void test_config_dir_takes_the_place_of_admin_and_user(void **state) {
    struct layered *layered = *state;
    file(layered, "/etc/perfadapt/perfadapt.ini", "[thermal]\nlimit_c = 50\nmargin_c = 2\n");
    file(layered, "/home/me/.config/perfadapt/perfadapt.ini", "[thermal]\nlimit_c = 51\n");
    file(layered, "/data/perfadapt.ini", "[thermal]\nlimit_c = 52\n[power]\nbattery_busy=.5\n");
    file(layered, "/data/perfadapt.d/a.ini", "[memory]\nreserve=1M\n");
    file(layered, "/config/perfadapt.ini", "[thermal]\nlimit_c = 53\n");
    file(layered, "/config/perfadapt.d/a.ini", "[memory]\nreserve=2M\n");
    layered->request.config_dir = layered->config;
    const struct perfadapt__settings *settings = read_all(layered);
    assert_number(settings->limit_c, 53);
    assert_number(settings->battery_busy, .5);
    assert_number(settings->reserve_bytes, 2097152);
    assert_true(isnan(settings->margin_c));
    assert_quiet(layered);
    assert_from(layered, "thermal.limit_c", "/config/perfadapt.ini", 2, "thermal");
}

static void test_config_dir_that_is_not_there(void **state) {
    struct layered *layered = *state;
    layered->request.config_dir = layered->config;
    read_all(layered);
    assert_warned(layered, "/config", 0, "errno 2");
}

static void test_where_the_user_is(void **state) {
    static char home[] = "/home/me", relative[] = "config";
    struct layered *layered = *state;
    file(layered, "/home/me/.config/perfadapt/perfadapt.ini", "[thermal]\nlimit_c = 51\n");
    layered->variables.home = home;
    layered->variables.config_home = NULL;
    assert_number(read_all(layered)->limit_c, 51);
    layered->variables.config_home = relative; /* not absolute: as if it were not there */
    assert_number(read_all(layered)->limit_c, 51);
    layered->variables.home = relative;
    assert_true(isnan(read_all(layered)->limit_c));
    layered->request.variables = NULL;
    assert_true(isnan(read_all(layered)->limit_c));
}

/* ---- sections ---- */

static void test_machine_beats_plain_and_app_beats_both(void **state) {
    struct layered *layered = *state;
    file(layered, "/etc/perfadapt/perfadapt.ini",
         "[app view*]\nthermal.limit_c = 70\n[machine deck]\nthermal.limit_c = 60\nthermal.margin_c = 3\n"
         "match.dmi_product = jupiter|galileo\n[app other]\nthermal.limit_c = 99\n"
         "[thermal]\nlimit_c = 50\nmargin_c = 2\n[power]\nbattery_busy = 0.25\n");
    const struct perfadapt__settings *settings = read_all(layered);
    assert_quiet(layered);
    assert_number(settings->limit_c, 70);
    assert_number(settings->margin_c, 3);
    assert_number(settings->battery_busy, .25);
    assert_from(layered, "thermal.limit_c", "/etc/perfadapt/perfadapt.ini", 2, "app view*");
    assert_from(layered, "thermal.margin_c", "/etc/perfadapt/perfadapt.ini", 5, "machine deck");
    file(layered, "/home/me/.config/perfadapt/perfadapt.ini", "[thermal]\nlimit_c = 45\n");
    assert_number(read_all(layered)->limit_c, 45); /* a later file wins, whatever its section */
}

static bool machine_applies(struct layered *layered, const char *matches) {
    char text[400];
    snprintf(text, sizeof text, "[machine m]\nthermal.limit_c = 60\n%s", matches);
    file(layered, "/etc/perfadapt/perfadapt.ini", text);
    return !isnan(read_all(layered)->limit_c);
}

static void test_all_match_keys_must_fit(void **state) {
    struct layered *layered = *state;
    assert_true(machine_applies(layered, "match.host=deck\nmatch.gpu=1002:*\nmatch.dmi_product=*\n"));
    assert_false(machine_applies(layered, "match.host=deck\nmatch.gpu=10de:*\n"));
    assert_false(machine_applies(layered, "match.host=deck\nmatch.dmi_vendor=*\n"));        /* unknown */
    assert_true(machine_applies(layered, "match.host=a\nmatch.host=deck\nmatch.host=b\n")); /* one of several alike */
    assert_quiet(layered);
    layered->request.facts = NULL;
    assert_false(machine_applies(layered, "match.host=*\n"));
    assert_quiet(layered);
}

static void test_wrong_match_keys_apply_to_no_machine(void **state) {
    struct layered *layered = *state;
    assert_false(machine_applies(layered, ""));
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 1, "no match. key");
    assert_false(machine_applies(layered, "match.host=deck\nmatch.dmi_prodct=*\n"));
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 4, "did you mean \"dmi_product\"?");
    assert_false(machine_applies(layered, "match.host=deck\nmatch.gpu=amd\n"));
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 4, "match.gpu \"amd\": 10de:2684");
    assert_false(machine_applies(layered, "match.host=deck\nmatch.dmi_product=\n"));
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 4, "match.dmi_product");
}

static void test_sections_of_one_name_stand_alone(void **state) {
    struct layered *layered = *state;
    file(layered, "/etc/perfadapt/perfadapt.ini",
         "[machine m]\nmatch.host=other\nthermal.limit_c=50\n[machine m]\nmatch.host=deck\nthermal.margin_c=3\n"
         "[machine m]\nmatch.host=deck\nmatch.gpu=1:1\nmemory.reserve=1M\n");
    const struct perfadapt__settings *settings = read_all(layered);
    assert_true(isnan(settings->limit_c) && isnan(settings->reserve_bytes));
    assert_number(settings->margin_c, 3);
    assert_quiet(layered);
}

static void test_more_machines_than_fit(void **state) {
    struct layered *layered = *state;
    char text[1200] = "";
    for (size_t used = 0, i = 0; i < 17; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "[machine m]\nmatch.host=*\nthermal.limit_c=%u\n",
                                 (unsigned)(50 + i));
    file(layered, "/etc/perfadapt/perfadapt.ini", text);
    assert_number(read_all(layered)->limit_c, 65);
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 49, "too many sections");
}

static void assert_section_refused(struct layered *layered, const char *header, const char *text) {
    char file_text[200];
    snprintf(file_text, sizeof file_text, "[thermal]\nmargin_c = 3\n%s\nlimit_c = 50\nthermal.limit_c = 50\n", header);
    file(layered, "/etc/perfadapt/perfadapt.ini", file_text);
    const struct perfadapt__settings *settings = read_all(layered);
    assert_true(isnan(settings->limit_c));
    assert_number(settings->margin_c, 3); /* everything else stands */
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 3, text);
}

static void test_unknown_sections(void **state) {
    struct layered *layered = *state;
    assert_section_refused(layered, "[thermla]", "unknown section \"thermla\", did you mean \"thermal\"?");
    assert_section_refused(layered, "[machne deck]", "did you mean \"machine\"?");
    assert_section_refused(layered, "[]", "a key without a section");
    assert_section_refused(layered, "[thermal deck]", "has no name");
    assert_section_refused(layered, "[preset]", "[preset NAME] is meant");
    assert_section_refused(layered, "[preset a/b]", "[preset NAME] is meant");
    assert_section_refused(layered, "[Thermal]", "unknown section \"Thermal\"");
    file(layered, "/etc/perfadapt/perfadapt.ini", "limit_c = 50\n");
    read_all(layered);
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 1, "a key without a section");
}

static void test_blanks_in_headers(void **state) {
    struct layered *layered = *state;
    file(layered, "/etc/perfadapt/perfadapt.ini", "[ thermal ]\nlimit_c=50\n[\tapp   viewer\t]\nthermal.margin_c=1\n");
    const struct perfadapt__settings *settings = read_all(layered);
    assert_quiet(layered);
    assert_number(settings->limit_c, 50);
    assert_number(settings->margin_c, 1);
}

/* inih keeps 49 letters of a header. */
static void test_cut_headers_are_told(void **state) {
    struct layered *layered = *state;
    char text[200];
    snprintf(text, sizeof text, "[app %s]\nthermal.limit_c=50\n",
             "view*****************************************"); /* 49 */
    file(layered, "/etc/perfadapt/perfadapt.ini", text);
    assert_number(read_all(layered)->limit_c, 50);
    assert_quiet(layered);
    snprintf(text, sizeof text, "[app %s]\nthermal.limit_c=50\n", "view******************************************x");
    file(layered, "/etc/perfadapt/perfadapt.ini", text);
    read_all(layered);
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 1, "cut after 49 letters");
}

static void test_unknown_app(void **state) {
    struct layered *layered = *state;
    layered->request.app_name = NULL;
    file(layered, "/etc/perfadapt/perfadapt.ini", "[app *]\nthermal.limit_c=50\n[app]\nrole=export\n");
    const struct perfadapt__settings *settings = read_all(layered);
    assert_true(isnan(settings->limit_c));
    assert_number(settings->role, 2);
    assert_quiet(layered);
}

/* ---- keys and files that are wrong ---- */

static void test_a_wrong_key_is_dropped_alone(void **state) {
    struct layered *layered = *state;
    file(layered, "/etc/perfadapt/perfadapt.ini", "[thermal]\nlimt_c = 50\nmargin_c = 3\n");
    assert_number(read_all(layered)->margin_c, 3);
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 2, "did you mean \"thermal.limit_c\"? (30 to 125)");
    assert_string_equal(layered->fixture->last_line,
                        "/etc/perfadapt/perfadapt.ini:2: unknown setting \"thermal.limt_c\", did you mean "
                        "\"thermal.limit_c\"? (30 to 125)");
    file(layered, "/etc/perfadapt/perfadapt.ini", "[thermal]\nlimit_c = 500\nlimit_c = 50 ; here\nmargin_c =\n");
    assert_number(read_all(layered)->limit_c, 50);
    assert_int_equal(warnings(layered), 2);
    /* Also where the section is of another machine. */
    file(layered, "/etc/perfadapt/perfadapt.ini", "[machine x]\nmatch.host=x\nlimit_c=50\n");
    read_all(layered);
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 3, "did you mean \"thermal.limit_c\"?");
}

static void test_a_broken_file_is_dropped_whole(void **state) {
    static const struct {
        const char *text;
        unsigned line;
    } cases[] = {
        {"[thermal]\nlimit_c = 50\n[power\nlimit_c = 60\n", 3},
        {"[thermal]\nlimit_c = 50\nnonsense\n", 3},
        {"[thermal]\nlimit_c = 50\n\n; fine\nmargin_c = 1" /* 300 letters follow */, 5},
        {"\x7f"
         "ELF\x02\x01",
         1},
    };
    struct layered *layered = *state;
    file(layered, "/data/perfadapt.ini", "[memory]\nreserve = 1M\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[600];
        snprintf(text, sizeof text, "%s%0*d\n", cases[i].text, i == 2 ? 300 : 1, 0);
        if (i != 2)
            snprintf(text, sizeof text, "%s", cases[i].text);
        file(layered, "/etc/perfadapt/perfadapt.ini", text);
        const struct perfadapt__settings *settings = read_all(layered);
        assert_true(isnan(settings->limit_c));
        assert_number(settings->reserve_bytes, 1048576);
        assert_warned(layered, "/etc/perfadapt/perfadapt.ini", cases[i].line, "neither [section] nor key = value");
    }
}

static void test_nul_bytes_break_a_file(void **state) {
    static const char text[] = "[thermal]\nlimit_c = 50\nmargin_c = 1\0 3\n";
    struct layered *layered = *state;
    fixture_bytes(layered->fixture, "/etc/perfadapt/perfadapt.ini", text, sizeof text - 1);
    assert_true(isnan(read_all(layered)->limit_c));
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 3, "the file is not used");
}

static void test_what_is_no_file(void **state) {
    struct layered *layered = *state;
    char path[200];
    fixture_directory(layered->fixture, "/etc/perfadapt/perfadapt.ini");
    read_all(layered);
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 0, "not a regular file");
    fixture_remove(layered->fixture, "/etc/perfadapt/perfadapt.ini");
    snprintf(path, sizeof path, "%s/etc/perfadapt/perfadapt.ini", layered->fixture->path);
    assert_int_equal(mkfifo(path, 0600), 0); /* opening it must not wait for a writer */
    read_all(layered);
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 0, "not a regular file");
    fixture_remove(layered->fixture, "/etc/perfadapt/perfadapt.ini");
    fixture_link(layered->fixture, "/etc/perfadapt/perfadapt.d/a.ini", "a.ini");
    read_all(layered);
    assert_warned(layered, "/etc/perfadapt/perfadapt.d/a.ini", 0, "links in a circle, errno 40"); /* ELOOP */
    fixture_remove(layered->fixture, "/etc/perfadapt/perfadapt.d/a.ini");
    fixture_link(layered->fixture, "/data/perfadapt.d/a.ini", "nowhere");
    read_all(layered);
    assert_warned(layered, "/data/perfadapt.d/a.ini", 0, "leads nowhere");
    fixture_remove(layered->fixture, "/data/perfadapt.d");
    fixture_link(layered->fixture, "/etc/perfadapt/perfadapt.ini", "../nowhere/at/all/perfadapt.ini");
    read_all(layered);
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 0, "leads nowhere");
    fixture_remove(layered->fixture, "/etc/perfadapt/perfadapt.ini");
    file(layered, "/data/perfadapt.d", "no directory");
    read_all(layered);
    assert_warned(layered, "/data/perfadapt.d", 0, "errno 20"); /* ENOTDIR */
}

static void test_too_large(void **state) {
    struct layered *layered = *state;
    const size_t size = 262145;
    char *text = calloc(1, size + 1);
    assert_non_null(text);
    memset(text, '\n', size);
    snprintf(text, 22, "[thermal]\nlimit_c=50\n");
    text[21] = '\n';
    fixture_bytes(layered->fixture, "/etc/perfadapt/perfadapt.ini", text, size - 1);
    assert_number(read_all(layered)->limit_c, 50);
    fixture_bytes(layered->fixture, "/etc/perfadapt/perfadapt.ini", text, size);
    assert_true(isnan(read_all(layered)->limit_c));
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 0, "larger than 256 KiB");
    free(text);
}

static void test_unreadable(void **state) {
    struct layered *layered = *state;
    if (!fixture_is_plain_user())
        skip();
    file(layered, "/etc/perfadapt/perfadapt.ini", "[thermal]\nlimit_c=50\n");
    fixture_mode(layered->fixture, "/etc/perfadapt/perfadapt.ini", 0);
    assert_true(isnan(read_all(layered)->limit_c));
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 0, "errno 13");
}

static void test_files_that_speak_for_another(void **state) {
    struct layered *layered = *state;
    char path[200];
    const char *own = "/home/me/.config/perfadapt/perfadapt.ini";
    file(layered, own, "[thermal]\nlimit_c=50\n");
    fixture_mode(layered->fixture, own, 0666);
    assert_true(isnan(read_all(layered)->limit_c));
    assert_warned(layered, own, 0, "writable by everyone");
    fixture_mode(layered->fixture, own, 0644);
    assert_number(read_all(layered)->limit_c, 50);
    if (geteuid() != 0)
        return;
    snprintf(path, sizeof path, "%s%s", layered->fixture->path, own);
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_true(isnan(read_all(layered)->limit_c));
    assert_warned(layered, own, 0, "another user's");
}

static void test_more_files_than_are_read(void **state) {
    struct layered *layered = *state;
    char path[100];
    layered->request.found = NULL;
    for (unsigned i = 0; i < 257; i++) {
        snprintf(path, sizeof path, "/etc/perfadapt/perfadapt.d/%03u.ini", i);
        file(layered, path, "[thermal]\nlimit_c=50\n");
    }
    assert_number(read_all(layered)->limit_c, 50);
    assert_int_equal(layered->fixture->logged, 1);
    assert_non_null(strstr(layered->fixture->last_line, "/etc/perfadapt/perfadapt.d: more files than the 256"));
}

static void test_garbage_does_not_fill_the_log(void **state) {
    struct layered *layered = *state;
    char text[3000] = "[thermal]\n";
    for (size_t used = strlen(text), i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "wrong\x1b%u = 1\n", (unsigned)i);
    file(layered, "/etc/perfadapt/perfadapt.ini", text);
    read_all(layered);
    assert_int_equal(layered->fixture->logged, 21);
    assert_non_null(strstr(layered->fixture->last_line, "perfadapt.ini:22: what else is wrong is not told"));
    assert_int_equal(warnings(layered), 100); /* who asks for all gets all */
    assert_null(strchr(layered->found[0].value, '\x1b'));
}

static void test_paths_are_cleaned_for_the_log(void **state) {
    struct layered *layered = *state;
    file(layered, "/etc/perfadapt/perfadapt.d/a\x1b[2J.ini", "[x]\na=1\n");
    read_all(layered);
    assert_non_null(strstr(layered->fixture->last_line, "a?[2J.ini:1: unknown section"));
}

static void test_without_anyone_to_tell(void **state) {
    struct layered *layered = *state;
    file(layered, "/etc/perfadapt/perfadapt.ini", "[thermal]\nlimit_c=50\nx=1\n[preset a]\ntarget_fps=20\n");
    layered->request.found = NULL;
    layered->request.log = NULL;
    assert_number(read_with(layered, "a")->limit_c, 50);
    assert_number(layered->layers.preset.target_ns, 5e7);
}

/* ---- presets ---- */

static void test_preset_file_and_then_sections(void **state) {
    struct layered *layered = *state;
    file(layered, "/data/presets/low.ini", "[preset]\ntarget_fps=30\nquality_max=0.5\n[thermal]\nmargin_c=4\n");
    file(layered, "/data/perfadapt.ini", "[preset low]\nquality_max=0.75\n[preset high]\nquality_max=1\n");
    file(layered, "/etc/perfadapt/perfadapt.ini",
         "[preset low]\nthermal.margin_c=5\ndispatch_ms=9\n[thermal]\nlimit_c=50\n");
    const struct perfadapt__settings *settings = read_with(layered, "low");
    const struct perfadapt__settings *preset = &layered->layers.preset;
    assert_quiet(layered);
    assert_string_equal(preset->preset, "low");
    assert_string_equal(settings->preset, "");
    assert_number(preset->target_ns, 1e9 / 30);
    assert_number(preset->quality_share_max, .75);
    assert_number(preset->margin_c, 5);
    assert_number(preset->dispatch_ns, 9e6);
    assert_true(isnan(settings->margin_c) && isnan(preset->limit_c));
    assert_from(layered, "preset.target_fps", "/data/presets/low.ini", 2, "preset low");
    assert_from(layered, "preset.quality_max", "/data/perfadapt.ini", 2, "preset low");
    assert_from(layered, "thermal.margin_c", "/etc/perfadapt/perfadapt.ini", 2, "preset low");
}

static void test_a_layer_chooses_the_preset(void **state) {
    struct layered *layered = *state;
    file(layered, "/data/presets/low.ini", "[preset]\ntarget_fps=25\n");
    file(layered, "/data/presets/high.ini", "[preset]\ntarget_fps=50\n");
    file(layered, "/etc/perfadapt/perfadapt.ini", "[machine m]\nmatch.host=deck\npolicy.preset=low\n");
    read_with(layered, "high");
    assert_string_equal(layered->layers.preset.preset, "low");
    assert_number(layered->layers.preset.target_ns, 4e7);
    file(layered, "/home/me/.config/perfadapt/perfadapt.ini", "[policy]\npreset=own\n[preset own]\ntarget_fps=40\n");
    read_with(layered, "high");
    assert_number(layered->layers.preset.target_ns, 2.5e7); /* one that no file comes with */
    file(layered, "/home/me/.config/perfadapt/perfadapt.ini", "[policy]\npreset=auto\n");
    assert_string_equal(read_with(layered, "high")->preset, "auto");
    assert_string_equal(layered->layers.preset.preset, "high");
    assert_quiet(layered);
}

static void test_unknown_presets(void **state) {
    struct layered *layered = *state;
    file(layered, "/data/presets/high.ini", "[preset]\ntarget_fps=50\n");
    file(layered, "/data/presets/handheld.ini", "[preset]\ntarget_fps=40\n");
    file(layered, "/etc/perfadapt/perfadapt.ini", "[policy]\nmode=auto\npreset=handhled\n");
    const struct perfadapt__settings *settings = read_with(layered, "high");
    assert_warned(layered, "/etc/perfadapt/perfadapt.ini", 3,
                  "unknown preset \"handhled\", did you mean \"handheld\"?");
    assert_string_equal(settings->preset, "auto");
    assert_string_equal(layered->layers.preset.preset, "high");
    file(layered, "/home/me/.config/perfadapt/perfadapt.ini", "[policy]\npreset=mine2\n[preset mine]\ntarget_fps=40\n");
    read_with(layered, "");
    assert_warned(layered, "/home/me/.config/perfadapt/perfadapt.ini", 2, "did you mean \"mine\"?");
    assert_string_equal(layered->layers.preset.preset, "");
    fixture_remove(layered->fixture, "/home/me/.config/perfadapt/perfadapt.ini");
    fixture_remove(layered->fixture, "/etc/perfadapt/perfadapt.ini");
    read_with(layered, "ultra");
    assert_warned(layered, "/data", 0, "unknown preset \"ultra\"");
}

static void test_broken_presets(void **state) {
    struct layered *layered = *state;
    file(layered, "/data/presets/low.ini", "[preset]\ntarget_fps=25\nnonsense\n");
    read_with(layered, "low");
    assert_warned(layered, "/data/presets/low.ini", 3, "the file is not used");
    assert_true(isnan(layered->layers.preset.target_ns));
    file(layered, "/data/presets/low.ini", "[preset]\ntarget_fsp=25\nscale_min=.5\n");
    read_with(layered, "low");
    assert_warned(layered, "/data/presets/low.ini", 2, "did you mean \"preset.target_fps\"?");
    assert_number(layered->layers.preset.scale_min, .5);
    file(layered, "/data/presets/low.ini", "[policy]\npreset=high\n");
    read_with(layered, "low");
    assert_warned(layered, "/data/presets/low.ini", 2, "does not choose a preset");
    file(layered, "/data/presets/low.ini", "[machine m]\nmatch.host=*\nthermal.limit_c=50\n");
    read_with(layered, "low");
    assert_warned(layered, "/data/presets/low.ini", 1, "plain sections only");
    fixture_remove(layered->fixture, "/data/presets/low.ini");
    fixture_directory(layered->fixture, "/data/presets/low.ini");
    read_with(layered, "low");
    assert_warned(layered, "/data/presets/low.ini", 0, "not a regular file");
}

/* ---- check ---- */

static bool check(struct layered *layered, const char *path) {
    char full[300];
    snprintf(full, sizeof full, "%s%s", layered->fixture->path, path);
    layered->count = 0;
    layered->fixture->logged = 1; /* nothing is logged: assert_warned wants one line */
    return perfadapt__layers_check(full, take_found, layered);
}

static void test_check_looks_at_every_section(void **state) {
    struct layered *layered = *state;
    file(layered, "/x.ini", "[machine x]\nmatch.host=nobody\nthermal.limit_c=85\nthermal.limt_c=85\n");
    assert_true(check(layered, "/x.ini"));
    assert_warned(layered, "/x.ini", 4, "did you mean \"thermal.limit_c\"?");
    file(layered, "/x.ini", "[app x]\nthermal.limit_c=200\n[preset x]\ntarget_fps=50\n");
    assert_true(check(layered, "/x.ini"));
    assert_warned(layered, "/x.ini", 2, "30 to 125");
    file(layered, "/x.ini", "[preset]\ntarget_fps=50\n");
    assert_true(check(layered, "/x.ini"));
    assert_warned(layered, "/x.ini", 1, "[preset NAME] is meant");
    file(layered, "/presets/x.ini", "[preset]\ntarget_fps=50\n");
    assert_true(check(layered, "/presets/x.ini"));
    assert_int_equal(layered->count, 0);
    file(layered, "/x.ini", "[thermal\n");
    assert_true(check(layered, "/x.ini"));
    assert_warned(layered, "/x.ini", 1, "neither");
}

static void test_check_of_what_cannot_be_read(void **state) {
    struct layered *layered = *state;
    assert_false(check(layered, "/nothing.ini"));
    assert_warned(layered, "/nothing.ini", 0, "no such file");
    assert_false(check(layered, "/data"));
    assert_warned(layered, "/data", 0, "not a regular file");
    assert_false(perfadapt__layers_check("/dev/null", take_found, layered));
}

/* What comes with the library is right. */
static void test_files_that_come_with_it(void **state) {
    struct layered *layered = *state;
    fixture_copy(layered->fixture, fixture_profiles(), "/data");
    read_with(layered, "high");
    assert_quiet(layered);
    assert_string_equal(layered->layers.preset.preset, "high");
    assert_true(!isnan(layered->layers.preset.target_ns));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_no_file_is_no_error),
        TEST(test_later_layers_win_key_by_key),
        TEST(test_incidents_by_the_same_order),
        TEST(test_same_name_masks),
        TEST(test_link_to_null_masks),
        TEST(test_names_that_do_not_count),
        TEST(test_config_dir_takes_the_place_of_admin_and_user),
        TEST(test_config_dir_that_is_not_there),
        TEST(test_where_the_user_is),
        TEST(test_machine_beats_plain_and_app_beats_both),
        TEST(test_all_match_keys_must_fit),
        TEST(test_wrong_match_keys_apply_to_no_machine),
        TEST(test_sections_of_one_name_stand_alone),
        TEST(test_more_machines_than_fit),
        TEST(test_unknown_sections),
        TEST(test_blanks_in_headers),
        TEST(test_cut_headers_are_told),
        TEST(test_unknown_app),
        TEST(test_a_wrong_key_is_dropped_alone),
        TEST(test_a_broken_file_is_dropped_whole),
        TEST(test_nul_bytes_break_a_file),
        TEST(test_what_is_no_file),
        TEST(test_too_large),
        TEST(test_unreadable),
        TEST(test_files_that_speak_for_another),
        TEST(test_more_files_than_are_read),
        TEST(test_garbage_does_not_fill_the_log),
        TEST(test_paths_are_cleaned_for_the_log),
        TEST(test_without_anyone_to_tell),
        TEST(test_preset_file_and_then_sections),
        TEST(test_a_layer_chooses_the_preset),
        TEST(test_unknown_presets),
        TEST(test_broken_presets),
        TEST(test_check_looks_at_every_section),
        TEST(test_check_of_what_cannot_be_read),
        TEST(test_files_that_come_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
