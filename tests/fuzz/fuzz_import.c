/* Any bytes as a log: lines in order of time, each of them taken by the controller. SPDX-License-Identifier: MIT */
#include "replay/pace.h"
#include "replay/source.h"

#include "drive/stream.h"
#include "tuning/policy_of.h"

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())

/* What is told of wrong rows is made, and not wanted. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    CHECK(freopen("/dev/null", "w", stdout));
    return 0;
}

static void make_policy(struct perfadapt__policy *out_policy) {
    struct perfadapt__settings preset;
    struct perfadapt__settings settings;
    char reason[DRIVE_REASON_MAX];
    const struct perfadapt__wishes wishes = {
        .outputs = PERFADAPT_OUTPUT_QUALITY, .quality_levels = 5, .target_ns = (double)NAN, .fastest_ns = (double)NAN};
    perfadapt__settings_init(&preset);
    perfadapt__settings_init(&settings);
    CHECK(perfadapt__policy_of(&preset, &wishes, &settings, false, out_policy, reason));
}

/* From a descriptor, as the program reads: what lies in its buffer is the parser's to search. */
static int descriptor_of(const uint8_t *data, size_t size) {
    const int fd = memfd_create("log", MFD_CLOEXEC);
    CHECK(fd >= 0);
    CHECK(write(fd, data, size) == (ssize_t)size);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static void check_text(const char *text) {
    for (; *text; text++)
        CHECK(*text >= ' ' && *text <= '~');
}

static void go_through(struct replay_source *source) {
    static struct drive_stream stream;
    static struct replay_pace pace;
    struct perfadapt__policy policy;
    struct replay_row row;
    struct drive_line line;
    char reason[DRIVE_REASON_MAX];
    make_policy(&policy);
    drive_stream_init(&stream, &policy);
    stream.open_loop = true;
    replay_pace_init(&pace, &source->traits, source->header.mangohud.memory_bytes, 0);
    while (replay_source_next(source, &row))
        if (replay_pace_take(&pace, &row))
            while (replay_pace_next(&pace, &line)) {
                CHECK(line.time_ns >= 0 && line.cpu_ns >= 0 && line.gpu_ns >= -1);
                CHECK(drive_stream_take(&stream, &line, reason)); /* time goes on */
            }
}

/* The first byte chooses the format; whoever reads gets the first bytes handed in, as after a look at them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct replay_source source;
    char reason[DRIVE_REASON_MAX];
    if (size == 0)
        return 0;
    const struct replay_options options = {.path = "log",
                                           .json = true,
                                           .format = data[0] & 1u ? REPLAY_FORMAT_CSV : REPLAY_FORMAT_AUTO,
                                           .only = data[0] & 2u ? "index=0" : NULL,
                                           .columns = data[0] & 4u ? "t_s,temp_c,gpu_ms,frame_ms,index" : NULL};
    const size_t looked_at = size - 1 < 8 ? size - 1 : 8;
    const int fd = descriptor_of(data + 1 + looked_at, size - 1 - looked_at);
    if (replay_source_open(&source, &options, fd, (const char *)data + 1, looked_at, reason))
        go_through(&source);
    else
        check_text(reason);
    for (unsigned i = 0; i < source.header.columns.count; i++)
        check_text(source.header.columns.names[i]);
    close(fd);
    return 0;
}
