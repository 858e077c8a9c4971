/* The shared memory of a session: its seals, its rings, its seqlocks under a writer. SPDX-License-Identifier: MIT */
#include "publish_fixture.h"

#include "publish/view.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

struct shared {
    struct perfadapt__region *region;
    int fd;
};

static struct shared create(const char *name) {
    struct shared shared;
    const struct perfadapt__region_options options = {.name = name, .quality_levels = 5};
    shared.region = perfadapt__region_create(&options, &shared.fd);
    assert_non_null(shared.region);
    return shared;
}

static void destroy(struct shared *shared) {
    perfadapt__region_destroy(&shared->region, 0, &shared->fd, false);
    assert_null(shared->region);
    assert_int_equal(shared->fd, -1);
}

static size_t read_view(const struct shared *shared, struct perfadapt__view *view) {
    perfadapt__view_clear(view, PERFADAPT_APP_IDLE, 0);
    assert_int_equal(perfadapt__view_identify(shared->region, sizeof *shared->region, &view->app), PERFADAPT_OK);
    perfadapt__view_read(shared->region, perfadapt__now_ns(), perfadapt__boottime_ns(), view);
    return view->frame_count;
}

static struct perfadapt_frame frames[PERFADAPT_FRAMES_MAX];
static struct perfadapt__view view = {.frames_most = PERFADAPT_FRAMES_MAX, .frames = frames};

static void sealed(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    assert_true(shared.fd >= 0);
    assert_int_equal(fcntl(shared.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    const int seals = fcntl(shared.fd, F_GET_SEALS);
    assert_int_equal(seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    assert_int_equal(ftruncate(shared.fd, 0), -1);
    if (seals & 0x10) { /* F_SEAL_FUTURE_WRITE: Linux 5.1 */
        assert_ptr_equal(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, shared.fd, 0), MAP_FAILED);
        assert_int_equal(pwrite(shared.fd, "", 1, 0), -1);
    }
    destroy(&shared);
}

static void private_where_files_are_limited(void **state) {
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit limit = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct shared shared = create("viewer"); /* and no SIGXFSZ */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(shared.fd, -1);
    const struct perfadapt_budget budget = {.generation = 5};
    struct perfadapt_budget got;
    perfadapt__region_put_budget(shared.region, &budget);
    assert_true(perfadapt__region_get_budget(shared.region, &got));
    assert_int_equal(got.generation, 5);
    destroy(&shared);
}

static void closed_for_those_who_map_it(void **state) {
    (void)state;
    for (int forked = 0; forked < 2; forked++) {
        struct shared shared = create("viewer");
        struct perfadapt__region *seen = mmap(NULL, sizeof *seen, PROT_READ, MAP_SHARED, shared.fd, 0);
        assert_true(seen != MAP_FAILED);
        assert_false(perfadapt__view_closed(seen));
        perfadapt__region_destroy(&shared.region, 0, &shared.fd, forked);
        assert_int_equal(perfadapt__view_closed(seen), !forked);
        munmap(seen, sizeof *seen);
    }
}

static void names_are_cut_between_characters(void **state) {
    (void)state;
    char name[80];
    memset(name, 'a', sizeof name);
    memcpy(name + 62, "\xc3\xa4", 3); /* bytes 62 and 63: there is room for one of them */
    struct shared shared = create(name);
    assert_int_equal(strlen(shared.region->identity.name), 62);
    destroy(&shared);
    shared = create(NULL);
    assert_string_equal(shared.region->identity.name, "");
    destroy(&shared);
}

static void frames_wrap(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    assert_int_equal(read_view(&shared, &view), 0);
    assert_int_equal(view.app.state, PERFADAPT_APP_IDLE);
    const uint64_t last = 3 * PERFADAPT_FRAMES_MAX + 7;
    for (uint64_t i = 1; i <= last; i++) {
        const struct perfadapt_frame frame = frame_of(i, (int64_t)i);
        perfadapt__region_put_frame(shared.region, &frame);
    }
    assert_int_equal(read_view(&shared, &view), PERFADAPT_FRAMES_MAX);
    assert_int_equal(view.app.frames_total, last);
    assert_int_equal(view.app.state, PERFADAPT_APP_RUNNING);
    for (size_t i = 0; i < PERFADAPT_FRAMES_MAX; i++) {
        assert_int_equal(view.frames[i].number, last - PERFADAPT_FRAMES_MAX + 1 + i);
        assert_int_equal(view.frames[i].period_ns, (int64_t)view.frames[i].number);
    }
    destroy(&shared);
}

static void frames_with_gaps(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    for (uint64_t i = 1; i <= 5000; i += i % 7 + 1) {
        const struct perfadapt_frame frame = frame_of(i, 1000);
        perfadapt__region_put_frame(shared.region, &frame);
    }
    const size_t count = read_view(&shared, &view);
    assert_true(count > 100 && count < PERFADAPT_FRAMES_MAX);
    for (size_t i = 1; i < count; i++)
        assert_true(view.frames[i].number > view.frames[i - 1].number);
    assert_true(view.frames[0].number + PERFADAPT_FRAMES_MAX > view.frames[count - 1].number);
    destroy(&shared);
}

static void late_gpu_times(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    const uint64_t last = PERFADAPT_FRAMES_MAX + 10;
    for (uint64_t i = 1; i <= last; i++) {
        const struct perfadapt_frame frame = frame_of(i, 1000);
        if (i % 2 == 0) /* odd frames were begun and never ended */
            perfadapt__region_put_frame(shared.region, &frame);
    }
    perfadapt__region_put_gpu(shared.region, last, 111);
    perfadapt__region_put_gpu(shared.region, last - 64, 222);
    perfadapt__region_put_gpu(shared.region, last - 1, 333); /* never ended */
    perfadapt__region_put_gpu(shared.region, 2, 444);        /* overwritten */
    perfadapt__region_put_gpu(shared.region, 0, 555);
    const size_t count = read_view(&shared, &view);
    assert_int_equal(view.frames[count - 1].gpu_ns, 111);
    assert_int_equal(view.frames[count - 33].gpu_ns, 222);
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        known += view.frames[i].gpu_ns >= 0;
    assert_int_equal(known, 2);
    destroy(&shared);
}

static void decisions_wrap(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    struct perfadapt_decision decisions[PERFADAPT_DECISIONS_MAX];
    for (uint64_t i = 1; i <= 200; i++) {
        const struct perfadapt_decision decision = {.generation = i};
        perfadapt__region_put_decision(shared.region, &decision);
        const size_t count = perfadapt__view_decisions(shared.region, PERFADAPT_DECISIONS_MAX, decisions);
        assert_int_equal(count, i < PERFADAPT_DECISIONS_MAX ? i : PERFADAPT_DECISIONS_MAX - 1);
        for (size_t j = 0; j < count; j++)
            assert_int_equal(decisions[j].generation, i - count + 1 + j);
    }
    assert_int_equal(perfadapt__view_decisions(shared.region, 3, decisions), 3);
    assert_int_equal(decisions[0].generation, 198);
    destroy(&shared);
}

static void snapshots_without_unused_sensors(void **state) {
    (void)state;
    static struct perfadapt_snapshot in, out;
    struct shared shared = create("viewer");
    assert_false(perfadapt__view_snapshot(shared.region, &out)); /* none yet */
    in = (struct perfadapt_snapshot){.size = sizeof in, .generation = 1, .sensor_count = PERFADAPT_SENSORS_MAX};
    for (size_t i = 0; i < PERFADAPT_SENSORS_MAX; i++)
        snprintf(in.sensors[i].label, sizeof in.sensors[i].label, "sensor %zu", i);
    perfadapt__region_put_snapshot(shared.region, &in);
    assert_true(perfadapt__view_snapshot(shared.region, &out));
    assert_string_equal(out.sensors[63].label, "sensor 63");
    in.sensor_count = 2;
    in.generation = 2;
    perfadapt__region_put_snapshot(shared.region, &in);
    assert_true(perfadapt__view_snapshot(shared.region, &out));
    assert_int_equal(out.generation, 2);
    assert_string_equal(out.sensors[1].label, "sensor 1");
    assert_string_equal(out.sensors[2].label, "");
    destroy(&shared);
}

static void writer_that_dies_in_an_update(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    const struct perfadapt_budget budget = {.size = sizeof budget, .generation = 5, .quality_levels = 1};
    perfadapt__region_put_budget(shared.region, &budget);
    read_view(&shared, &view);
    assert_int_equal(view.app.budget.generation, 5);
    perfadapt__seqlock_write_begin(&shared.region->budget_lock);
    perfadapt__view_read(shared.region, perfadapt__now_ns(), perfadapt__boottime_ns(), &view);
    assert_int_equal(view.app.state, PERFADAPT_APP_IDLE);
    assert_int_equal(view.app.budget.generation, 5); /* alive: the one before */
    perfadapt__region_put_alive(shared.region, 1);
    perfadapt__view_read(shared.region, perfadapt__now_ns(), perfadapt__boottime_ns(), &view);
    assert_int_equal(view.app.state, PERFADAPT_APP_TORN);
    assert_int_equal(view.app.budget.size, 0);
    destroy(&shared);
}

/* The sampler thread hangs in a driver while the app goes on. */
static void frames_are_signs_of_life(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    perfadapt__region_put_alive(shared.region, 1);
    const struct perfadapt_frame frame = frame_of(1, -1);
    perfadapt__region_put_frame(shared.region, &frame);
    read_view(&shared, &view);
    assert_int_equal(view.app.state, PERFADAPT_APP_RUNNING);
    perfadapt__view_read(shared.region, frame.end_ns + 3 * PERFADAPT__NS_PER_S, perfadapt__boottime_ns(), &view);
    assert_int_equal(view.app.state, PERFADAPT_APP_IDLE);
    perfadapt__view_read(shared.region, frame.end_ns + 6 * PERFADAPT__NS_PER_S, INT64_MAX, &view);
    assert_int_equal(view.app.state, PERFADAPT_APP_SILENT);
    assert_int_equal(view.app.silent_ns, 6 * PERFADAPT__NS_PER_S);
    destroy(&shared);
}

struct race {
    struct perfadapt__region *region;
    atomic_bool stop;
};

/* Every word of what is written tells the same number. */
static void *write_all(void *context) {
    struct race *race = context;
    for (uint64_t i = 1; !atomic_load_explicit(&race->stop, memory_order_relaxed); i++) {
        const int64_t time = (int64_t)i;
        const struct perfadapt_budget budget = {
            .generation = i, .frame_ns = time, .memory_bytes = i, .dispatch_ns = time, .time_to_throttle_ns = time};
        perfadapt__region_put_budget(race->region, &budget);
        const struct perfadapt_frame frame = {
            .number = i, .end_ns = time, .period_ns = time, .cpu_ns = time, .gpu_ns = -1};
        perfadapt__region_put_frame(race->region, &frame);
        perfadapt__region_put_gpu(race->region, i, time);
        const struct perfadapt_decision decision = {
            .generation = i, .timestamp_ns = time, .memory_bytes_from = i, .value = (double)i};
        perfadapt__region_put_decision(race->region, &decision);
    }
    return NULL;
}

static void check_budget(const struct race *race) {
    struct perfadapt_budget budget;
    if (!perfadapt__region_get_budget(race->region, &budget))
        return;
    assert_int_equal(budget.frame_ns, budget.generation);
    assert_int_equal(budget.memory_bytes, budget.generation);
    assert_int_equal(budget.dispatch_ns, budget.generation);
    assert_int_equal(budget.time_to_throttle_ns, budget.generation);
}

static void check_rings(const struct race *race) {
    static struct perfadapt_decision decisions[PERFADAPT_DECISIONS_MAX];
    perfadapt__view_read(race->region, perfadapt__now_ns(), perfadapt__boottime_ns(), &view);
    for (size_t i = 0; i < view.frame_count; i++) {
        const int64_t number = (int64_t)view.frames[i].number;
        assert_int_equal(view.frames[i].end_ns, number);
        assert_int_equal(view.frames[i].period_ns, number);
        assert_true(view.frames[i].gpu_ns == number || view.frames[i].gpu_ns == -1);
        assert_true(i == 0 || view.frames[i].number > view.frames[i - 1].number);
    }
    const size_t count = perfadapt__view_decisions(race->region, PERFADAPT_DECISIONS_MAX, decisions);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(decisions[i].timestamp_ns, decisions[i].generation);
        assert_int_equal(decisions[i].memory_bytes_from, decisions[i].generation);
        assert_true(decisions[i].generation == decisions[0].generation + i);
    }
}

static void never_torn(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    static struct race race; /* outlives a failed assertion, as the thread does */
    race.region = shared.region;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_all, &race), 0);
    for (int i = 0; i < 1000; i++) {
        check_budget(&race);
        check_rings(&race);
    }
    atomic_store(&race.stop, true);
    pthread_join(thread, NULL);
    destroy(&shared);
}

/* A slot across two cache lines, which do not travel together. */
static uint64_t straddling_slot(void) {
    uint64_t slot = 0;
    while ((offsetof(struct perfadapt__region, frames) + slot * sizeof(struct perfadapt_frame)) % 64 != 40 && slot < 8)
        slot++;
    return slot;
}

/* The same slot over and over, slowly enough to be met: what a reader finds at the oldest end of the ring. */
static void *write_one_slot(void *context) {
    struct race *race = context;
    const uint64_t slot = straddling_slot();
    for (uint64_t i = 1; !atomic_load_explicit(&race->stop, memory_order_relaxed); i++) {
        const int64_t time = (int64_t)i;
        const struct perfadapt_frame frame = {.number = i * PERFADAPT_FRAMES_MAX + slot,
                                              .end_ns = time,
                                              .period_ns = time,
                                              .cpu_ns = time,
                                              .gpu_ns = time};
        perfadapt__region_put_frame(race->region, &frame);
        const int64_t next_ns = perfadapt__now_ns() + 1000 + time % 4000;
        while (perfadapt__now_ns() < next_ns) {
        }
    }
    return NULL;
}

static void one_slot_is_never_torn(void **state) {
    (void)state;
    struct shared shared = create("viewer");
    static struct race race; /* outlives a failed assertion, as the thread does */
    race.region = shared.region;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_one_slot, &race), 0);
    for (int i = 0; i < 20000; i++) {
        perfadapt__view_read(race.region, perfadapt__now_ns(), perfadapt__boottime_ns(), &view);
        assert_true(view.frame_count <= 1);
        const int64_t time = (int64_t)(view.frames[0].number / PERFADAPT_FRAMES_MAX);
        if (view.frame_count)
            assert_true(view.frames[0].end_ns == time && view.frames[0].cpu_ns == time &&
                        view.frames[0].gpu_ns == time);
    }
    atomic_store(&race.stop, true);
    pthread_join(thread, NULL);
    destroy(&shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed),
        cmocka_unit_test(private_where_files_are_limited),
        cmocka_unit_test(closed_for_those_who_map_it),
        cmocka_unit_test(names_are_cut_between_characters),
        cmocka_unit_test(frames_wrap),
        cmocka_unit_test(frames_with_gaps),
        cmocka_unit_test(late_gpu_times),
        cmocka_unit_test(decisions_wrap),
        cmocka_unit_test(snapshots_without_unused_sensors),
        cmocka_unit_test(writer_that_dies_in_an_update),
        cmocka_unit_test(frames_are_signs_of_life),
        cmocka_unit_test(never_torn),
        cmocka_unit_test(one_slot_is_never_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
