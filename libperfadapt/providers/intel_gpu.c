/* SPDX-License-Identifier: MIT */
#include "providers/intel_gpu.h"

#include "core/clock.h"
#include "providers/gpu_card.h"
#include "providers/intel_reasons.h"
#include "providers/kernel_file.h"

#include <math.h> /* NAN only: no libm is linked */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum file { ENERGY, POWER_LIMIT, CLOCK, CLOCK_MAX, STATUS, REASONS, FIRST_REASON };
_Static_assert(FIRST_REASON + PERFADAPT__INTEL_REASONS_MAX <= PERFADAPT__GPU_FILES_MAX, "every reason has its file");

static const int64_t least_difference_ns = 100 * PERFADAPT__NS_PER_MS;
static const int64_t longest_difference_ns = 5 * PERFADAPT__NS_PER_S;
static const double most_watts = 2000;

#define SECONDS(n) ((n)*PERFADAPT__NS_PER_S)
#define METRIC(field) offsetof(struct perfadapt_gpu, field)
/* A clock of 0 is that of a block that has switched itself off between frames. A limit of 0 is one that is not set. */
static const struct perfadapt__gpu_quantity quantities[] = {
    {CLOCK, METRIC(clock), 1, 0, 10000, 0, PERFADAPT_UNIT_MEGAHERTZ, false},
    {CLOCK_MAX, METRIC(clock_max), 1, 0, 10000, SECONDS(60), PERFADAPT_UNIT_MEGAHERTZ, true},
    {POWER_LIMIT, METRIC(power_limit), 1e6, 0, 2000, SECONDS(10), PERFADAPT_UNIT_WATT, true},
};
#define QUANTITY_COUNT (sizeof quantities / sizeof quantities[0])

/* An energy counter, as last counted from. */
struct counter {
    int64_t microjoules;
    int64_t at_ns; /* 0 = none */
};

struct intel_gpu {
    struct perfadapt__provider base;
    struct counter counters[PERFADAPT_GPUS_MAX];
    struct perfadapt__gpu_cards cards; /* last: most of it is not in use */
};

/* ---- files ---- */

#define XE_GT "device/tile0/gt0/freq0"
#define I915_GT "gt/gt0"

static const char *const intel_drivers[] = {"i915", "xe", NULL};
static const char *const intel_evidence_files[] = {XE_GT "/throttle/status", XE_GT "/throttle/reasons",
                                                   I915_GT "/throttle_reason_status", NULL};

static void expect(struct perfadapt_gpu *gpu) {
    for (size_t i = 0; i < QUANTITY_COUNT; i++)
        *perfadapt__gpu_metric(gpu, quantities[i].metric) =
            perfadapt__metric_none(quantities[i].unit, PERFADAPT_STATE_INIT);
    gpu->power = perfadapt__metric_none(PERFADAPT_UNIT_WATT, PERFADAPT_STATE_INIT);
}

static const struct perfadapt__gpu_cards_class intel_cards = {
    .drivers = intel_drivers, .evidence_files = intel_evidence_files, .expect = expect};

/* The first of the names that there is. */
static void name_one_of(struct intel_gpu *self, struct perfadapt__gpu_card *card, size_t index,
                        const char *const *names) {
    for (; *names; names++)
        if (perfadapt__gpu_card_name(&self->cards, card, index, *names))
            return;
}

/* PL1, the sustained limit, is "max"; newer xe has only the limit of short bursts, "cap". 0 = switched off. */
static bool name_limit(struct intel_gpu *self, struct perfadapt__gpu_card *card, const char *hwmon, unsigned number) {
    static const char *const kinds[] = {"max", "cap"};
    for (size_t i = 0; i < 2; i++) {
        char name[72];
        char text[32];
        snprintf(name, sizeof name, "%.40s/power%u_%s", hwmon, number, kinds[i]);
        perfadapt__gpu_card_text(&self->cards, card, name, text, sizeof text);
        if (text[0] && strcmp(text, "0") != 0)
            return perfadapt__gpu_card_name(&self->cards, card, POWER_LIMIT, name);
    }
    return false;
}

/* With xe 1 is the card and 2 its package; not every device has both. */
static void name_power(struct intel_gpu *self, struct perfadapt__gpu_card *card) {
    char hwmon[48];
    char name[72];
    if (!perfadapt__gpu_card_hwmon(&self->cards, card, hwmon, sizeof hwmon))
        return;
    unsigned number = 1;
    for (; number <= 2; number++) {
        snprintf(name, sizeof name, "%.40s/energy%u_input", hwmon, number);
        if (perfadapt__gpu_card_name(&self->cards, card, ENERGY, name))
            break;
    }
    if (number <= 2)
        name_limit(self, card, hwmon, number);
    else if (!name_limit(self, card, hwmon, 1))
        name_limit(self, card, hwmon, 2);
}

static void name_reasons(struct intel_gpu *self, struct perfadapt__gpu_card *card) {
    static const char *const statuses[] = {XE_GT "/throttle/status", I915_GT "/throttle_reason_status", NULL};
    if (perfadapt__gpu_card_name(&self->cards, card, REASONS, XE_GT "/throttle/reasons"))
        return; /* since Linux 6.19: all of them in one */
    name_one_of(self, card, STATUS, statuses);
    const char *reason;
    for (size_t i = 0; perfadapt__gpu_card_has(card, STATUS) && (reason = perfadapt__intel_reason_name(i)); i++) {
        char name[72];
        snprintf(name, sizeof name, XE_GT "/throttle/reason_%s", reason);
        if (perfadapt__gpu_card_name(&self->cards, card, FIRST_REASON + i, name))
            continue;
        snprintf(name, sizeof name, I915_GT "/throttle_reason_%s", reason);
        perfadapt__gpu_card_name(&self->cards, card, FIRST_REASON + i, name);
    }
}

static void mark_missing(const struct perfadapt__gpu_card *card, struct perfadapt_gpu *gpu) {
    for (size_t i = 0; i < QUANTITY_COUNT; i++)
        if (!perfadapt__gpu_card_has(card, quantities[i].file))
            *perfadapt__gpu_metric(gpu, quantities[i].metric) =
                perfadapt__metric_none(quantities[i].unit, PERFADAPT_STATE_UNSUPPORTED);
    if (!perfadapt__gpu_card_has(card, ENERGY))
        gpu->power = perfadapt__metric_none(PERFADAPT_UNIT_WATT, PERFADAPT_STATE_UNSUPPORTED);
}

/* gt0 draws; a gt1 is for media. RP0 is what the chip can do, "max" what the user allows it.
 * False where descriptors were short: what was not seen may be there. */
static bool lay_out(struct intel_gpu *self, struct perfadapt__gpu_card *card, struct perfadapt_gpu *gpu) {
    static const char *const clocks[] = {XE_GT "/act_freq", I915_GT "/rps_act_freq_mhz", "gt_act_freq_mhz", NULL};
    static const char *const highest[] = {XE_GT "/rp0_freq",
                                          I915_GT "/rps_RP0_freq_mhz",
                                          "gt_RP0_freq_mhz",
                                          XE_GT "/max_freq",
                                          I915_GT "/rps_max_freq_mhz",
                                          "gt_max_freq_mhz",
                                          NULL};
    self->cards.starved = false;
    name_one_of(self, card, CLOCK, clocks);
    name_one_of(self, card, CLOCK_MAX, highest);
    name_power(self, card);
    name_reasons(self, card);
    card->laid_out = !self->cards.starved;
    if (card->laid_out)
        mark_missing(card, gpu);
    return card->laid_out;
}

/* ---- power ---- */

/* A counter that stands still is one that is brought up to date seldom: the mean then goes over a longer time. One that
 * has gone back has been reset, or has turned over. False where nothing can be said. */
static bool difference(struct counter *counter, int64_t microjoules, int64_t now_ns, double *out_watts) {
    const struct counter last = *counter;
    const int64_t elapsed_ns = now_ns - last.at_ns;
    const bool usable = last.at_ns != 0 && elapsed_ns <= longest_difference_ns && microjoules >= last.microjoules;
    if (usable && (microjoules == last.microjoules || elapsed_ns < least_difference_ns))
        return false;
    *counter = (struct counter){.microjoules = microjoules, .at_ns = now_ns};
    if (!usable)
        return false;
    *out_watts = (double)(microjoules - last.microjoules) * 1000 / (double)elapsed_ns;
    return *out_watts <= most_watts;
}

static void read_power(struct intel_gpu *self, struct perfadapt__gpu_card *card, struct counter *counter,
                       int64_t now_ns, struct perfadapt_metric *power) {
    int64_t microjoules = 0;
    double watts = (double)NAN;
    if (!perfadapt__gpu_card_is_due(card, ENERGY, now_ns))
        return;
    enum perfadapt_why why = perfadapt__gpu_card_number(&self->cards, card, ENERGY, &microjoules);
    if (why == PERFADAPT_WHY_NONE && microjoules < 0)
        why = PERFADAPT_WHY_GARBAGE;
    if (why != PERFADAPT_WHY_NONE) {
        counter->at_ns = 0;
        perfadapt__metric_fail(power, PERFADAPT_STATE_ERROR);
        perfadapt__gpu_card_fail(card, ENERGY, why, now_ns);
        return;
    }
    perfadapt__gpu_card_settle(card, ENERGY, now_ns, 0);
    if (difference(counter, microjoules, now_ns, &watts))
        *power = perfadapt__metric_ok(watts, PERFADAPT_UNIT_WATT, now_ns);
    else
        perfadapt__metric_fail(power,
                               power->state == PERFADAPT_STATE_ERROR ? PERFADAPT_STATE_ERROR : PERFADAPT_STATE_INIT);
}

/* ---- reasons ---- */

static void fail_reasons(struct perfadapt__gpu_card *card, size_t index, enum perfadapt_why why, int64_t now_ns,
                         struct perfadapt_snapshot *snapshot) {
    perfadapt__gpu_card_fail(card, index, why, now_ns);
    perfadapt__evidence_none(snapshot, card->evidence,
                             why == PERFADAPT_WHY_MISSING ? PERFADAPT_STATE_UNSUPPORTED : PERFADAPT_STATE_ERROR);
}

static void read_list(struct intel_gpu *self, struct perfadapt__gpu_card *card, int64_t now_ns,
                      struct perfadapt_snapshot *snapshot) {
    char text[512];
    char names[sizeof snapshot->evidence[0].text];
    const ssize_t length = perfadapt__gpu_card_read(&self->cards, card, REASONS, text, sizeof text);
    const uint32_t claims = length > 0 ? perfadapt__intel_reasons_claims(text, names, sizeof names) : 0;
    if (length < 0)
        fail_reasons(card, REASONS, perfadapt__fs_why((int)length), now_ns, snapshot);
    else if (claims == 0)
        fail_reasons(card, REASONS, PERFADAPT_WHY_EMPTY, now_ns, snapshot);
    else {
        perfadapt__evidence_set(snapshot, card->evidence, claims, names, now_ns);
        perfadapt__gpu_card_settle(card, REASONS, now_ns, 0);
    }
}

/* The status is all reasons of the same register together: while it is 0 they need not be read. A reason may be over
 * before its own file is read: that something holds the clock down is then all that is known. */
static uint32_t read_each(struct intel_gpu *self, struct perfadapt__gpu_card *card, char *out_names, size_t capacity) {
    uint32_t claims = 0;
    const char *reason;
    out_names[0] = '\0';
    for (size_t i = 0; (reason = perfadapt__intel_reason_name(i)); i++) {
        int64_t set = 0;
        if (!perfadapt__gpu_card_has(card, FIRST_REASON + i) ||
            perfadapt__gpu_card_number(&self->cards, card, FIRST_REASON + i, &set) != PERFADAPT_WHY_NONE || set == 0)
            continue;
        claims |= perfadapt__intel_reason_claim(i);
        perfadapt__intel_reasons_append(out_names, capacity, reason, strlen(reason));
    }
    if (claims)
        return claims;
    snprintf(out_names, capacity, "throttled, reason unknown");
    return PERFADAPT__CLAIM(UNKNOWN);
}

static void read_status(struct intel_gpu *self, struct perfadapt__gpu_card *card, int64_t now_ns,
                        struct perfadapt_snapshot *snapshot) {
    char names[sizeof snapshot->evidence[0].text] = "none";
    int64_t status = 0;
    const enum perfadapt_why why = perfadapt__gpu_card_number(&self->cards, card, STATUS, &status);
    if (why != PERFADAPT_WHY_NONE) {
        fail_reasons(card, STATUS, why, now_ns, snapshot);
        return;
    }
    const uint32_t claims = status == 0 ? PERFADAPT__CLAIM(NONE) : read_each(self, card, names, sizeof names);
    perfadapt__evidence_set(snapshot, card->evidence, claims, names, now_ns);
    perfadapt__gpu_card_settle(card, STATUS, now_ns, 0);
}

/* ---- reading ---- */

static void read_files(struct intel_gpu *self, struct perfadapt__gpu_card *card, struct counter *counter,
                       int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    struct perfadapt_gpu *gpu = &snapshot->gpus[card->gpu];
    read_power(self, card, counter, now_ns, &gpu->power);
    for (size_t i = 0; i < QUANTITY_COUNT; i++)
        perfadapt__gpu_card_measure(&self->cards, card, &quantities[i], now_ns, gpu);
    if (perfadapt__gpu_card_is_due(card, REASONS, now_ns))
        read_list(self, card, now_ns, snapshot);
    if (perfadapt__gpu_card_is_due(card, STATUS, now_ns))
        read_status(self, card, now_ns, snapshot);
    perfadapt__gate_busy(card->gate, (double)NAN);
}

static void read_card(struct intel_gpu *self, size_t index, const struct perfadapt__read_context *context,
                      struct perfadapt_snapshot *snapshot) {
    struct perfadapt__gpu_card *card = &self->cards.cards[index];
    struct counter *counter = &self->counters[index];
    if (context->resumed)
        counter->at_ns = 0;
    if (!perfadapt__gpu_card_begin(&self->cards, card, context, snapshot)) {
        counter->at_ns = 0;
        return;
    }
    if (!card->laid_out && !lay_out(self, card, &snapshot->gpus[card->gpu]))
        card->why = PERFADAPT_WHY_IO_ERROR;
    else
        read_files(self, card, counter, context->now_ns, snapshot);
    perfadapt__gpu_card_end(&self->cards, card, context->now_ns, snapshot);
}

static void intel_gpu_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                           struct perfadapt_snapshot *snapshot) {
    struct intel_gpu *self = (struct intel_gpu *)provider;
    perfadapt__gpu_cards_follow(&self->cards, context, snapshot);
    for (size_t i = 0; i < self->cards.count; i++)
        read_card(self, i, context, snapshot);
}

/* ---- life ---- */

static void intel_gpu_destroy(struct perfadapt__provider *provider) {
    perfadapt__gpu_cards_finish(&((struct intel_gpu *)provider)->cards);
    free(provider);
}

static struct perfadapt__provider *intel_gpu_create(const struct perfadapt__provider_environment *environment,
                                                    struct perfadapt_snapshot *snapshot) {
    struct intel_gpu *self = malloc(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, offsetof(struct intel_gpu, cards.cards));
    self->base.type = &perfadapt__intel_gpu_provider;
    if (perfadapt__gpu_cards_init(&self->cards, &intel_cards, environment, snapshot))
        return &self->base;
    intel_gpu_destroy(&self->base);
    return NULL;
}

const struct perfadapt__provider_class perfadapt__intel_gpu_provider = {
    .name = "intel_gpu",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 500 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = true,
    .asks_devices = true,
    .create = intel_gpu_create,
    .destroy = intel_gpu_destroy,
    .read = intel_gpu_read,
};
