/* What holds the machine and its apps back, as pieces of a line. SPDX-License-Identifier: MIT */
#include "limits.h"

#include "decision_text.h"
#include "limiter.h"

enum {
    GIVES_WAY = PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_SENSOR_LOST | PERFADAPT_REASON_MEMORY |
                PERFADAPT_REASON_EVENT | PERFADAPT_REASON_POWER | PERFADAPT_REASON_YIELD,
    COSTS = PERFADAPT_REASON_FRAME_LATE | PERFADAPT_REASON_FRAME_COST
};

/* Why an app has less than it could have, 0 = it has not, or more was the latest that it was given. What the latest
 * decision went by stands until the next: the reasons of now come and go with every look. */
static uint32_t held_by(const struct model_app *of) {
    const uint32_t told = GIVES_WAY | COSTS;
    if (of->app.state != PERFADAPT_APP_RUNNING || of->app.budget.size == 0 || of->app.budget.reasons == 0) {
        return 0;
    }
    if (of->decision_count == 0) {
        return of->app.budget.reasons & told;
    }
    const struct perfadapt_decision *latest = &of->decisions[of->decision_count - 1];
    return decision_text_lowers(latest) ? latest->reasons & told : 0;
}

/* The first of those held back for one of these reasons and for no worse; returns how many there are. */
static size_t find_held(const struct model *model, uint32_t reasons, uint32_t worse,
                        const struct model_app **out_first) {
    size_t held = 0;
    for (size_t i = 0; i < model->apps.count; ++i) {
        const uint32_t by = held_by(&model->apps.items[i]);
        if ((by & reasons) != 0 && (by & worse) == 0) {
            *out_first = held++ == 0 ? &model->apps.items[i] : *out_first;
        }
    }
    return held;
}

static bool is_processor(uint32_t bottleneck) {
    return bottleneck == PERFADAPT_BOTTLENECK_CPU || bottleneck == PERFADAPT_BOTTLENECK_GPU;
}

/* What the machine's own figures do not tell: apps that gave way to it, or to what they are simulated on; where there
 * are none, what is too slow for one to draw more. */
static bool add_held_back(struct line *line, int priority, const struct model *model) {
    const struct model_app *of = NULL;
    char words[96];
    size_t held = find_held(model, GIVES_WAY, 0, &of);
    held = held > 0 ? held : find_held(model, COSTS, GIVES_WAY, &of);
    if (held == 0) {
        return false;
    }
    const bool slow = (held_by(of) & GIVES_WAY) == 0;
    if (slow && is_processor(of->app.budget.bottleneck)) {
        const char *processor = perfadapt_bottleneck_name(of->app.budget.bottleneck);
        line_add(line, priority, STYLE_STRONG, "%s too slow for more: ", processor);
        line_glue(line, STYLE_NORMAL, "%s", of->app.name);
    } else {
        perfadapt_reasons_text(held_by(of), words, sizeof words);
        line_add(line, priority, STYLE_STRONG, "Held back: ");
        line_glue(line, slow ? STYLE_NORMAL : STYLE_HOT, "%s (%s)", of->app.name, words);
    }
    if (held > 1) {
        line_follow(line, priority + 1, STYLE_NORMAL, "+%zu more", held - 1);
    }
    return true;
}

/* All reasons that have room, the worst first, and what says so of that one. */
void limits_add(struct line *line, int priority, const struct model *model) {
    struct limiter limiter;
    limiter_find(&model->snapshot, &limiter);
    if (limiter.count == 0) {
        if (!add_held_back(line, priority, model)) {
            line_add(line, priority, STYLE_NORMAL, "%s", limiter.nothing);
        }
        return;
    }
    line_add(line, priority, STYLE_STRONG, "Limited by: ");
    line_glue(line, STYLE_HOT, "%s", limiter.reasons[0].text);
    for (int i = 1; i < limiter.count; ++i) {
        line_add(line, priority + 3 + i, STYLE_HOT, "+ %s", limiter.reasons[i].text);
    }
    if (limiter.reasons[0].proof[0] != '\0') {
        line_add(line, priority + 3, STYLE_DIM, "(%s)", limiter.reasons[0].proof);
    }
    add_held_back(line, priority + 2, model);
}
