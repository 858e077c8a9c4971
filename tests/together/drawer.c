/*
 * A session of one role that draws nothing, for as long as it is told to, and tells each change of its budget.
 * SPDX-License-Identifier: MIT
 *
 * usage: drawer interactive|background|export [unpublished]
 * On standard input, a line each: "load MS" (of a frame at the best quality), "pause" (alive, but no frame), "draw",
 * "future" (claims frames of tomorrow), "nonsense" (its region is overwritten with random bytes from now on), "end".
 * On standard output: "at=NS quality=N in_flight=N workers=N frame_ns=NS frames=N reasons=WORDS" for each change, with the
 * time of the change, and "did COMMAND".
 */
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct drawer {
    perfadapt *session;
    double load_ms;
    bool paused, lies, raves, ends;
    uint64_t frames;
    uint64_t random;
    uint64_t told; /* generation */
};

static void sleep_ns(int64_t ns) {
    struct timespec left = {.tv_sec = ns / PERFADAPT__NS_PER_S, .tv_nsec = ns % PERFADAPT__NS_PER_S};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static void tell_budget(struct drawer *drawer, const struct perfadapt_budget *budget) {
    if (budget->generation == drawer->told)
        return;
    char reasons[128];
    drawer->told = budget->generation;
    perfadapt_reasons_text(budget->reasons, reasons, sizeof reasons);
    printf("at=%" PRId64 " quality=%" PRIu32 " in_flight=%" PRIu32 " workers=%" PRIu32 " frame_ns=%" PRId64
           " frames=%" PRIu64 " reasons=%s\n",
           budget->timestamp_ns, budget->quality, budget->frames_in_flight, budget->worker_threads, budget->frame_ns,
           drawer->frames, reasons);
}

/* Sleep stands for work: it takes as long however busy the machine is. */
static void draw(struct drawer *drawer) {
    static const double cost[] = {0.3, 0.45, 0.6, 0.8, 1};
    struct perfadapt_budget budget = {.size = sizeof budget, .quality = 4};
    perfadapt_wait_next_frame(drawer->session);
    const uint64_t frame = perfadapt_frame_begin(drawer->session);
    perfadapt_get_budget(drawer->session, &budget);
    const int64_t work_ns = (int64_t)(drawer->load_ms * 1e6 * cost[budget.quality]);
    sleep_ns(work_ns);
    perfadapt_frame_end(drawer->session);
    perfadapt_frame_gpu(drawer->session, frame, work_ns);
    drawer->frames++;
    tell_budget(drawer, &budget);
}

/* What is said of a frame that has not been: it is tomorrow's, and the budget of now goes with it. */
static void lie(struct drawer *drawer) {
    const struct perfadapt_frame frame = {.number = ++drawer->session->frame.number,
                                          .end_ns = perfadapt__now_ns() + 86400 * PERFADAPT__NS_PER_S,
                                          .period_ns = 1,
                                          .cpu_ns = 1,
                                          .gpu_ns = 1};
    perfadapt__region_put_frame(drawer->session->stepper.region, &frame);
}

static void rave(struct drawer *drawer) {
    uint64_t *words = (uint64_t *)(void *)drawer->session->stepper.region;
    for (size_t i = 0; i < sizeof *drawer->session->stepper.region / sizeof *words; i++) {
        drawer->random = drawer->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        __atomic_store_n(&words[i], drawer->random ^ drawer->random >> 29, __ATOMIC_RELAXED);
    }
}

static void obey(struct drawer *drawer, const char *command) {
    if (strncmp(command, "load ", 5) == 0)
        drawer->load_ms = strtod(command + 5, NULL);
    drawer->paused = strcmp(command, "pause") == 0;
    drawer->lies |= strcmp(command, "future") == 0;
    drawer->raves |= strcmp(command, "nonsense") == 0;
    drawer->ends = strcmp(command, "end") == 0;
    printf("did %s\n", command);
}

/* Byte by byte: what is not read yet must stay where poll() sees it. */
static void listen_to(struct drawer *drawer) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[64];
    size_t length = 0;
    if (poll(&input, 1, 0) <= 0)
        return;
    while (length + 1 < sizeof line && read(STDIN_FILENO, &line[length], 1) == 1 && line[length] != '\n')
        length++;
    line[length] = '\0';
    obey(drawer, length ? line : "end");
}

static bool open_as(const char *role, bool unpublished, struct drawer *drawer) {
    uint32_t number = 0;
    while (number <= PERFADAPT_ROLE_EXPORT && strcmp(perfadapt_role_name(number), role) != 0)
        number++;
    /* Slower frames would fit, and it would be held down no longer. */
    const uint32_t rate = number == PERFADAPT_ROLE_INTERACTIVE ? 0 : PERFADAPT_OUTPUT_FRAME_NS;
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = role,
                                              .role = number,
                                              .quality_levels = 5,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY | rate,
                                              .flags = unpublished ? PERFADAPT_FLAG_NO_PUBLISH : 0};
    return perfadapt_open(&options, &drawer->session) == PERFADAPT_OK;
}

int main(int argc, char **argv) {
    struct drawer drawer = {.load_ms = 3, .random = 1};
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2 || !open_as(argv[1], argc > 2, &drawer)) {
        fprintf(stderr, "usage: drawer interactive|background|export [unpublished]\n");
        return 2;
    }
    while (!drawer.ends) {
        listen_to(&drawer);
        if (drawer.raves)
            rave(&drawer);
        else if (drawer.lies)
            lie(&drawer);
        if (drawer.raves || drawer.lies || drawer.paused)
            sleep_ns(PERFADAPT__NS_PER_MS);
        else
            draw(&drawer);
    }
    perfadapt_close(&drawer.session);
    return 0;
}
