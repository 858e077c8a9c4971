/* SPDX-License-Identifier: MIT */
#include "providers/gpu_card.h"

#include "core/clock.h"

#include "core/log.h"
#include "providers/kernel_file.h"
#include "providers/pause.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int64_t plugged_in_period_ns = 30 * PERFADAPT__NS_PER_S;

struct perfadapt_metric *perfadapt__gpu_metric(struct perfadapt_gpu *gpu, size_t offset) {
    return (struct perfadapt_metric *)(void *)((char *)gpu + offset);
}

static struct perfadapt_gpu *gpu_of(struct perfadapt_snapshot *snapshot, const struct perfadapt__gpu_card *card) {
    return &snapshot->gpus[card->gpu];
}

static void file_path(const struct perfadapt__gpu_card *card, const char *name, char *out, size_t capacity) {
    snprintf(out, capacity, PERFADAPT__DRM_CLASS "/card%u/%s", (unsigned)card->identity.card, name);
}

/* ---- files ---- */

static void close_files(struct perfadapt__gpu_card *card) {
    for (size_t i = 0; i < PERFADAPT__GPU_FILES_MAX; i++)
        perfadapt__kernel_file_close(&card->files[i].fd);
}

static void forget_files(struct perfadapt__gpu_card *card) {
    close_files(card);
    for (size_t i = 0; i < PERFADAPT__GPU_FILES_MAX; i++)
        card->files[i] = (struct perfadapt__gpu_file){.fd = -1};
    card->laid_out = false;
}

/* With O_PATH the driver is not asked. */
static bool exists(struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_card *card, const char *name) {
    char path[128];
    file_path(card, name, path, sizeof path);
    const int fd = perfadapt__root_openat(cards->root, path, O_PATH);
    cards->starved |= perfadapt__kernel_file_is_shortage(fd);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool perfadapt__gpu_card_name(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card, size_t index,
                              const char *name) {
    struct perfadapt__gpu_file *file = &card->files[index];
    const size_t length = strlen(name);
    if (length >= sizeof file->name || !exists(cards, card, name))
        return false;
    perfadapt__kernel_file_close(&file->fd);
    *file = (struct perfadapt__gpu_file){.fd = -1};
    memcpy(file->name, name, length + 1);
    return true;
}

void perfadapt__gpu_card_text(struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_card *card,
                              const char *name, char *out, size_t capacity) {
    char path[128];
    file_path(card, name, path, sizeof path);
    cards->starved |= perfadapt__kernel_file_is_shortage(perfadapt__fs_read_once(cards->root, path, out, capacity));
    out[strcspn(out, "\r\n")] = '\0';
    perfadapt__fs_trim(out);
}

/* i915 has further chips, one for each of its engines' blocks: "i915_gt0". */
bool perfadapt__gpu_card_hwmon(struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_card *card, char *out,
                               size_t capacity) {
    uint32_t numbers[8];
    char path[128];
    file_path(card, "device/hwmon", path, sizeof path);
    const ssize_t count = perfadapt__kernel_directory_numbers(cards->root, path, "hwmon", "", numbers, 8);
    cards->starved |= perfadapt__kernel_file_is_shortage(count);
    for (ssize_t i = 0; i < count; i++) {
        char name[32];
        char file[48];
        snprintf(file, sizeof file, "device/hwmon/hwmon%u/name", (unsigned)numbers[i]);
        perfadapt__gpu_card_text(cards, card, file, name, sizeof name);
        if (strcmp(name, card->identity.driver) != 0)
            continue;
        snprintf(out, capacity, "device/hwmon/hwmon%u", (unsigned)numbers[i]);
        return true;
    }
    return false;
}

bool perfadapt__gpu_card_has(const struct perfadapt__gpu_card *card, size_t index) {
    return card->files[index].name[0] != '\0';
}

bool perfadapt__gpu_card_is_due(const struct perfadapt__gpu_card *card, size_t index, int64_t now_ns) {
    return perfadapt__gpu_card_has(card, index) && now_ns >= card->files[index].due_ns && !card->fell_asleep;
}

ssize_t perfadapt__gpu_card_read(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card, size_t index,
                                 char *buffer, size_t capacity) {
    struct perfadapt__gpu_file *file = &card->files[index];
    char path[128];
    path[0] = '\0';
    if (file->fd < 0)
        file_path(card, file->name, path, sizeof path);
    const ssize_t length = perfadapt__kernel_file_read(cards->root, path, &file->fd, buffer, capacity);
    if (length == -EPERM && cards->type->eperm_is_sleep)
        card->fell_asleep = true;
    return length;
}

enum perfadapt_why perfadapt__gpu_card_number(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card,
                                              size_t index, int64_t *out_value) {
    char text[32];
    const ssize_t length = perfadapt__gpu_card_read(cards, card, index, text, sizeof text);
    return perfadapt__kernel_file_number(text, length, sizeof text, out_value);
}

void perfadapt__gpu_card_settle(struct perfadapt__gpu_card *card, size_t index, int64_t now_ns, int64_t period_ns) {
    card->files[index].pause_ns = 0;
    card->files[index].due_ns = now_ns + period_ns;
    card->answered = true;
}

void perfadapt__gpu_card_fail(struct perfadapt__gpu_card *card, size_t index, enum perfadapt_why why, int64_t now_ns) {
    struct perfadapt__gpu_file *file = &card->files[index];
    if (card->fell_asleep)
        return;
    file->pause_ns = perfadapt__pause_next(file->pause_ns);
    file->due_ns = now_ns + file->pause_ns;
    card->why = why;
}

void perfadapt__gpu_card_measure(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card,
                                 const struct perfadapt__gpu_quantity *quantity, int64_t now_ns,
                                 struct perfadapt_gpu *gpu) {
    int64_t number = 0;
    struct perfadapt_metric *metric = perfadapt__gpu_metric(gpu, quantity->metric);
    if (!perfadapt__gpu_card_is_due(card, quantity->file, now_ns))
        return;
    enum perfadapt_why why = perfadapt__gpu_card_number(cards, card, quantity->file, &number);
    const double value = (double)number / quantity->divisor;
    if (why == PERFADAPT_WHY_NONE && number == 0 && quantity->zero_is_none) {
        *metric = perfadapt__metric_none(quantity->unit, PERFADAPT_STATE_UNSUPPORTED);
        perfadapt__gpu_card_settle(card, quantity->file, now_ns, quantity->period_ns);
        return;
    }
    if (why == PERFADAPT_WHY_NONE && (value < quantity->least || value > quantity->most))
        why = PERFADAPT_WHY_GARBAGE;
    if (why == PERFADAPT_WHY_NONE) {
        *metric = perfadapt__metric_ok(value, quantity->unit, now_ns);
        perfadapt__gpu_card_settle(card, quantity->file, now_ns, quantity->period_ns);
        return;
    }
    if (why == PERFADAPT_WHY_MISSING) /* also EOPNOTSUPP: a file of the driver for what this chip does not have */
        *metric = perfadapt__metric_none(quantity->unit, PERFADAPT_STATE_UNSUPPORTED);
    else
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
    perfadapt__gpu_card_fail(card, quantity->file, why, now_ns);
}

/* ---- found, and lost ---- */

static bool drives(const struct perfadapt__gpu_cards *cards, const char *driver) {
    for (const char *const *name = cards->type->drivers; *name; name++)
        if (strcmp(*name, driver) == 0)
            return true;
    return false;
}

static void find_evidence(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card,
                          struct perfadapt_snapshot *snapshot) {
    for (const char *const *name = cards->type->evidence_files; *name && card->evidence < 0; name++)
        if (exists(cards, card, *name))
            card->evidence =
                perfadapt__evidence_add(snapshot, PERFADAPT_SENSOR_GPU, card->identity.driver, card->identity.id);
}

static void lose(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card,
                 struct perfadapt_snapshot *snapshot) {
    if (!card->gone)
        perfadapt__log(cards->log, PERFADAPT_LOG_INFO, "%s: %s is gone", card->identity.driver, card->identity.id);
    forget_files(card);
    if (card->gate)
        perfadapt__gate_forget(card->gate);
    card->gone = true;
    perfadapt__gpu_state(gpu_of(snapshot, card), PERFADAPT_STATE_ERROR, PERFADAPT_WHY_VANISHED);
    perfadapt__evidence_none(snapshot, card->evidence, PERFADAPT_STATE_ERROR);
}

static struct perfadapt__gpu_card *card_of(struct perfadapt__gpu_cards *cards,
                                           const struct perfadapt__gpu_device *device) {
    for (size_t i = 0; i < cards->count; i++)
        if (strcmp(cards->cards[i].identity.id, device->id) == 0)
            return &cards->cards[i];
    return NULL;
}

static struct perfadapt__gpu_card *add_card(struct perfadapt__gpu_cards *cards,
                                            const struct perfadapt__gpu_device *device,
                                            struct perfadapt_snapshot *snapshot) {
    struct perfadapt_gpu *gpu =
        cards->count < PERFADAPT_GPUS_MAX ? perfadapt__gpu_find_or_add(snapshot, device->id, device->driver) : NULL;
    if (!gpu)
        return NULL;
    struct perfadapt__gpu_card *card = &cards->cards[cards->count++];
    *card = (struct perfadapt__gpu_card){.gpu = (uint32_t)(gpu - snapshot->gpus), .evidence = -1};
    for (size_t i = 0; i < PERFADAPT__GPU_FILES_MAX; i++)
        card->files[i].fd = -1;
    cards->type->expect(gpu);
    return card;
}

/* A card that is known stays as it is, unless it was gone or may be another. */
static void take_in(struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_device *device, bool anew,
                    struct perfadapt_snapshot *snapshot) {
    struct perfadapt__gpu_card *card = card_of(cards, device);
    if (!card)
        card = add_card(cards, device, snapshot);
    if (!card)
        return;
    if (card->gone)
        perfadapt__log(cards->log, PERFADAPT_LOG_INFO, "%s: %s is back", device->driver, device->id);
    if (anew || card->gone || card->identity.card != device->card)
        forget_files(card);
    card->identity = *device;
    card->gone = false;
    card->found = true;
    card->gate = perfadapt__gates_find(cards->gates, device->path, true);
    find_evidence(cards, card, snapshot);
}

static void plan_scan(struct perfadapt__gpu_cards *cards, int64_t now_ns) {
    bool missing = !cards->complete;
    for (size_t i = 0; i < cards->count; i++)
        missing |= cards->cards[i].gone;
    cards->scan_pause_ns = missing ? perfadapt__pause_next(cards->scan_pause_ns) : 0;
    cards->scan_ns = now_ns + (missing ? cards->scan_pause_ns : plugged_in_period_ns);
}

static void scan(struct perfadapt__gpu_cards *cards, bool anew, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    struct perfadapt__gpu_device devices[PERFADAPT__GPU_DEVICES_MAX];
    const ssize_t count = perfadapt__gpu_devices_find(cards->root, devices, PERFADAPT__GPU_DEVICES_MAX);
    cards->complete = count >= 0;
    cards->starved = false;
    for (size_t i = 0; i < cards->count; i++)
        cards->cards[i].found = false;
    for (ssize_t i = 0; i < count; i++)
        if (drives(cards, devices[i].driver))
            take_in(cards, &devices[i], anew, snapshot);
    for (size_t i = 0; cards->complete && i < cards->count; i++)
        if (!cards->cards[i].found)
            lose(cards, &cards->cards[i], snapshot);
    cards->complete &= !cards->starved;
    plan_scan(cards, now_ns);
}

/* Where there is none, as in most containers, no card is plugged in either. */
static bool has_class(const struct perfadapt__root *root) {
    const int fd = perfadapt__root_openat(root, PERFADAPT__DRM_CLASS, O_PATH | O_DIRECTORY);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool perfadapt__gpu_cards_init(struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_cards_class *type,
                               const struct perfadapt__provider_environment *environment,
                               struct perfadapt_snapshot *snapshot) {
    cards->type = type;
    cards->root = environment->root;
    cards->log = environment->log;
    cards->gates = environment->gates;
    cards->count = 0;
    scan(cards, false, 0, snapshot);
    cards->scan_pause_ns = 0;
    if (!cards->complete)
        cards->scan_ns = 0; /* at the first read: its clock is not known here */
    return cards->count > 0 || !cards->complete || has_class(cards->root);
}

void perfadapt__gpu_cards_finish(struct perfadapt__gpu_cards *cards) {
    for (size_t i = 0; i < cards->count; i++)
        close_files(&cards->cards[i]);
}

void perfadapt__gpu_cards_follow(struct perfadapt__gpu_cards *cards, const struct perfadapt__read_context *context,
                                 struct perfadapt_snapshot *snapshot) {
    if (context->resumed || context->now_ns >= cards->scan_ns)
        scan(cards, context->resumed, context->now_ns, snapshot);
}

/* Tells a device that is gone from one of which a single file is. */
static bool is_still_there(const struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_card *card) {
    struct perfadapt__gpu_device device;
    const int error = perfadapt__gpu_device_describe(cards->root, card->identity.card, &device);
    return perfadapt__kernel_file_is_shortage(error) ||
           (error == 0 && strcmp(device.id, card->identity.id) == 0 && drives(cards, device.driver));
}

/* ---- one tick ---- */

/* Everything is due when the card may be touched again: what it had said is not kept. */
static void leave_alone(struct perfadapt__gpu_card *card, enum perfadapt_state state, enum perfadapt_why why,
                        struct perfadapt_snapshot *snapshot) {
    for (size_t i = 0; i < PERFADAPT__GPU_FILES_MAX; i++)
        card->files[i].due_ns = card->files[i].pause_ns = 0;
    perfadapt__gpu_state(gpu_of(snapshot, card), state, why);
    perfadapt__evidence_none(snapshot, card->evidence, state);
}

bool perfadapt__gpu_card_begin(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card,
                               const struct perfadapt__read_context *context, struct perfadapt_snapshot *snapshot) {
    card->answered = card->fell_asleep = false;
    card->why = PERFADAPT_WHY_NONE;
    if (card->gone)
        return false;
    if (!card->gate) {
        leave_alone(card, PERFADAPT_STATE_ERROR, PERFADAPT_WHY_BUSY, snapshot);
        return false;
    }
    switch (perfadapt__gate_ask(cards->root, card->gate, context->frames_flow, context->now_ns)) {
    case PERFADAPT__GATE_OPEN:
        return true;
    case PERFADAPT__GATE_ASLEEP:
        leave_alone(card, PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_NONE, snapshot);
        break;
    case PERFADAPT__GATE_RESTING:
        leave_alone(card, PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_RESTING, snapshot);
        break;
    case PERFADAPT__GATE_FAULTY:
        leave_alone(card, PERFADAPT_STATE_ERROR, (enum perfadapt_why)card->gate->faulty_why, snapshot);
        break;
    case PERFADAPT__GATE_GONE:
        lose(cards, card, snapshot);
        plan_scan(cards, context->now_ns);
        break;
    }
    return false;
}

void perfadapt__gpu_card_end(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card, int64_t now_ns,
                             struct perfadapt_snapshot *snapshot) {
    if (card->fell_asleep) {
        leave_alone(card, PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_NONE, snapshot);
        return;
    }
    if ((card->why == PERFADAPT_WHY_VANISHED || card->why == PERFADAPT_WHY_MISSING) && !is_still_there(cards, card)) {
        lose(cards, card, snapshot);
        plan_scan(cards, now_ns);
        return;
    }
    struct perfadapt_gpu *gpu = gpu_of(snapshot, card);
    const bool failed = card->why != PERFADAPT_WHY_NONE && card->why != PERFADAPT_WHY_MISSING;
    if (card->answered || (!failed && gpu->state != PERFADAPT_STATE_ERROR))
        perfadapt__gpu_state(gpu, PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
    else if (failed)
        perfadapt__gpu_state(gpu, PERFADAPT_STATE_ERROR, card->why);
}
