/*
 * Every file of a made-up machine, broken in every way, while the sampler reads it and before it starts.
 * SPDX-License-Identifier: MIT
 *
 * Time is virtual, a second a sample. PERFADAPT_FAULTS_ALL=1 tries every way of breaking a file; without it the two ways
 * take turns. PERFADAPT_FAULTS_SHARE=N breaks each file in every Nth way only, the next file in others, for builds that
 * are slow. PERFADAPT_FAULTS_VERBOSE=1 prints each complaint.
 */
#include "judge.h"
#include "machine.h"

#include "core/clock.h"
#include "sampler/machine.h"

#include <fnmatch.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define FILES_MAX 512

enum { BEFORE_S = 2, FAULT_S = 20, START_FAULT_S = 12, RETURN_S = 70 };

struct bench {
    struct machine *laptop;
    struct perfadapt__machine *sampled;
    struct judge_reference reference;
    int64_t now_ns;
    unsigned cases;
    unsigned complaints;
    unsigned losses[FILES_MAX]; /* of what need not return, by file */
    bool all;
    size_t share; /* one of so many faults takes part */
    bool verbose;
};

/* ---- driving ---- */

static void start(struct bench *bench) {
    assert_int_equal(perfadapt__machine_create(machine_root(bench->laptop), NULL, &bench->sampled), PERFADAPT_OK);
}

static void stop(struct bench *bench) {
    if (bench->sampled)
        perfadapt__machine_destroy(bench->sampled);
    bench->sampled = NULL;
}

static void sample(struct bench *bench, bool frames_flow) {
    const struct perfadapt__activity activity = {.frames_flow = frames_flow,
                                                 .gpu_busy = frames_flow ? 0.3 : (double)NAN};
    bench->now_ns += PERFADAPT__NS_PER_S;
    machine_step(bench->laptop);
    perfadapt__machine_sample(bench->sampled, &activity, bench->now_ns);
}

static const struct perfadapt_snapshot *snapshot_of(const struct bench *bench) {
    return &bench->sampled->snapshot;
}

static void look(struct bench *bench, unsigned level) {
    machine_set_level(bench->laptop, level);
    for (int i = 0; i < RETURN_S; i++)
        sample(bench, true);
}

/* Each level is looked at twice: what differs then follows something else than the files. */
static void learn_reference(struct bench *bench) {
    start(bench);
    for (size_t i = 0; i < JUDGE_METRICS_MAX; i++)
        bench->reference.steady[i] = true;
    for (unsigned level = 0; level < MACHINE_LEVELS; level++) {
        look(bench, level);
        bench->reference.snapshots[level] = *snapshot_of(bench);
    }
    for (unsigned level = 0; level < MACHINE_LEVELS; level++) {
        look(bench, level);
        judge_compare_looks(&bench->reference, snapshot_of(bench), level);
    }
    stop(bench);
}

/* Without this nothing could be lost. */
static void the_machine_is_whole(void **state) {
    const struct bench *bench = *state;
    const struct perfadapt_snapshot *snapshot = &bench->reference.snapshots[0];
    assert_int_equal(snapshot->memory.total.state, PERFADAPT_STATE_OK);
    assert_int_equal(snapshot->memory.process_resident.state, PERFADAPT_STATE_OK);
    assert_int_equal(snapshot->memory.cgroup_limit.state, PERFADAPT_STATE_OK);
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        assert_true(snapshot->pressure[i].some.total.state == PERFADAPT_STATE_OK ||
                    snapshot->pressure[i].full.total.state == PERFADAPT_STATE_OK);
    unsigned steering = 0;
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        steering += snapshot->sensors[i].steers && snapshot->sensors[i].temperature.state == PERFADAPT_STATE_OK;
#if PERFADAPT_WITH_SENSORS
    assert_true(steering >= 3); /* the package, the Radeon's junction and its memory */
#else
    assert_int_equal(steering, 0);
#endif
}

static void the_judge_sees_what_is_wrong(void **state) {
    const struct bench *bench = *state;
    struct perfadapt_snapshot *snapshot = malloc(sizeof *snapshot);
    struct judge_complaint complaint;
    assert_non_null(snapshot);
    *snapshot = bench->reference.snapshots[0];
    assert_true(judge_is_plausible(snapshot, bench->now_ns, &complaint));
    assert_true(judge_is_whole(snapshot, &bench->reference, 0, &complaint));
    assert_false(judge_is_whole(snapshot, &bench->reference, 1, &complaint));
    snapshot->memory.available.value = -1;
    assert_false(judge_is_plausible(snapshot, bench->now_ns, &complaint));
    assert_string_equal(complaint.text, "memory[0], metric 1: -1, ok, unit bytes");
    snapshot->memory.available = bench->reference.snapshots[0].memory.available;
    snapshot->memory.available.state = PERFADAPT_STATE_STALE;
    assert_true(judge_is_plausible(snapshot, bench->now_ns, &complaint));
    assert_false(judge_is_whole(snapshot, &bench->reference, 0, &complaint));
    snapshot->power.battery =
        (struct perfadapt_metric){.value = 1.5, .unit = PERFADAPT_UNIT_RATIO, .state = PERFADAPT_STATE_OK};
    assert_false(judge_is_plausible(snapshot, bench->now_ns, &complaint));
    *snapshot = bench->reference.snapshots[0];
    snapshot->sensor_count = 1;
    snapshot->sensors[0].headroom = 0.1F;
    assert_false(judge_is_plausible(snapshot, bench->now_ns, &complaint));
    *snapshot = bench->reference.snapshots[0];
    snapshot->throttle.verdict = PERFADAPT_THROTTLING_THERMAL;
    assert_false(judge_is_plausible(snapshot, bench->now_ns, &complaint));
    free(snapshot);
}

/* ---- one case ---- */

struct fault_case {
    size_t file;
    enum machine_fault fault;
    enum machine_way way;
    bool at_start;
};

static void describe(const struct bench *bench, const struct fault_case *fault_case, int second, const char *phase,
                     const char *complaint) {
    print_message("%s: %s, %s, %s: %d s %s: %s\n", machine_file_path(bench->laptop, fault_case->file),
                  machine_fault_name(fault_case->fault),
                  fault_case->way == MACHINE_IN_PLACE ? "in place" : "as a new file",
                  fault_case->at_start ? "at the start" : "while read", second, phase, complaint);
}

static void complain(struct bench *bench, const struct fault_case *fault_case, int second, const char *phase,
                     const char *complaint) {
    if (bench->complaints++ < 40 || bench->verbose)
        describe(bench, fault_case, second, phase, complaint);
}

static bool run_seconds(struct bench *bench, const struct fault_case *fault_case, int seconds, bool frames_flow,
                        const char *phase) {
    struct judge_complaint complaint;
    for (int i = 0; i < seconds; i++) {
        sample(bench, frames_flow);
        if (judge_is_plausible(snapshot_of(bench), bench->now_ns, &complaint))
            continue;
        complain(bench, fault_case, i, phase, complaint.text);
        return false;
    }
    return true;
}

/* Everything is to be there again, with the figures of the other level, within RETURN_S. */
static bool wait_until_whole(struct bench *bench, const struct fault_case *fault_case, struct judge_complaint *out) {
    for (int i = 0; i < RETURN_S; i++) {
        if (!run_seconds(bench, fault_case, 1, true, "after it"))
            return true; /* has been told */
        if (judge_is_whole(snapshot_of(bench), &bench->reference, machine_level(bench->laptop), out))
            return true;
    }
    return false;
}

/* Of what is broken at the start these are looked for again; of the rest the losses are counted. */
static bool must_return(const struct bench *bench, const struct fault_case *fault_case) {
    static const char *const patterns[] = {"*/temp[0-9]*_input", "*/thermal_zone[0-9]*/temp", "*pressure*"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (fnmatch(patterns[i], machine_file_path(bench->laptop, fault_case->file), 0) == 0)
            return true;
    return !fault_case->at_start;
}

static void note_loss(struct bench *bench, const struct fault_case *fault_case, const char *complaint) {
    if (must_return(bench, fault_case))
        complain(bench, fault_case, RETURN_S, "after it", complaint);
    else
        bench->losses[fault_case->file]++;
    if (bench->verbose)
        describe(bench, fault_case, RETURN_S, "after it", complaint);
}

/* The level changes with the return: what still reads a file that is no more shows the figures of before. */
static void heal(struct bench *bench, const struct fault_case *fault_case) {
    struct judge_complaint complaint;
    machine_set_level(bench->laptop, !machine_level(bench->laptop));
    machine_heal(bench->laptop, fault_case->file, fault_case->way);
    if (wait_until_whole(bench, fault_case, &complaint))
        return;
    note_loss(bench, fault_case, complaint.text);
    stop(bench); /* the next case is not to suffer from this one */
}

static void run_while_read(struct bench *bench, const struct fault_case *fault_case) {
    if (!bench->sampled) {
        start(bench);
        run_seconds(bench, fault_case, BEFORE_S, true, "before it");
    }
    if (!machine_break(bench->laptop, fault_case->file, fault_case->fault, fault_case->way))
        return;
    bench->cases++;
    run_seconds(bench, fault_case, FAULT_S, true, "into it");
    heal(bench, fault_case);
}

static void run_at_start(struct bench *bench, const struct fault_case *fault_case) {
    if (!machine_break(bench->laptop, fault_case->file, fault_case->fault, fault_case->way))
        return;
    bench->cases++;
    start(bench);
    run_seconds(bench, fault_case, START_FAULT_S, false, "into it");
    heal(bench, fault_case);
    stop(bench);
}

/* ---- all cases ---- */

static bool takes_part(const struct bench *bench, const struct fault_case *fault_case) {
    const size_t number = fault_case->file + (size_t)fault_case->fault;
    if (number % bench->share != 0)
        return false;
    const size_t turn = number / bench->share % MACHINE_WAYS;
    switch (fault_case->fault) {
    case MACHINE_FAULT_MISSING:
    case MACHINE_FAULT_DIRECTORY:
    case MACHINE_FAULT_UNREADABLE:
    case MACHINE_FAULT_FLICKER:
        return true; /* has one way only */
    default:
        return bench->all || turn == (size_t)fault_case->way;
    }
}

static void run_all(struct bench *bench, bool at_start) {
    const clock_t started = clock();
    assert_true(machine_file_count(bench->laptop) <= FILES_MAX);
    bench->cases = bench->complaints = 0;
    for (size_t file = 0; file < machine_file_count(bench->laptop); file++)
        for (int fault = 0; fault < (int)MACHINE_FAULTS; fault++)
            for (int way = 0; way < (int)MACHINE_WAYS; way++) {
                const struct fault_case fault_case = {file, (enum machine_fault)fault, (enum machine_way)way, at_start};
                if (!takes_part(bench, &fault_case))
                    continue;
                if (at_start)
                    run_at_start(bench, &fault_case);
                else
                    run_while_read(bench, &fault_case);
            }
    stop(bench);
    print_message("%u cases of %zu files in %.1f s of processor time\n", bench->cases,
                  machine_file_count(bench->laptop), (double)(clock() - started) / CLOCKS_PER_SEC);
    for (size_t file = 0; file < machine_file_count(bench->laptop); file++)
        if (bench->losses[file] > 0)
            print_message("%s: what it tells stayed unknown in %u cases\n", machine_file_path(bench->laptop, file),
                          bench->losses[file]);
    assert_int_equal(bench->complaints, 0);
}

static void broken_while_it_is_read(void **state) {
    run_all(*state, false);
}

static void broken_at_the_start(void **state) {
    run_all(*state, true);
}

static size_t share_asked_for(void) {
    const char *text = getenv("PERFADAPT_FAULTS_SHARE");
    const long share = text ? strtol(text, NULL, 10) : 1;
    return share >= 1 && share <= (long)MACHINE_FAULTS ? (size_t)share : 1;
}

static int set_up(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->all = getenv("PERFADAPT_FAULTS_ALL") != NULL;
    bench->share = share_asked_for();
    bench->verbose = getenv("PERFADAPT_FAULTS_VERBOSE") != NULL;
    bench->now_ns = perfadapt__now_ns();
    bench->laptop = machine_create();
    *state = bench;
    learn_reference(bench);
    return 0;
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    stop(bench);
    machine_destroy(bench->laptop);
    free(bench);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machine_is_whole),
        cmocka_unit_test(the_judge_sees_what_is_wrong),
        cmocka_unit_test(broken_while_it_is_read),
        cmocka_unit_test(broken_at_the_start),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
