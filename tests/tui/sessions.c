/*
 * Sessions to look at: COUNT of them named NAME, a frame in each every FRAME_MS, until standard input ends.
 * SPDX-License-Identifier: MIT
 */
#include <perfadapt/perfadapt.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SESSIONS_MAX = 300 };

static perfadapt *sessions[SESSIONS_MAX];

static int open_sessions(int count, const char *name) {
    const struct perfadapt_options options = {
        .size = sizeof options,
        .app_name = name,
        .quality_levels = 5,
        .target_frame_ns = 100000000,
        .outputs = PERFADAPT_OUTPUT_QUALITY,
    };
    for (int i = 0; i < count; ++i) {
        const enum perfadapt_result result = perfadapt_open(&options, &sessions[i]);
        if (result != PERFADAPT_OK) {
            fprintf(stderr, "sessions: number %d: %s\n", i + 1, perfadapt_strerror(result));
            return 1;
        }
    }
    return 0;
}

static void draw_frames(int count) {
    for (int i = 0; i < count; ++i) {
        perfadapt_frame_begin(sessions[i]);
        perfadapt_frame_end(sessions[i]);
    }
}

int main(int argc, char **argv) {
    const int count = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;
    const int frame_ms = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 100;
    if (count < 1 || count > SESSIONS_MAX || frame_ms < 1) {
        fprintf(stderr, "usage: tui_sessions COUNT NAME [FRAME_MS]\n");
        return 2;
    }
    const int code = open_sessions(count, argv[2]);
    puts("open");
    fflush(stdout);
    struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
    while (code == 0 && poll(&end, 1, frame_ms) == 0) {
        draw_frames(count);
    }
    for (int i = 0; i < count; ++i) {
        perfadapt_close(&sessions[i]);
    }
    return code;
}
