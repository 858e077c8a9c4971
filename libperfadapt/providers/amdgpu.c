/* SPDX-License-Identifier: MIT */
#include "providers/amdgpu.h"

#include "core/clock.h"
#include "core/log.h"
#include "providers/gpu_card.h"
#include "providers/gpu_metrics.h"
#include "providers/kernel_file.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum file { BUSY, POWER, POWER_LIMIT, CLOCK, LEVELS, VRAM_USED, VRAM_TOTAL, GTT_USED, GTT_TOTAL, METRICS };

static const int64_t levels_period_ns = 60 * PERFADAPT__NS_PER_S;
static const int64_t longest_difference_ns = 5 * PERFADAPT__NS_PER_S;
static const double highest_mhz = 10000;

/* Power of 0 W is what drivers say that do not know: a device that answers draws some. */
#define SECONDS(n) ((n)*PERFADAPT__NS_PER_S)
#define METRIC(field) offsetof(struct perfadapt_gpu, field)
static const struct perfadapt__gpu_quantity quantities[] = {
    {BUSY, METRIC(busy), 100, 0, 1, 0, PERFADAPT_UNIT_RATIO, false},
    {POWER, METRIC(power), 1e6, 0.001, 2000, 0, PERFADAPT_UNIT_WATT, false},
    {POWER_LIMIT, METRIC(power_limit), 1e6, 0, 2000, SECONDS(10), PERFADAPT_UNIT_WATT, true},
    {CLOCK, METRIC(clock), 1e6, 0, 10000, 0, PERFADAPT_UNIT_MEGAHERTZ, false},
    {VRAM_TOTAL, METRIC(memory_total), 1, 0, 1e15, SECONDS(60), PERFADAPT_UNIT_BYTES, true},
    {VRAM_USED, METRIC(memory_used), 1, 0, 1e15, PERFADAPT__NS_PER_S * 9 / 10, PERFADAPT_UNIT_BYTES, false},
    {GTT_TOTAL, METRIC(shared_total), 1, 0, 1e15, SECONDS(60), PERFADAPT_UNIT_BYTES, true},
    {GTT_USED, METRIC(shared_used), 1, 0, 1e15, PERFADAPT__NS_PER_S * 9 / 10, PERFADAPT_UNIT_BYTES, false},
};
#define QUANTITY_COUNT (sizeof quantities / sizeof quantities[0])

/* What is kept of a card beside its files. */
struct history {
    uint32_t residency[PERFADAPT__GPU_RESIDENCIES];
    int64_t residency_ns;      /* of `residency`; 0 = none */
    double highest_seen_mhz;   /* a clock above the highest level says that the levels are not all */
    enum perfadapt_why reason; /* why the metrics table is refused, as logged */
};

struct amdgpu {
    struct perfadapt__provider base;
    struct history histories[PERFADAPT_GPUS_MAX];
    struct perfadapt__gpu_cards cards; /* last: most of it is not in use */
};

/* ---- files ---- */

static const char *const amd_drivers[] = {"amdgpu", "radeon", NULL};
static const char *const amd_evidence_files[] = {"device/gpu_metrics", NULL};

static void expect(struct perfadapt_gpu *gpu) {
    for (size_t i = 0; i < QUANTITY_COUNT; i++)
        *perfadapt__gpu_metric(gpu, quantities[i].metric) =
            perfadapt__metric_none(quantities[i].unit, PERFADAPT_STATE_INIT);
    gpu->clock_max = perfadapt__metric_none(PERFADAPT_UNIT_MEGAHERTZ, PERFADAPT_STATE_INIT);
}

static const struct perfadapt__gpu_cards_class amd_cards = {
    .drivers = amd_drivers, .evidence_files = amd_evidence_files, .expect = expect, .eperm_is_sleep = true};

/* The Steam Deck has two sensors of the package: a slow average, which its limit is kept to, and a fast one. */
static bool name_power(struct amdgpu *self, struct perfadapt__gpu_card *card, const char *hwmon, unsigned number) {
    static const char *const kinds[] = {"average", "input"};
    char name[72];
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%.40s/power%u_%s", hwmon, number, kinds[i]);
        if (!perfadapt__gpu_card_name(&self->cards, card, POWER, name))
            continue;
        snprintf(name, sizeof name, "%.40s/power%u_cap", hwmon, number);
        perfadapt__gpu_card_name(&self->cards, card, POWER_LIMIT, name);
        return true;
    }
    return false;
}

static void name_hwmon(struct amdgpu *self, struct perfadapt__gpu_card *card) {
    char hwmon[48];
    char name[72];
    char label[32];
    if (!perfadapt__gpu_card_hwmon(&self->cards, card, hwmon, sizeof hwmon))
        return;
    unsigned chosen = 0;
    for (unsigned number = 1; number <= 4; number++) {
        snprintf(name, sizeof name, "%.40s/power%u_label", hwmon, number);
        perfadapt__gpu_card_text(&self->cards, card, name, label, sizeof label);
        if (strcmp(label, "slowPPT") == 0)
            chosen = number;
    }
    for (unsigned number = 1; chosen == 0 && number <= 4; number++)
        chosen = name_power(self, card, hwmon, number) ? number : 0;
    if (chosen > 0)
        name_power(self, card, hwmon, chosen);
    for (unsigned number = 1; number <= 4; number++) {
        snprintf(name, sizeof name, "%.40s/freq%u_label", hwmon, number);
        perfadapt__gpu_card_text(&self->cards, card, name, label, sizeof label);
        if (strcmp(label, "sclk") != 0 && (label[0] || number > 1))
            continue;
        snprintf(name, sizeof name, "%.40s/freq%u_input", hwmon, number);
        if (perfadapt__gpu_card_name(&self->cards, card, CLOCK, name))
            return;
    }
}

/* What the metrics table may give instead stays INIT. */
static void mark_missing(const struct perfadapt__gpu_card *card, struct perfadapt_gpu *gpu) {
    for (size_t i = 0; i < QUANTITY_COUNT; i++) {
        const size_t file = quantities[i].file;
        const bool may_come =
            perfadapt__gpu_card_has(card, METRICS) && (file == BUSY || file == POWER || file == CLOCK);
        if (!perfadapt__gpu_card_has(card, file) && !may_come)
            *perfadapt__gpu_metric(gpu, quantities[i].metric) =
                perfadapt__metric_none(quantities[i].unit, PERFADAPT_STATE_UNSUPPORTED);
    }
    if (!perfadapt__gpu_card_has(card, LEVELS))
        gpu->clock_max = perfadapt__metric_none(PERFADAPT_UNIT_MEGAHERTZ, PERFADAPT_STATE_UNSUPPORTED);
}

/* False where descriptors were short: what was not seen may be there. */
static bool lay_out(struct amdgpu *self, struct perfadapt__gpu_card *card, struct perfadapt_gpu *gpu) {
    static const struct {
        enum file file;
        const char *name;
    } files[] = {{BUSY, "device/gpu_busy_percent"},        {LEVELS, "device/pp_dpm_sclk"},
                 {VRAM_USED, "device/mem_info_vram_used"}, {VRAM_TOTAL, "device/mem_info_vram_total"},
                 {GTT_USED, "device/mem_info_gtt_used"},   {GTT_TOTAL, "device/mem_info_gtt_total"},
                 {METRICS, "device/gpu_metrics"}};
    self->cards.starved = false;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        perfadapt__gpu_card_name(&self->cards, card, files[i].file, files[i].name);
    name_hwmon(self, card);
    card->laid_out = !self->cards.starved;
    if (card->laid_out)
        mark_missing(card, gpu);
    return card->laid_out;
}

/* ---- clock ---- */

uint32_t perfadapt__amdgpu_highest_level(const char *text) {
    uint64_t highest = 0;
    for (const char *colon = text; (colon = strchr(colon, ':'));) {
        const char *at = ++colon;
        uint64_t megahertz;
        if (perfadapt__fs_parse_u64(&at, &megahertz) && strncmp(at, "Mhz", 3) == 0 && megahertz > highest &&
            megahertz <= 10000)
            highest = megahertz;
    }
    return (uint32_t)highest;
}

static void read_levels(struct amdgpu *self, struct perfadapt__gpu_card *card, struct history *history, int64_t now_ns,
                        struct perfadapt_gpu *gpu) {
    char text[1024];
    if (!perfadapt__gpu_card_is_due(card, LEVELS, now_ns))
        return;
    const ssize_t length = perfadapt__gpu_card_read(&self->cards, card, LEVELS, text, sizeof text);
    const double highest = length > 0 ? perfadapt__amdgpu_highest_level(text) : 0;
    if (highest > 0) {
        gpu->clock_max = perfadapt__metric_ok(highest > history->highest_seen_mhz ? highest : history->highest_seen_mhz,
                                              PERFADAPT_UNIT_MEGAHERTZ, now_ns);
        perfadapt__gpu_card_settle(card, LEVELS, now_ns, levels_period_ns);
        return;
    }
    perfadapt__metric_fail(&gpu->clock_max, PERFADAPT_STATE_ERROR);
    perfadapt__gpu_card_fail(card, LEVELS, length < 0 ? perfadapt__fs_why((int)length) : PERFADAPT_WHY_GARBAGE, now_ns);
}

/* The levels of some cards (RX 9070 XT) end far below the clocks that they run at. */
static void watch_clock(struct history *history, int64_t now_ns, struct perfadapt_gpu *gpu) {
    if (gpu->clock.state != PERFADAPT_STATE_OK || gpu->clock_max.state != PERFADAPT_STATE_OK ||
        !(gpu->clock.value > gpu->clock_max.value) || gpu->clock.value > highest_mhz)
        return;
    history->highest_seen_mhz = gpu->clock.value;
    gpu->clock_max = perfadapt__metric_ok(gpu->clock.value, PERFADAPT_UNIT_MEGAHERTZ, now_ns);
}

/* ---- the metrics table ---- */

static bool file_serves(const struct perfadapt__gpu_card *card, size_t index) {
    return perfadapt__gpu_card_has(card, index) && card->files[index].pause_ns == 0;
}

/* Where no file of its own gives it. */
static void fill(const struct perfadapt__gpu_card *card, size_t file, double value, enum perfadapt_unit unit,
                 int64_t now_ns, struct perfadapt_metric *metric) {
    if (file_serves(card, file))
        return;
    if (!isnan(value))
        *metric = perfadapt__metric_ok(value, unit, now_ns);
    else if (!perfadapt__gpu_card_has(card, file))
        *metric = perfadapt__metric_none(unit, PERFADAPT_STATE_UNSUPPORTED);
}

static void fill_all(const struct perfadapt__gpu_card *card, const struct perfadapt__gpu_metrics *metrics,
                     int64_t now_ns, struct perfadapt_gpu *gpu) {
    fill(card, BUSY, metrics->busy, PERFADAPT_UNIT_RATIO, now_ns, &gpu->busy);
    fill(card, POWER, metrics->power_w, PERFADAPT_UNIT_WATT, now_ns, &gpu->power);
    fill(card, CLOCK, metrics->clock_mhz, PERFADAPT_UNIT_MEGAHERTZ, now_ns, &gpu->clock);
}

/* Something that only the table can give, or give instead. */
static bool stands_in(const struct perfadapt__gpu_card *card) {
    return !file_serves(card, BUSY) || !file_serves(card, POWER) || !file_serves(card, CLOCK);
}

static void append_celsius(char *text, size_t capacity, const char *name, double celsius) {
    const size_t used = strlen(text);
    if (!isnan(celsius) && used + 24 < capacity)
        snprintf(text + used, capacity - used, ", %s %d C", name, (int)celsius);
}

static void give_evidence(struct perfadapt_snapshot *snapshot, int evidence, uint32_t claims, char *text,
                          size_t capacity, const struct perfadapt__gpu_metrics *metrics, int64_t now_ns) {
    if (!(claims & PERFADAPT__CLAIM(NONE))) {
        append_celsius(text, capacity, "edge", metrics->edge_c);
        append_celsius(text, capacity, "hotspot", metrics->hotspot_c);
    }
    perfadapt__evidence_set(snapshot, evidence, claims, text, now_ns);
}

static void judge(struct history *history, const struct perfadapt__gpu_metrics *metrics, int evidence, int64_t now_ns,
                  struct perfadapt_snapshot *snapshot) {
    char text[sizeof snapshot->evidence[0].text];
    uint32_t claims = 0;
    if (metrics->throttle_known) {
        claims = perfadapt__gpu_metrics_claims(metrics->throttle, text, sizeof text);
    } else if (metrics->residency_known) {
        const bool fresh = history->residency_ns != 0 && now_ns - history->residency_ns <= longest_difference_ns;
        if (fresh)
            claims = perfadapt__gpu_metrics_residency_claims(history->residency, metrics->residency, text, sizeof text);
        memcpy(history->residency, metrics->residency, sizeof history->residency);
        history->residency_ns = now_ns;
        if (!fresh)
            return;
    }
    if (claims)
        give_evidence(snapshot, evidence, claims, text, sizeof text, metrics, now_ns);
    else
        perfadapt__evidence_none(snapshot, evidence, PERFADAPT_STATE_UNSUPPORTED);
}

/* What only the table gives. */
static void fail_filled(const struct perfadapt__gpu_card *card, struct perfadapt_gpu *gpu) {
    for (size_t i = 0; i < QUANTITY_COUNT; i++) {
        struct perfadapt_metric *metric = perfadapt__gpu_metric(gpu, quantities[i].metric);
        if (!perfadapt__gpu_card_has(card, quantities[i].file) && metric->state != PERFADAPT_STATE_UNSUPPORTED)
            perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
    }
}

static void refuse_metrics(struct amdgpu *self, struct perfadapt__gpu_card *card, struct history *history,
                           enum perfadapt_why why, const struct perfadapt__gpu_metrics *metrics, int64_t now_ns,
                           struct perfadapt_snapshot *snapshot) {
    struct perfadapt_gpu *gpu = &snapshot->gpus[card->gpu];
    perfadapt__gpu_card_fail(card, METRICS, why, now_ns);
    if (card->fell_asleep)
        return;
    if (why == PERFADAPT_WHY_REVISION || why == PERFADAPT_WHY_MISSING)
        fill_all(card, metrics, now_ns, gpu);
    else
        fail_filled(card, gpu);
    history->residency_ns = 0;
    perfadapt__evidence_none(snapshot, card->evidence,
                             why == PERFADAPT_WHY_REVISION ? PERFADAPT_STATE_UNSUPPORTED : PERFADAPT_STATE_ERROR);
    if (why == PERFADAPT_WHY_REVISION && history->reason != why)
        perfadapt__log(self->cards.log, PERFADAPT_LOG_INFO, "amdgpu: %s has gpu_metrics of unknown revision %u.%u",
                       card->identity.id, (unsigned)metrics->format, (unsigned)metrics->content);
    history->reason = why;
}

static void read_metrics(struct amdgpu *self, struct perfadapt__gpu_card *card, struct history *history, int64_t now_ns,
                         struct perfadapt_snapshot *snapshot) {
    char table[1024];
    struct perfadapt__gpu_metrics metrics;
    if (stands_in(card) && card->files[METRICS].pause_ns == 0)
        card->files[METRICS].due_ns = 0;
    if (!perfadapt__gpu_card_is_due(card, METRICS, now_ns))
        return;
    const ssize_t length = perfadapt__gpu_card_read(&self->cards, card, METRICS, table, sizeof table);
    enum perfadapt_why why = perfadapt__gpu_metrics_parse(table, length > 0 ? (size_t)length : 0, &metrics);
    if (length < 0)
        why = perfadapt__fs_why((int)length);
    if (why != PERFADAPT_WHY_NONE) {
        refuse_metrics(self, card, history, why, &metrics, now_ns, snapshot);
        return;
    }
    history->reason = PERFADAPT_WHY_NONE;
    fill_all(card, &metrics, now_ns, &snapshot->gpus[card->gpu]);
    judge(history, &metrics, card->evidence, now_ns, snapshot);
    /* Each read has the firmware write the table out: where nothing of it is used, seldom. */
    const bool needed = metrics.throttle_known || metrics.residency_known || stands_in(card);
    perfadapt__gpu_card_settle(card, METRICS, now_ns, needed ? 0 : levels_period_ns);
}

/* ---- reading ---- */

static void check_memory(struct perfadapt_metric *used, const struct perfadapt_metric *total) {
    if (used->state == PERFADAPT_STATE_OK && total->state == PERFADAPT_STATE_OK && used->value > total->value)
        *used = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_ERROR);
}

static void read_files(struct amdgpu *self, struct perfadapt__gpu_card *card, struct history *history, int64_t now_ns,
                       struct perfadapt_snapshot *snapshot) {
    struct perfadapt_gpu *gpu = &snapshot->gpus[card->gpu];
    for (size_t i = 0; i < QUANTITY_COUNT; i++)
        perfadapt__gpu_card_measure(&self->cards, card, &quantities[i], now_ns, gpu);
    read_metrics(self, card, history, now_ns, snapshot);
    read_levels(self, card, history, now_ns, gpu);
    check_memory(&gpu->memory_used, &gpu->memory_total);
    check_memory(&gpu->shared_used, &gpu->shared_total);
    watch_clock(history, now_ns, gpu);
    perfadapt__gate_busy(card->gate, gpu->busy.state == PERFADAPT_STATE_OK ? gpu->busy.value : (double)NAN);
}

static void read_card(struct amdgpu *self, size_t index, const struct perfadapt__read_context *context,
                      struct perfadapt_snapshot *snapshot) {
    struct perfadapt__gpu_card *card = &self->cards.cards[index];
    struct history *history = &self->histories[index];
    if (context->resumed)
        history->residency_ns = 0;
    if (!perfadapt__gpu_card_begin(&self->cards, card, context, snapshot)) {
        history->residency_ns = 0;
        return;
    }
    if (!card->laid_out && !lay_out(self, card, &snapshot->gpus[card->gpu]))
        card->why = PERFADAPT_WHY_IO_ERROR;
    else
        read_files(self, card, history, context->now_ns, snapshot);
    perfadapt__gpu_card_end(&self->cards, card, context->now_ns, snapshot);
}

static void amdgpu_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                        struct perfadapt_snapshot *snapshot) {
    struct amdgpu *self = (struct amdgpu *)provider;
    perfadapt__gpu_cards_follow(&self->cards, context, snapshot);
    for (size_t i = 0; i < self->cards.count; i++)
        read_card(self, i, context, snapshot);
}

/* ---- life ---- */

static void amdgpu_destroy(struct perfadapt__provider *provider) {
    perfadapt__gpu_cards_finish(&((struct amdgpu *)provider)->cards);
    free(provider);
}

static struct perfadapt__provider *amdgpu_create(const struct perfadapt__provider_environment *environment,
                                                 struct perfadapt_snapshot *snapshot) {
    struct amdgpu *self = malloc(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, offsetof(struct amdgpu, cards.cards));
    self->base.type = &perfadapt__amdgpu_provider;
    if (perfadapt__gpu_cards_init(&self->cards, &amd_cards, environment, snapshot))
        return &self->base;
    amdgpu_destroy(&self->base);
    return NULL;
}

/* The firmware brings its figures up to date about every millisecond, but each read makes it work. */
const struct perfadapt__provider_class perfadapt__amdgpu_provider = {
    .name = "amdgpu",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 500 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = true,
    .asks_devices = true,
    .create = amdgpu_create,
    .destroy = amdgpu_destroy,
    .read = amdgpu_read,
};
