/* SPDX-License-Identifier: MIT */
#include "record/dump.h"

#include "core/clock.h"
#include "core/fs.h"
#include "core/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <perfadapt/version.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t file_most =
    sizeof(struct perfadapt__record_header) +
    PERFADAPT__RECORD_SEGMENTS * (sizeof(struct perfadapt__record_chunk) + PERFADAPT__RECORD_PAYLOAD_BYTES);

void perfadapt__record_header_fill(struct perfadapt__record_header *header, uint64_t layout,
                                   const struct perfadapt__record_origin *origin) {
    memset(header, 0, sizeof *header);
    header->magic = PERFADAPT__RECORD_MAGIC;
    header->byte_order = PERFADAPT__RECORD_BYTE_ORDER;
    header->version = PERFADAPT__RECORD_VERSION;
    header->layout = layout;
    header->taken_realtime_s = perfadapt__realtime_ns() / PERFADAPT__NS_PER_S;
    header->pid = origin->pid;
    header->role = origin->role;
    memcpy(header->library, PERFADAPT_VERSION_STRING, sizeof PERFADAPT_VERSION_STRING);
    if (origin->name)
        memcpy(header->name, origin->name, strnlen(origin->name, sizeof header->name - 1));
    header->checksum =
        perfadapt__hash(PERFADAPT__HASH_START, header, offsetof(struct perfadapt__record_header, checksum));
}

void perfadapt__record_chunk_fill(struct perfadapt__record_chunk *chunk, uint64_t sequence, uint32_t offset,
                                  const void *payload, uint32_t length) {
    *chunk = (struct perfadapt__record_chunk){
        .magic = PERFADAPT__RECORD_CHUNK_MAGIC, .sequence = sequence, .offset = offset, .length = length};
    const uint64_t hash =
        perfadapt__hash(PERFADAPT__HASH_START, chunk, offsetof(struct perfadapt__record_chunk, checksum));
    chunk->checksum = perfadapt__hash(hash, payload, length);
}

bool perfadapt__record_write(int fd, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    while (count > 0) {
        const ssize_t written = write(fd, at, count);
        if (written < 0 && errno != EINTR)
            return false;
        at += written > 0 ? written : 0;
        count -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool dump_segment(int fd, const struct perfadapt__record_segment *segment) {
    struct perfadapt__record_chunk chunk;
    const uint32_t used = (uint32_t)atomic_load_explicit(&segment->used, memory_order_acquire);
    perfadapt__record_chunk_fill(&chunk, atomic_load_explicit(&segment->sequence, memory_order_relaxed), 0,
                                 segment->payload, used);
    return perfadapt__record_write(fd, &chunk, sizeof chunk) && perfadapt__record_write(fd, segment->payload, used);
}

bool perfadapt__record_dump(int fd, const struct perfadapt__record_ring *ring,
                            const struct perfadapt__record_origin *origin) {
    struct perfadapt__record_header header;
    const uint64_t newest = atomic_load_explicit(&ring->newest, memory_order_acquire);
    const uint64_t span = newest < PERFADAPT__RECORD_SEGMENTS ? newest : PERFADAPT__RECORD_SEGMENTS;
    perfadapt__record_header_fill(&header, ring->layout, origin);
    bool written = perfadapt__record_write(fd, &header, sizeof header);
    for (uint64_t i = newest - span; written && i < newest; i++)
        written = dump_segment(fd, &ring->segment[i % PERFADAPT__RECORD_SEGMENTS]);
    return written;
}

int perfadapt__record_open(const char *path) {
    struct stat status;
    if (!perfadapt__fs_may_grow_to(file_most)) {
        errno = EFBIG;
        return -1;
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    const bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    if (regular && ftruncate(fd, 0) == 0)
        return fd;
    const int error = regular ? errno : EINVAL;
    close(fd);
    errno = error;
    return -1;
}

bool perfadapt__record_save(const char *path, const struct perfadapt__record_ring *ring,
                            const struct perfadapt__record_origin *origin) {
    const int fd = perfadapt__record_open(path);
    if (fd < 0)
        return false;
    const bool written = perfadapt__record_dump(fd, ring, origin);
    const int error = errno;
    if (close(fd) == 0 && written)
        return true;
    errno = written ? errno : error;
    return false;
}
