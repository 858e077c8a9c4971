/* SPDX-License-Identifier: MIT */
#include "replay/tally.h"

#include <math.h> /* NAN and isnan only */

static const double late_ratio = 1.05;

void replay_tally_init(struct replay_tally *tally, const struct perfadapt_budget *budget) {
    *tally = (struct replay_tally){.frame_ns = -1,
                                   .heat_least_c = (double)NAN,
                                   .heat_most_c = (double)NAN,
                                   .heat_c = (double)NAN,
                                   .limit_c = (double)NAN,
                                   .busy = (double)NAN,
                                   .lowest_quality = budget->quality,
                                   .lowest_scale = (double)budget->render_scale,
                                   .longest_frame_ns = budget->frame_ns,
                                   .budget = *budget,
                                   .shown = *budget};
}

/* What was in force until now is booked. */
static void pass(struct replay_tally *tally, int64_t now_ns) {
    const double ns = (double)(now_ns - tally->last_ns);
    const struct perfadapt_budget *budget = &tally->budget;
    tally->last_ns = now_ns;
    tally->quality_ns += ns * budget->quality;
    tally->scale_ns += ns * (double)budget->render_scale;
    if (budget->reasons == 0)
        tally->best_ns += ns;
    for (int i = 0; i < REPLAY_REASONS; i++)
        if (budget->reasons >> i & 1)
            tally->reason_ns[i] += ns;
    if (isnan(tally->heat_c) || isnan(tally->limit_c))
        return;
    tally->limited_ns += ns;
    tally->hot_ns += tally->heat_c >= tally->limit_c ? ns : 0;
}

static void take_frame(struct replay_tally *tally, int64_t now_ns, int64_t target_ns) {
    tally->frames++;
    if (tally->frame_ns >= 0) {
        const int64_t period_ns = now_ns - tally->frame_ns;
        tally->periods++;
        tally->frames_ns += (double)period_ns;
        replay_spread_add(&tally->spread, period_ns);
        tally->late_frames += target_ns > 0 && (double)period_ns > late_ratio * (double)target_ns;
        tally->worst_frame_ns = period_ns > tally->worst_frame_ns ? period_ns : tally->worst_frame_ns;
    }
    tally->frame_ns = now_ns;
}

static void take_tick(struct replay_tally *tally, const struct drive_tick *tick, double limit_c) {
    tally->ticks++;
    tally->heat_c = tick->temperature_c;
    if (!isnan(tick->limit_c))
        tally->limit_c = tick->limit_c;
    if (limit_c < tally->limit_c || isnan(tally->limit_c))
        tally->limit_c = limit_c;
    tally->busy = tick->busy;
    if (!isnan(tick->busy)) {
        tally->busy_sum += tick->busy;
        tally->busy_count++;
    }
    if (isnan(tick->temperature_c))
        return;
    if (!(tick->temperature_c >= tally->heat_least_c))
        tally->heat_least_c = tick->temperature_c;
    if (!(tick->temperature_c <= tally->heat_most_c))
        tally->heat_most_c = tick->temperature_c;
}

void replay_tally_line(struct replay_tally *tally, const struct drive_line *line, double limit_c, int64_t target_ns) {
    pass(tally, line->time_ns);
    if (line->kind == DRIVE_LINE_FRAME)
        take_frame(tally, line->time_ns, target_ns);
    else
        take_tick(tally, &line->tick, limit_c);
}

static bool differs(const struct perfadapt_budget *one, const struct perfadapt_budget *other) {
    return one->frame_ns != other->frame_ns || one->quality != other->quality ||
           one->render_scale < other->render_scale || one->render_scale > other->render_scale ||
           one->frames_in_flight != other->frames_in_flight || one->dispatch_ns != other->dispatch_ns ||
           one->worker_threads != other->worker_threads;
}

bool replay_tally_budget(struct replay_tally *tally, const struct perfadapt_budget *budget) {
    tally->budget = *budget;
    if (budget->quality < tally->lowest_quality)
        tally->lowest_quality = budget->quality;
    if ((double)budget->render_scale < tally->lowest_scale)
        tally->lowest_scale = (double)budget->render_scale;
    if (budget->frame_ns > tally->longest_frame_ns)
        tally->longest_frame_ns = budget->frame_ns;
    const bool moved = differs(budget, &tally->shown);
    const bool told = moved || budget->thermal_state != tally->shown.thermal_state ||
                      budget->memory_state != tally->shown.memory_state;
    tally->changes += moved;
    if (told)
        tally->shown = *budget;
    return told;
}
