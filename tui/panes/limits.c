/* What holds the machine and its apps back, as pieces of a line. SPDX-License-Identifier: MIT */
#include "limits.h"

#include "limiter.h"

enum {
    GIVES_WAY = PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_SENSOR_LOST | PERFADAPT_REASON_MEMORY |
                PERFADAPT_REASON_EVENT | PERFADAPT_REASON_POWER | PERFADAPT_REASON_YIELD,
    COSTS = PERFADAPT_REASON_FRAME_LATE | PERFADAPT_REASON_FRAME_COST
};

/* Those that run and have less for one of these reasons. The first is told; returns how many there are. */
static size_t find_held(const struct model *model, uint32_t reasons, const struct perfadapt_app **out_first) {
    size_t held = 0;
    for (size_t i = 0; i < model->apps.count; ++i) {
        const struct perfadapt_app *app = &model->apps.items[i].app;
        if (app->state == PERFADAPT_APP_RUNNING && app->budget.size != 0 && (app->budget.reasons & reasons) != 0) {
            *out_first = held++ == 0 ? app : *out_first;
        }
    }
    return held;
}

/* What the machine's own figures do not tell: apps that gave way to it, or to what they are simulated on; where there
 * are none, what is too slow for one to draw more. */
static bool add_held_back(struct line *line, int priority, const struct model *model) {
    const struct perfadapt_app *app = NULL;
    char words[96];
    size_t held = find_held(model, GIVES_WAY, &app);
    if (held > 0) {
        perfadapt_reasons_text(app->budget.reasons & GIVES_WAY, words, sizeof words);
        line_add(line, priority, STYLE_STRONG, "Held back: ");
        line_glue(line, STYLE_HOT, "%s (%s)", app->name, words);
    } else {
        held = find_held(model, COSTS, &app);
        if (held == 0 || app->budget.bottleneck < PERFADAPT_BOTTLENECK_CPU ||
            app->budget.bottleneck > PERFADAPT_BOTTLENECK_GPU) {
            return false;
        }
        line_add(line, priority, STYLE_STRONG,
                 "%s too slow for more: ", perfadapt_bottleneck_name(app->budget.bottleneck));
        line_glue(line, STYLE_NORMAL, "%s", app->name);
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
