/* SPDX-License-Identifier: MIT */
#include "publish/region.h"

#include "core/clock.h"
#include "core/fs.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

/* More than one update in a row can only collide with this many tries where the writer is stopped inside one. */
#define GET_RETRIES 64

#define PAGE_LEAST 4096 /* no machine has smaller ones */

#define GPU_WORD (offsetof(struct perfadapt_frame, gpu_ns) / 8)

_Static_assert(sizeof(struct perfadapt_frame) % 8 == 0, "a frame is whole words");
_Static_assert(offsetof(struct perfadapt_frame, number) == 0, "the number is a slot's first word");
_Static_assert(offsetof(struct perfadapt_frame, gpu_ns) % 8 == 0, "the GPU time is a word of its own");

static int open_memfd(void) {
    /* Asked for first: machines may be set to refuse memfds that could be executed (vm.memfd_noexec). */
    const int fd = memfd_create("perfadapt", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    const bool asked_too_much = fd < 0 && errno == EINVAL;
    return perfadapt__fs_lift(asked_too_much ? memfd_create("perfadapt", MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd);
}

/* Where the host has closed what it does not know, the number may be another file's by now. */
static bool is_sealed(int fd) {
    const int seals = fcntl(fd, F_GET_SEALS);
    return seals > 0 && seals & F_SEAL_GROW;
}

/* Before 5.1 nothing keeps a reader from mapping it writable; readers are this user's processes all the same. */
static bool seal(int fd) {
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    return fcntl(fd, F_ADD_SEALS, seals | F_SEAL_FUTURE_WRITE) == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0;
}

/* All pages are taken at once, so that a shortage shows here, not as a signal later. */
static void *map_shared(int fd, size_t bytes) {
    if (!perfadapt__fs_may_grow_to(bytes) || ftruncate(fd, (off_t)bytes) != 0 || fallocate(fd, 0, 0, (off_t)bytes) != 0)
        return NULL;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (seal(fd))
        return memory;
    munmap(memory, bytes);
    return NULL;
}

static void *map_region(size_t bytes, int *out_fd) {
    *out_fd = open_memfd();
    if (*out_fd >= 0) {
        void *memory = map_shared(*out_fd, bytes);
        if (memory)
            return memory;
        close(*out_fd);
        *out_fd = -1;
    }
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/*
 * The frame path is not to fault. The snapshot, behind what it writes, is the sampler thread's, and mostly empty; what is
 * behind the region is left to who uses it.
 */
static void touch(struct perfadapt__region *region) {
    volatile unsigned char *const bytes = (volatile unsigned char *)region;
    for (size_t at = 0; at < offsetof(struct perfadapt__region, snapshot); at += PAGE_LEAST)
        bytes[at] = 0;
}

static void copy_text(char *to, size_t capacity, const char *from) {
    const size_t length = strnlen(from, capacity - 1);
    memcpy(to, from, length);
    to[length] = '\0';
    perfadapt__text_clean(to, capacity);
}

static size_t bytes_with(size_t behind_bytes) {
    return behind_bytes ? PERFADAPT__REGION_BEHIND + behind_bytes : sizeof(struct perfadapt__region);
}

void *perfadapt__region_behind(struct perfadapt__region *region) {
    return (unsigned char *)region + PERFADAPT__REGION_BEHIND;
}

struct perfadapt__region *perfadapt__region_create(const struct perfadapt__region_options *options, int *out_fd) {
    struct perfadapt__region *region = map_region(bytes_with(options->behind_bytes), out_fd);
    if (!region)
        return NULL;
    touch(region);
    const int64_t now_ns = perfadapt__boottime_ns();
    region->identity = (struct perfadapt__region_identity){
        .magic = PERFADAPT__REGION_MAGIC,
        .layout_version = PERFADAPT__REGION_VERSION,
        .layout_bytes = sizeof *region,
        .pid = getpid(),
        .role = options->role,
        .simulated = options->simulated,
        .quality_levels = options->quality_levels,
        .target_frame_ns = options->target_frame_ns,
        .opened_boottime_ns = now_ns,
    };
    copy_text(region->identity.name, sizeof region->identity.name, options->name ? options->name : "");
    copy_text(region->identity.version, sizeof region->identity.version, PERFADAPT_VERSION_STRING);
    perfadapt__region_put_alive(region, now_ns);
    return region;
}

void perfadapt__region_destroy(struct perfadapt__region **region, size_t behind_bytes, int *fd, bool forked) {
    if (*region) {
        if (!forked)
            atomic_store_explicit(&(*region)->closed, 1, memory_order_release);
        munmap(*region, bytes_with(behind_bytes));
    }
    *region = NULL;
    if (*fd >= 0 && is_sealed(*fd))
        close(*fd);
    *fd = -1;
}

void perfadapt__region_put_budget(struct perfadapt__region *region, const struct perfadapt_budget *budget) {
    perfadapt__seqlock_write(&region->budget_lock, region->budget, budget, sizeof *budget);
}

void perfadapt__region_put_frame(struct perfadapt__region *region, const struct perfadapt_frame *frame) {
    _Atomic uint64_t *const words = region->frames[frame->number % PERFADAPT_FRAMES_MAX].words;
    uint64_t values[PERFADAPT__FRAME_WORDS];
    memcpy(values, frame, sizeof values);
    /* As in the seqlock: the releases after it keep this store in front of what they store. */
    atomic_store_explicit(&words[0], 0, memory_order_relaxed);
    for (size_t i = 1; i < PERFADAPT__FRAME_WORDS; i++)
        atomic_store_explicit(&words[i], values[i], memory_order_release);
    atomic_store_explicit(&words[0], values[0], memory_order_release);
    atomic_store_explicit(&region->frame_newest, values[0], memory_order_release);
    const uint64_t count = atomic_load_explicit(&region->frame_count, memory_order_relaxed);
    atomic_store_explicit(&region->frame_count, count + 1, memory_order_release);
}

void perfadapt__region_put_gpu(struct perfadapt__region *region, uint64_t frame_number, int64_t gpu_ns) {
    _Atomic uint64_t *const words = region->frames[frame_number % PERFADAPT_FRAMES_MAX].words;
    if (frame_number && atomic_load_explicit(&words[0], memory_order_relaxed) == frame_number)
        atomic_store_explicit(&words[GPU_WORD], (uint64_t)gpu_ns, memory_order_release);
}

void perfadapt__region_put_decision(struct perfadapt__region *region, const struct perfadapt_decision *decision) {
    const uint64_t count = atomic_load_explicit(&region->decision_count, memory_order_relaxed);
    _Atomic uint64_t *const words = region->decisions[count % PERFADAPT_DECISIONS_MAX].words;
    perfadapt__seqlock_store(words, decision, sizeof *decision);
    atomic_store_explicit(&region->decision_count, count + 1, memory_order_release);
}

void perfadapt__region_put_snapshot(struct perfadapt__region *region, const struct perfadapt_snapshot *snapshot) {
    perfadapt__snapshot_store(&region->snapshot_lock, region->snapshot, snapshot);
}

void perfadapt__region_put_alive(struct perfadapt__region *region, int64_t boottime_ns) {
    atomic_store_explicit(&region->alive_boottime_ns, boottime_ns, memory_order_release);
}

bool perfadapt__region_get_budget(const struct perfadapt__region *region, struct perfadapt_budget *out) {
    return perfadapt__seqlock_read(&region->budget_lock, region->budget, out, sizeof *out, GET_RETRIES);
}
