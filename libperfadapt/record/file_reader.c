/* SPDX-License-Identifier: MIT */
#include "record/file_reader.h"

#include "core/hash.h"
#include "core/text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static const uint64_t vain_free_bytes = UINT64_C(16) << 20;

static size_t there(const struct perfadapt__file_reader *reader) {
    return reader->used - reader->start;
}

/* A pipe that its other end has made non-blocking is waited for like any other. */
static void wait_for_more(FILE *file) {
    clearerr(file);
    poll(&(struct pollfd){.fd = fileno(file), .events = POLLIN}, 1, -1);
}

/* Reads until `count` bytes are there, or no more come. False where they are not. */
static bool fill(struct perfadapt__file_reader *reader, size_t count) {
    if (there(reader) >= count)
        return true;
    memmove(reader->buffer, reader->buffer + reader->start, there(reader));
    reader->used -= reader->start;
    reader->start = 0;
    while (!reader->ended && reader->used < count) {
        const size_t got = fread(reader->buffer + reader->used, 1, sizeof reader->buffer - reader->used, reader->file);
        reader->used += got;
        if (got == 0 && ferror(reader->file) && errno == EAGAIN)
            wait_for_more(reader->file);
        else
            reader->ended = got == 0;
    }
    return reader->used >= count;
}

static void skip(struct perfadapt__file_reader *reader, size_t count) {
    reader->start += count;
    reader->offset += count;
}

/* ---- The header ---- */

static enum perfadapt__file_result judge(const struct perfadapt__record_header *header) {
    if (header->magic == __builtin_bswap64(PERFADAPT__RECORD_MAGIC) &&
        header->byte_order == __builtin_bswap32(PERFADAPT__RECORD_BYTE_ORDER))
        return PERFADAPT__FILE_BYTE_ORDER;
    if (header->magic != PERFADAPT__RECORD_MAGIC)
        return PERFADAPT__FILE_NOT_ONE;
    if (header->byte_order != PERFADAPT__RECORD_BYTE_ORDER)
        return header->byte_order == __builtin_bswap32(PERFADAPT__RECORD_BYTE_ORDER) ? PERFADAPT__FILE_BYTE_ORDER
                                                                                     : PERFADAPT__FILE_DAMAGED;
    const uint64_t checksum =
        perfadapt__hash(PERFADAPT__HASH_START, header, offsetof(struct perfadapt__record_header, checksum));
    if (header->version != PERFADAPT__RECORD_VERSION)
        return PERFADAPT__FILE_VERSION;
    return header->checksum == checksum ? PERFADAPT__FILE_OK : PERFADAPT__FILE_DAMAGED;
}

/* A file that ends within the header, but begins like one. */
static enum perfadapt__file_result judge_short(const struct perfadapt__file_reader *reader) {
    const uint64_t magic = PERFADAPT__RECORD_MAGIC;
    const size_t count = there(reader) < sizeof magic ? there(reader) : sizeof magic;
    if (there(reader) == 0)
        return PERFADAPT__FILE_EMPTY;
    return memcmp(reader->buffer + reader->start, &magic, count) == 0 ? PERFADAPT__FILE_DAMAGED
                                                                      : PERFADAPT__FILE_NOT_ONE;
}

enum perfadapt__file_result perfadapt__file_reader_init(struct perfadapt__file_reader *reader, FILE *file) {
    memset(reader, 0, offsetof(struct perfadapt__file_reader, buffer));
    reader->file = file;
    const bool whole = fill(reader, sizeof reader->header);
    if (ferror(file))
        return PERFADAPT__FILE_UNREADABLE;
    if (!whole)
        return judge_short(reader);
    memcpy(&reader->header, reader->buffer + reader->start, sizeof reader->header);
    const enum perfadapt__file_result result = judge(&reader->header);
    skip(reader, sizeof reader->header);
    reader->header.name[sizeof reader->header.name - 1] = '\0';
    reader->header.library[sizeof reader->header.library - 1] = '\0';
    perfadapt__text_clean(reader->header.name, sizeof reader->header.name);
    perfadapt__text_clean(reader->header.library, sizeof reader->header.library);
    return result;
}

/* ---- Chunks ---- */

/* Beginnings may be made up every few bytes, each of a chunk of 32 KiB: where far more has been looked at in vain than
 * damage can make, no more is. */
static bool is_worth_a_look(const struct perfadapt__file_reader *reader) {
    return reader->vain_bytes / 4 <= reader->offset + vain_free_bytes;
}

/* Whether a whole one begins here. */
static bool is_chunk(struct perfadapt__file_reader *reader, struct perfadapt__record_chunk *out_chunk) {
    if (!fill(reader, sizeof *out_chunk))
        return false;
    memcpy(out_chunk, reader->buffer + reader->start, sizeof *out_chunk);
    if (out_chunk->magic != PERFADAPT__RECORD_CHUNK_MAGIC || out_chunk->length > PERFADAPT__RECORD_PAYLOAD_BYTES ||
        out_chunk->offset > PERFADAPT__RECORD_PAYLOAD_BYTES - out_chunk->length || !is_worth_a_look(reader) ||
        !fill(reader, sizeof *out_chunk + out_chunk->length))
        return false;
    uint64_t checksum =
        perfadapt__hash(PERFADAPT__HASH_START, out_chunk, offsetof(struct perfadapt__record_chunk, checksum));
    checksum = perfadapt__hash(checksum, reader->buffer + reader->start + sizeof *out_chunk, (size_t)out_chunk->length);
    reader->vain_bytes += checksum == out_chunk->checksum ? 0 : out_chunk->length;
    return checksum == out_chunk->checksum;
}

/* To the next place that could be a chunk's beginning, one byte further at least; to the end where there is none. */
static size_t to_next_magic(const struct perfadapt__file_reader *reader) {
    const uint64_t magic = PERFADAPT__RECORD_CHUNK_MAGIC;
    unsigned char bytes[sizeof magic];
    memcpy(bytes, &magic, sizeof magic);
    const unsigned char *const from = reader->buffer + reader->start + 1;
    const unsigned char *const end = reader->buffer + reader->used;
    const unsigned char *at = from;
    while (at < end && (at = memchr(at, bytes[0], (size_t)(end - at))) != NULL) {
        const size_t left = (size_t)(end - at);
        if (memcmp(at, bytes, left < sizeof bytes ? left : sizeof bytes) == 0)
            return (size_t)(at - from) + 1;
        at++;
    }
    return there(reader);
}

enum perfadapt__file_result perfadapt__file_reader_next(struct perfadapt__file_reader *reader,
                                                        struct perfadapt__record_chunk *out_chunk,
                                                        const unsigned char **out_payload) {
    bool damaged = false;
    while (fill(reader, 1)) {
        if (is_chunk(reader, out_chunk)) {
            *out_payload = reader->buffer + reader->start + sizeof *out_chunk;
            skip(reader, sizeof *out_chunk + out_chunk->length);
            return PERFADAPT__FILE_OK;
        }
        if (!damaged && reader->damages++ == 0)
            reader->damaged_at = reader->offset;
        damaged = true;
        const size_t skipped = to_next_magic(reader);
        reader->damaged_bytes += skipped;
        skip(reader, skipped);
    }
    reader->cut |= damaged;
    return ferror(reader->file) ? PERFADAPT__FILE_UNREADABLE : PERFADAPT__FILE_END;
}
