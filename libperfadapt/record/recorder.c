/* SPDX-License-Identifier: MIT */
#include "record/recorder.h"

#include "record/state.h"

#include <endian.h>
#include <string.h>

/* Of anything but a state: the largest is a policy. */
#define RECORD_MOST (16 + PERFADAPT__WORDS_PACKED_MOST(sizeof(struct perfadapt__policy)))
#define GPU_BACK_MOST 31u

/* A segment with less room than this, or than twice what came since the last tick, is left for the next. */
static const size_t room_least = 4096;
static const size_t page_least = 4096;

_Static_assert(sizeof(struct perfadapt__reading) <= sizeof(struct perfadapt__policy), "RECORD_MOST holds a tick");
_Static_assert(16 + PERFADAPT__STATE_PACKED_MOST + 8192 < PERFADAPT__RECORD_PAYLOAD_BYTES,
               "a segment holds more than the state");

/* ---- Bytes ---- */

/* Bytes that a number takes, 1 … 8. */
static unsigned length_of(uint64_t number) {
    return (71u - (unsigned)__builtin_clzll(number | 1)) / 8;
}

/* Always stores 8 bytes, of which `length` stay. */
static unsigned char *put(unsigned char *to, uint64_t number, unsigned length) {
    const uint64_t little = htole64(number);
    memcpy(to, &little, sizeof little);
    return to + length;
}

static void commit(struct perfadapt__recorder *recorder, unsigned char *at) {
    recorder->at = at;
    atomic_store_explicit(&recorder->segment->used, (uint64_t)(at - recorder->segment->payload), memory_order_release);
}

static bool has_room(struct perfadapt__recorder *recorder) {
    const bool room = (size_t)(recorder->end - recorder->at) >= RECORD_MOST && !recorder->lost;
    recorder->lost += !room;
    return room;
}

/* ---- Inputs ---- */

static unsigned char *put_whole(const struct perfadapt__recorder *recorder, unsigned char *at, unsigned tag,
                                const struct perfadapt__frame_input *input) {
    const struct perfadapt__frame_input before = {.now_ns = recorder->now_ns};
    *at++ = (unsigned char)(PERFADAPT__RECORD_INPUT | tag);
    return perfadapt__words_pack(at, input, &before, sizeof *input);
}

static bool follows(const struct perfadapt__recorder *recorder, const struct perfadapt__frame_input *input) {
    return input->frame == recorder->frame + 1 && input->period_ns == input->now_ns - recorder->done_ns &&
           input->period_ns >= 0 && input->cpu_ns >= 0 && input->gpu_ns >= -1 && !input->event;
}

static unsigned char *put_done(struct perfadapt__recorder *recorder, unsigned char *at, unsigned tag,
                               const struct perfadapt__frame_input *input) {
    uint32_t scale, scale_before;
    memcpy(&scale, &input->render_scale, sizeof scale);
    memcpy(&scale_before, &recorder->render_scale, sizeof scale_before);
    const bool drawn = input->quality != recorder->quality || scale != scale_before;
    const bool regular = follows(recorder, input);
    recorder->frame = input->frame;
    recorder->done_ns = input->now_ns;
    recorder->quality = input->quality;
    recorder->render_scale = input->render_scale;
    if (!regular)
        return put_whole(recorder, at, tag, input);
    const unsigned period_length = length_of((uint64_t)input->period_ns),
                   cpu_length = length_of((uint64_t)input->cpu_ns);
    *at++ = (unsigned char)(PERFADAPT__RECORD_DONE | tag | (drawn ? PERFADAPT__RECORD_FLAG_DRAWN : 0) |
                            (input->gpu_ns >= 0 ? PERFADAPT__RECORD_FLAG_GPU_TIME : 0));
    *at++ = (unsigned char)(period_length << 4 | cpu_length);
    at = put(at, (uint64_t)input->period_ns, period_length);
    at = put(at, (uint64_t)input->cpu_ns, cpu_length);
    if (input->gpu_ns >= 0) {
        const unsigned length = length_of((uint64_t)input->gpu_ns);
        *at++ = (unsigned char)length;
        at = put(at, (uint64_t)input->gpu_ns, length);
    }
    if (drawn)
        at = put(at, (uint64_t)scale << 32 | input->quality, 8);
    return at;
}

static unsigned char *put_gpu(const struct perfadapt__recorder *recorder, unsigned char *at, unsigned tag,
                              const struct perfadapt__frame_input *input) {
    const uint64_t back = recorder->frame - input->frame;
    if (back > GPU_BACK_MOST || input->now_ns != recorder->done_ns || input->gpu_ns < 0)
        return put_whole(recorder, at, tag, input);
    const unsigned length = length_of((uint64_t)input->gpu_ns);
    *at++ = (unsigned char)(PERFADAPT__RECORD_GPU | tag);
    *at++ = (unsigned char)(back << 3 | (length - 1));
    return put(at, (uint64_t)input->gpu_ns, length);
}

static unsigned char *put_idle(const struct perfadapt__recorder *recorder, unsigned char *at, unsigned tag,
                               const struct perfadapt__frame_input *input) {
    const uint64_t since_ns = (uint64_t)input->now_ns - (uint64_t)recorder->now_ns;
    const unsigned length = length_of(since_ns);
    *at++ = (unsigned char)(PERFADAPT__RECORD_IDLE | tag);
    *at++ = (unsigned char)length;
    return put(at, since_ns, length);
}

void perfadapt__recorder_input(struct perfadapt__recorder *recorder, const struct perfadapt__frame_input *input,
                               enum perfadapt__record_caps caps) {
    if (!has_room(recorder))
        return;
    const unsigned tag = (unsigned)caps << PERFADAPT__RECORD_CAPS_SHIFT;
    unsigned char *at = recorder->at;
    if (input->kind == PERFADAPT__FRAME_DONE)
        at = put_done(recorder, at, tag, input);
    else if (input->kind == PERFADAPT__FRAME_GPU)
        at = put_gpu(recorder, at, tag, input);
    else if (input->kind == PERFADAPT__FRAME_IDLE)
        at = put_idle(recorder, at, tag, input);
    else
        at = put_whole(recorder, at, tag, input);
    recorder->now_ns = input->now_ns;
    commit(recorder, at);
}

void perfadapt__recorder_budget(struct perfadapt__recorder *recorder, const struct perfadapt_budget *budget) {
    if (!has_room(recorder))
        return;
    const uint32_t hash = htole32(perfadapt__budget_hash(budget));
    *recorder->at = PERFADAPT__RECORD_BUDGET;
    memcpy(recorder->at + 1, &hash, sizeof hash);
    commit(recorder, recorder->at + 1 + sizeof hash);
}

/* ---- Segments ---- */

/* All pages here, so that the frame path meets none that is not there yet. */
static void touch(struct perfadapt__record_segment *segment) {
    volatile unsigned char *const payload = segment->payload;
    for (size_t i = 0; i < sizeof segment->payload; i += page_least)
        payload[i] = 0;
    payload[sizeof segment->payload - 1] = 0;
}

/* Readers in other processes see 0, then nothing used, then the sequence. */
__attribute__((cold)) static void take_segment(struct perfadapt__recorder *recorder) {
    struct perfadapt__record_ring *ring = recorder->ring;
    const uint64_t sequence = atomic_load_explicit(&ring->newest, memory_order_relaxed) + 1;
    struct perfadapt__record_segment *segment = &ring->segment[(sequence - 1) % PERFADAPT__RECORD_SEGMENTS];
    /* Exchanges: what is stored into the payload later cannot be seen earlier, on any processor. */
    atomic_exchange(&segment->sequence, 0);
    atomic_exchange(&segment->used, 0);
    touch(segment);
    atomic_store_explicit(&segment->sequence, sequence, memory_order_release);
    atomic_store_explicit(&ring->newest, sequence, memory_order_release);
    recorder->segment = segment;
    recorder->at = recorder->ticked_at = segment->payload;
    recorder->end = segment->payload + sizeof segment->payload;
    recorder->lost = 0;
    recorder->now_ns = recorder->done_ns = 0;
    recorder->frame = 0;
    recorder->quality = 0;
    recorder->render_scale = 0;
    memset(&recorder->reading, 0, sizeof recorder->reading);
}

__attribute__((cold)) void perfadapt__recorder_init(struct perfadapt__recorder *recorder,
                                                    struct perfadapt__record_ring *ring,
                                                    const struct perfadapt__policy *policy, int64_t now_ns) {
    memset(recorder, 0, sizeof *recorder);
    recorder->ring = ring;
    if (!ring)
        return;
    ring->magic = PERFADAPT__RECORD_MAGIC;
    ring->version = PERFADAPT__RECORD_VERSION;
    ring->segments = PERFADAPT__RECORD_SEGMENTS;
    ring->layout = perfadapt__state_layout();
    take_segment(recorder);
    recorder->now_ns = now_ns;
    unsigned char *at = recorder->at;
    *at++ = PERFADAPT__RECORD_BEGIN;
    at = put(at, (uint64_t)now_ns, 8);
    commit(recorder, perfadapt__words_pack(at, policy, NULL, sizeof *policy));
}

/* Another segment where this one is nearly full: inputs cannot begin one themselves, as the tick is not theirs. */
__attribute__((cold)) static void make_room(struct perfadapt__recorder *recorder,
                                            const struct perfadapt__decider *decider,
                                            const struct perfadapt__tick_control *tick) {
    const size_t room = (size_t)(recorder->end - recorder->at);
    const size_t lately = (size_t)(recorder->at - recorder->ticked_at);
    const bool enough = room >= room_least && room / 2 >= lately;
    if (!recorder->ring || (enough && !recorder->lost))
        return;
    const uint64_t lost = recorder->lost;
    const uint64_t used = (uint64_t)(recorder->at - recorder->segment->payload);
    take_segment(recorder);
    unsigned char *at = recorder->at;
    *at++ = PERFADAPT__RECORD_BEGIN | PERFADAPT__RECORD_FLAG_STATE;
    at = put(at, lost, 8);
    at = put(at, used, 8);
    unsigned char *const state = at + sizeof(uint32_t);
    unsigned char *const end = perfadapt__state_pack(state, decider, tick);
    const uint32_t bytes = htole32((uint32_t)(end - state));
    memcpy(at, &bytes, sizeof bytes);
    commit(recorder, end);
}

void perfadapt__recorder_tick(struct perfadapt__recorder *recorder, const struct perfadapt__decider *decider,
                              const struct perfadapt__tick_control *tick, const struct perfadapt__reading *reading) {
    make_room(recorder, decider, tick);
    recorder->caps_before = tick->caps.generation;
    if (!has_room(recorder))
        return;
    unsigned char *at = recorder->ticked_at = recorder->at;
    *at++ = PERFADAPT__RECORD_TICK;
    at = perfadapt__words_pack(at, reading, &recorder->reading, sizeof *reading);
    recorder->reading = *reading;
    recorder->now_ns = reading->now_ns;
    commit(recorder, at);
}

__attribute__((cold)) void perfadapt__recorder_policy(struct perfadapt__recorder *recorder,
                                                      const struct perfadapt__decider *decider,
                                                      const struct perfadapt__tick_control *tick,
                                                      const struct perfadapt__policy *policy, int64_t now_ns) {
    make_room(recorder, decider, tick);
    if (!has_room(recorder))
        return;
    unsigned char *at = recorder->at;
    *at++ = PERFADAPT__RECORD_POLICY;
    at = put(at, (uint64_t)now_ns, 8);
    recorder->now_ns = now_ns;
    commit(recorder, perfadapt__words_pack(at, policy, NULL, sizeof *policy));
}
