/* SPDX-License-Identifier: MIT */
#include "control/choice.h"

#include "control/decay.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/monitor.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const int64_t look_gap_ns = 750 * (SECOND / 1000); /* a second, with the jitter of a timer */
static const uint32_t first_steps = 3;                    /* nothing moves up before */
static const int64_t slowest_start = 4;                   /* times the target's interval */
static const double search_s = 30.0;                      /* after the start a rung is searched for with … */
static const double search_dwell_s = 1.0;                 /* … this dwell */
static const double first_s = 60.0;                       /* until then what leaves more than … */
static const double roomy_c = 1.0;                        /* … this to the target proves itself the faster … */
static const double room_most_c = 3.0;                    /* … the more it leaves, up to this … */
static const double hurry_per_c = 2.0; /* … by this for every degree: little is known, but enough of this */
static const double dwell_middle_s = 7.0, dwell_least_s = 3.0, dwell_most_s = 50.0;
static const double dwell_share = 0.5; /* of it, at least, for a smaller step while the load is steady */
static const double gap_most_s = 8.0;  /* between a switch and the next rise */
static const double tokens_first = 3.0, tokens_most = 6.0, tokens_per_s = 1.17 / 60;
static const double tokens_least = -1.0;
static const double tokens_per_doubling = 1.2;
static const double step_least = 0.05;        /* of the load, whatever the ladder: finer moves get lost in it … */
static const double steady_step_least = 0.02; /* … unless it is steady */
static const double share_least = 0.25;       /* of a token: what the smallest move costs */
static const int64_t guard_patience_ns = 2400 * (SECOND / 1000); /* a coarse sensor rounds over the target … */
static const double guard_fast_c = 5.0;
static const double guard_at_once_c = 2.0; /* … but not by this much */
static const int64_t guard_gap_ns = 1900 * (SECOND / 1000);
static const int64_t relapse_ns = 30 * SECOND; /* a rung left this soon after a rise was no success */
static const double relapse_most = 3.0, relapse_fade_s = 300.0;
static const int64_t lost_patience_ns = 30 * SECOND;
static const int64_t lost_gap_ns = 10 * SECOND;
static const int64_t lost_long_ns = 5 * SECOND;
static const int64_t jitter_ns = SECOND / 4; /* of ticks */

/* The lowest quality at full rate; where quality and scale cannot move, the slowest rate: nothing is known yet of what
 * the device can bear, and some heat by 15 °C in a quarter of a second. */
static uint32_t first_rung(const struct perfadapt__ladder *ladder) {
    uint32_t rung = ladder->full_rate;
    while (!ladder->full_rate && rung + 1 < ladder->count &&
           ladder->rungs[rung + 1].frame_ns <= slowest_start * ladder->rungs[0].frame_ns)
        rung++;
    return rung;
}

void perfadapt__choice_init(struct perfadapt__choice *choice, const struct perfadapt__ladder *ladder) {
    memset(choice, 0, sizeof *choice);
    choice->rung = first_rung(ladder);
    choice->reasons = choice->rung ? PERFADAPT_REASON_SETTLING : 0;
    choice->rose_to = PERFADAPT__RUNGS_MAX;
    choice->tokens = tokens_first;
}

void perfadapt__choice_begin_at(struct perfadapt__choice *choice, const struct perfadapt__ladder *ladder, uint32_t rung,
                                uint64_t drops) {
    perfadapt__choice_init(choice, ladder);
    choice->rung = rung;
    choice->reasons = rung ? PERFADAPT_REASON_SETTLING : 0;
    choice->drops_seen = drops;
}

/* --- Evidence --- */

static struct perfadapt__evidence heat_evidence(const struct perfadapt__prospects *prospects, double excess_c) {
    struct perfadapt__evidence evidence = {.signal = PERFADAPT_SIGNAL_TEMPERATURE};
    (void)perfadapt__thermal_over_c(prospects->thermal, &evidence.value, &evidence.limit);
    evidence.forecast = evidence.limit + excess_c;
    return evidence;
}

static struct perfadapt__evidence frame_evidence(const struct perfadapt__prospects *prospects, uint32_t from,
                                                 uint32_t to) {
    const double work_ns = prospects->load->middle_ns;
    return (struct perfadapt__evidence){
        .signal = PERFADAPT_SIGNAL_FRAME_TIME,
        .value = work_ns * perfadapt__prospects_cost(prospects, from) * 1e-6,
        .limit = (double)prospects->ladder->rungs[from].frame_ns * 1e-6,
        .forecast = work_ns * perfadapt__prospects_cost(prospects, to) * 1e-6,
    };
}

/* --- Moving --- */

static void forget_good(struct perfadapt__choice *choice, uint32_t below) {
    for (uint32_t i = 0; i < below && i < PERFADAPT__RUNGS_MAX; i++)
        choice->good_s[i] = 0;
}

static void note_relapse(struct perfadapt__choice *choice, int64_t now_ns) {
    if (choice->rose_to < PERFADAPT__RUNGS_MAX && now_ns - choice->switched_ns < relapse_ns) {
        float *relapse = &choice->relapse[choice->rose_to];
        *relapse = *relapse + 1.0F < (float)relapse_most ? *relapse + 1.0F : (float)relapse_most;
    }
    choice->rose_to = PERFADAPT__RUNGS_MAX;
}

static void take_token(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects, uint32_t rung) {
    const double share = perfadapt__prospects_move_share(prospects, choice->rung, rung);
    const double left = choice->tokens - (share > share_least ? share : share_least);
    choice->tokens = left > tokens_least ? left : tokens_least;
}

static void move_down(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects, uint32_t rung,
                      uint32_t reasons, const struct perfadapt__evidence *evidence, int64_t now_ns) {
    note_relapse(choice, now_ns);
    take_token(choice, prospects, rung);
    choice->rung = rung;
    choice->reasons = reasons;
    choice->evidence = *evidence;
    choice->dropped = true;
    choice->switched_ns = now_ns;
    forget_good(choice, rung);
}

/* The first lower rung where frames fit and the forecast holds; the last where none does. */
static uint32_t lower_rung(const struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects) {
    const uint32_t last = prospects->ladder->count - 1;
    const double least = perfadapt__prospects_is_steady(prospects) ? steady_step_least : step_least;
    const double most = perfadapt__prospects_load(prospects, choice->rung) * (1.0 - least);
    uint32_t rung = choice->rung;
    while (rung < last) {
        rung++;
        if (perfadapt__prospects_load(prospects, rung) <= most && perfadapt__prospects_stays_cool(prospects, rung) &&
            perfadapt__prospects_fits(prospects, rung))
            break;
    }
    return rung;
}

static void follow_drops(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects,
                         int64_t now_ns) {
    const struct perfadapt__frame_statistics *frames = prospects->frames;
    if (frames->drops == choice->drops_seen)
        return;
    choice->drops_seen = frames->drops;
    if (frames->drop_rung > choice->rung && frames->drop_rung < prospects->ladder->count)
        move_down(choice, prospects, frames->drop_rung,
                  frames->drop_hot ? PERFADAPT_REASON_THERMAL : PERFADAPT_REASON_FRAME_LATE, &frames->drop_evidence,
                  now_ns);
}

/* As many rungs as make a level of quality where scale moves too, and more of them the hotter it is. */
static uint32_t guarded_rung(const struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects,
                             double over_c) {
    const struct perfadapt__ladder *ladder = prospects->ladder;
    const uint32_t levels = prospects->policy->quality_levels;
    const uint32_t per_level = levels > 1 ? (ladder->full_rate + levels - 2) / (levels - 1) : 1;
    const uint32_t steps = (per_level > 1 ? per_level : 1) * (over_c < guard_fast_c       ? 1
                                                              : over_c < 2 * guard_fast_c ? 2
                                                                                          : 4);
    uint32_t rung = choice->rung + steps < ladder->count ? choice->rung + steps : ladder->count - 1;
    const double most = perfadapt__prospects_load(prospects, choice->rung) *
                        (1.0 - (over_c < guard_at_once_c ? 0 : PERFADAPT__FULL_STEP));
    while (rung + 1 < ladder->count && perfadapt__prospects_load(prospects, rung) > most)
        rung++;
    return rung;
}

/* A temperature that stays over its target needs no model: a rung every two seconds until it does not. */
static bool guard(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects, int64_t now_ns) {
    double temperature_c;
    double target_c;
    const double over_c = perfadapt__thermal_over_c(prospects->thermal, &temperature_c, &target_c);
    if (!(over_c >= perfadapt__prospects_guarded_from_c(prospects, choice->rung))) {
        choice->over_since_ns = 0;
        return false;
    }
    if (!choice->over_since_ns)
        choice->over_since_ns = now_ns ? now_ns : 1;
    const bool patient = over_c < guard_at_once_c && now_ns - choice->over_since_ns < guard_patience_ns;
    const bool waits = choice->guarded_ns && now_ns - choice->guarded_ns < guard_gap_ns;
    if (patient || waits || !perfadapt__prospects_answers_heat(prospects) ||
        choice->rung + 1 >= prospects->ladder->count || !perfadapt__thermal_is_fresh(prospects->thermal))
        return false;
    choice->guarded_ns = now_ns;
    const struct perfadapt__evidence evidence = {
        .signal = PERFADAPT_SIGNAL_TEMPERATURE, .value = temperature_c, .limit = target_c, .forecast = (double)NAN};
    move_down(choice, prospects, guarded_rung(choice, prospects, over_c), PERFADAPT_REASON_THERMAL, &evidence, now_ns);
    return true;
}

static bool look_down(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects, int64_t now_ns) {
    if (choice->rung + 1 >= prospects->ladder->count)
        return false;
    double excess;
    const bool too_hot = perfadapt__prospects_is_too_hot(prospects, choice->rung, &excess);
    if (!too_hot && perfadapt__prospects_fits(prospects, choice->rung))
        return false;
    const uint32_t rung = lower_rung(choice, prospects);
    const struct perfadapt__evidence evidence =
        too_hot ? heat_evidence(prospects, excess) : frame_evidence(prospects, choice->rung, rung);
    move_down(choice, prospects, rung, too_hot ? PERFADAPT_REASON_THERMAL : PERFADAPT_REASON_FRAME_LATE, &evidence,
              now_ns);
    return true;
}

static double dwell_s(const struct perfadapt__choice *choice, int64_t now_ns) {
    if (!choice->dropped && (double)(now_ns - choice->started_ns) * 1e-9 < search_s)
        return search_dwell_s;
    const double dwell = dwell_middle_s * perfadapt__exp2((tokens_first - choice->tokens) / tokens_per_doubling);
    return dwell < dwell_least_s ? dwell_least_s : dwell > dwell_most_s ? dwell_most_s : dwell;
}

static void move_up(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects, uint32_t rung,
                    int64_t now_ns) {
    const double excess = perfadapt__prospects_lasting_excess_c(prospects, rung);
    choice->evidence = choice->reasons & PERFADAPT_REASON_THERMAL ? heat_evidence(prospects, excess)
                                                                  : frame_evidence(prospects, choice->rung, rung);
    take_token(choice, prospects, rung);
    choice->rung = rung;
    choice->rose_to = rung;
    choice->switched_ns = now_ns;
}

/* Why the next better rung is not taken. */
static void explain(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects) {
    if (choice->rung == 0)
        choice->reasons = 0;
    else if (!perfadapt__prospects_may_rise_by_heat(prospects, choice->rung - 1))
        choice->reasons = PERFADAPT_REASON_THERMAL;
    else if (!perfadapt__prospects_may_rise_by_frames(prospects, choice->rung - 1))
        choice->reasons = PERFADAPT_REASON_FRAME_COST;
    else
        choice->reasons = PERFADAPT_REASON_SETTLING;
}

/* How fast time proves a rung. */
static double haste(const struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects, uint32_t rung,
                    int64_t now_ns) {
    if ((double)(now_ns - choice->started_ns) * 1e-9 >= first_s || !perfadapt__prospects_answers_heat(prospects))
        return 1.0;
    const double room_c = -perfadapt__prospects_lasting_excess_c(prospects, rung) - roomy_c;
    return 1.0 + hurry_per_c * (room_c > 0 ? room_c < room_most_c ? room_c : room_most_c : 0);
}

/* Of the dwell time, that a rung needs: what had to be left soon more, a small step under a steady load less. */
static double proof_share(const struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects,
                          uint32_t rung) {
    const double step = perfadapt__prospects_is_steady(prospects)
                            ? perfadapt__prospects_move_share(prospects, choice->rung, rung)
                            : 1.0;
    return (step > dwell_share ? step : dwell_share) * (1.0 + (double)choice->relapse[rung]);
}

static void look_up(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects, double seconds,
                    int64_t now_ns) {
    const double dwell = dwell_s(choice, now_ns);
    uint32_t best = choice->rung;
    uint32_t i = choice->rung;
    while (i > 0 && perfadapt__prospects_may_rise_by_frames(prospects, i - 1) &&
           perfadapt__prospects_may_rise_by_heat(prospects, i - 1)) {
        i--;
        choice->good_s[i] += (float)(seconds * haste(choice, prospects, i, now_ns));
        if ((double)choice->good_s[i] >= dwell * proof_share(choice, prospects, i))
            best = i;
    }
    forget_good(choice, i);
    const double since_s = (double)(now_ns - choice->switched_ns) * 1e-9;
    explain(choice, prospects);
    if (best < choice->rung && choice->steps > first_steps &&
        (!choice->switched_ns || since_s >= (dwell < gap_most_s ? dwell : gap_most_s)))
        move_up(choice, prospects, best, now_ns);
}

/* A sensor that counted is lost: wait for it, then move towards the middle, where most devices hold out unwatched. */
static void look_lost(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects, int64_t now_ns) {
    const int64_t lost_ns = now_ns - prospects->thermal->lost_since_ns;
    if (lost_ns >= lost_long_ns) /* a single read that fails says nothing of what has been good */
        forget_good(choice, PERFADAPT__RUNGS_MAX);
    if (lost_ns < lost_patience_ns - jitter_ns || now_ns - choice->lost_stepped_ns < lost_gap_ns - jitter_ns)
        return;
    choice->lost_stepped_ns = now_ns;
    const uint32_t last = prospects->ladder->full_rate ? prospects->ladder->full_rate : prospects->ladder->count - 1;
    const uint32_t middle = last / 2;
    if (choice->rung >= middle)
        return;
    const struct perfadapt__evidence evidence = {
        .signal = PERFADAPT_SIGNAL_SENSOR, .value = (double)NAN, .limit = (double)NAN, .forecast = (double)NAN};
    move_down(choice, prospects, choice->rung + 1, PERFADAPT_REASON_SENSOR_LOST, &evidence, now_ns);
}

static void pass_time(struct perfadapt__choice *choice, double seconds) {
    choice->tokens += tokens_per_s * seconds;
    if (choice->tokens > tokens_most)
        choice->tokens = tokens_most;
    const double kept = seconds < relapse_fade_s ? 1.0 - seconds / relapse_fade_s : 0.0;
    for (uint32_t i = 0; i < PERFADAPT__RUNGS_MAX; i++)
        choice->relapse[i] *= (float)kept;
    choice->steps++;
}

void perfadapt__choice_step(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects,
                            int64_t now_ns) {
    if (!choice->started_ns)
        choice->started_ns = choice->stepped_ns = now_ns;
    follow_drops(choice, prospects, now_ns);
    const bool guarded = guard(choice, prospects, now_ns);
    if (now_ns - choice->stepped_ns < look_gap_ns && choice->steps > 0)
        return;
    const double gap_s = (double)(now_ns - choice->stepped_ns) * 1e-9;
    const double seconds = gap_s < 5.0 ? gap_s : 5.0; /* after a pause nothing has been good for all of it */
    choice->stepped_ns = now_ns;
    pass_time(choice, seconds);
    if (prospects->thermal->lost_since_ns)
        look_lost(choice, prospects, now_ns);
    else if (prospects->load->known && !guarded && !look_down(choice, prospects, now_ns))
        look_up(choice, prospects, seconds, now_ns);
}
