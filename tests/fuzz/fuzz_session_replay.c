/*
 * Any records as a recording of one session: never a crash, and whatever can be shown of it is fit to be shown.
 * SPDX-License-Identifier: MIT
 *
 * The input is the records of a segment, or changes to one that is made up: three bytes each, where and what. Header and
 * checksums are made here, as nothing else would be tried for long. For libFuzzer.
 */
#include "recorded_session.h"
#include "show_tape.h"

#include "record/dump.h"
#include "record/state.h"
#include "session_replay.h"
#include "tape_file.h"

#include <sys/mman.h>
#include <unistd.h>

enum { BASE_BYTES = 12000, PAYLOAD_MOST = 16000 };

static unsigned char base[2][BASE_BYTES]; /* from the beginning, and from a state on */
static unsigned char payload[PAYLOAD_MOST];
static char path[64];
static int fd = -1;

static const struct promise promise = {.apps_least = 1, .apps_most = 1, .whole = true, .step = 16};

static void make_base(void) {
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(6, LOOP_ALL_OUTPUTS);
    recorded_open(&session, &policy, 8);
    while (recorded_ring(&session)->newest < 3)
        recorded_run(&session, 1);
    for (int i = 0; i < 2; i++)
        memcpy(base[i], recorded_ring(&session)->segment[i].payload, BASE_BYTES);
    recorded_close(&session);
    fd = memfd_create("session", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
}

static size_t make_payload(const unsigned char *data, size_t size) {
    if (data[0] & 1) {
        memcpy(payload, data + 1, size - 1);
        return size - 1;
    }
    memcpy(payload, base[data[0] >> 1 & 1], BASE_BYTES);
    for (size_t i = 1; i + 3 <= size; i += 3)
        payload[(size_t)(data[i] << 8 | data[i + 1]) % BASE_BYTES] ^= data[i + 2];
    return BASE_BYTES;
}

static void write_file(size_t length) {
    const struct perfadapt__record_origin origin = {.name = "fuzz", .pid = -1};
    struct perfadapt__record_header header;
    struct perfadapt__record_chunk chunk;
    perfadapt__record_header_fill(&header, perfadapt__state_layout(), &origin);
    perfadapt__record_chunk_fill(&chunk, 1, 0, payload, (uint32_t)length);
    CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    CHECK(perfadapt__record_write(fd, &header, sizeof header) && perfadapt__record_write(fd, &chunk, sizeof chunk) &&
          perfadapt__record_write(fd, payload, length));
}

/* What the tape itself promises of a session: bounds, and times that grow. */
static void check_times(const struct tape *tape) {
    CHECK(tape->bytes <= SESSION_REPLAY_BYTES_MAX);
    for (size_t i = 1; i < tape->count; ++i)
        CHECK(tape->entries[i].now_ns > tape->entries[i - 1].now_ns);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    char note[TAPE_NOTE_MAX];
    struct tape tape;
    if (size < 1 || size > PAYLOAD_MOST)
        return 0;
    if (fd < 0)
        make_base();
    write_file(make_payload(data, size));
    if (tape_file_open(path, &tape, note)) {
        check_times(&tape);
        show_tape(&tape, &promise);
        tape_finish(&tape);
    } else {
        CHECK(note[0] != '\0');
    }
    return 0;
}
