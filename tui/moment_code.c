/* Moments as bytes. SPDX-License-Identifier: MIT */
#include "moment.h"

#include <stdlib.h>
#include <string.h>

#include "moment_check.h"

_Static_assert(sizeof(struct moment_head) % 8 == 0 && sizeof(struct perfadapt_snapshot) % 8 == 0 &&
                   sizeof(struct perfadapt_app) % 8 == 0 && sizeof(struct perfadapt_decision) % 8 == 0 &&
                   sizeof(struct perfadapt_frame) % 8 == 0,
               "differences are of whole words");

static const struct perfadapt_decision no_decision;
static const struct perfadapt_snapshot no_snapshot;
static const struct model_app no_app;

/* A frame as what it adds to the one before: numbers count up, and a frame ends a period after the one before. */
static void relate_frame(struct perfadapt_frame *frame, const struct perfadapt_frame *before, bool back) {
    const uint64_t number = before == NULL ? 0 : before->number;
    const uint64_t end_ns = before == NULL ? 0 : (uint64_t)before->end_ns + (uint64_t)frame->period_ns;
    frame->number = back ? frame->number + number : frame->number - number;
    frame->end_ns = (int64_t)(back ? (uint64_t)frame->end_ns + end_ns : (uint64_t)frame->end_ns - end_ns);
}

static void put_frames(struct delta_writer *writer, const struct perfadapt_frame *frames, size_t count,
                       const struct perfadapt_frame *last) {
    struct perfadapt_frame before = {0};
    for (size_t i = 0; i < count; ++i) {
        struct perfadapt_frame related = frames[i];
        relate_frame(&related, last, false);
        delta_put(writer, &before, &related, sizeof related);
        before = related;
        last = &frames[i];
    }
}

static void take_frames(struct delta_reader *reader, struct perfadapt_frame *frames, size_t count,
                        const struct perfadapt_frame *last) {
    struct perfadapt_frame before = {0};
    for (size_t i = 0; i < count && !reader->failed; ++i) {
        delta_take(reader, &before, sizeof before);
        frames[i] = before;
        relate_frame(&frames[i], last, true);
        last = &frames[i];
    }
}

/* How many of the newest of `before` are the oldest of `now`: lists lose at their beginning and grow at their end. */
static size_t kept(const void *before, size_t before_count, const void *now, size_t now_count, size_t size) {
    for (size_t dropped = 0; dropped < before_count; ++dropped) {
        const size_t rest = before_count - dropped;
        if (rest <= now_count && memcmp((const char *)before + dropped * size, now, rest * size) == 0) {
            return rest;
        }
    }
    return 0;
}

/* The GPU's time comes after the frame: the newest frames of before are often others now, and are written anew. */
static size_t kept_frames(const struct moment *before, const struct moment *now, size_t *out_changed) {
    const struct perfadapt_frame *frames = before->frames;
    size_t count = before->frame_count;
    while (count > 0 && (now->frame_count == 0 || frames->number != now->frames[0].number)) {
        ++frames;
        --count;
    }
    size_t same = 0;
    while (same < count && same < now->frame_count && memcmp(&frames[same], &now->frames[same], sizeof *frames) == 0) {
        ++same;
    }
    *out_changed = count - same;
    return same;
}

static void encode_frames(struct delta_writer *writer, const struct moment *before, const struct moment *now) {
    size_t changed = 0;
    const size_t same = kept_frames(before, now, &changed);
    delta_put_number(writer, changed);
    delta_put_number(writer, same);
    delta_put_number(writer, now->frame_count - same);
    put_frames(writer, now->frames + same, now->frame_count - same, same > 0 ? &now->frames[same - 1] : NULL);
}

/* Two numbers of a list: what is kept of it is moved to its front. */
static size_t take_kept(struct delta_reader *reader, void *items, size_t *count, size_t most, size_t size) {
    const uint64_t same = delta_take_number(reader);
    const uint64_t added = delta_take_number(reader);
    if (reader->failed || same > *count || added > most - same) {
        reader->failed = true;
        return 0;
    }
    memmove(items, (char *)items + (*count - same) * size, same * size);
    *count = same + added;
    return same;
}

static void decode_frames(struct delta_reader *reader, struct moment *moment) {
    const uint64_t changed = delta_take_number(reader);
    if (reader->failed || changed > moment->frame_count) {
        reader->failed = true;
        return;
    }
    moment->frame_count -= (size_t)changed;
    const size_t same =
        take_kept(reader, moment->frames, &moment->frame_count, PERFADAPT_FRAMES_MAX, sizeof *moment->frames);
    if (!reader->failed) {
        take_frames(reader, moment->frames + same, moment->frame_count - same,
                    same > 0 ? &moment->frames[same - 1] : NULL);
    }
}

static void encode_decisions(struct delta_writer *writer, const struct model_app *before, const struct model_app *now) {
    const size_t same =
        kept(before->decisions, before->decision_count, now->decisions, now->decision_count, sizeof *now->decisions);
    delta_put_number(writer, same);
    delta_put_number(writer, now->decision_count - same);
    for (size_t i = same; i < now->decision_count; ++i) {
        delta_put(writer, i > 0 ? &now->decisions[i - 1] : &no_decision, &now->decisions[i], sizeof *now->decisions);
    }
}

static void decode_decisions(struct delta_reader *reader, struct model_app *app) {
    const size_t same =
        take_kept(reader, app->decisions, &app->decision_count, PERFADAPT_DECISIONS_MAX, sizeof *app->decisions);
    for (size_t i = same; i < app->decision_count && !reader->failed; ++i) {
        app->decisions[i] = i > 0 ? app->decisions[i - 1] : no_decision;
        delta_take(reader, &app->decisions[i], sizeof app->decisions[i]);
    }
}

static void encode_app(struct delta_writer *writer, const struct model_app *before, const struct model_app *now) {
    delta_put(writer, &before->app, &now->app, sizeof now->app);
    encode_decisions(writer, before, now);
    delta_put_number(writer, now->simulated != NULL);
    if (now->simulated != NULL) {
        delta_put(writer, before->simulated != NULL ? before->simulated : &no_snapshot, now->simulated,
                  sizeof *now->simulated);
    }
}

static void decode_app(struct delta_reader *reader, struct model_app *app) {
    delta_take(reader, &app->app, sizeof app->app);
    decode_decisions(reader, app);
    if (delta_take_number(reader) == 0) {
        free(app->simulated);
        app->simulated = NULL;
        return;
    }
    if (app->simulated == NULL) {
        app->simulated = calloc(1, sizeof *app->simulated);
    }
    if (app->simulated == NULL) {
        reader->failed = true;
        return;
    }
    delta_take(reader, app->simulated, sizeof *app->simulated);
}

void moment_encode(struct delta_writer *writer, const struct moment *before, const struct moment *now) {
    delta_put(writer, &before->head, &now->head, sizeof now->head);
    delta_put(writer, &before->snapshot, &now->snapshot, sizeof now->snapshot);
    delta_put_number(writer, now->apps.count);
    for (size_t i = 0; i < now->apps.count; ++i) {
        encode_app(writer, i < before->apps.count ? &before->apps.items[i] : &no_app, &now->apps.items[i]);
    }
    encode_frames(writer, before, now);
}

/* Apps beyond those before begin with nothing; the writer had nothing to compare them with. */
static bool resize_apps(struct model_apps *apps, uint64_t count) {
    if (count > MOMENT_APPS_MAX || !model_apps_reserve(apps, (size_t)count)) {
        return false;
    }
    for (size_t i = apps->count; i < count; ++i) {
        free(apps->items[i].simulated);
        apps->items[i] = no_app;
    }
    apps->count = (size_t)count;
    return true;
}

bool moment_decode(struct moment *in_out, const unsigned char *bytes, size_t length) {
    struct delta_reader reader;
    delta_reader_begin(&reader, bytes, length);
    delta_take(&reader, &in_out->head, sizeof in_out->head);
    delta_take(&reader, &in_out->snapshot, sizeof in_out->snapshot);
    const uint64_t count = delta_take_number(&reader);
    if (reader.failed || !resize_apps(&in_out->apps, count)) {
        return false;
    }
    for (size_t i = 0; i < in_out->apps.count && !reader.failed; ++i) {
        decode_app(&reader, &in_out->apps.items[i]);
    }
    decode_frames(&reader, in_out);
    return !reader.failed && reader.at == reader.end;
}

uint64_t moment_layout(void) {
    static const size_t sizes[] = {sizeof(struct moment_head),          sizeof(struct perfadapt_snapshot),
                                   sizeof(struct perfadapt_sensor),     sizeof(struct perfadapt_gpu),
                                   sizeof(struct perfadapt_evidence),   sizeof(struct perfadapt_processor),
                                   sizeof(struct perfadapt_memory),     sizeof(struct perfadapt_power),
                                   sizeof(struct perfadapt_app),        sizeof(struct perfadapt_budget),
                                   sizeof(struct perfadapt_decision),   sizeof(struct perfadapt_frame),
                                   offsetof(struct perfadapt_app, fps), offsetof(struct perfadapt_snapshot, sensors)};
    uint64_t layout = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        layout = (layout ^ sizes[i]) * UINT64_C(0x100000001b3);
    }
    return layout;
}
