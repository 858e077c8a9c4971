/* SPDX-License-Identifier: MIT */
#include "record/recording.h"

#include "record/state.h"

enum perfadapt__file_result perfadapt__recording_init(struct perfadapt__recording *recording, FILE *file) {
    const enum perfadapt__file_result result = perfadapt__file_reader_init(&recording->reader, file);
    recording->same_layout = recording->reader.header.layout == perfadapt__state_layout();
    recording->undecodable = recording->repeated = recording->severed = 0;
    recording->sequence = recording->used = recording->seen = 0;
    recording->at = recording->end = NULL;
    perfadapt__decoder_begin(&recording->decoder);
    return result;
}

/* Whether the chunk goes on where the last one ended, or begins a segment: that then says whether one is missing. */
static bool goes_on(struct perfadapt__recording *recording, const struct perfadapt__record_chunk *chunk) {
    if (chunk->offset == 0 && chunk->sequence != recording->sequence) {
        recording->sequence = chunk->sequence;
        recording->used = recording->seen = 0;
        perfadapt__decoder_begin(&recording->decoder);
        return true;
    }
    return chunk->sequence == recording->sequence && chunk->offset == recording->used;
}

static bool came_before(const struct perfadapt__recording *recording, const struct perfadapt__record_chunk *chunk) {
    return chunk->sequence == recording->sequence && (uint64_t)chunk->offset + chunk->length <= recording->seen;
}

static void see(struct perfadapt__recording *recording, const struct perfadapt__record_chunk *chunk) {
    const uint64_t end = (uint64_t)chunk->offset + chunk->length;
    if (chunk->sequence == recording->sequence && end > recording->seen)
        recording->seen = end;
}

static enum perfadapt__recording_result next_chunk(struct perfadapt__recording *recording) {
    struct perfadapt__record_chunk chunk;
    const unsigned char *payload;
    const enum perfadapt__file_result result = perfadapt__file_reader_next(&recording->reader, &chunk, &payload);
    if (result == PERFADAPT__FILE_UNREADABLE)
        return PERFADAPT__RECORDING_UNREADABLE;
    if (result != PERFADAPT__FILE_OK)
        return PERFADAPT__RECORDING_END;
    if (goes_on(recording, &chunk)) {
        see(recording, &chunk);
        recording->at = payload;
        recording->end = payload + chunk.length;
        return PERFADAPT__RECORDING_RECORD;
    }
    if (came_before(recording, &chunk)) {
        recording->repeated++;
        return PERFADAPT__RECORDING_RECORD; /* none of it: the next chunk follows */
    }
    recording->severed++;
    see(recording, &chunk);
    recording->used = UINT64_MAX; /* nothing goes on from here but another segment */
    return PERFADAPT__RECORDING_BREAK;
}

/* The rest of the segment cannot be told apart. */
static enum perfadapt__recording_result give_up_segment(struct perfadapt__recording *recording) {
    recording->undecodable++;
    recording->at = recording->end = NULL;
    recording->used = UINT64_MAX;
    return PERFADAPT__RECORDING_BREAK;
}

enum perfadapt__recording_result perfadapt__recording_next(struct perfadapt__recording *recording,
                                                           struct perfadapt__recorded *out_record) {
    while (recording->at == recording->end) {
        const enum perfadapt__recording_result result = next_chunk(recording);
        if (result != PERFADAPT__RECORDING_RECORD)
            return result;
    }
    const unsigned char *const end =
        perfadapt__decoder_next(&recording->decoder, recording->at, recording->end, recording->same_layout, out_record);
    if (!end)
        return give_up_segment(recording);
    recording->used += (uint64_t)(end - recording->at);
    recording->at = end;
    return PERFADAPT__RECORDING_RECORD;
}
