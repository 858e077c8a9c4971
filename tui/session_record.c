/* One session of a recording. SPDX-License-Identifier: MIT */
#include "session_record.h"

#include <stdio.h>
#include <string.h>

#include "publish/statistics.h"
#include "session_snapshot.h"

enum { ONLY_KEY = 1, GPU_TIMES_LATE_MAX = 64 };

static const int64_t idle_after_ns = 2000000000; /* as for sessions that run */

int64_t session_record_time_ns(const struct perfadapt__recorded *record) {
    switch (record->type) {
    case PERFADAPT__RECORDED_INPUT:
        return record->input.now_ns;
    case PERFADAPT__RECORDED_TICK:
        return record->reading.now_ns;
    case PERFADAPT__RECORDED_STATE:
        return record->state_known ? record->decider.frame.statistics.now_ns : 0;
    case PERFADAPT__RECORDED_START:
    case PERFADAPT__RECORDED_POLICY:
        return record->now_ns;
    default:
        return 0;
    }
}

bool session_record_begin(struct model *model, const struct perfadapt__record_header *header) {
    if (!model_apps_reserve(&model->apps, 1)) {
        return false;
    }
    struct perfadapt_app *app = &model->apps.items[0].app;
    model->apps.count = 1;
    model->frames_of = ONLY_KEY;
    snprintf(model->host, sizeof model->host, "n/a");
    *app =
        (struct perfadapt_app){.size = sizeof *app, .key = ONLY_KEY, .pid = header->pid, .age_ns = -1, .silent_ns = -1};
    snprintf(app->name, sizeof app->name, "%s", header->name);
    snprintf(app->version, sizeof app->version, "%s", header->library);
    return true;
}

static void keep_frame(struct session_record *session, const struct perfadapt__frame_input *input) {
    if (session->frame_count == SESSION_FRAMES_KEPT) {
        session->frame_count = PERFADAPT_FRAMES_MAX;
        memcpy(session->frames, session->frames + PERFADAPT_FRAMES_MAX, PERFADAPT_FRAMES_MAX * sizeof *session->frames);
    }
    session->frames[session->frame_count++] = (struct perfadapt_frame){.number = input->frame,
                                                                       .end_ns = input->now_ns,
                                                                       .period_ns = input->period_ns,
                                                                       .cpu_ns = input->cpu_ns,
                                                                       .gpu_ns = input->gpu_ns,
                                                                       .quality = input->quality,
                                                                       .render_scale = input->render_scale};
}

/* GPU times come some frames late. */
static void keep_gpu_time(struct session_record *session, const struct perfadapt__frame_input *input) {
    for (size_t back = 1; back <= session->frame_count && back <= GPU_TIMES_LATE_MAX; ++back) {
        struct perfadapt_frame *frame = &session->frames[session->frame_count - back];
        if (frame->number == input->frame) {
            frame->gpu_ns = input->gpu_ns;
            return;
        }
    }
}

static void keep_decision(struct model_app *of, const struct perfadapt_decision *decision) {
    const bool known =
        of->decision_count > 0 && of->decisions[of->decision_count - 1].generation == decision->generation;
    if (decision->generation == 0 || known) {
        return;
    }
    if (of->decision_count == PERFADAPT_DECISIONS_MAX) {
        --of->decision_count;
        memmove(of->decisions, of->decisions + 1, of->decision_count * sizeof *of->decisions);
    }
    of->decisions[of->decision_count++] = *decision;
}

void session_record_take(struct session_record *session, struct model *model,
                         const struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record) {
    struct model_app *of = &model->apps.items[0];
    if (record->type == PERFADAPT__RECORDED_START) {
        session->opened_ns = record->now_ns;
        session->frame_count = 0;
        of->decision_count = 0;
    } else if (record->type == PERFADAPT__RECORDED_TICK) {
        session_snapshot_fill(&model->snapshot, &record->reading);
        model->snapshot_result = PERFADAPT_OK;
    } else if (record->type == PERFADAPT__RECORDED_INPUT && record->input.kind == PERFADAPT__FRAME_DONE) {
        keep_frame(session, &record->input);
    } else if (record->type == PERFADAPT__RECORDED_INPUT && record->input.kind == PERFADAPT__FRAME_GPU) {
        keep_gpu_time(session, &record->input);
    }
    if (replayer->change == PERFADAPT__BUDGET_DECIDED) {
        keep_decision(of, &replayer->decider.arbiter.decision);
    }
}

static void fill_frames(const struct session_record *session, struct model *model) {
    const size_t count = session->frame_count < PERFADAPT_FRAMES_MAX ? session->frame_count : PERFADAPT_FRAMES_MAX;
    model->frame_count = count;
    memcpy(model->frames, session->frames + session->frame_count - count, count * sizeof *model->frames);
}

void session_record_fill(const struct session_record *session, struct model *model,
                         const struct perfadapt__replayer *replayer, int64_t now_ns) {
    const struct perfadapt__decider *decider = &replayer->decider;
    struct perfadapt_app *app = &model->apps.items[0].app;
    const int64_t last_ns = decider->frame.statistics.last_frame_ns;
    const bool idle = last_ns == 0 || (last_ns < now_ns && now_ns - last_ns >= idle_after_ns);
    app->state = idle ? PERFADAPT_APP_IDLE : PERFADAPT_APP_RUNNING;
    app->role = decider->policy.role;
    app->target_frame_ns = decider->policy.target_frame_ns;
    app->age_ns = session->opened_ns > 0 && session->opened_ns <= now_ns ? now_ns - session->opened_ns : -1;
    app->budget = decider->arbiter.budget;
    app->budget.size = sizeof app->budget;
    app->frames_total = decider->frame.statistics.frames;
    fill_frames(session, model);
    perfadapt__statistics_fill(model->frames, model->frame_count, now_ns, app->budget.frame_ns, app);
}
