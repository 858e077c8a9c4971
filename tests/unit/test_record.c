/* What a session has recorded, read back and stepped through again. SPDX-License-Identifier: MIT */
#include "recorded_session.h"

#include "record/dump.h"
#include "record/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct replayed *replay(FILE *file, const struct perfadapt__what_if *what_if) {
    static struct replayed replayed;
    replay_file(file, what_if, &replayed);
    assert_int_equal(replayed.opened, PERFADAPT__FILE_OK);
    return &replayed;
}

static struct replayed *replay_session(struct recorded_session *session) {
    FILE *file = recorded_file(session);
    struct replayed *replayed = replay(file, NULL);
    fclose(file);
    return replayed;
}

static void assert_same_end(const struct replayed *replayed, const struct recorded_session *session) {
    const struct perfadapt__replay_tally *tally = &replayed->replayer.tally;
    assert_int_equal(replayed->end, PERFADAPT__RECORDING_END);
    assert_int_equal(replayed->breaks, 0);
    assert_int_equal(replayed->recording.reader.damages, 0);
    assert_int_equal(tally->differing, 0);
    assert_memory_equal(&replayed->replayer.decider.arbiter.budget, &session->stepper.decider.arbiter.budget,
                        sizeof(struct perfadapt_budget));
}

/* Every budget of sessions that meet everything, and are as long as the record holds. */
static void replays_every_budget(void **state) {
    (void)state;
    uint64_t changes = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        static struct recorded_session session;
        const struct perfadapt__policy policy = loop_policy(1 + (uint32_t)(seed % 9), LOOP_ALL_OUTPUTS);
        recorded_open(&session, &policy, seed);
        recorded_run(&session, 40);
        const struct replayed *replayed = replay_session(&session);
        assert_same_end(replayed, &session);
        assert_int_equal(replayed->replayer.tally.gaps, 0);
        assert_int_equal(replayed->replayer.tally.frames, session.frame);
        assert_true(replayed->replayer.tally.budgets >= session.changes);
        changes += session.changes;
        recorded_close(&session);
    }
    assert_true(changes > 400);
}

/* Older segments are gone by then: it begins with a state. */
static void replays_from_the_middle(void **state) {
    (void)state;
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    recorded_open(&session, &policy, 77);
    recorded_run(&session, 900);
    const struct replayed *replayed = replay_session(&session);
    assert_same_end(replayed, &session);
    assert_int_equal(replayed->replayer.tally.gaps, 0);
    assert_true(recorded_ring(&session)->newest > PERFADAPT__RECORD_SEGMENTS);
    assert_true(replayed->replayer.tally.last_ns == session.now_ns);
    const int64_t span_ns = replayed->replayer.tally.last_ns - replayed->replayer.tally.first_ns;
    print_message("256 KiB hold %.0f s at 60 frames per second, 10 ticks per second; %.1f bytes per frame in all\n",
                  (double)span_ns * 1e-9, 256.0 * 1024 / ((double)span_ns * 60e-9));
    assert_true(span_ns >= 120 * SECOND);
    recorded_close(&session);
}

/* So many frames between two ticks that no segment holds them: what is lost is told, and what comes after is replayed. */
static void a_gap_is_told(void **state) {
    (void)state;
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(5, LOOP_ALL_OUTPUTS);
    recorded_open(&session, &policy, 5);
    recorded_run(&session, 3);
    session.tick_gap_ns = 3600 * SECOND;
    for (int i = 0; i < 6000; i++)
        recorded_frame(&session);
    session.tick_gap_ns = SECOND / 10;
    recorded_run(&session, 10);
    const struct replayed *replayed = replay_session(&session);
    assert_same_end(replayed, &session);
    assert_int_equal(replayed->replayer.tally.gaps, 1);
    assert_true(replayed->replayer.tally.lost > 1000);
    recorded_close(&session);
}

static void set_limit(void *context, struct perfadapt__policy *policy) {
    policy->thermal_limit_c = *(const double *)context;
}

static void answers_what_if(void **state) {
    (void)state;
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    double limit_c = 40;
    recorded_open(&session, &policy, 3);
    session.temperature_c = 55;
    for (int i = 0; i < 1800; i++)
        recorded_frame(&session);
    assert_true(session.stepper.decider.arbiter.budget.quality >= 3);
    FILE *file = recorded_file(&session);
    const struct perfadapt__what_if what_if = {set_limit, &limit_c};
    const struct replayed *replayed = replay(file, &what_if);
    assert_int_equal(replayed->replayer.decider.arbiter.budget.quality, 0);
    assert_true(replayed->replayer.decider.arbiter.budget.reasons & PERFADAPT_REASON_THERMAL);
    assert_int_equal(replayed->replayer.tally.differing, 0); /* nothing is compared */
    fclose(file);
    recorded_close(&session);
}

static void change_nothing(void *context, struct perfadapt__policy *policy) {
    (void)context;
    (void)policy;
}

/* Where what is asked for is what was, so is all that comes of it: also of a record that begins in the middle. */
static void what_changes_nothing_is_what_was(void **state) {
    (void)state;
    static struct recorded_session session;
    static const struct perfadapt__what_if nothing = {change_nothing, NULL};
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    for (uint64_t seed = 80; seed < 84; seed++) {
        recorded_open(&session, &policy, seed);
        recorded_run(&session, 600);
        assert_true(recorded_ring(&session)->newest > PERFADAPT__RECORD_SEGMENTS);
        FILE *file = recorded_file(&session);
        static struct perfadapt__replayer was;
        was = replay(file, NULL)->replayer;
        rewind(file);
        const struct perfadapt__replayer *would = &replay(file, &nothing)->replayer;
        fclose(file);
        assert_memory_equal(&would->decider, &was.decider, sizeof was.decider);
        assert_memory_equal(&would->tick, &was.tick, sizeof was.tick);
        recorded_close(&session);
    }
}

/* Caps of another policy count though the recorded session had none to take at that moment. */
static void what_if_takes_its_own_caps(void **state) {
    (void)state;
    static struct recorded_session session;
    static struct perfadapt__recording recording;
    static struct perfadapt__recorded record;
    static struct perfadapt__replayer replayer;
    struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    double limit_c = 56;
    const struct perfadapt__what_if what_if = {set_limit, &limit_c};
    policy.thermal_limit_c = (double)NAN;
    recorded_open(&session, &policy, 3);
    session.still = true; /* and without a limit that anything could come near to */
    session.reading.heat_count = 1;
    for (int i = 0; i < 6000; i++) {
        session.reading.heat[0] = (struct perfadapt__heat_reading){.key = 1,
                                                                   .state = PERFADAPT_STATE_OK,
                                                                   .timestamp_ns = session.now_ns,
                                                                   .temperature_c = 56,
                                                                   .limit_c = (double)NAN};
        recorded_frame(&session);
    }
    FILE *file = recorded_file(&session);
    assert_int_equal(perfadapt__recording_init(&recording, file), PERFADAPT__FILE_OK);
    perfadapt__replayer_init(&replayer, &what_if);
    while (perfadapt__replayer_next(&replayer, &recording, &record) == PERFADAPT__RECORDING_RECORD)
        if (record.type == PERFADAPT__RECORDED_INPUT)
            assert_true(replayer.decider.caps.generation >= replayer.caps_before.generation);
    assert_int_equal(replayer.tally.frames, 6000);
    fclose(file);
    recorded_close(&session);
}

/* A budget that is not the recorded one must be seen. */
static void a_difference_is_seen(void **state) {
    (void)state;
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    recorded_open(&session, &policy, 3);
    recorded_run(&session, 20);
    session.tick.thermal.channels[0].learned_limit_c = 45; /* unrecorded */
    recorded_run(&session, 20);
    const struct replayed *replayed = replay_session(&session);
    assert_true(replayed->replayer.tally.differing > 0);
    assert_true(replayed->replayer.tally.differed_ns > replayed->replayer.tally.first_ns);
    recorded_close(&session);
}

/* ---- Damaged files ---- */

struct image {
    unsigned char *bytes;
    size_t count;
};

static struct image short_recording(void) {
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(3, LOOP_ALL_OUTPUTS);
    recorded_open(&session, &policy, 11);
    for (int i = 0; i < 40; i++)
        recorded_frame(&session);
    FILE *file = recorded_file(&session);
    fseek(file, 0, SEEK_END);
    struct image image = {.count = (size_t)ftell(file)};
    image.bytes = malloc(image.count);
    rewind(file);
    assert_int_equal(fread(image.bytes, 1, image.count, file), image.count);
    fclose(file);
    recorded_close(&session);
    return image;
}

/* What becomes of these bytes: never a crash, and never a budget that is called the recorded one and is not. */
static enum perfadapt__file_result read_bytes(const unsigned char *bytes, size_t count, struct replayed *out) {
    static unsigned char none;
    FILE *file = fmemopen(count ? (void *)bytes : &none, count ? count : 1, "r");
    if (count == 0)
        (void)fgetc(file);
    replay_file(file, NULL, out);
    fclose(file);
    return out->opened;
}

static void cut_at_every_byte(void **state) {
    (void)state;
    static struct replayed replayed;
    struct image image = short_recording();
    const size_t header = sizeof(struct perfadapt__record_header);
    for (size_t count = 0; count < image.count; count++) {
        const enum perfadapt__file_result result = read_bytes(image.bytes, count, &replayed);
        if (count == 0)
            assert_int_equal(result, PERFADAPT__FILE_EMPTY);
        else if (count < header)
            assert_int_equal(result, PERFADAPT__FILE_DAMAGED);
        else
            assert_int_equal(result, PERFADAPT__FILE_OK);
        assert_int_equal(replayed.replayer.tally.differing, 0);
        if (count > header)
            assert_true(replayed.recording.reader.cut);
    }
    assert_int_equal(read_bytes(image.bytes, image.count, &replayed), PERFADAPT__FILE_OK);
    assert_false(replayed.recording.reader.cut);
    assert_int_equal(replayed.replayer.tally.frames, 40);
    free(image.bytes);
}

static void any_bit_flipped(void **state) {
    (void)state;
    static struct replayed replayed;
    struct image image = short_recording();
    for (size_t i = 0; i < image.count; i++) {
        image.bytes[i] ^= (unsigned char)(1u << i % 8);
        const enum perfadapt__file_result result = read_bytes(image.bytes, image.count, &replayed);
        assert_true(result != PERFADAPT__FILE_OK || replayed.recording.reader.damages > 0);
        assert_int_equal(replayed.replayer.tally.differing, 0);
        image.bytes[i] ^= (unsigned char)(1u << i % 8);
    }
    free(image.bytes);
}

/* Good checksums around bad bytes: nothing is believed for its checksum alone. */
static void any_byte_changed_within_a_checksum(void **state) {
    (void)state;
    static struct replayed replayed;
    struct image image = short_recording();
    const size_t at = sizeof(struct perfadapt__record_header);
    struct perfadapt__record_chunk chunk;
    unsigned char *const payload = image.bytes + at + sizeof chunk;
    memcpy(&chunk, image.bytes + at, sizeof chunk);
    for (uint32_t i = 0; i < chunk.length; i++)
        for (unsigned change = 1; change < 256; change = change * 3 + 1) {
            payload[i] ^= (unsigned char)change;
            perfadapt__record_chunk_fill(&chunk, chunk.sequence, 0, payload, chunk.length);
            memcpy(image.bytes + at, &chunk, sizeof chunk);
            assert_int_equal(read_bytes(image.bytes, image.count, &replayed), PERFADAPT__FILE_OK);
            payload[i] ^= (unsigned char)change;
        }
    free(image.bytes);
}

/* The loss of a segment in the middle costs that segment: what is left is replayed from the next state on. */
static void a_lost_segment_is_told(void **state) {
    (void)state;
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    recorded_open(&session, &policy, 78);
    recorded_run(&session, 120);
    struct perfadapt__record_ring *ring = recorded_ring(&session);
    assert_true(ring->newest > 3);
    FILE *file = recorded_file(&session);
    fseek(file,
          (long)(sizeof(struct perfadapt__record_header) + sizeof(struct perfadapt__record_chunk) +
                 ring->segment[0].used + 1000),
          SEEK_SET);
    fputc('x', file);
    rewind(file);
    const struct replayed *replayed = replay(file, NULL);
    fclose(file);
    assert_int_equal(replayed->recording.reader.damages, 1);
    assert_false(replayed->recording.reader.cut);
    assert_int_equal(replayed->replayer.tally.gaps, 1);
    assert_int_equal(replayed->replayer.tally.differing, 0);
    assert_memory_equal(&replayed->replayer.decider.arbiter.budget, &session.stepper.decider.arbiter.budget,
                        sizeof(struct perfadapt_budget));
    recorded_close(&session);
}

static struct replayed *replay_without_second_segment(struct recorded_session *session,
                                                      const struct perfadapt__what_if *what_if) {
    const struct perfadapt__record_segment *first = &recorded_ring(session)->segment[0];
    FILE *file = recorded_file(session);
    fseek(file, (long)(sizeof(struct perfadapt__record_header) + sizeof(struct perfadapt__record_chunk) + first->used),
          SEEK_SET);
    fputc('x', file);
    rewind(file);
    struct replayed *replayed = replay(file, what_if);
    fclose(file);
    return replayed;
}

/* What another policy has come to is not taken over by the recorded state behind a gap; nor are holds of the gap lost. */
static void what_if_keeps_its_state_behind_a_gap(void **state) {
    (void)state;
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    double limit_c = 40;
    const struct perfadapt__what_if what_if = {set_limit, &limit_c};
    recorded_open(&session, &policy, 3);
    session.temperature_c = 55;
    while (recorded_ring(&session)->newest < 3)
        recorded_frame(&session);
    assert_true(session.stepper.decider.arbiter.budget.quality >= 3);
    const struct replayed *replayed = replay_without_second_segment(&session, &what_if);
    assert_int_equal(replayed->replayer.tally.gaps, 1);
    assert_int_equal(replayed->replayer.decider.arbiter.budget.quality, 0);
    assert_true(replayed->replayer.decider.arbiter.budget.reasons & PERFADAPT_REASON_THERMAL);
    assert_int_equal(replay_without_second_segment(&session, NULL)->replayer.tally.differing, 0);
    recorded_close(&session);
}

static void what_if_learns_of_a_gap_what_the_app_said(void **state) {
    (void)state;
    static struct recorded_session session;
    static const struct perfadapt__what_if nothing = {change_nothing, NULL};
    struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    struct perfadapt__frame_input hold = {.kind = PERFADAPT__FRAME_HOLD, .value = 1};
    recorded_open(&session, &policy, 3);
    while (recorded_ring(&session)->newest < 2)
        recorded_frame(&session);
    hold.now_ns = session.now_ns;
    perfadapt__stepper_submit(&session.stepper, &hold);
    policy.target_frame_ns = SECOND / 30;
    assert_true(perfadapt__stepper_set_policy(&session.stepper, &session.tick, &policy, session.now_ns));
    while (recorded_ring(&session)->newest < 3)
        recorded_frame(&session);
    const struct replayed *replayed = replay_without_second_segment(&session, &nothing);
    assert_int_equal(replayed->replayer.tally.gaps, 1);
    assert_int_equal(replayed->replayer.decider.arbiter.holds, 1);
    assert_int_equal(replayed->replayer.decider.policy.target_frame_ns, SECOND / 30);
    recorded_close(&session);
}

/* Chunks that are made up every few bytes, each of 32 KiB that would have to be looked through. */
static void beginnings_made_up_cost_little(void **state) {
    (void)state;
    enum { COPIES = 25000 };
    static struct replayed replayed;
    struct image image = short_recording();
    const size_t header = sizeof(struct perfadapt__record_header);
    const struct perfadapt__record_chunk made_up = {
        .magic = PERFADAPT__RECORD_CHUNK_MAGIC, .sequence = 1, .length = 32000};
    const size_t count = header + COPIES * sizeof made_up;
    unsigned char *bytes = malloc(count);
    assert_non_null(bytes);
    memcpy(bytes, image.bytes, header);
    for (size_t i = 0; i < COPIES; i++)
        memcpy(bytes + header + i * sizeof made_up, &made_up, sizeof made_up);
    assert_int_equal(read_bytes(bytes, count, &replayed), PERFADAPT__FILE_OK);
    assert_true(replayed.recording.reader.cut);
    assert_int_equal(replayed.recording.reader.damaged_bytes, count - header);
    assert_true(replayed.recording.reader.vain_bytes < (80 << 20)); /* of 800 MB */
    free(bytes);
    free(image.bytes);
}

static void swap(void *bytes, size_t count) {
    unsigned char *at = bytes;
    for (size_t i = 0; i < count / 2; i++) {
        const unsigned char kept = at[i];
        at[i] = at[count - 1 - i];
        at[count - 1 - i] = kept;
    }
}

static void other_versions_and_machines(void **state) {
    (void)state;
    static struct replayed replayed;
    struct image image = short_recording();
    struct perfadapt__record_header header;
    memcpy(&header, image.bytes, sizeof header);
    header.version = 2;
    memcpy(image.bytes, &header, sizeof header);
    assert_int_equal(read_bytes(image.bytes, image.count, &replayed), PERFADAPT__FILE_VERSION);
    header.version = PERFADAPT__RECORD_VERSION;
    swap(&header.magic, sizeof header.magic);
    swap(&header.byte_order, sizeof header.byte_order);
    memcpy(image.bytes, &header, sizeof header);
    assert_int_equal(read_bytes(image.bytes, image.count, &replayed), PERFADAPT__FILE_BYTE_ORDER);
    assert_int_equal(read_bytes((const unsigned char *)"fps,frametime\n1,2\n", 18, &replayed), PERFADAPT__FILE_NOT_ONE);
    free(image.bytes);
}

/* A build whose states mean something else still replays what began with a START. */
static void another_layout_replays_from_the_start(void **state) {
    (void)state;
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    recorded_open(&session, &policy, 12);
    recorded_run(&session, 60);
    recorded_ring(&session)->layout ^= 1;
    assert_true(recorded_ring(&session)->newest > 1);
    assert_same_end(replay_session(&session), &session);
    recorded_run(&session, 900);
    const struct replayed *replayed = replay_session(&session);
    assert_int_equal(replayed->replayer.tally.frames, 0); /* the start is gone */
    assert_int_equal(replayed->end, PERFADAPT__RECORDING_END);
    recorded_close(&session);
}

static void words_come_back(void **state) {
    (void)state;
    uint64_t random = 4;
    for (size_t count = 0; count < 70; count++) {
        unsigned char before[600] = {0}, now[600] = {0}, packed[PERFADAPT__WORDS_PACKED_MOST(600) + 7];
        for (size_t i = 0; i < count * 4; i++) {
            before[i] = (unsigned char)(loop_random(&random) % 4 ? 0 : loop_random(&random));
            now[i] = loop_random(&random) % 3 ? before[i] : (unsigned char)loop_random(&random);
        }
        const unsigned char *end = perfadapt__words_pack(packed, now, before, count * 4);
        assert_true((size_t)(end - packed) <= PERFADAPT__WORDS_PACKED_MOST(count * 4));
        for (const unsigned char *cut = packed; cut < end; cut++) {
            unsigned char back[600];
            memcpy(back, before, sizeof back);
            assert_null(perfadapt__words_unpack(packed, cut, back, count * 4));
        }
        assert_ptr_equal(perfadapt__words_unpack(packed, end, before, count * 4), end);
        assert_memory_equal(before, now, sizeof now);
    }
}

/* Of the frame's own records, without ticks. */
static void a_frame_takes_few_bytes(void **state) {
    (void)state;
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    recorded_open(&session, &policy, 9);
    session.tick_gap_ns = 3600 * SECOND;
    for (int i = 0; i < 10; i++)
        recorded_frame(&session);
    const uint64_t before = recorded_ring(&session)->segment[0].used;
    for (int i = 0; i < 1000; i++)
        recorded_frame(&session);
    const double bytes = (double)(recorded_ring(&session)->segment[0].used - before) / 1000;
    print_message("%.2f bytes per frame\n", bytes);
    assert_true(bytes <= 16);
    recorded_close(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(replays_every_budget),
        cmocka_unit_test(replays_from_the_middle),
        cmocka_unit_test(a_gap_is_told),
        cmocka_unit_test(answers_what_if),
        cmocka_unit_test(what_changes_nothing_is_what_was),
        cmocka_unit_test(what_if_takes_its_own_caps),
        cmocka_unit_test(a_difference_is_seen),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(any_bit_flipped),
        cmocka_unit_test(beginnings_made_up_cost_little),
        cmocka_unit_test(any_byte_changed_within_a_checksum),
        cmocka_unit_test(a_lost_segment_is_told),
        cmocka_unit_test(what_if_keeps_its_state_behind_a_gap),
        cmocka_unit_test(what_if_learns_of_a_gap_what_the_app_said),
        cmocka_unit_test(other_versions_and_machines),
        cmocka_unit_test(another_layout_replays_from_the_start),
        cmocka_unit_test(a_frame_takes_few_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
