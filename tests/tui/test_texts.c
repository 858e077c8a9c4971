/* What is said of decisions, and how the page of details breaks its lines. SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "check.h"
#include "decision_text.h"
#include "history.h"
#include "sheet.h"

static struct perfadapt_decision make_decision(void) {
    return (struct perfadapt_decision){.quality_from = 3,
                                       .quality_to = 3,
                                       .render_scale_from = 1,
                                       .render_scale_to = 1,
                                       .frame_ns_from = 16666667,
                                       .frame_ns_to = 16666667,
                                       .value = 10,
                                       .limit = 16.7,
                                       .forecast = 12};
}

static void check_event(const struct perfadapt_decision *decision, const char *expected) {
    char text[DECISION_TEXT_MAX];
    decision_text_event(decision, text, sizeof text);
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "\"%s\"\n", text);
    }
    CHECK(strcmp(text, expected) == 0);
}

static void test_lowered_by_heat(void) {
    struct perfadapt_decision decision = make_decision();
    decision.quality_to = 1;
    decision.signal = PERFADAPT_SIGNAL_TEMPERATURE;
    decision.value = 90.5;
    decision.limit = 93;
    decision.forecast = 95.4;
    decision.reasons = PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_SETTLING;
    CHECK(decision_text_lowers(&decision));
    check_event(&decision, "thermal: quality 3->1 (temperature 90.5 \u00b0C, target 93.0, forecast 95.4)");
}

/* The reasons of a step up say why there is not more still. */
static void test_raised(void) {
    struct perfadapt_decision decision = make_decision();
    decision.render_scale_from = 0.5F;
    decision.render_scale_to = 0.6F;
    decision.signal = PERFADAPT_SIGNAL_FRAME_TIME;
    decision.reasons = PERFADAPT_REASON_SETTLING | PERFADAPT_REASON_FRAME_COST;
    CHECK(!decision_text_lowers(&decision));
    check_event(&decision, "room: scale 0.50->0.60 (work 10.0 ms, limit 16.7, forecast 12.0)");
}

static void test_longer_frame(void) {
    struct perfadapt_decision decision = make_decision();
    decision.frame_ns_to = 33333333;
    decision.signal = PERFADAPT_SIGNAL_FRAME_TIME;
    decision.reasons = PERFADAPT_REASON_FRAME_LATE;
    CHECK(decision_text_lowers(&decision));
    check_event(&decision, "frame-late: frame time 16.7->33.3 ms (work 10.0 ms, limit 16.7, forecast 12.0)");
    decision.reasons = 0;
    check_event(&decision, "work: frame time 16.7->33.3 ms (work 10.0 ms, limit 16.7, forecast 12.0)");
    decision.frame_ns_from = 33333333;
    decision.frame_ns_to = 16666667;
    CHECK(!decision_text_lowers(&decision));
}

static void test_dispatch(void) {
    struct perfadapt_decision decision = make_decision();
    decision.dispatch_ns_from = 8000000;
    decision.dispatch_ns_to = 4000000;
    CHECK(decision_text_lowers(&decision));
    decision.dispatch_ns_to = 0;
    CHECK(!decision_text_lowers(&decision));
}

static void test_pinned(void) {
    struct perfadapt_decision decision = make_decision();
    decision.quality_to = 5;
    decision.signal = PERFADAPT_SIGNAL_NONE;
    decision.reasons = PERFADAPT_REASON_POLICY;
    check_event(&decision, "policy: quality 3->5");
}

static void test_fold(void) {
    struct sheet sheet = {0};
    sheet_heading(&sheet, "A heading that is far wider than the page");
    sheet_add(&sheet, "short", STYLE_NORMAL, "fits");
    sheet_add(&sheet, "long", STYLE_STRONG, "one two three four five");
    sheet_append(&sheet, ", %d", 6);
    sheet_add(&sheet, "", STYLE_NORMAL, "a row of a table is left as it is");
    sheet_add(&sheet, "word", STYLE_NORMAL, "unbreakable_in_any_way");
    sheet_add(&sheet, "degrees", STYLE_NORMAL, "85.5 \u00b0C 93.0");
    sheet_fold(&sheet, 12);
    static const char *const expected[] = {"A heading that is far wider than the page",
                                           "fits",
                                           "one two",
                                           "three four",
                                           "five, 6",
                                           "a row of a table is left as it is",
                                           "unbreakable_in_any_way",
                                           "85.5 \u00b0C 93.0"};
    CHECK(sheet.count == (int)(sizeof expected / sizeof *expected));
    for (int i = 0; i < sheet.count; ++i) {
        CHECK(strcmp(sheet.lines[i].text, expected[i]) == 0);
    }
    CHECK(strcmp(sheet.lines[2].label, "long") == 0 && strcmp(sheet.lines[3].label, " ") == 0);
    CHECK(sheet.lines[4].style == STYLE_STRONG);
}

/* A full page keeps its lines. */
static void test_fold_full(void) {
    struct sheet sheet = {0};
    for (int i = 0; i < SHEET_LINES_MAX; ++i) {
        sheet_add(&sheet, "label", STYLE_NORMAL, "two words");
    }
    sheet_fold(&sheet, 4);
    CHECK(sheet.count == SHEET_LINES_MAX);
    CHECK(strcmp(sheet.lines[0].text, "two words") == 0);
}

static void test_age(void) {
    static const int64_t second = 1000000000;
    static struct history_table table;
    struct history *history = history_find(&table, 0, "x");
    CHECK(history_age_s(history, 100 * second) == -1);
    history_add(history, 50 * second, 1);
    history_add(history, 60 * second, 2);
    CHECK(history_age_s(history, 60 * second) == 10);
    CHECK(history_age_s(history, 75 * second) == 25);
    CHECK(history_age_s(history, 50 * second + (int64_t)HISTORY_SECONDS * second) == HISTORY_SECONDS - 1);
}

int main(void) {
    test_lowered_by_heat();
    test_raised();
    test_longer_frame();
    test_dispatch();
    test_pinned();
    test_fold();
    test_fold_full();
    test_age();
    return failures > 0;
}
