/*
 * The graphics cards of one driver: found, asked for leave at their gates, lost and found again, and their files.
 * SPDX-License-Identifier: MIT
 *
 * A provider names a card's files the first time that the card may be touched, then reads them by number. What is wrong
 * with them, when they are due again, and what becomes of the card's entry in the snapshot is seen to here.
 */
#ifndef PERFADAPT_PROVIDERS_GPU_CARD_H
#define PERFADAPT_PROVIDERS_GPU_CARD_H

#include "providers/gpu_device.h"
#include "providers/provider.h"

#define PERFADAPT__GPU_FILES_MAX 32

struct perfadapt__gpu_file {
    char name[72]; /* below the card's directory: "device/gpu_busy_percent"; "" = there is none */
    int fd;
    int64_t due_ns;   /* not before */
    int64_t pause_ns; /* length of the last pause after an error; 0 = none */
};

struct perfadapt__gpu_card {
    struct perfadapt__gpu_device identity;
    struct perfadapt__gate *gate; /* NULL = there are too many: never touched */
    uint32_t gpu;                 /* index into snapshot->gpus */
    int evidence;                 /* -1 = has no source */
    bool laid_out;                /* its files have their names */
    bool gone;
    bool found; /* by the scan that goes on */

    /* Of the tick that goes on. */
    bool answered;
    bool fell_asleep;
    enum perfadapt_why why; /* of what did not answer */

    struct perfadapt__gpu_file files[PERFADAPT__GPU_FILES_MAX];
};

/* What one driver's cards are like. */
struct perfadapt__gpu_cards_class {
    const char *const *drivers; /* NULL-terminated */
    /* Any of these files, NULL-terminated: the card is a source of evidence. */
    const char *const *evidence_files;
    /* Metrics of `gpu` that such a card may have become INIT. */
    void (*expect)(struct perfadapt_gpu *gpu);
    bool eperm_is_sleep; /* the device went to sleep after its status was read */
};

struct perfadapt__gpu_cards {
    const struct perfadapt__gpu_cards_class *type;
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    struct perfadapt__gates *gates;
    size_t count;
    bool complete;   /* the class was looked at to its end */
    bool starved;    /* since it was last cleared, descriptors were short */
    int64_t scan_ns; /* not before; INT64_MAX = nothing is missing */
    int64_t scan_pause_ns;
    /* Room for more than most machines have: what is beyond `count` has never been written to. */
    struct perfadapt__gpu_card cards[PERFADAPT_GPUS_MAX];
};

/* Of zeros up to `cards`. False where there is no such card, and there cannot be one that was not seen. */
bool perfadapt__gpu_cards_init(struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_cards_class *type,
                               const struct perfadapt__provider_environment *environment,
                               struct perfadapt_snapshot *snapshot);
void perfadapt__gpu_cards_finish(struct perfadapt__gpu_cards *cards);

/* At the start of a tick: looks for cards that are missing, and after a resume for all of them. */
void perfadapt__gpu_cards_follow(struct perfadapt__gpu_cards *cards, const struct perfadapt__read_context *context,
                                 struct perfadapt_snapshot *snapshot);

/* May the card be touched in this tick? Where not, its entry says why, and its files are due when it may be. */
bool perfadapt__gpu_card_begin(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card,
                               const struct perfadapt__read_context *context, struct perfadapt_snapshot *snapshot);
/* The state of the card after what was read of it. */
void perfadapt__gpu_card_end(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card, int64_t now_ns,
                             struct perfadapt_snapshot *snapshot);

/* ---- files ---- */

/* Gives file `index` that name where there is such a file: true. Opens nothing. */
bool perfadapt__gpu_card_name(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card, size_t index,
                              const char *name);

/* The directory of the card's own monitoring chip, "device/hwmon/hwmon4"; false where it has none. */
bool perfadapt__gpu_card_hwmon(struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_card *card, char *out,
                               size_t capacity);

/* A small text of the card, read once, trimmed; "" where there is none. */
void perfadapt__gpu_card_text(struct perfadapt__gpu_cards *cards, const struct perfadapt__gpu_card *card,
                              const char *name, char *out, size_t capacity);

/* The file was found. */
bool perfadapt__gpu_card_has(const struct perfadapt__gpu_card *card, size_t index);

bool perfadapt__gpu_card_is_due(const struct perfadapt__gpu_card *card, size_t index, int64_t now_ns);

/* Bytes read, or -errno. Says nothing yet of the file: that is settled or failed below. */
ssize_t perfadapt__gpu_card_read(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card, size_t index,
                                 char *buffer, size_t capacity);
/* A number, NONE where it is one. */
enum perfadapt_why perfadapt__gpu_card_number(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card,
                                              size_t index, int64_t *out_value);

/* The file answered, and is due again after that time. */
void perfadapt__gpu_card_settle(struct perfadapt__gpu_card *card, size_t index, int64_t now_ns, int64_t period_ns);
/* It did not, or what it said is not believed: it is due after a growing pause. */
void perfadapt__gpu_card_fail(struct perfadapt__gpu_card *card, size_t index, enum perfadapt_why why, int64_t now_ns);

/* A file that holds one number, and the metric that it is: value = number / divisor. */
struct perfadapt__gpu_quantity {
    size_t file;
    size_t metric; /* offset in struct perfadapt_gpu */
    double divisor;
    double least; /* what is below or above is not believed */
    double most;
    int64_t period_ns; /* 0 = every tick */
    enum perfadapt_unit unit;
    bool zero_is_none; /* a limit or a total that is not set */
};

/* Reads it where it is due. */
void perfadapt__gpu_card_measure(struct perfadapt__gpu_cards *cards, struct perfadapt__gpu_card *card,
                                 const struct perfadapt__gpu_quantity *quantity, int64_t now_ns,
                                 struct perfadapt_gpu *gpu);

struct perfadapt_metric *perfadapt__gpu_metric(struct perfadapt_gpu *gpu, size_t offset);

#endif
