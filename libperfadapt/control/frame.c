/* SPDX-License-Identifier: MIT */
#include "control/frame.h"

#include <string.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

/* A frame counts as late beyond PERFADAPT__LATE_RATIO x its budget; what is aimed at lies as far below it. */
static const double aim_ratio = 0.95;
/* Lateness one frame may add, and the sum that acts: three badly late frames, or a dozen slightly late ones. */
static const double late_step_max = 0.15;
static const double late_threshold = 0.3;
static const double peak_fade_per_ns = 0.3e-9; /* the peak comes down by a third of the way each second */

static const int64_t look_interval_ns = 100 * MS; /* how often better rungs are weighed */
static const int64_t dwell_first_ns = 1 * SECOND; /* while the start value is still being found */
static const int64_t dwell_min_ns = 4 * SECOND;
static const int64_t dwell_max_ns = 40 * SECOND;
static const int64_t flip_ns = 30 * SECOND;         /* a drop this soon after a rise is a reversal */
static const int64_t gpu_forgotten_ns = 2 * SECOND; /* without GPU times for this long, CPU time is the work */
static const int64_t pause_ns = 1 * SECOND;         /* a longer period is a pause, no frame time */

void perfadapt__frame_init(struct perfadapt__frame_control *control, const struct perfadapt__ladder *ladder) {
    memset(control, 0, sizeof *control);
    if (ladder->rungs[0].frame_ns == 0) {
        control->dwell_ns = dwell_min_ns;
        return; /* nothing is ever late */
    }
    /* The middle: on an unknown device neither a stuttering start nor an ugly one. The first second settles it. */
    uint32_t full_rate = 0;
    while (full_rate + 1 < ladder->count && ladder->rungs[full_rate + 1].frame_ns == ladder->rungs[0].frame_ns)
        full_rate++;
    control->rung = full_rate / 2;
    control->reasons = control->rung ? PERFADAPT_REASON_SETTLING : 0;
    control->dwell_ns = dwell_first_ns;
}

static double minimum(double a, double b) {
    return a < b ? a : b;
}

static double maximum(double a, double b) {
    return a > b ? a : b;
}

static double median_work(const struct perfadapt__frame_control *control) {
    const double *work = control->work;
    if (control->work_count < 3)
        return work[0];
    return maximum(minimum(work[0], work[1]), minimum(maximum(work[0], work[1]), work[2]));
}

double perfadapt__frame_expected_ns(const struct perfadapt__frame_control *control,
                                    const struct perfadapt__ladder *ladder, uint32_t rung) {
    return control->work_count ? median_work(control) * ladder->rungs[rung].cost : 0;
}

static bool affordable(const struct perfadapt__frame_control *control, const struct perfadapt__rung *rung,
                       double work) {
    if (rung->frame_ns == 0)
        return true;
    return (work + 2.0 * control->spread_ns) * rung->cost <= aim_ratio * (double)rung->frame_ns;
}

static void forget_good_times(struct perfadapt__frame_control *control) {
    memset(control->good_since_ns, 0, sizeof control->good_since_ns);
}

static void drop(struct perfadapt__frame_control *control, const struct perfadapt__ladder *ladder, uint32_t rung,
                 int64_t now_ns) {
    const double work = median_work(control);
    uint32_t lower = rung;
    while (lower + 1 < ladder->count) {
        lower++;
        if (affordable(control, &ladder->rungs[lower], work))
            break;
    }
    control->late = 0;
    if (lower <= control->rung)
        return;
    const bool reversal = control->changed_ns > control->dropped_ns && now_ns - control->changed_ns < flip_ns;
    const int64_t dwell_ns = reversal ? control->dwell_ns * 2 : dwell_min_ns;
    control->dwell_ns = dwell_ns < dwell_min_ns ? dwell_min_ns : dwell_ns > dwell_max_ns ? dwell_max_ns : dwell_ns;
    control->rung = lower;
    control->changed_ns = control->dropped_ns = now_ns;
    control->reasons = PERFADAPT_REASON_FRAME_LATE;
    forget_good_times(control);
}

/* Jumps to the best rung that was affordable, at the peak of the work, for the whole dwell time. */
static void look_up(struct perfadapt__frame_control *control, const struct perfadapt__ladder *ladder, int64_t now_ns) {
    control->looked_ns = now_ns;
    bool settling = false;
    uint32_t best = control->rung;
    for (uint32_t i = control->rung; i-- > 0;) {
        if (!affordable(control, &ladder->rungs[i], control->work_peak)) {
            control->good_since_ns[i] = 0;
            continue;
        }
        if (!control->good_since_ns[i])
            control->good_since_ns[i] = now_ns;
        if (now_ns - control->good_since_ns[i] >= control->dwell_ns)
            best = i;
        else
            settling = true;
    }
    if (best < control->rung) {
        control->rung = best;
        control->changed_ns = now_ns;
    } else if (now_ns - control->changed_ns > 2 * flip_ns && control->dwell_ns > dwell_min_ns) {
        control->dwell_ns /= 2;
        control->changed_ns = now_ns;
    }
    if (control->rung == 0)
        control->reasons = 0;
    else if (settling)
        control->reasons = PERFADAPT_REASON_SETTLING;
    else if (!(control->reasons & PERFADAPT_REASON_FRAME_LATE) || now_ns - control->dropped_ns > 2 * SECOND)
        control->reasons = PERFADAPT_REASON_FRAME_COST;
}

static void book_work(struct perfadapt__frame_control *control, const struct perfadapt__ladder *ladder, uint32_t rung,
                      double work, int64_t now_ns) {
    const double before = control->work_count ? median_work(control) : work;
    control->work[2] = control->work[1];
    control->work[1] = control->work[0];
    control->work[0] = work;
    if (control->work_count < 3)
        control->work_count++;
    const double median = median_work(control);
    /* A hitch of ten times the work says nothing about the spread of ordinary frames. */
    const double deviation = minimum(maximum(work - before, before - work), 0.3 * before);
    control->spread_ns += 0.02 * (deviation - control->spread_ns);
    const double fade = minimum(maximum(peak_fade_per_ns * (double)(now_ns - control->last_ns), 0.0), 0.5);
    control->work_peak = maximum(median, control->work_peak + fade * (median - control->work_peak));
    const struct perfadapt__rung *now = &ladder->rungs[rung];
    if (now->frame_ns == 0)
        return;
    const double lateness = work * now->late_share - 1.0;
    control->late = maximum(0.0, control->late + minimum(late_step_max, lateness));
    if (control->late > late_threshold && control->work_count >= 3)
        drop(control, ladder, rung, now_ns);
}

static void smooth(double *average, int64_t sample_ns) {
    if (sample_ns > 0)
        *average += (*average > 0 ? 0.1 : 1.0) * ((double)sample_ns - *average);
}

static void take_frame(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                       const struct perfadapt__ladder *ladder, uint32_t rung,
                       const struct perfadapt__frame_input *input, int64_t now_ns) {
    const double cost = perfadapt__ladder_cost(policy, input->quality, (double)input->render_scale);
    const uint32_t slot = (uint32_t)(input->frame % PERFADAPT__FRAME_HISTORY);
    control->history[slot].frame = input->frame;
    control->history[slot].cost = cost;
    smooth(&control->cpu_ns, input->cpu_ns);
    if (input->period_ns < pause_ns)
        smooth(&control->period_ns, input->period_ns);
    const bool gpu_known = control->gpu_seen_ns && now_ns - control->gpu_seen_ns < gpu_forgotten_ns;
    if (!gpu_known && input->cpu_ns > 0 && input->cpu_ns < pause_ns)
        book_work(control, ladder, rung, (double)input->cpu_ns / cost, now_ns);
}

static void take_gpu(struct perfadapt__frame_control *control, const struct perfadapt__ladder *ladder, uint32_t rung,
                     const struct perfadapt__frame_input *input, int64_t now_ns) {
    const uint32_t slot = (uint32_t)(input->frame % PERFADAPT__FRAME_HISTORY);
    if (input->frame == 0 || control->history[slot].frame != input->frame)
        return;
    if (!control->gpu_seen_ns) /* what was booked until now was CPU time */
        control->work_count = 0, control->work_peak = 0, control->late = 0;
    control->gpu_seen_ns = now_ns;
    smooth(&control->gpu_ns, input->gpu_ns);
    book_work(control, ladder, rung, (double)input->gpu_ns / control->history[slot].cost, now_ns);
    control->history[slot].frame = 0;
}

void perfadapt__frame_step(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, uint32_t rung,
                           const struct perfadapt__frame_input *input) {
    /* What was queued, or waited for its GPU, may be older than an idle step: its news counts, its time does not. */
    const int64_t now_ns = input->now_ns > control->last_ns ? input->now_ns : control->last_ns;
    if (!control->last_ns)
        control->last_ns = now_ns;
    if (input->kind == PERFADAPT__FRAME_DONE)
        take_frame(control, policy, ladder, rung, input, now_ns);
    else if (input->kind == PERFADAPT__FRAME_GPU)
        take_gpu(control, ladder, rung, input, now_ns);
    control->last_ns = now_ns;
    if (control->work_count >= 3 && now_ns - control->looked_ns >= look_interval_ns)
        look_up(control, ladder, now_ns);
}

enum perfadapt_bottleneck perfadapt__frame_bottleneck(const struct perfadapt__frame_control *control,
                                                      int64_t frame_ns) {
    if (control->period_ns <= 0)
        return PERFADAPT_BOTTLENECK_UNKNOWN;
    const bool gpu_known = control->gpu_ns > 0 && control->last_ns - control->gpu_seen_ns < gpu_forgotten_ns;
    const double gpu_ns = gpu_known ? control->gpu_ns : 0;
    const double busiest = maximum(control->cpu_ns, gpu_ns);
    const double aim = frame_ns > 0 ? maximum((double)frame_ns, control->period_ns) : control->period_ns;
    if (frame_ns > 0 && busiest < 0.85 * aim)
        return PERFADAPT_BOTTLENECK_VSYNC;
    if (!gpu_known && control->cpu_ns < 0.85 * control->period_ns)
        return PERFADAPT_BOTTLENECK_UNKNOWN;
    return gpu_ns >= control->cpu_ns ? PERFADAPT_BOTTLENECK_GPU : PERFADAPT_BOTTLENECK_CPU;
}
