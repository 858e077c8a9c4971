/*
 * A recording's file: its header, then chunk by chunk, past what is damaged. For programs. SPDX-License-Identifier: MIT
 *
 * Any file of any size in bounded memory, also from a pipe.
 */
#ifndef PERFADAPT_RECORD_FILE_READER_H
#define PERFADAPT_RECORD_FILE_READER_H

#include "record/format.h"

#include <stdbool.h>
#include <stdio.h>

enum perfadapt__file_result {
    PERFADAPT__FILE_OK = 0,
    PERFADAPT__FILE_END,        /* no more chunks */
    PERFADAPT__FILE_EMPTY,      /* nothing in it */
    PERFADAPT__FILE_NOT_ONE,    /* no recording */
    PERFADAPT__FILE_BYTE_ORDER, /* of a machine of the other byte order */
    PERFADAPT__FILE_VERSION,    /* of another version of the format */
    PERFADAPT__FILE_DAMAGED,    /* the header's checksum is wrong, or it is cut */
    PERFADAPT__FILE_UNREADABLE  /* errno tells why */
};

struct perfadapt__file_reader {
    FILE *file;
    struct perfadapt__record_header header;
    uint64_t offset;        /* in the file, of `start` */
    size_t start, used;     /* of the buffer */
    bool ended;             /* the file's end has been read */
    uint64_t damaged_bytes; /* that were skipped */
    uint64_t damages;       /* places where bytes were skipped */
    uint64_t damaged_at;    /* the first of them, in the file */
    uint64_t vain_bytes;    /* of what began like a chunk and was none */
    bool cut;               /* the last of them reaches to the end of the file */
    unsigned char buffer[4 * PERFADAPT__RECORD_SEGMENT_BYTES];
};

/* Reads the header. `file` stays the caller's, and is read from where it stands. */
enum perfadapt__file_result perfadapt__file_reader_init(struct perfadapt__file_reader *reader, FILE *file);

/* OK: *out_payload holds out_chunk->length bytes until the next call. END or UNREADABLE. */
enum perfadapt__file_result perfadapt__file_reader_next(struct perfadapt__file_reader *reader,
                                                        struct perfadapt__record_chunk *out_chunk,
                                                        const unsigned char **out_payload);

#endif
