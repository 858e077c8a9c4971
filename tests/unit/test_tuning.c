/* A session whose device, files and wishes change: what reaches its budget. SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "fixture.h"
#include "tuning/tuning.h"

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int64_t patience_ns = 20 * PERFADAPT__NS_PER_S;
static const int64_t careful_dispatch_ns = 8000000; /* of the low preset */

/* --- A home of its own --- */

static void write_file(const struct fixture *fixture, const char *name, const char *text) {
    char path[512];
    char temporary[520];
    snprintf(path, sizeof path, "%s/%s", fixture->path, name);
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(rename(temporary, path), 0);
}

static void make_directory(const struct fixture *fixture, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture->path, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void point(const char *variable, const struct fixture *fixture, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture->path, name);
    setenv(variable, path, 1);
}

/* Beside this program, wherever both were copied to. */
static void point_at_fake_probe(void) {
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof PERFADAPT_FAKE_PROBE);
    assert_true(length > 0);
    path[length] = '\0';
    strcpy(strrchr(path, '/') + 1, PERFADAPT_FAKE_PROBE);
    setenv("PERFADAPT_PROBE", path, 1);
}

static int set_up(void **state) {
    if (fixture_setup(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    make_directory(fixture, "cache");
    make_directory(fixture, "config");
    make_directory(fixture, "config/perfadapt");
    point("XDG_CACHE_HOME", fixture, "cache");
    point("XDG_CONFIG_HOME", fixture, "config");
    point_at_fake_probe();
    unsetenv("PERFADAPT_NO_PROBE");
    setenv("FAKE_PROBE", "good", 1);
    unsetenv("FAKE_PROBE_GATE");
    return 0;
}

/* From here on a probe ends only when it is let go: what is there before can be looked at. */
static void hold_probe(const struct fixture *fixture) {
    point("FAKE_PROBE_GATE", fixture, "gate");
}

static void let_probe_go(const struct fixture *fixture) {
    write_file(fixture, "gate", "");
}

/* --- A session, and waiting for it --- */

struct lines {
    char text[8192];
};

static void keep_line(void *user_data, enum perfadapt_log_level level, const char *message) {
    struct lines *lines = user_data;
    const size_t used = strlen(lines->text);
    snprintf(lines->text + used, sizeof lines->text - used, "%d %s\n", (int)level, message);
}

static perfadapt *open_with(struct perfadapt_options options) {
    perfadapt *session = NULL;
    options.size = sizeof options;
    options.flags = PERFADAPT_FLAG_NO_PUBLISH;
    options.quality_levels = 5;
    assert_int_equal(perfadapt_open(&options, &session), PERFADAPT_OK);
    return session;
}

static struct perfadapt_profile profile_of(const perfadapt *session) {
    struct perfadapt_profile profile = {.size = sizeof profile};
    assert_int_equal(perfadapt_get_profile(session, &profile), PERFADAPT_OK);
    return profile;
}

static struct perfadapt_budget budget_of(const perfadapt *session) {
    struct perfadapt_budget budget = {.size = sizeof budget};
    perfadapt_get_budget(session, &budget);
    return budget;
}

static void nap(void) {
    const struct timespec time = {.tv_nsec = 5 * PERFADAPT__NS_PER_MS};
    nanosleep(&time, NULL);
}

static struct perfadapt_profile await_profile(const perfadapt *session) {
    const int64_t latest_ns = perfadapt__now_ns() + patience_ns;
    struct perfadapt_profile profile = profile_of(session);
    while (profile.state == PERFADAPT_STATE_INIT && perfadapt__now_ns() < latest_ns) {
        nap();
        profile = profile_of(session);
    }
    return profile;
}

/* The budget's frame time, once it is that or time is up. */
static int64_t await_frame_ns(const perfadapt *session, int64_t frame_ns) {
    const int64_t latest_ns = perfadapt__now_ns() + patience_ns;
    while (budget_of(session).frame_ns != frame_ns && perfadapt__now_ns() < latest_ns)
        nap();
    return budget_of(session).frame_ns;
}

/* Likewise its longest submission, which tells the presets apart. */
static int64_t await_dispatch_ns(const perfadapt *session, int64_t dispatch_ns) {
    const int64_t latest_ns = perfadapt__now_ns() + patience_ns;
    while (budget_of(session).dispatch_ns != dispatch_ns && perfadapt__now_ns() < latest_ns)
        nap();
    return budget_of(session).dispatch_ns;
}

/* --- The probe --- */

static _Atomic unsigned children_heard_of;

static void hear_of_child(int signal_number) {
    (void)signal_number;
    children_heard_of++;
}

static void a_probe_arrives_as_a_change_of_the_budget(void **state) {
    const struct fixture *fixture = *state;
    const struct sigaction action = {.sa_handler = hear_of_child};
    struct sigaction before;
    sigaction(SIGCHLD, &action, &before);
    children_heard_of = 0;
    hold_probe(fixture);
    perfadapt *session = open_with((struct perfadapt_options){0});
    const int fd = perfadapt_budget_fd(session);
    const struct perfadapt_profile first = profile_of(session);
    assert_int_equal(first.state, PERFADAPT_STATE_INIT);
    assert_int_equal(first.tier, PERFADAPT_TIER_UNKNOWN);
    assert_string_equal(first.preset, "low");
    assert_true(isnan(first.score));
    assert_int_equal(budget_of(session).dispatch_ns, careful_dispatch_ns);   /* with care … */
    assert_int_equal(budget_of(session).frame_ns, PERFADAPT__NS_PER_S / 60); /* … but not slowed */
    assert_int_equal(budget_of(session).frames_in_flight, 3);
    let_probe_go(fixture);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 20000), 1);
    const struct perfadapt_profile profile = await_profile(session);
    assert_int_equal(profile.state, PERFADAPT_STATE_OK);
    assert_int_equal(profile.source, PERFADAPT_PROFILE_FROM_PROBE);
    assert_int_equal(profile.tier, 3);
    assert_string_equal(profile.preset, "high");
    assert_string_equal(profile.name, "A card for tests");
    assert_string_equal(profile.reasons[0], "it was made up for a test");
    assert_int_equal(await_dispatch_ns(session, 25000000), 25000000);
    assert_int_equal(children_heard_of, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child that the host could know of */
    perfadapt_close(&session);
    sigaction(SIGCHLD, &before, NULL);
}

static void the_cache_is_there_at_once(void **state) {
    (void)state;
    perfadapt *session = open_with((struct perfadapt_options){0});
    assert_int_equal(await_profile(session).state, PERFADAPT_STATE_OK);
    perfadapt_close(&session);
    setenv("FAKE_PROBE", "crash", 1); /* it must not be asked again */
    session = open_with((struct perfadapt_options){0});
    const struct perfadapt_profile profile = profile_of(session);
    assert_int_equal(profile.state, PERFADAPT_STATE_OK);
    assert_int_equal(profile.source, PERFADAPT_PROFILE_FROM_CACHE);
    assert_int_equal(profile.tier, 3);
    assert_int_equal(budget_of(session).dispatch_ns, 25000000);
    perfadapt_close(&session);
}

/* As a kiosk's: there nothing could be kept. */
static void a_home_that_is_read_only(void **state) {
    const struct fixture *fixture = *state;
    setenv("XDG_CACHE_HOME", "/proc/self", 1); /* it refuses root, too */
    point("XDG_RUNTIME_DIR", fixture, "cache");
    perfadapt *session = open_with((struct perfadapt_options){0});
    assert_int_equal(await_profile(session).source, PERFADAPT_PROFILE_FROM_PROBE);
    perfadapt_close(&session);
    session = open_with((struct perfadapt_options){0});
    assert_int_equal(profile_of(session).source, PERFADAPT_PROFILE_FROM_CACHE);
    perfadapt_close(&session);
    unsetenv("XDG_RUNTIME_DIR");
}

static void a_probe_that_crashes_is_told(void **state) {
    (void)state;
    struct lines lines = {""};
    setenv("FAKE_PROBE", "crash", 1);
    perfadapt *session = open_with((struct perfadapt_options){.log = {keep_line, &lines}});
    const struct perfadapt_profile profile = await_profile(session);
    assert_int_equal(profile.state, PERFADAPT_STATE_ERROR);
    assert_string_equal(profile.preset, "low");
    assert_non_null(strstr(profile.reasons[0], "perfadapt-probe"));
    perfadapt_close(&session);
}

static void one_that_leaves_nothing_is_told(void **state) {
    (void)state;
    setenv("FAKE_PROBE", "nothing", 1);
    perfadapt *session = open_with((struct perfadapt_options){0});
    assert_int_equal(await_profile(session).state, PERFADAPT_STATE_ERROR);
    perfadapt_close(&session);
}

static void one_that_hangs_holds_nobody_up(void **state) {
    (void)state;
    setenv("FAKE_PROBE", "hang", 1);
    perfadapt *session = open_with((struct perfadapt_options){0});
    const int64_t before_ns = perfadapt__now_ns();
    while (perfadapt__now_ns() - before_ns < PERFADAPT__NS_PER_S / 2)
        nap();
    assert_int_equal(profile_of(session).state, PERFADAPT_STATE_INIT);
    perfadapt_close(&session);
    assert_true(perfadapt__now_ns() - before_ns < 10 * PERFADAPT__NS_PER_S);
}

static void one_that_is_not_there_is_told(void **state) {
    (void)state;
    setenv("PERFADAPT_PROBE", "/nonexistent/perfadapt-probe", 1);
    perfadapt *session = open_with((struct perfadapt_options){0});
    assert_int_equal(await_profile(session).state, PERFADAPT_STATE_ERROR);
    perfadapt_close(&session);
}

static void none_is_started_where_it_is_not_wanted(void **state) {
    (void)state;
    setenv("PERFADAPT_NO_PROBE", "1", 1);
    perfadapt *session = open_with((struct perfadapt_options){0});
    const struct perfadapt_profile profile = profile_of(session);
    assert_int_equal(profile.state, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(profile.tier, PERFADAPT_TIER_UNKNOWN);
    assert_non_null(strstr(profile.reasons[0], "PERFADAPT_NO_PROBE"));
    perfadapt_close(&session);
}

/* As it calls itself to those that it runs: it would end this program. */
static void none_is_started_under_valgrind(void **state) {
    (void)state;
    setenv("LD_PRELOAD", "/usr/libexec/valgrind/vgpreload_core-amd64-linux.so", 1);
    perfadapt *session = open_with((struct perfadapt_options){0});
    unsetenv("LD_PRELOAD");
    const struct perfadapt_profile profile = profile_of(session);
    assert_int_equal(profile.state, PERFADAPT_STATE_UNSUPPORTED);
    assert_non_null(strstr(profile.reasons[0], "valgrind"));
    perfadapt_close(&session);
}

static void another_root_has_no_device_of_ours(void **state) {
    const struct fixture *fixture = *state;
    perfadapt *session = open_with((struct perfadapt_options){.sysroot = fixture->path});
    assert_int_equal(profile_of(session).state, PERFADAPT_STATE_UNSUPPORTED);
    perfadapt_close(&session);
}

/* --- Which of two GPUs --- */

static struct perfadapt_profile profile_seeing(struct perfadapt__tuning *tuning, double first_bytes,
                                               double second_bytes) {
    static struct perfadapt_snapshot snapshot;
    static const char *const ids[] = {"0000:00:02.0", "0000:01:00.0"};
    const double bytes[] = {first_bytes, second_bytes};
    const struct perfadapt__errand errand = perfadapt__tuning_errand(tuning);
    struct perfadapt_profile profile;
    snapshot.gpu_count = 2;
    for (size_t i = 0; i < 2; i++) {
        strcpy(snapshot.gpus[i].id, ids[i]);
        snapshot.gpus[i].own_memory.state = bytes[i] >= 0 ? PERFADAPT_STATE_OK : PERFADAPT_STATE_ASLEEP;
        snapshot.gpus[i].own_memory.value = bytes[i];
    }
    perfadapt__tuning_see(tuning, &snapshot);
    errand.run(errand.context, perfadapt__now_ns(), false);
    perfadapt__tuning_get_profile(tuning, &profile);
    return profile;
}

/* Of a hybrid machine's two, the one that shows the picture holds some of the app's memory, too. */
static void the_gpu_that_holds_most_is_the_one(void **state) {
    (void)state;
    const struct perfadapt_options options = {.size = sizeof options};
    struct perfadapt__tuning *tuning = NULL;
    setenv("FAKE_PROBE", "hybrid", 1);
    perfadapt *session = open_with((struct perfadapt_options){0});
    assert_string_equal(await_profile(session).name, "A card for tests");
    perfadapt_close(&session);
    assert_int_equal(perfadapt__tuning_create(&options, &tuning), PERFADAPT_OK);
    assert_string_equal(profile_seeing(tuning, 0, 0).name, "A card for tests");
    assert_string_equal(profile_seeing(tuning, 2e7, 1e9).name, "The other card");
    assert_string_equal(profile_seeing(tuning, 2e7, -1).name, "A card for tests");
    perfadapt__tuning_destroy(tuning);
}

/* --- What the app hands in --- */

static struct perfadapt_device strong_device(void) {
    struct perfadapt_device device = {
        .size = sizeof device,
        .type = PERFADAPT_DEVICE_DISCRETE,
        .vendor_id = 0x10de,
        .device_id = 0x2684,
        .name = "NVIDIA GeForce RTX 4090",
        .heap_count = 1,
        .memory_type_count = 1,
        .heaps = {{.bytes = UINT64_C(24) << 30, .flags = 1}},
        .memory_types = {{.flags = 1}},
        .compute_units = 128,
    };
    return device;
}

static void a_device_handed_in_is_not_probed(void **state) {
    const struct fixture *fixture = *state;
    const struct perfadapt_device device = strong_device();
    hold_probe(fixture);
    perfadapt *session = open_with((struct perfadapt_options){.device = &device});
    struct perfadapt_profile profile = profile_of(session);
    assert_int_equal(profile.state, PERFADAPT_STATE_OK);
    assert_int_equal(profile.source, PERFADAPT_PROFILE_FROM_HOST);
    assert_int_equal(profile.tier, 5);
    assert_string_equal(profile.preset, "ultra");
    perfadapt_close(&session);
    session = open_with((struct perfadapt_options){0}); /* nothing was cached of it */
    assert_int_equal(profile_of(session).state, PERFADAPT_STATE_INIT);
    perfadapt_close(&session);
    let_probe_go(fixture);
}

static void a_device_named_later_takes_over(void **state) {
    (void)state;
    struct perfadapt_device device = strong_device();
    setenv("PERFADAPT_NO_PROBE", "1", 1);
    perfadapt *session = open_with((struct perfadapt_options){0});
    assert_int_equal(budget_of(session).dispatch_ns, careful_dispatch_ns);
    assert_int_equal(perfadapt_set_device(session, &device), PERFADAPT_OK);
    assert_int_equal(profile_of(session).tier, 5);
    assert_int_equal(await_dispatch_ns(session, 35000000), 35000000);
    device.size = 8;
    device.vendor_id = 0;
    assert_int_equal(perfadapt_set_device(session, NULL), PERFADAPT_ERROR_INVALID);
    assert_int_equal(perfadapt_set_device(NULL, &device), PERFADAPT_ERROR_INVALID);
    perfadapt_close(&session);
}

/* Most apps know their device long before a probe ends. */
static void the_machine_is_heard_of_all_the_same(void **state) {
    const struct fixture *fixture = *state;
    const struct perfadapt_device device = strong_device();
    setenv("FAKE_PROBE", "handheld", 1);
    hold_probe(fixture);
    perfadapt *session = open_with((struct perfadapt_options){0});
    assert_int_equal(profile_of(session).state, PERFADAPT_STATE_INIT);
    assert_int_equal(perfadapt_set_device(session, &device), PERFADAPT_OK);
    let_probe_go(fixture);
    struct perfadapt_profile profile = profile_of(session);
    const int64_t latest_ns = perfadapt__now_ns() + patience_ns;
    while (profile.system.form == PERFADAPT_FORM_UNKNOWN && perfadapt__now_ns() < latest_ns) {
        nap();
        profile = profile_of(session);
    }
    assert_int_equal(profile.system.form, PERFADAPT_FORM_HANDHELD);
    assert_int_equal(profile.source, PERFADAPT_PROFILE_FROM_HOST);
    assert_int_equal(profile.tier, 5);
    profile = profile_of(session);
    while (strcmp(profile.preset, "handheld") != 0 && perfadapt__now_ns() < latest_ns) {
        nap();
        profile = profile_of(session);
    }
    assert_string_equal(profile.name, device.name);
    assert_string_equal(profile.preset, "handheld");
    perfadapt_close(&session);
}

/* --- Files --- */

static void edits_are_picked_up(void **state) {
    const struct fixture *fixture = *state;
    setenv("PERFADAPT_NO_PROBE", "1", 1);
    write_file(fixture, "config/perfadapt/perfadapt.ini", "[frame]\ntarget_fps = 50\n");
    perfadapt *session = open_with((struct perfadapt_options){.target_frame_ns = PERFADAPT__NS_PER_S / 144});
    assert_int_equal(budget_of(session).frame_ns, PERFADAPT__NS_PER_S / 50); /* the user beats the app */
    write_file(fixture, "config/perfadapt/perfadapt.ini", "[frame]\ntarget_fps = 25\n");
    assert_int_equal(await_frame_ns(session, PERFADAPT__NS_PER_S / 25), PERFADAPT__NS_PER_S / 25);
    make_directory(fixture, "config/perfadapt/perfadapt.d");
    write_file(fixture, "config/perfadapt/perfadapt.d/50-more.ini", "[frame]\ntarget_fps = 20\n");
    assert_int_equal(await_frame_ns(session, PERFADAPT__NS_PER_S / 20), PERFADAPT__NS_PER_S / 20);
    perfadapt_close(&session);
}

static void a_wrong_line_is_told_with_its_number(void **state) {
    const struct fixture *fixture = *state;
    struct lines lines = {""};
    setenv("PERFADAPT_NO_PROBE", "1", 1);
    write_file(fixture, "config/perfadapt/perfadapt.ini",
               "[thermal]\nlimit = 80\nmargin_c = 400\n[frame]\ntarget_fps = 50\n");
    perfadapt *session = open_with((struct perfadapt_options){.log = {keep_line, &lines}});
    assert_non_null(strstr(lines.text, "perfadapt.ini:2"));
    assert_non_null(strstr(lines.text, "limit_c"));
    assert_non_null(strstr(lines.text, "perfadapt.ini:3"));
    assert_int_equal(budget_of(session).frame_ns, PERFADAPT__NS_PER_S / 50);
    perfadapt_close(&session);
}

static void settings_that_cross_are_told(void **state) {
    const struct fixture *fixture = *state;
    struct lines lines = {.text = ""};
    setenv("PERFADAPT_NO_PROBE", "1", 1);
    write_file(fixture, "config/perfadapt/perfadapt.ini", "[policy]\nquality_min = 5\nquality_max = 2\n");
    perfadapt *session = open_with((struct perfadapt_options){.log = {keep_line, &lines}});
    assert_non_null(strstr(lines.text, "settings: policy.quality_min must not be above policy.quality_max"));
    perfadapt_close(&session);
}

static void an_app_of_its_own_section(void **state) {
    const struct fixture *fixture = *state;
    setenv("PERFADAPT_NO_PROBE", "1", 1);
    write_file(fixture, "config/perfadapt/perfadapt.ini",
               "[app viewer]\nframe.target_fps = 40\n[app other]\nframe.target_fps = 90\n");
    perfadapt *session = open_with((struct perfadapt_options){.app_name = "viewer"});
    assert_int_equal(budget_of(session).frame_ns, PERFADAPT__NS_PER_S / 40);
    perfadapt_close(&session);
    session = open_with((struct perfadapt_options){.app_name = "player"});
    assert_int_equal(budget_of(session).frame_ns, PERFADAPT__NS_PER_S / 60);
    perfadapt_close(&session);
}

static void a_directory_given_takes_the_users_place(void **state) {
    const struct fixture *fixture = *state;
    char path[512];
    setenv("PERFADAPT_NO_PROBE", "1", 1);
    write_file(fixture, "config/perfadapt/perfadapt.ini", "[frame]\ntarget_fps = 50\n");
    make_directory(fixture, "mine");
    write_file(fixture, "mine/perfadapt.ini", "[frame]\ntarget_fps = 24\n");
    snprintf(path, sizeof path, "%s/mine", fixture->path);
    perfadapt *session = open_with((struct perfadapt_options){.config_dir = path});
    assert_int_equal(budget_of(session).frame_ns, (int64_t)(1e9 / 24));
    perfadapt_close(&session);
}

/* A daemon goes to the root directory; what came with the session is read again when the probe ends. */
static void a_relative_directory_stays_where_it_was(void **state) {
    const struct fixture *fixture = *state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    make_directory(fixture, "mine");
    write_file(fixture, "mine/perfadapt.ini", "[frame]\ntarget_fps = 24\n");
    assert_int_equal(chdir(fixture->path), 0);
    perfadapt *session = open_with((struct perfadapt_options){.config_dir = "mine"});
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(await_profile(session).state, PERFADAPT_STATE_OK);
    assert_int_equal(await_dispatch_ns(session, 25000000), 25000000);
    assert_int_equal(budget_of(session).frame_ns, (int64_t)(1e9 / 24));
    perfadapt_close(&session);
    assert_int_equal(chdir(before), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_probe_arrives_as_a_change_of_the_budget),
        TEST(the_cache_is_there_at_once),
        TEST(a_home_that_is_read_only),
        TEST(a_probe_that_crashes_is_told),
        TEST(one_that_leaves_nothing_is_told),
        TEST(one_that_hangs_holds_nobody_up),
        TEST(one_that_is_not_there_is_told),
        TEST(none_is_started_where_it_is_not_wanted),
        TEST(none_is_started_under_valgrind),
        TEST(another_root_has_no_device_of_ours),
        TEST(the_gpu_that_holds_most_is_the_one),
        TEST(a_device_handed_in_is_not_probed),
        TEST(a_device_named_later_takes_over),
        TEST(the_machine_is_heard_of_all_the_same),
        TEST(edits_are_picked_up),
        TEST(a_wrong_line_is_told_with_its_number),
        TEST(settings_that_cross_are_told),
        TEST(an_app_of_its_own_section),
        TEST(a_directory_given_takes_the_users_place),
        TEST(a_relative_directory_stays_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
