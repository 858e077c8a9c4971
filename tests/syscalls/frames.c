/*
 * Runs a number of frames between two getppid(), which nothing else calls: marks for strace. Counts the render thread's
 * allocations in between by itself and ends with 1 where there is one. SPDX-License-Identifier: MIT
 */
#include <perfadapt/perfadapt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local bool counting;
static _Thread_local unsigned long allocations;

#ifdef __GLIBC__
/* These definitions come before libc's, for the library too; glibc keeps its own under these names. */
void *__libc_malloc(size_t size);               // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void *__libc_calloc(size_t count, size_t size); // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void *__libc_realloc(void *old, size_t size);   // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

void *malloc(size_t size) {
    allocations += counting;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocations += counting;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    allocations += counting;
    return __libc_realloc(old, size);
}
#endif

static void run_frames(perfadapt *session, long frames) {
    struct perfadapt_budget budget = {.size = sizeof budget};
    for (long i = 0; i < frames; i++) {
        const uint64_t frame = perfadapt_frame_begin(session);
        perfadapt_frame_end(session);
        perfadapt_frame_gpu(session, frame, (i % 50) * 1000000); /* light and heavy: the budget moves */
        perfadapt_get_budget(session, &budget);
    }
}

int main(int argc, char **argv) {
    const long frames = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "frames",
                                              .quality_levels = 7,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_RENDER_SCALE |
                                                         PERFADAPT_OUTPUT_FRAME_NS};
    perfadapt *session = NULL;
    if (perfadapt_open(&options, &session))
        return 3;
    counting = true;
    syscall(SYS_getppid);
    run_frames(session, frames);
    syscall(SYS_getppid);
    counting = false;
    printf("allocations of the render thread in %ld frames: %lu\n", frames, allocations);
    perfadapt_close(&session);
    return allocations ? 1 : 0;
}
