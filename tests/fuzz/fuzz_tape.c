/*
 * Any bytes as a recording of perfadapt-top: never a crash, and whatever can be shown of it is fit to be shown.
 * SPDX-License-Identifier: MIT
 *
 * The input is the moments of a recording, each behind two bytes of length; bit 15 says that it is a key moment. Headers
 * and checksums are made here, as nothing else would be tried for long; the first input byte asks for a raw file
 * instead. For libFuzzer.
 */
#include "show_tape.h"

#include "tape_file.h"
#include "tape_format.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOMENTS_MAX = 32, FILE_BYTES_MAX = 1 << 18 };

static unsigned char file[FILE_BYTES_MAX];
static char path[64];
static int fd = -1;

static const struct promise promise = {.apps_most = MOMENT_APPS_MAX, .step = 1};

static size_t append(size_t at, const void *bytes, size_t length) {
    memcpy(file + at, bytes, length);
    return at + length;
}

static size_t make_file(const unsigned char *data, size_t size) {
    struct tape_header header = {
        .magic = TAPE_MAGIC, .byte_order = TAPE_BYTE_ORDER, .version = TAPE_VERSION, .layout = moment_layout()};
    header.checksum = tape_header_checksum(&header);
    size_t at = append(0, &header, sizeof header);
    for (int i = 0; i < MOMENTS_MAX && size > 2; ++i) {
        const size_t wanted = (size_t)(data[0] & 0x7f) << 8 | data[1];
        const size_t length = wanted < size - 2 ? wanted : size - 2;
        struct tape_record record = {.magic = TAPE_RECORD_MAGIC,
                                     .length = (uint32_t)length,
                                     .now_ns = (i + 1) * INT64_C(1000000000),
                                     .key = i == 0 || data[0] >= 0x80,
                                     .bytes_checksum = checksum_add(0, data + 2, length)};
        record.checksum = tape_record_checksum(&record);
        at = append(at, &record, sizeof record);
        at = append(at, data + 2, length);
        data += 2 + length;
        size -= 2 + length;
    }
    return at;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    char note[TAPE_NOTE_MAX];
    struct tape tape;
    if (size < 1 || size > FILE_BYTES_MAX / 2)
        return 0;
    if (fd < 0) {
        fd = memfd_create("tape", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    const size_t length = data[0] & 1 ? append(0, data + 1, size - 1) : make_file(data + 1, size - 1);
    CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, file, length, 0) == (ssize_t)length);
    if (tape_file_open(path, &tape, note)) {
        show_tape(&tape, &promise);
        tape_finish(&tape);
    } else {
        CHECK(note[0] != '\0');
    }
    return 0;
}
