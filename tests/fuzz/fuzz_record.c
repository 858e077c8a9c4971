/*
 * Any bytes as a recording: never a crash, and budgets within their bounds whatever states and inputs it claims.
 * SPDX-License-Identifier: MIT
 *
 * The input is a recording, or changes to one that is made up: three bytes each, where and what. The checksums of chunks
 * are made good, as nothing else would be tried for long. For libFuzzer.
 */
#include "recorded_session.h"

#include "record/dump.h"
#include "record/recording.h"
#include "record/replayer.h"
#include "record/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

enum { RECORDS_MOST = 20000, BASE_BYTES = 12000 };

static struct perfadapt__recording recording;
static struct perfadapt__recorded record;
static struct perfadapt__replayer replayer;
static unsigned char bytes[1 << 17];
static unsigned char
    base[sizeof(struct perfadapt__record_header) + sizeof(struct perfadapt__record_chunk) + BASE_BYTES];

static void set_limit(void *context, struct perfadapt__policy *policy) {
    (void)context;
    policy->thermal_limit_c = 60;
}

/* Every chunk whose header is in place gets the checksum it needs. */
static void mend(size_t size) {
    struct perfadapt__record_header header;
    struct perfadapt__record_chunk chunk;
    if (size < sizeof header)
        return;
    const struct perfadapt__record_origin origin = {.name = "fuzz"};
    perfadapt__record_header_fill(&header, perfadapt__state_layout(), &origin);
    memcpy(bytes, &header, sizeof header);
    for (size_t at = sizeof header; at + sizeof chunk < size; at += sizeof chunk + chunk.length) {
        memcpy(&chunk, bytes + at, sizeof chunk);
        if (chunk.length > size - at - sizeof chunk)
            return;
        perfadapt__record_chunk_fill(&chunk, chunk.sequence, chunk.offset, bytes + at + sizeof chunk, chunk.length);
        memcpy(bytes + at, &chunk, sizeof chunk);
    }
}

static void check(const struct perfadapt_budget *budget) {
    CHECK(budget->quality < budget->quality_levels);
    CHECK(budget->quality_levels >= 1 && budget->quality_levels <= 32);
    CHECK(budget->frame_ns >= 0 && budget->frames_in_flight >= 1);
    CHECK(!isnan(budget->render_scale) && budget->render_scale > 0);
}

/* A segment that begins with a state, and some seconds of records behind it. */
static void make_base(void) {
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(6, LOOP_ALL_OUTPUTS);
    struct perfadapt__record_header header;
    struct perfadapt__record_chunk chunk;
    const struct perfadapt__record_origin origin = {.name = "fuzz"};
    recorded_open(&session, &policy, 8);
    while (recorded_ring(&session)->newest < 3)
        recorded_run(&session, 1);
    const struct perfadapt__record_segment *segment = &recorded_ring(&session)->segment[1];
    perfadapt__record_header_fill(&header, perfadapt__state_layout(), &origin);
    perfadapt__record_chunk_fill(&chunk, 2, 0, segment->payload, BASE_BYTES);
    memcpy(base, &header, sizeof header);
    memcpy(base + sizeof header, &chunk, sizeof chunk);
    memcpy(base + sizeof header + sizeof chunk, segment->payload, BASE_BYTES);
    recorded_close(&session);
}

static size_t change_base(const unsigned char *data, size_t size) {
    const size_t first = sizeof(struct perfadapt__record_header);
    if (!base[0])
        make_base();
    memcpy(bytes, base, sizeof base);
    for (size_t i = 0; i + 3 <= size; i += 3)
        bytes[first + (size_t)(data[i] << 8 | data[i + 1]) % (sizeof base - first)] ^= data[i + 2];
    return sizeof base;
}

static void replay(size_t size, bool what_if) {
    const struct perfadapt__what_if question = {what_if ? set_limit : NULL, NULL};
    FILE *file = fmemopen(bytes, size, "r");
    CHECK(file);
    const enum perfadapt__file_result opened = perfadapt__recording_init(&recording, file);
    perfadapt__replayer_init(&replayer, &question);
    for (int i = 0; opened == PERFADAPT__FILE_OK && i < RECORDS_MOST; i++) {
        const enum perfadapt__recording_result result = perfadapt__recording_next(&recording, &record);
        if (result == PERFADAPT__RECORDING_BREAK)
            perfadapt__replayer_break(&replayer);
        else if (result != PERFADAPT__RECORDING_RECORD)
            break;
        else if (perfadapt__replayer_take(&replayer, recording.sequence, recording.used, &record) &&
                 replayer.change != PERFADAPT__BUDGET_SAME && record.type != PERFADAPT__RECORDED_STATE)
            check(&replayer.decider.arbiter.budget);
    }
    fclose(file);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    if (size < 2 || size > sizeof bytes)
        return 0;
    if (data[0] & 1) {
        size = change_base(data + 1, size - 1);
    } else {
        memcpy(bytes, data, size);
        replay(size, false);
    }
    mend(size);
    replay(size, false);
    replay(size, true);
    return 0;
}
