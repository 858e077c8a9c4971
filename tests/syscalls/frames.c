/* Runs a number of frames between two getppid(), which nothing else calls: marks for strace. SPDX-License-Identifier: MIT */
#include <perfadapt/perfadapt.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

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
    struct perfadapt_budget budget = {.size = sizeof budget};
    syscall(SYS_getppid);
    for (long i = 0; i < frames; i++) {
        const uint64_t frame = perfadapt_frame_begin(session);
        perfadapt_frame_end(session);
        perfadapt_frame_gpu(session, frame, (i % 50) * 1000000); /* light and heavy: the budget moves */
        perfadapt_get_budget(session, &budget);
    }
    syscall(SYS_getppid);
    perfadapt_close(&session);
    return 0;
}
