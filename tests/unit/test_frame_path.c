/*
 * Everything that may run at once, at once: the render thread, a completion thread that hands in GPU times, readers of
 * budget and snapshot, the sampler. Meant for the thread sanitizer; the assertions hold without it too.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <perfadapt/perfadapt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define FRAMES 20000

struct shared {
    perfadapt *session;
    _Atomic uint64_t newest_frame;
    atomic_bool done;
    _Atomic uint64_t bad_budgets;
};

static bool is_consistent(const struct perfadapt_budget *budget) {
    /* quality and render scale of these options move together; a torn copy would mix two rungs */
    return budget->quality < 5 && budget->quality_levels == 5 && budget->cpu_ns == budget->frame_ns &&
           budget->gpu_ns == budget->frame_ns && budget->generation > 0;
}

static void *read_budgets(void *argument) {
    struct shared *shared = argument;
    uint64_t generation = 0;
    while (!atomic_load(&shared->done)) {
        struct perfadapt_budget budget = {.size = sizeof budget};
        struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
        perfadapt_get_budget(shared->session, &budget);
        (void)perfadapt_get_snapshot(shared->session, &snapshot);
        if (budget.generation == 0)
            continue; /* every retry collided */
        if (!is_consistent(&budget) || budget.generation < generation)
            atomic_fetch_add(&shared->bad_budgets, 1);
        generation = budget.generation;
    }
    return NULL;
}

static void *complete_frames(void *argument) {
    struct shared *shared = argument;
    uint64_t told = 0;
    while (!atomic_load(&shared->done)) {
        const uint64_t newest = atomic_load(&shared->newest_frame);
        for (; told < newest; told++)
            perfadapt_frame_gpu(shared->session, told + 1, (int64_t)(1000000 + told % 40 * 1000000));
    }
    return NULL;
}

static void all_threads_at_once(void **state) {
    (void)state;
    struct shared shared = {.session = NULL};
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "threads",
                                              .quality_levels = 5,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_RENDER_SCALE |
                                                         PERFADAPT_OUTPUT_FRAME_NS,
                                              .simulate = "handheld:100",
                                              .flags = PERFADAPT_FLAG_NO_PUBLISH};
    assert_int_equal(perfadapt_open(&options, &shared.session), PERFADAPT_OK);
    assert_true(perfadapt_budget_fd(shared.session) >= 0);
    pthread_t threads[3];
    assert_int_equal(pthread_create(&threads[0], NULL, read_budgets, &shared), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, read_budgets, &shared), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, complete_frames, &shared), 0);
    for (int i = 0; i < FRAMES; i++) {
        const uint64_t frame = perfadapt_frame_begin(shared.session);
        perfadapt_frame_applied(shared.session, (uint32_t)i % 5, 1.0F);
        perfadapt_frame_end(shared.session);
        atomic_store(&shared.newest_frame, frame);
    }
    atomic_store(&shared.done, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&shared.bad_budgets), 0);
    perfadapt_close(&shared.session);
}

static void *open_and_close(void *argument) {
    (void)argument;
    for (int i = 0; i < 50; i++) {
        perfadapt *session = NULL;
        if (perfadapt_open(NULL, &session))
            return (void *)1;
        perfadapt_frame_begin(session);
        perfadapt_frame_end(session);
        perfadapt_close(&session);
    }
    return NULL;
}

static void sessions_come_and_go_on_many_threads(void **state) {
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_threads_at_once),
        cmocka_unit_test(sessions_come_and_go_on_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
