/* SPDX-License-Identifier: MIT */
#include "control/frame.h"

#include "control/median.h"

#include <perfadapt/monitor.h>
#include <perfadapt/perfadapt.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static const double pole_s[PERFADAPT__POLES] = PERFADAPT__POLE_SECONDS;

/* What is left of a pole's state after 0.15 s and after 1 s: exp(-h / pole). */
static const double left_at_once[PERFADAPT__POLES] = {0.367879441171442, 0.963194417720822, 0.995012479192682,
                                                      0.999375195271816};
static const double left_soon[PERFADAPT__POLES] = {0.00127263380133981, 0.778800783071405, 0.967216100482006,
                                                   0.99584200184511};

/* Lateness one frame may add, and the sum that acts: three badly late frames, or a dozen slightly late ones. */
static const double late_step_max = 0.15;
static const double late_threshold = 0.3;

static const double rise_that_counts_c = 1.0; /* of the fastest pole: below it there is time for a tick to act */
static const double over_target_c = 0.5;      /* a forecast this far above the target acts */
static const double jump_busy = 0.1;          /* beyond what the sensor has seen: the model is asked for its doubt */
static const double doubt_most_c = 12.0;      /* where nothing is known of a die yet, one jump may be that wrong */
static const double sure_spreads = 1.5; /* standard deviations below the newest works: not by chance are they so long */
static const double spreads = 2.0;      /* standard deviations that a new rung must have room for */

static const int64_t gpu_forgotten_ns = 2 * SECOND; /* without GPU times for this long, CPU time is the work */
static const int64_t pause_ns = 1 * SECOND;         /* a longer period is a pause, no frame time */
static const int64_t idle_ns = 100 * MS;            /* without a frame for this long, the GPU rests */
static const double longest_s = 3600.0;             /* a gap counts as no more */
static const uint64_t gpu_awaited = 12;             /* frames before CPU times are taken for want of GPU times */
static const double scale_least = 0.25;
static const double frame_most_ns = 10e9; /* no frame costs more */

void perfadapt__frame_init(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder) {
    memset(control, 0, sizeof *control);
    control->statistics.unit = 1.0;
    control->statistics.rung = ladder->count - 1;
    perfadapt__cost_init(&control->statistics.cost, policy);
}

static double minimum(double a, double b) {
    return a < b ? a : b;
}

static double maximum(double a, double b) {
    return a > b ? a : b;
}

static double newest_work(const struct perfadapt__frame_control *control) {
    return control->statistics.works < 3 ? control->newest_ns[0] : perfadapt__median_of_3(control->newest_ns);
}

double perfadapt__frame_expected_ns(const struct perfadapt__frame_control *control,
                                    const struct perfadapt__policy *policy, const struct perfadapt__rung *rung) {
    return newest_work(control) * perfadapt__cost_of_rung(&control->statistics.cost, policy, rung);
}

/* --- How busy the GPU is --- */

static void account(struct perfadapt__frame_control *control, const struct perfadapt__caps *caps, double utilisation,
                    double seconds) {
    struct perfadapt__frame_statistics *statistics = &control->statistics;
    const double heat = perfadapt__curve_at(&caps->heat.curve, utilisation);
    const double sensor_share = seconds / (PERFADAPT__SENSOR_LAG_SECONDS + seconds);
    for (int i = 0; i < PERFADAPT__POLES; i++) {
        const double share = seconds / (pole_s[i] + seconds);
        control->share[i] = share;
        statistics->busy[i] += share * (heat - statistics->busy[i]);
        statistics->sensed[i] += sensor_share * (statistics->busy[i] - statistics->sensed[i]);
    }
    statistics->busy_ns += utilisation * seconds * 1e9;
}

/* The utilisation of a frame was guessed when it ended; its GPU time has come. */
static void correct(struct perfadapt__frame_control *control, const struct perfadapt__caps *caps, double utilisation,
                    double guess, double period_ns) {
    struct perfadapt__frame_statistics *statistics = &control->statistics;
    const struct perfadapt__curve *curve = &caps->heat.curve;
    const double most = perfadapt__curve_at(curve, 1.0);
    const double difference = perfadapt__curve_at(curve, utilisation) - perfadapt__curve_at(curve, guess);
    for (int i = 0; i < PERFADAPT__POLES; i++)
        statistics->busy[i] = maximum(0.0, minimum(most, statistics->busy[i] + control->share[i] * difference));
    statistics->busy_ns += (utilisation - guess) * period_ns;
}

static double seconds_since_accounted(struct perfadapt__frame_control *control, int64_t now_ns) {
    const double seconds = minimum((double)(now_ns - control->accounted_ns) * 1e-9, longest_s);
    control->accounted_ns = now_ns;
    return seconds;
}

static void smooth(double *average, double sample) {
    *average += (*average > 0 ? 0.1 : 1.0) * (sample - *average);
}

/* --- Dropping --- */

static double utilisation_at(double work_ns, double cost, const struct perfadapt__rung *rung) {
    return rung->per_frame_ns > 0 ? minimum(1.0, work_ns * cost * rung->per_frame_ns) : 1.0;
}

static bool fits(double work_ns, double cost, double spread, const struct perfadapt__rung *rung) {
    return work_ns * cost * (1.0 + spreads * spread) * rung->per_frame_ns <= PERFADAPT__LATE_RATIO;
}

static void drop(struct perfadapt__frame_control *control, uint32_t rung, uint32_t reason,
                 const struct perfadapt__evidence *evidence) {
    control->late = 0;
    control->rung = rung;
    control->reasons = reason;
    control->statistics.drop_evidence = *evidence;
    control->statistics.drops++;
    control->statistics.drop_rung = rung;
    control->statistics.drop_hot = reason == PERFADAPT_REASON_THERMAL;
}

static void drop_for_lateness(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                              const struct perfadapt__ladder *ladder, const struct perfadapt__caps *caps,
                              uint32_t rung) {
    const struct perfadapt__cost_table *table = &control->statistics.cost;
    const double work = newest_work(control);
    uint32_t lower = rung;
    do
        lower++;
    while (lower + 1 < ladder->count && !fits(work, perfadapt__cost_of_rung(table, policy, &ladder->rungs[lower]),
                                              caps->spread, &ladder->rungs[lower]));
    const struct perfadapt__evidence evidence = {
        .signal = PERFADAPT_SIGNAL_FRAME_TIME,
        .value = perfadapt__frame_expected_ns(control, policy, &ladder->rungs[rung]) * 1e-6,
        .limit = (double)ladder->rungs[rung].frame_ns * 1e-6,
        .forecast = perfadapt__frame_expected_ns(control, policy, &ladder->rungs[lower]) * 1e-6,
    };
    drop(control, lower, PERFADAPT_REASON_FRAME_LATE, &evidence);
}

/* `left` of each pole's state after the time that is looked ahead. */
static double forecast(const struct perfadapt__frame_control *control, const struct perfadapt__heat_cap *heat,
                       double utilisation, const double *left) {
    const double busy = perfadapt__curve_at(&heat->curve, utilisation + heat->other_busy);
    double temperature = heat->base_c;
    for (int i = 0; i < PERFADAPT__POLES; i++) {
        const double now = control->statistics.busy[i] + heat->other[i];
        temperature += heat->gain_c[i] * (busy + (now - busy) * left[i]);
    }
    return temperature;
}

/* Whether the doubt of the model about a jump, twice its standard deviation, fills `gap_c`: squares spare the root. */
static bool doubt_fills(const struct perfadapt__frame_control *control, const struct perfadapt__heat_cap *heat,
                        double utilisation, double gap_c) {
    if (gap_c >= doubt_most_c)
        return false;
    const double busy = perfadapt__curve_at(&heat->curve, utilisation);
    double change[PERFADAPT__POLES];
    double variance = 0;
    for (int i = 0; i < PERFADAPT__POLES; i++) {
        const double now = control->statistics.busy[i];
        change[i] = busy + (now - busy) * left_soon[i] - control->statistics.sensed[i];
        for (int j = 0; j <= i; j++)
            variance += (i == j ? 1.0 : 2.0) * change[i] * change[j] * heat->doubt[i][j];
    }
    return 4.0 * variance > gap_c * gap_c;
}

static bool too_hot_soon(const struct perfadapt__frame_control *control, const struct perfadapt__heat_cap *heat,
                         double target_c, double utilisation, bool jump) {
    const double at_once = forecast(control, heat, utilisation, left_at_once);
    const double soon = forecast(control, heat, utilisation, left_soon);
    const double gap_c = target_c + over_target_c - minimum(at_once, soon);
    if (gap_c < 0)
        return true;
    return jump && doubt_fills(control, heat, utilisation, gap_c);
}

static double target_at(const struct perfadapt__heat_cap *heat, const struct perfadapt__ladder *ladder, uint32_t rung) {
    const bool last_resort = ladder->full_rate > 0 && rung >= ladder->full_rate;
    return heat->target_c + (last_resort ? heat->last_resort_c : 0.0);
}

/*
 * A die may be 15 °C hotter before the next tick: what the fast pole will do is foreseen from each frame. From the median
 * of three frames: a single one that takes long heats for a moment only, and says nothing of the next.
 */
static void look_at_heat(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                         const struct perfadapt__ladder *ladder, const struct perfadapt__caps *caps, uint32_t rung) {
    const struct perfadapt__heat_cap *heat = &caps->heat;
    if (!(2.0 * heat->gain_c[PERFADAPT__POLE_FAST] > rise_that_counts_c) || rung + 1 >= ladder->count)
        return;
    const struct perfadapt__cost_table *table = &control->statistics.cost;
    const double work_ns = newest_work(control);
    const double cost_now = perfadapt__cost_of_rung(table, policy, &ladder->rungs[rung]);
    const double apparent = utilisation_at(work_ns, cost_now, &ladder->rungs[rung]);
    const bool jump =
        perfadapt__curve_at(&heat->curve, apparent) > control->statistics.sensed[PERFADAPT__POLE_FAST] + jump_busy;
    const double utilisation = jump ? apparent : apparent * (1.0 - sure_spreads * caps->spread);
    const double rise =
        heat->gain_c[PERFADAPT__POLE_FAST] * (1.0 + utilisation - control->statistics.busy[PERFADAPT__POLE_FAST]);
    if (!(rise > rise_that_counts_c) || !too_hot_soon(control, heat, target_at(heat, ladder, rung), utilisation, jump))
        return;
    uint32_t lower = rung;
    double forecast_c;
    bool cool;
    do {
        lower++;
        const double cost = perfadapt__cost_of_rung(table, policy, &ladder->rungs[lower]);
        const double then = utilisation_at(work_ns, cost, &ladder->rungs[lower]);
        forecast_c = forecast(control, heat, then, left_soon);
        cool = forecast_c <= target_at(heat, ladder, lower) &&
               !(jump && doubt_fills(control, heat, then, target_at(heat, ladder, lower) + over_target_c - forecast_c));
    } while (lower + 1 < ladder->count && !cool);
    const struct perfadapt__evidence evidence = {
        .signal = PERFADAPT_SIGNAL_TEMPERATURE,
        .value = forecast(control, heat, utilisation, left_soon),
        .limit = target_at(heat, ladder, rung),
        .forecast = forecast_c,
    };
    drop(control, lower, PERFADAPT_REASON_THERMAL, &evidence);
}

/* --- Booking --- */

static void book_work(struct perfadapt__frame_control *control, double work_ns) {
    struct perfadapt__frame_statistics *statistics = &control->statistics;
    control->newest_ns[2] = control->newest_ns[1];
    control->newest_ns[1] = control->newest_ns[0];
    control->newest_ns[0] = work_ns;
    statistics->work_ns[statistics->works % PERFADAPT__WORKS] = (float)work_ns;
    statistics->works++;
}

/* The cost of the best rung was learned anew: what is remembered in its unit is converted. */
static void change_unit(struct perfadapt__frame_control *control, double factor) {
    struct perfadapt__frame_statistics *statistics = &control->statistics;
    statistics->unit *= factor;
    for (int i = 0; i < 3; i++)
        control->newest_ns[i] *= factor;
    for (int i = 0; i < PERFADAPT__WORKS; i++)
        statistics->work_ns[i] *= (float)factor;
}

/* What a frame cost, with everything that follows from it. */
static void take_time(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                      const struct perfadapt__ladder *ladder, const struct perfadapt__caps *caps, uint32_t rung,
                      uint32_t level, double render_scale, double time_ns) {
    struct perfadapt__frame_statistics *statistics = &control->statistics;
    double factor;
    if (!caps->throttled && caps->clock >= 1.0 &&
        perfadapt__cost_learn(&statistics->cost, &control->learning, level, render_scale, time_ns,
                              policy->quality_levels, &factor))
        change_unit(control, factor);
    const double work_ns = time_ns * caps->clock / perfadapt__cost_of(&statistics->cost, level, render_scale);
    book_work(control, work_ns);
    const struct perfadapt__rung *now = &ladder->rungs[rung];
    const double cost_now = perfadapt__cost_of_rung(&statistics->cost, policy, now);
    const bool dropped = control->rung > rung; /* and not in force yet: held */
    if (now->per_frame_ns > 0 && rung + 1 < ladder->count && !dropped) {
        const double lateness = work_ns * cost_now * now->per_frame_ns - 1.0;
        control->late = maximum(0.0, control->late + minimum(late_step_max, lateness));
        if (control->late > late_threshold && statistics->works >= 3)
            drop_for_lateness(control, policy, ladder, caps, rung);
    }
    if (control->rung <= rung && !dropped)
        look_at_heat(control, policy, ladder, caps, rung);
}

static void see_gpu(struct perfadapt__frame_control *control, double gpu_ns, int64_t now_ns) {
    if (!control->gpu_seen_ns) { /* what was booked until now was CPU time */
        control->statistics.works = 0;
        control->late = 0;
    }
    control->gpu_seen_ns = now_ns ? now_ns : 1;
    control->statistics.gpu_known = 1;
    smooth(&control->statistics.gpu_ns, gpu_ns);
}

static void remember(struct perfadapt__frame_control *control, const struct perfadapt__frame_input *input,
                     uint32_t level, double render_scale, double guess, double period_ns, bool marked) {
    const uint32_t slot = (uint32_t)(input->frame % PERFADAPT__FRAME_HISTORY);
    control->history[slot].frame = input->frame;
    control->history[slot].render_scale = (float)render_scale;
    control->history[slot].guess = (float)guess;
    control->history[slot].period_ns = (float)period_ns;
    control->history[slot].level = (uint16_t)level;
    control->history[slot].marked = marked;
}

static double share_of(double time_ns, double period_ns) {
    return period_ns > 0 ? minimum(1.0, time_ns / period_ns) : 0.0;
}

/* Within what a budget can ask for; 1 where the app told nothing that could be. */
static double applied_scale(const struct perfadapt__frame_input *input) {
    const double scale = (double)input->render_scale;
    return scale > 0 ? maximum(scale_least, minimum(scale, 1.0)) : 1.0;
}

/* What is taken for the GPU time of a frame where the app tells none; below 0 = nothing is. What the driver says of the
 * whole GPU comes first. CPU time is the last resort: not before GPU times have had the time to come, nor after they
 * have been there, for then it is not the load that has changed. */
static double stand_in(const struct perfadapt__frame_control *control, const struct perfadapt__caps *caps,
                       double cpu_ns, double period_ns) {
    if (control->statistics.gpu_known || control->statistics.frames <= gpu_awaited)
        return -1.0;
    if (caps->busy >= 0)
        return caps->busy * period_ns;
    return control->gpu_seen_ns ? -1.0 : cpu_ns;
}

static void take_frame(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                       const struct perfadapt__ladder *ladder, const struct perfadapt__caps *caps, uint32_t rung,
                       const struct perfadapt__frame_input *input, int64_t now_ns) {
    struct perfadapt__frame_statistics *statistics = &control->statistics;
    const uint32_t best = policy->quality_levels - 1;
    const uint32_t level = input->quality < best ? best - input->quality : 0;
    const double render_scale = applied_scale(input);
    const double seconds = seconds_since_accounted(control, now_ns);
    const double period_ns = seconds * 1e9;
    const bool marked = control->marked > 0;
    const double cpu_ns = input->cpu_ns > 0 ? minimum((double)input->cpu_ns, frame_most_ns) : 0.0;
    control->marked -= marked;
    statistics->frames = input->frame;
    statistics->last_frame_ns = now_ns;
    smooth(&statistics->cpu_ns, cpu_ns);
    if (input->period_ns > 0 && input->period_ns < pause_ns)
        smooth(&statistics->period_ns, (double)input->period_ns);
    if (input->gpu_ns >= 0) {
        const double gpu_ns = minimum((double)input->gpu_ns, frame_most_ns);
        see_gpu(control, gpu_ns, now_ns);
        account(control, caps, share_of(gpu_ns * caps->clock, period_ns), seconds);
        if (!marked)
            take_time(control, policy, ladder, caps, rung, level, render_scale, gpu_ns);
        return;
    }
    statistics->gpu_known = control->gpu_seen_ns && now_ns - control->gpu_seen_ns < gpu_forgotten_ns;
    const double expected_ns = newest_work(control) * perfadapt__cost_of(&statistics->cost, level, render_scale);
    const double stand_in_ns = stand_in(control, caps, cpu_ns, period_ns);
    const double guess =
        share_of(statistics->gpu_known ? expected_ns : maximum(stand_in_ns, 0.0) * caps->clock, period_ns);
    account(control, caps, guess, seconds);
    remember(control, input, level, render_scale, guess, period_ns, marked);
    if (stand_in_ns > 0 && !marked && input->period_ns < pause_ns)
        take_time(control, policy, ladder, caps, rung, level, render_scale, stand_in_ns);
}

static void take_gpu(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                     const struct perfadapt__ladder *ladder, const struct perfadapt__caps *caps, uint32_t rung,
                     const struct perfadapt__frame_input *input, int64_t now_ns) {
    const uint32_t slot = (uint32_t)(input->frame % PERFADAPT__FRAME_HISTORY);
    if (input->frame == 0 || control->history[slot].frame != input->frame || input->gpu_ns < 0)
        return;
    const double gpu_ns = minimum((double)input->gpu_ns, frame_most_ns);
    const double period_ns = (double)control->history[slot].period_ns;
    const double utilisation = share_of(gpu_ns * caps->clock, period_ns);
    control->history[slot].frame = 0;
    see_gpu(control, gpu_ns, now_ns);
    correct(control, caps, utilisation, (double)control->history[slot].guess, period_ns);
    if (!control->history[slot].marked)
        take_time(control, policy, ladder, caps, rung, control->history[slot].level,
                  (double)control->history[slot].render_scale, gpu_ns);
}

void perfadapt__frame_mark(struct perfadapt__frame_control *control, uint32_t frames) {
    control->marked = control->marked > frames ? control->marked : frames;
}

void perfadapt__frame_forget_rung(struct perfadapt__frame_control *control, uint32_t rung) {
    control->rung = 0;
    control->reasons = 0;
    control->late = 0;
    control->statistics.rung = rung;
}

void perfadapt__frame_step(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, const struct perfadapt__caps *caps, uint32_t rung,
                           const struct perfadapt__frame_input *input) {
    struct perfadapt__frame_statistics *statistics = &control->statistics;
    /* What was queued, or waited for its GPU, may be older than an idle step: its news counts, its time does not. */
    const int64_t now_ns = input->now_ns > statistics->now_ns ? input->now_ns : statistics->now_ns;
    if (!control->accounted_ns)
        control->accounted_ns =
            input->period_ns > 0 && input->period_ns < pause_ns && input->kind == PERFADAPT__FRAME_DONE
                ? now_ns - input->period_ns
                : now_ns;
    statistics->now_ns = now_ns;
    if (caps->drops_seen == statistics->drops)
        control->rung = 0; /* the tick has taken it over */
    if (input->kind == PERFADAPT__FRAME_DONE)
        take_frame(control, policy, ladder, caps, rung, input, now_ns);
    else if (input->kind == PERFADAPT__FRAME_GPU)
        take_gpu(control, policy, ladder, caps, rung, input, now_ns);
    else if (now_ns - control->accounted_ns > idle_ns)
        account(control, caps, 0.0, seconds_since_accounted(control, now_ns));
    statistics->rung = rung;
}
