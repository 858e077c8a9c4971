/* The order of apps, the setup and the figures of frames. SPDX-License-Identifier: MIT */
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "app_order.h"
#include "frame_figures.h"
#include "key_table.h"
#include "layout.h"
#include "setup.h"
#include "trend.h"

enum { APPS = 5 };

static struct model_app items[APPS];
static const struct model_apps apps = {.count = APPS, .capacity = APPS, .items = items};

static void make_app(size_t index, const char *name, int32_t pid, double fps, uint32_t quality) {
    struct perfadapt_app *app = &items[index].app;
    memset(&items[index], 0, sizeof items[index]);
    app->key = 100 + index;
    app->pid = pid;
    snprintf(app->name, sizeof app->name, "%s", name);
    app->fps = fps;
    app->period_p99_ms = 1000 / fps;
    app->cpu_p50_ms = fps > 0 ? 500 / fps : (double)NAN;
    app->gpu_p50_ms = NAN;
    app->budget.size = sizeof app->budget;
    app->budget.frame_ns = 10000000;
    app->budget.quality = quality;
    app->budget.quality_levels = 8;
}

static void make_apps(void) {
    make_app(0, "viewer", 4242, 30, 7);
    make_app(1, "Game", 777, 60, 3);
    make_app(2, "game \xc3\x84rger", 778, NAN, 3);
    make_app(3, "editor", 14242, 120, 5);
    make_app(4, "dead", 9, 200, 1);
    items[4].app.state = PERFADAPT_APP_SILENT;
}

/* The keys of the apps in order, as "0 1 2". */
static void expect_order(const struct view *view, const char *expected) {
    struct app_order order;
    char text[64] = "";
    app_order_compute(&apps, view, &order);
    for (size_t i = 0; i < order.count; ++i) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%zu", i > 0 ? " " : "", order.indices[i]);
    }
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "sort %d%s filter '%s': expected %s, got %s\n", (int)view->sort,
                view->sort_reversed ? " reversed" : "", view->filter, expected, text);
        ++failures;
    }
}

static void test_sort(void) {
    expect_order(&(struct view){.sort = VIEW_SORT_AGE}, "0 1 2 3 4");
    expect_order(&(struct view){.sort = VIEW_SORT_AGE, .sort_reversed = true}, "4 3 2 1 0");
    expect_order(&(struct view){.sort = VIEW_SORT_NAME}, "4 3 1 2 0");
    expect_order(&(struct view){.sort = VIEW_SORT_FPS}, "3 1 0 2 4");
    expect_order(&(struct view){.sort = VIEW_SORT_P99}, "0 1 3 2 4");
    expect_order(&(struct view){.sort = VIEW_SORT_USED}, "0 1 3 2 4");
    expect_order(&(struct view){.sort = VIEW_SORT_QUALITY}, "0 3 1 2 4");
}

/* Equal ones turn round too; what is not known stays at the end. */
static void test_reversed(void) {
    struct app_order order;
    const struct view view = {.sort = VIEW_SORT_FPS, .sort_reversed = true};
    app_order_compute(&apps, &view, &order);
    CHECK(order.count == APPS && order.indices[0] == 0 && order.indices[1] == 1 && order.indices[2] == 3);
}

static void test_filter(void) {
    expect_order(&(struct view){.filter = "GAME"}, "1 2");
    expect_order(&(struct view){.filter = "\xc3\xa4rg"}, "2");
    expect_order(&(struct view){.filter = "4242"}, "0 3");
    expect_order(&(struct view){.filter = "77", .sort = VIEW_SORT_NAME, .sort_reversed = true}, "2 1");
    expect_order(&(struct view){.filter = "no such"}, "");
    expect_order(&(struct view){.filter = "\xff"}, "");
    CHECK(app_order_selected(&apps, &(struct view){.filter = "no such"}) == NULL);
    CHECK(app_order_selected(&apps, &(struct view){.selected = 103}) == &items[3]);
    CHECK(app_order_selected(&apps, &(struct view){.selected = 103, .filter = "game"}) == &items[1]);
    CHECK(app_order_selected(&apps, &(struct view){.sort = VIEW_SORT_NAME}) == &items[4]);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) == EOF || fclose(file) == EOF) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

static struct setup_problems problems;

static void expect_problem(const char *path, const char *text, const char *part, struct view *view) {
    char problem[512];
    write_file(path, text);
    setup_read(path, view, &problems);
    setup_problems_summary(&problems, path, problem, sizeof problem);
    if (part[0] == '\0' ? problem[0] != '\0' : strstr(problem, part) == NULL) {
        fprintf(stderr, "setup: expected '%s', got '%s'\n", part, problem);
        ++failures;
    }
}

static void test_setup_lines(const char *path) {
    struct view view = {.period_s = 1};
    expect_problem(path, "; note\n\n[top]\nperiod_s = 2.5\n  sort = P99\nsort_reversed = yes\nframes=fps\n", "", &view);
    CHECK(view.period_s > 2.4 && view.sort == VIEW_SORT_P99 && view.sort_reversed && view.frames_as_fps);
    expect_problem(path, "[top]\nhidden = frames, events temperatures\n", "", &view);
    CHECK(view.hidden == (1U << PANE_FRAMES | 1U << PANE_EVENTS | 1U << PANE_TEMPERATURES));
    expect_problem(path, "[top]\nhidden =\n", "", &view);
    CHECK(view.hidden == 0);
    view = (struct view){.period_s = 1};
    expect_problem(path, "[top]\nperiod_s = 0\nsort = name\n", "top.ini:2: period_s \"0\" is not", &view);
    CHECK(view.period_s == 1 && view.sort == VIEW_SORT_NAME);
    expect_problem(path, "[top]\nperiod_s = nan\n", ":2: period_s \"nan\"", &view);
    expect_problem(path, "[top]\nsort = size\nhidden = nothing\n", "top.ini:2 (+1 more): sort", &view);
    CHECK(problems.items[1].line == 3 && strstr(problems.items[1].text, "hidden \"nothing\"") != NULL);
    expect_problem(path, "[top]\nsort = age\n\nperid = 1\n", ":4: key \"perid\" is unknown", &view);
    expect_problem(path, "[other]\nsort = age\n", ":2: section \"other\" is unknown", &view);
    expect_problem(path, "[top]\nsort = age\nnonsense\n", ":3: ", &view);
    expect_problem(path, "[top\nsort = age\n", ":1 (+1 more): line \"[top\" is neither", &view);
    CHECK(strstr(problems.items[1].text, "key \"sort\" stands before [top]") != NULL);
    view = (struct view){.period_s = 1};
    expect_problem(path, "\xef\xbb\xbf[top]\r\n\t; a note\r\n\f\r\nsort = fps ; x\n", "", &view);
    CHECK(view.sort == VIEW_SORT_FPS);
    expect_problem(path, "[top]\nfirst\n#\nsecond ; a = b\nframes = fps\n[third ; ]\n", ":2 (+2 more): ", &view);
    CHECK(problems.items[1].line == 4 && problems.items[2].line == 6 && view.frames_as_fps);
}

static void test_many_problems(const char *path) {
    struct view view = {.period_s = 1};
    char text[3000] = "[top]\n";
    char *printed = NULL;
    size_t length = 0;
    for (size_t at = strlen(text); at + 20 < sizeof text; at = strlen(text)) {
        snprintf(text + at, sizeof text - at, "what\x1b is this\n");
    }
    expect_problem(path, text, "top.ini:2 (+", &view);
    CHECK(problems.count > SETUP_PROBLEMS_MAX);
    FILE *out = open_memstream(&printed, &length);
    if (out == NULL) {
        CHECK(false);
        return;
    }
    setup_problems_print(&problems, path, out);
    fclose(out);
    int lines = 0;
    for (const char *at = printed; (at = strchr(at, '\n')) != NULL; ++at) {
        ++lines;
    }
    snprintf(text, sizeof text, "%s: +%d more\n", path, problems.count - SETUP_PROBLEMS_MAX);
    CHECK(lines == SETUP_PROBLEMS_MAX + 1 && strstr(printed, text) != NULL && strchr(printed, '\x1b') == NULL);
    free(printed);
}

static void test_long_line(const char *path) {
    static const char tail[] = "\nframes = fps";
    static char text[40000];
    struct view view = {.period_s = 1};
    memset(text, 'x', sizeof text);
    const int head = snprintf(text, sizeof text, "[top]\nsort = ");
    text[head] = 'x';
    snprintf(text + sizeof text - sizeof tail, sizeof tail, "%s", tail);
    expect_problem(path, text, ":2: line", &view);
    CHECK(view.frames_as_fps); /* the line behind it is read */
}

static void test_setup_written(const char *directory) {
    char path[256];
    char problem[512];
    const struct view kept = {.period_s = 0.2,
                              .sort = VIEW_SORT_QUALITY,
                              .sort_reversed = true,
                              .frames_as_fps = true,
                              .hidden = 1U << PANE_PRESSURE | 1U << PANE_EVENTS,
                              .filter = "not kept"};
    struct view view = {.period_s = 1};
    snprintf(path, sizeof path, "%s/a/b/top.ini", directory);
    setup_read(path, &view, &problems);
    CHECK(problems.count == 0 && view.period_s == 1); /* none there: nothing to say */
    CHECK(setup_write(path, &kept, problem, sizeof problem));
    CHECK(setup_write(path, &kept, problem, sizeof problem));
    setup_read(path, &view, &problems);
    CHECK(problems.count == 0 && view.period_s < 0.21 && view.sort == kept.sort && view.sort_reversed &&
          view.frames_as_fps && view.hidden == kept.hidden && view.filter[0] == '\0');
    unlink(path);
    snprintf(path, sizeof path, "%s/a/b", directory);
    CHECK(rmdir(path) == 0); /* empty: no temporary file is left */
    write_file(path, "a file where a directory should be");
    snprintf(path, sizeof path, "%s/a/b/top.ini", directory);
    CHECK(!setup_write(path, &kept, problem, sizeof problem) && strstr(problem, path) != NULL);
    snprintf(path, sizeof path, "%s/a/b", directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/a", directory);
    setup_read(path, &view, &problems);
    setup_problems_summary(&problems, path, problem, sizeof problem);
    CHECK(strcmp(problem, "a: cannot be read: not a regular file; skipped") == 0);
    rmdir(path);
}

static void test_setup(void) {
    char directory[] = "/tmp/perfadapt-setup-XXXXXX";
    char path[256];
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        exit(EXIT_FAILURE);
    }
    snprintf(path, sizeof path, "%s/top.ini", directory);
    test_setup_lines(path);
    test_many_problems(path);
    test_long_line(path);
    unlink(path);
    test_setup_written(directory);
    CHECK(rmdir(directory) == 0);
    setenv("XDG_CONFIG_HOME", "/xdg", 1);
    CHECK(setup_path(path, sizeof path) && strcmp(path, "/xdg/perfadapt/top.ini") == 0);
    setenv("XDG_CONFIG_HOME", "relative", 1);
    setenv("HOME", "/home/somebody", 1);
    CHECK(setup_path(path, sizeof path) && strcmp(path, "/home/somebody/.config/perfadapt/top.ini") == 0);
    CHECK(!setup_path(path, 10));
    unsetenv("HOME");
    CHECK(!setup_path(path, sizeof path));
}

static void test_frames(void) {
    static struct perfadapt_frame frames[1000];
    const int64_t now_ns = INT64_C(100000000000);
    struct frame_figures figures;
    struct frame_spread spread;
    frame_figures_compute(frames, 0, now_ns, &figures);
    CHECK(figures.count == 0 && isnan(figures.p50_ms) && isnan(figures.max_ms));
    for (int i = 0; i < 1000; ++i) { /* 1 to 1000 ms, and the ways to count for nothing */
        frames[i] = (struct perfadapt_frame){.end_ns = now_ns, .period_ns = (int64_t)(1000 - i) * 1000000};
    }
    frame_figures_compute(frames, 1000, now_ns, &figures);
    CHECK(figures.count == 1000 && figures.p50_ms == 500 && figures.p95_ms == 950 && figures.p99_ms == 990);
    CHECK(figures.p99_9_ms == 999 && figures.max_ms == 1000);
    frames[0].end_ns = now_ns - INT64_C(11000000000);
    frames[1].period_ns = -1;
    frame_figures_compute(frames, 1000, now_ns, &figures);
    CHECK(figures.count == 998 && figures.max_ms == 998);
    static struct model_app of;
    of.app.budget.size = sizeof of.app.budget;
    of.app.budget.frame_ns = 99900000;
    frame_spread_compute(frames, 1000, now_ns, &of, &spread);
    CHECK(spread.total == 998 && spread.bins[0].count == 104 && spread.bins[1].count == 100);
    of.decision_count = 2; /* those that began before 200 ms ago were allowed twice the time, before 500 ms any */
    of.decisions[0] = (struct perfadapt_decision){.timestamp_ns = now_ns - 500000000, .frame_ns_to = 199800000};
    of.decisions[1] = (struct perfadapt_decision){
        .timestamp_ns = now_ns - 200000000, .frame_ns_from = 199800000, .frame_ns_to = 99900000};
    CHECK(frame_target_then_ms(&of, &frames[900]) == 99.9 && frame_target_then_ms(&of, &frames[700]) == 199.8);
    CHECK(isnan(frame_target_then_ms(&of, &frames[400])) && frame_target_ms(&of) == 99.9);
    frame_spread_compute(frames, 1000, now_ns, &of, &spread);
    CHECK(spread.bins[0].count == 104 + 9 + 498 && spread.bins[1].count == 96 + 200 && spread.bins[2].count == 91);
    CHECK(spread.late == 96 + 200 + 91);
    of.app.budget.frame_ns = 0;
    of.decision_count = 0;
    frame_spread_compute(frames, 1000, now_ns, &of, &spread);
    CHECK(spread.bins[0].count == 8 && spread.bins[1].count == 8 && spread.bins[spread.bin_count - 1].count == 948);
}

static void test_trend(void) {
    static struct history_table table;
    struct history *history = history_find(&table, 1, "resident");
    const int64_t second_ns = 1000000000;
    CHECK(isnan(trend_compute(history, 100 * second_ns, 240).per_minute));
    for (int i = 1; i <= 10; ++i) {
        history_add(history, i * second_ns, 1000 + 10 * i);
    }
    CHECK(isnan(trend_compute(history, 10 * second_ns, 240).per_minute));
    for (int i = 11; i <= 60; ++i) {
        history_add(history, i * second_ns, 1000 + 10 * i);
    }
    const struct trend trend = trend_compute(history, 60 * second_ns, 240);
    CHECK(fabs(trend.per_minute - 600) < 1 && trend.span_s == 59);
}

/* At any width: nothing beyond the line, nothing over another, and a click finds what is drawn. */
static void test_key_line(void) {
    for (int columns = 0; columns <= 300; ++columns) {
        for (int page = VIEW_PANES; page <= VIEW_DETAILS; ++page) {
            struct key_place places[KEY_PLACES_MAX];
            const int count = key_table_place(columns, (enum view_page)page, places);
            int end = 0;
            for (int i = 0; i < count; ++i) {
                CHECK(places[i].column >= end && places[i].column + places[i].width <= columns);
                end = places[i].column + places[i].width;
                const int code = key_table_at(columns, (enum view_page)page, places[i].column);
                CHECK(code == places[i].entry->code);
            }
            CHECK(columns < 10 || places[count - 1].entry->code == 'q');
        }
    }
}

int main(void) {
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        puts("skipped: there is no locale C.UTF-8");
        return 77;
    }
    make_apps();
    test_sort();
    test_reversed();
    test_filter();
    test_setup();
    test_frames();
    test_trend();
    test_key_line();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
