/* The layout and other rooms of perfadapt-top that need no terminal. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "history.h"
#include "journal.h"
#include "json.h"
#include "layout.h"
#include "text.h"

static const int64_t second_ns = 1000000000;

static bool inside(const struct rect *rect, int columns, int rows) {
    return rect->top >= 0 && rect->left >= 0 && rect->rows >= 0 && rect->columns >= 0 &&
           rect->top + rect->rows <= rows && rect->left + rect->columns <= columns;
}

static bool overlap(const struct rect *a, const struct rect *b) {
    return a->rows > 0 && b->rows > 0 && a->columns > 0 && b->columns > 0 && a->top < b->top + b->rows &&
           b->top < a->top + a->rows && a->left < b->left + b->columns && b->left < a->left + a->columns;
}

static bool good(const struct layout *layout, int columns, int rows, uint32_t hidden) {
    for (int a = 0; a < PANE_COUNT; ++a) {
        const enum layout_pane pane = (enum layout_pane)a;
        const struct rect *rect = &layout->panes[a];
        const struct rect content = layout_content(layout, pane);
        const bool shown = rect->rows > 0;
        if (!inside(rect, columns, rows) || !inside(&content, columns, rows) ||
            (shown && (content.rows < 1 || content.columns < 1 || rect->rows < layout_minimum(layout->mode, pane)))) {
            return false;
        }
        if (shown && a != PANE_HEADER && a != PANE_KEYS && (hidden >> a & 1) != 0) {
            return false;
        }
        for (int b = a + 1; b < PANE_COUNT; ++b) {
            if (overlap(rect, &layout->panes[b])) {
                return false;
            }
        }
    }
    return true;
}

/* Every place belongs to a pane: to the one whose rectangle it is in. */
static bool filled(const struct layout *layout, int columns, int rows) {
    long covered = 0;
    for (int i = 0; i < PANE_COUNT; ++i) {
        const struct rect *rect = &layout->panes[i];
        covered += (long)rect->rows * rect->columns;
        if (rect->rows > 0 && (layout_pane_at(layout, rect->top, rect->left) != (enum layout_pane)i ||
                               layout_pane_at(layout, rect->top + rect->rows - 1, rect->left + rect->columns - 1) !=
                                   (enum layout_pane)i)) {
            return false;
        }
    }
    return covered == (long)columns * rows;
}

enum { BODY_PANES = PANE_KEYS - PANE_TEMPERATURES };

static bool sweep_size(int columns, int rows) {
    static const struct layout_counts counts[] = {
        {0}, {1, 1, 3, 7, 2}, {8, 3, 40, 12, 6}, {64, 200, 128, 30, 40}, {-1, -1, -1, -1, -1}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; ++i) {
        for (uint32_t mask = 0; mask < 1U << BODY_PANES; ++mask) {
            struct layout layout;
            const bool any = mask + 1 != 1U << BODY_PANES && rows > 2;
            const uint32_t hidden = mask << PANE_TEMPERATURES;
            layout_compute(columns, rows, &counts[i], hidden, &layout);
            if (!good(&layout, columns, rows, hidden) || (any && mask == 0 && !filled(&layout, columns, rows))) {
                fprintf(stderr, "%dx%d, counts %zu, hidden %x: out of bounds, overlapping or not filled\n", columns,
                        rows, i, hidden);
                return false;
            }
            if (any && layout.mode != LAYOUT_SMALL && !filled(&layout, columns, rows)) {
                fprintf(stderr, "%dx%d, counts %zu, hidden %x: rows are left unused\n", columns, rows, i, hidden);
                return false;
            }
        }
    }
    return true;
}

static void test_sweep(void) {
    for (int rows = 1; rows <= 100; ++rows) {
        for (int columns = 1; columns <= 300; ++columns) {
            if (!sweep_size(columns, rows)) {
                ++failures;
                return;
            }
        }
    }
}

static void test_modes(void) {
    const struct layout_counts counts = {2, 2, 4, 8, 4};
    struct layout layout;
    layout_compute(120, 40, &counts, 0, &layout);
    CHECK(layout.mode == LAYOUT_WIDE);
    CHECK(layout.panes[PANE_TEMPERATURES].top == layout.panes[PANE_PRESSURE].top);
    CHECK(layout.panes[PANE_DEVICES].left == layout.panes[PANE_PRESSURE].left);
    for (int i = 0; i < PANE_COUNT; ++i) {
        CHECK(layout.panes[i].rows > 0);
    }
    layout_compute(80, 24, &counts, 0, &layout);
    CHECK(layout.mode == LAYOUT_NARROW);
    for (int i = 0; i < PANE_COUNT; ++i) {
        CHECK(layout.panes[i].rows > 0 && layout.panes[i].columns == 80);
    }
    layout_compute(40, 10, &counts, 0, &layout);
    CHECK(layout.mode == LAYOUT_SMALL);
    CHECK(layout.panes[PANE_HEADER].rows == 2 && layout.panes[PANE_APPS].rows >= 3);
    CHECK(layout.panes[PANE_TEMPERATURES].rows == 2);
    layout_compute(0, 0, &counts, 0, &layout);
    CHECK(good(&layout, 0, 0, 0));
}

static void test_hidden(void) {
    const struct layout_counts counts = {4, 2, 4, 8, 4};
    struct layout all;
    struct layout layout;
    layout_compute(120, 40, &counts, 0, &all);
    layout_compute(120, 40, &counts, 1U << PANE_TEMPERATURES, &layout);
    CHECK(layout.panes[PANE_TEMPERATURES].rows == 0);
    CHECK(layout.panes[PANE_PRESSURE].columns + layout.panes[PANE_DEVICES].columns == 120);
    layout_compute(120, 40, &counts, 1U << PANE_PRESSURE | 1U << PANE_DEVICES, &layout);
    CHECK(layout.panes[PANE_TEMPERATURES].columns == 120);
    layout_compute(120, 40, &counts, 1U << PANE_PRESSURE, &layout);
    CHECK(layout.panes[PANE_DEVICES].rows == layout.panes[PANE_TEMPERATURES].rows);
    layout_compute(120, 40, &counts, 1U << PANE_EVENTS | 1U << PANE_FRAMES, &layout);
    CHECK(layout.panes[PANE_TEMPERATURES].rows > all.panes[PANE_TEMPERATURES].rows);
    layout_compute(40, 10, &counts, 1U << PANE_APPS | 1U << PANE_TEMPERATURES, &layout);
    CHECK(layout.panes[PANE_PRESSURE].rows > 0);
    layout_compute(120, 40, &counts, 1U << PANE_HEADER | 1U << PANE_KEYS, &layout);
    CHECK(layout.panes[PANE_HEADER].rows == 3 && layout.panes[PANE_KEYS].rows == 1);
}

static void test_pane_at(void) {
    const struct layout_counts counts = {4, 2, 4, 8, 4};
    struct layout layout;
    layout_compute(120, 40, &counts, 0, &layout);
    CHECK(layout_pane_at(&layout, 0, 0) == PANE_HEADER);
    CHECK(layout_pane_at(&layout, 39, 119) == PANE_KEYS);
    CHECK(layout_pane_at(&layout, 3, 0) == PANE_TEMPERATURES);
    CHECK(layout_pane_at(&layout, 3, 119) == PANE_PRESSURE);
    CHECK(layout_pane_at(&layout, -1, 0) == PANE_COUNT);
    CHECK(layout_pane_at(&layout, 40, 0) == PANE_COUNT);
    CHECK(layout_pane_at(&layout, 0, 120) == PANE_COUNT);
    layout_compute(120, 40, &counts, ~0U, &layout);
    CHECK(layout_pane_at(&layout, 20, 60) == PANE_COUNT);
}

static void expect_json(struct json *json, const char *expected) {
    if (json->failed || json->length != strlen(expected) || memcmp(json->text, expected, json->length) != 0) {
        fprintf(stderr, "json: expected %s, got %.*s\n", expected, (int)json->length, json->text);
        ++failures;
    }
    json_clear(json);
}

static void test_json(void) {
    struct json json;
    json_init(&json);
    json_object_begin(&json, NULL);
    json_double(&json, "unknown", (double)NAN);
    json_double(&json, "endless", (double)INFINITY);
    json_double(&json, "value", -1.25);
    json_array_begin(&json, "list");
    json_integer(&json, NULL, INT64_MIN);
    json_unsigned(&json, NULL, UINT64_MAX);
    json_array_end(&json);
    json_bool(&json, "flag", true);
    json_object_end(&json);
    expect_json(&json, "{\"unknown\":null,\"endless\":null,\"value\":-1.25,"
                       "\"list\":[-9223372036854775808,18446744073709551615],\"flag\":true}");
    json_string(&json, NULL, "a\"\\\n\x1b\x7f\xc3\xa4");
    expect_json(&json, "\"a\\\"\\\\\\u000a\\u001b\\u007f\xc3\xa4\"");
    json_string(&json, NULL, "\xff|\xc0\x80|\xed\xa0\x80|\xe2\x82");
    expect_json(&json, "\"\\ufffd|\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd|\\ufffd\\ufffd\"");
    static const struct {
        double value;
        const char *text;
    } numbers[] = {{0, "0"},
                   {-0.0, "0"},
                   {1, "1"},
                   {0.1, "0.1"},
                   {100, "100"},
                   {1e-9, "0"},
                   {-1e-9, "0"},
                   {1e15, "1000000000000000"},
                   {8.5e12, "8500000000000"}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
        json_double(&json, NULL, numbers[i].value);
        expect_json(&json, numbers[i].text);
    }
    json_finish(&json);
}

static void test_history(void) {
    static struct history_table table;
    struct history *history = history_find(&table, 0, "gpu");
    CHECK(history_find(&table, 0, "gpu") == history);
    CHECK(history_find(&table, 1, "gpu") != history);
    CHECK(isnan(history_at(history, 5 * second_ns, 0, 5)));
    history_add(history, 3 * second_ns, 50); /* a machine that runs for three seconds */
    history_add(history, 5 * second_ns, 60);
    CHECK(history_at(history, 5 * second_ns, 0, 1) == 60);
    CHECK(history_at(history, 5 * second_ns, 1, 1) == 60); /* held over the second without a sample */
    CHECK(history_at(history, 5 * second_ns, 2, 1) == 50);
    CHECK(isnan(history_at(history, 5 * second_ns, 3, 1)));
    CHECK(isnan(history_at(history, 6 * second_ns, 0, 1)));
    history_add(history, 4 * second_ns, 99); /* time does not go back */
    CHECK(history_at(history, 5 * second_ns, 0, 5) == 60);
    history_add(history, 40 * second_ns, 70); /* a hole stays one */
    CHECK(isnan(history_at(history, 40 * second_ns, 10, 1)));
    history_add(history, 4000 * second_ns, 80);
    double low = 0;
    double high = 0;
    CHECK(history_range(history, 4000 * second_ns, HISTORY_SECONDS, &low, &high) && low == 80 && high == 80);
    for (uint64_t owner = 2; owner < 1000; ++owner) { /* more than fit: the newest are kept */
        history_add(history_find(&table, owner, "gpu"), second_ns, 1);
    }
    CHECK(table.count == HISTORY_SERIES_MAX);
    CHECK(history_at(history_find(&table, 999, "gpu"), second_ns, 0, 1) == 1);
}

static size_t events_of(const struct journal *journal, uint64_t owner) {
    size_t count = 0;
    for (size_t i = 0; i < journal->count; ++i) {
        count += journal->events[i].owner == owner;
    }
    return count;
}

static void expect_order_of_time(const struct journal *journal) {
    CHECK(journal->count <= JOURNAL_MAX);
    for (size_t i = 1; i < journal->count; ++i) {
        CHECK(journal->events[i - 1].timestamp_ns <= journal->events[i].timestamp_ns);
    }
}

static void add_events(struct journal *journal, uint64_t owner, int64_t first_ns, int count) {
    for (int i = 0; i < count; ++i) {
        journal_add(journal, &(struct journal_event){
                                 .timestamp_ns = first_ns + i, .owner = owner, .number = (uint64_t)(first_ns + i)});
    }
}

static void test_journal(void) {
    static struct journal journal;
    for (uint64_t i = 0; i < 3 * JOURNAL_MAX; ++i) {
        const struct journal_event event = {.timestamp_ns = (int64_t)(i ^ 1), .owner = 1, .number = i};
        journal_add(&journal, &event);
        journal_add(&journal, &event);
    }
    CHECK(journal.count == JOURNAL_MAX);
    expect_order_of_time(&journal);
    CHECK(journal_knows(&journal, 1, 3 * JOURNAL_MAX - 1));
    CHECK(!journal_knows(&journal, 1, 0));
    add_events(&journal, 1, 0, 1); /* older than all that it has */
    CHECK(!journal_knows(&journal, 1, 0));
}

/* Who says most loses the oldest; who says little keeps it, however old it is. */
static void test_journal_flood(void) {
    enum { LOUD = 7, FLOOD = 10000, QUIET = 3, OTHERS = 10 };
    static struct journal journal;
    journal_clear(&journal);
    for (uint64_t owner = 100; owner < 100 + OTHERS; ++owner) {
        add_events(&journal, owner, (int64_t)owner, QUIET);
    }
    add_events(&journal, LOUD, 1000, FLOOD);
    for (uint64_t owner = 100; owner < 100 + OTHERS; ++owner) {
        CHECK(events_of(&journal, owner) == QUIET);
    }
    CHECK(events_of(&journal, LOUD) == JOURNAL_MAX - OTHERS * QUIET);
    CHECK(journal_knows(&journal, LOUD, 1000 + FLOOD - 1));
    CHECK(!journal_knows(&journal, LOUD, 1000));
    add_events(&journal, 1, 0, 1); /* of another, it has room though it is the oldest of all */
    CHECK(journal_knows(&journal, 1, 0));
    add_events(&journal, LOUD + 1, 2000, FLOOD); /* two share what is left */
    CHECK(events_of(&journal, LOUD) + events_of(&journal, LOUD + 1) == JOURNAL_MAX - OTHERS * QUIET - 1);
    CHECK(events_of(&journal, LOUD) >= 48 && events_of(&journal, LOUD + 1) >= 48);
    expect_order_of_time(&journal);
    CHECK(journal.count == JOURNAL_MAX);
}

/* Where each has one, the oldest goes: also the one that is to be added. */
static void test_journal_of_many(void) {
    static struct journal journal;
    for (uint64_t owner = 1; owner <= 3 * JOURNAL_MAX; ++owner) {
        add_events(&journal, owner, (int64_t)owner * 10, 1);
    }
    CHECK(journal.count == JOURNAL_MAX);
    CHECK(events_of(&journal, 2 * JOURNAL_MAX) == 0 && events_of(&journal, 2 * JOURNAL_MAX + 1) == 1);
    add_events(&journal, 1, 5, 1);
    CHECK(events_of(&journal, 1) == 0);
    add_events(&journal, 3 * JOURNAL_MAX, 1, 1); /* its second, and the oldest */
    CHECK(events_of(&journal, 3 * JOURNAL_MAX) == 1);
    journal_clear(&journal);
    CHECK(journal.count == 0);
    add_events(&journal, 1, 5, 2);
    CHECK(events_of(&journal, 1) == 2);
}

static void expect_text(const char *got, const char *expected) {
    if (strcmp(got, expected) != 0) {
        fprintf(stderr, "text: expected '%s', got '%s'\n", expected, got);
        ++failures;
    }
}

static void test_text(void) {
    char text[64] = "84.2 \xc2\xb0"
                    "C \xe2\x86\x92 \xff!";
    text_to_ascii(text);
    expect_text(text, "84.2 C ? ?!");
    text_number(text, sizeof text, (double)NAN, 1);
    expect_text(text, "n/a");
    text_percent(text, sizeof text, 99.96);
    expect_text(text, "100%");
    text_bytes(text, sizeof text, 1023 * 1024.0);
    expect_text(text, "1.0 MiB");
    text_duration(text, sizeof text, 90);
    expect_text(text, "90 s");
}

int main(void) {
    test_sweep();
    test_modes();
    test_hidden();
    test_pane_at();
    test_json();
    test_history();
    test_journal();
    test_journal_flood();
    test_journal_of_many();
    test_text();
    printf("%s: %d failed checks\n", failures == 0 ? "ok" : "FAILED", failures);
    return failures == 0 ? 0 : 1;
}
