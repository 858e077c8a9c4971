/* SPDX-License-Identifier: MIT */
#include "record/decoder.h"

#include "record/sound.h"
#include "record/state.h"

#include <endian.h>
#include <string.h>

/* What is left of a segment's bytes; `at` is NULL once they did not hold what was asked of them. */
struct bytes {
    const unsigned char *at, *end;
};

static bool has(struct bytes *bytes, size_t count) {
    if (bytes->at && (size_t)(bytes->end - bytes->at) < count)
        bytes->at = NULL;
    return bytes->at != NULL;
}

static unsigned take_byte(struct bytes *bytes) {
    return has(bytes, 1) ? *bytes->at++ : 0;
}

/* A length of 0 or more than 8 is none. */
static uint64_t take_number(struct bytes *bytes, unsigned length) {
    uint64_t little = 0;
    if (length < 1 || length > 8)
        bytes->at = NULL;
    else if (has(bytes, length)) {
        memcpy(&little, bytes->at, length);
        bytes->at += length;
    }
    return le64toh(little);
}

static void take_words(struct bytes *bytes, void *inout_struct, size_t size) {
    if (bytes->at)
        bytes->at = perfadapt__words_unpack(bytes->at, bytes->end, inout_struct, size);
}

static void refuse_unless(struct bytes *bytes, bool sound) {
    if (!sound)
        bytes->at = NULL;
}

void perfadapt__decoder_begin(struct perfadapt__decoder *decoder) {
    memset(decoder, 0, sizeof *decoder);
}

/* ---- Inputs ---- */

static void take_done(struct perfadapt__decoder *decoder, unsigned tag, struct bytes *bytes,
                      struct perfadapt__frame_input *out) {
    const unsigned lengths = take_byte(bytes);
    out->period_ns = (int64_t)take_number(bytes, lengths >> 4);
    out->cpu_ns = (int64_t)take_number(bytes, lengths & 15);
    out->gpu_ns = -1;
    if (tag & PERFADAPT__RECORD_FLAG_GPU_TIME)
        out->gpu_ns = (int64_t)take_number(bytes, take_byte(bytes));
    out->quality = decoder->quality;
    out->render_scale = decoder->render_scale;
    if (tag & PERFADAPT__RECORD_FLAG_DRAWN) {
        const uint64_t drawn = take_number(bytes, 8);
        const uint32_t scale = (uint32_t)(drawn >> 32);
        out->quality = (uint32_t)drawn;
        memcpy(&out->render_scale, &scale, sizeof scale);
    }
    out->frame = decoder->frame + 1;
    out->now_ns = (int64_t)((uint64_t)decoder->done_ns + (uint64_t)out->period_ns);
}

static void take_gpu(const struct perfadapt__decoder *decoder, struct bytes *bytes,
                     struct perfadapt__frame_input *out) {
    const unsigned back = take_byte(bytes);
    out->frame = decoder->frame - (back >> 3);
    out->now_ns = decoder->done_ns;
    out->gpu_ns = (int64_t)take_number(bytes, (back & 7) + 1);
}

static void take_idle(const struct perfadapt__decoder *decoder, struct bytes *bytes,
                      struct perfadapt__frame_input *out) {
    const unsigned length = take_byte(bytes);
    out->now_ns = (int64_t)((uint64_t)decoder->now_ns + take_number(bytes, length));
}

static void take_input(struct perfadapt__decoder *decoder, unsigned tag, struct bytes *bytes,
                       struct perfadapt__recorded *out) {
    static const uint32_t kinds[] = {PERFADAPT__FRAME_DONE, PERFADAPT__FRAME_GPU, PERFADAPT__FRAME_IDLE};
    const unsigned kind = tag & PERFADAPT__RECORD_KIND;
    struct perfadapt__frame_input *input = &out->input;
    out->type = PERFADAPT__RECORDED_INPUT;
    out->caps = (enum perfadapt__record_caps)(tag >> PERFADAPT__RECORD_CAPS_SHIFT & 3);
    if (kind == PERFADAPT__RECORD_INPUT) {
        *input = (struct perfadapt__frame_input){.now_ns = decoder->now_ns};
        take_words(bytes, input, sizeof *input);
    } else {
        *input = (struct perfadapt__frame_input){.kind = kinds[kind]};
        if (kind == PERFADAPT__RECORD_DONE)
            take_done(decoder, tag, bytes, input);
        else if (kind == PERFADAPT__RECORD_GPU)
            take_gpu(decoder, bytes, input);
        else
            take_idle(decoder, bytes, input);
    }
    refuse_unless(bytes, out->caps <= PERFADAPT__RECORD_CAPS_BEFORE && perfadapt__input_is_sound(input));
    decoder->now_ns = input->now_ns;
    if (input->kind == PERFADAPT__FRAME_DONE) {
        decoder->done_ns = input->now_ns;
        decoder->frame = input->frame;
        decoder->quality = input->quality;
        decoder->render_scale = input->render_scale;
    }
}

/* ---- The others ---- */

static void take_tick(struct perfadapt__decoder *decoder, struct bytes *bytes, struct perfadapt__recorded *out) {
    out->type = PERFADAPT__RECORDED_TICK;
    take_words(bytes, &decoder->reading, sizeof decoder->reading);
    out->reading = decoder->reading;
    decoder->now_ns = out->reading.now_ns;
    refuse_unless(bytes, perfadapt__reading_is_sound(&out->reading));
}

static void take_policy(struct perfadapt__decoder *decoder, struct bytes *bytes, struct perfadapt__recorded *out) {
    out->now_ns = (int64_t)take_number(bytes, 8);
    memset(&out->policy, 0, sizeof out->policy);
    take_words(bytes, &out->policy, sizeof out->policy);
    decoder->now_ns = out->now_ns;
    const struct perfadapt__frame_input now = {.now_ns = out->now_ns};
    refuse_unless(bytes, perfadapt__policy_is_sound(&out->policy) && perfadapt__input_is_sound(&now));
}

static void take_state(struct bytes *bytes, bool same_layout, struct perfadapt__recorded *out) {
    struct perfadapt__decider *decider = &out->decider;
    out->type = PERFADAPT__RECORDED_STATE;
    out->lost = take_number(bytes, 8);
    out->used_before = take_number(bytes, 8);
    const size_t length = (size_t)take_number(bytes, 4);
    out->state_known = false;
    if (!has(bytes, length))
        return;
    struct bytes state = {bytes->at, bytes->at + length};
    bytes->at += length;
    if (!same_layout)
        return;
    memset(decider, 0, sizeof *decider);
    memset(&out->tick, 0, sizeof out->tick);
    take_words(&state, &decider->policy, sizeof decider->policy);
    refuse_unless(&state, perfadapt__policy_is_sound(&decider->policy));
    if (!state.at)
        return;
    take_words(&state, (unsigned char *)decider + PERFADAPT__STATE_DECIDER_AT, PERFADAPT__STATE_DECIDER_BYTES);
    take_words(&state, &out->tick, sizeof out->tick);
    perfadapt__ladder_init(&decider->ladder, &decider->policy);
    out->state_known = state.at == state.end && perfadapt__state_is_sound(decider, &out->tick);
}

const unsigned char *perfadapt__decoder_next(struct perfadapt__decoder *decoder, const unsigned char *from,
                                             const unsigned char *end, bool same_layout,
                                             struct perfadapt__recorded *out) {
    struct bytes bytes = {from, end};
    const unsigned tag = take_byte(&bytes);
    switch (tag & PERFADAPT__RECORD_KIND) {
    case PERFADAPT__RECORD_TICK:
        take_tick(decoder, &bytes, out);
        break;
    case PERFADAPT__RECORD_BUDGET:
        out->type = PERFADAPT__RECORDED_BUDGET;
        out->budget_hash = (uint32_t)take_number(&bytes, 4);
        break;
    case PERFADAPT__RECORD_POLICY:
        out->type = PERFADAPT__RECORDED_POLICY;
        take_policy(decoder, &bytes, out);
        break;
    case PERFADAPT__RECORD_BEGIN:
        if (tag & PERFADAPT__RECORD_FLAG_STATE) {
            take_state(&bytes, same_layout, out);
            break;
        }
        out->type = PERFADAPT__RECORDED_START;
        take_policy(decoder, &bytes, out);
        break;
    default:
        take_input(decoder, tag, &bytes, out);
        break;
    }
    return bytes.at;
}
