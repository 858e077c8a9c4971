/* The bytes of a recording's file, in the machine's byte order. SPDX-License-Identifier: MIT */
#ifndef TUI_TAPE_FORMAT_H
#define TUI_TAPE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "checksum.h"

#define TAPE_MAGIC "PADTAPE\n"
#define TAPE_VERSION 2U
#define TAPE_BYTE_ORDER UINT32_C(0x01020304)
#define TAPE_RECORD_MAGIC UINT32_C(0x4d4f4d31)
#define TAPE_RECORD_BYTES_MAX (UINT32_C(1) << 24) /* all that is shown, of as many apps as there can be, needs less */

struct tape_header {
    char magic[8];
    uint32_t byte_order;
    uint32_t version;
    uint64_t layout; /* moment_layout() */
    uint32_t reserved;
    uint32_t checksum; /* of all that is before it */
};

/* A moment's bytes follow. */
struct tape_record {
    uint32_t magic;
    uint32_t length;
    int64_t now_ns;
    uint32_t key;
    uint32_t bytes_checksum;
    uint32_t reserved;
    uint32_t checksum; /* of all that is before it */
};

static inline uint32_t tape_header_checksum(const struct tape_header *header) {
    return checksum_add(0, header, offsetof(struct tape_header, checksum));
}

static inline uint32_t tape_record_checksum(const struct tape_record *record) {
    return checksum_add(0, record, offsetof(struct tape_record, checksum));
}

#endif
