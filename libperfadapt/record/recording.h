/*
 * A whole recording: from a file to records in order, with what is missing from it told. For programs.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_RECORD_RECORDING_H
#define PERFADAPT_RECORD_RECORDING_H

#include "record/decoder.h"
#include "record/file_reader.h"

enum perfadapt__recording_result {
    PERFADAPT__RECORDING_RECORD = 0, /* out_record, and where it lies */
    PERFADAPT__RECORDING_BREAK,      /* records are missing here */
    PERFADAPT__RECORDING_END,
    PERFADAPT__RECORDING_UNREADABLE /* errno tells why */
};

struct perfadapt__recording {
    struct perfadapt__file_reader reader;
    bool same_layout;     /* its states can be read: it is of a build like this one */
    uint64_t undecodable; /* chunks that hold what is no record of this build */
    uint64_t repeated;    /* chunks that came before: they are passed over, and nothing is missing for it */
    uint64_t severed;     /* chunks that follow a hole in their segment, and so cannot be told apart */
    /* Where it stands. */
    struct perfadapt__decoder decoder;
    uint64_t sequence, used; /* of the segment, and how far its payload has been taken */
    uint64_t seen;           /* how far its chunks have come, taken or not */
    const unsigned char *at, *end;
};

/* As perfadapt__file_reader_init(). */
enum perfadapt__file_result perfadapt__recording_init(struct perfadapt__recording *recording, FILE *file);

/* The next record; recording->sequence and ->used say where it ends. */
enum perfadapt__recording_result perfadapt__recording_next(struct perfadapt__recording *recording,
                                                           struct perfadapt__recorded *out_record);

#endif
