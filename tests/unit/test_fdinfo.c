/* What the process itself does with GPUs. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/fdinfo.h"
#include "providers/fdinfo_text.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PDEV "0000:03:00.0"

static void set(struct fixture *fixture, unsigned descriptor, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%u", descriptor);
    fixture_file(fixture, path, "");
    snprintf(path, sizeof path, "/proc/self/fdinfo/%u", descriptor);
    fixture_file(fixture, path, text);
}

static void set_amdgpu(struct fixture *fixture, unsigned descriptor, unsigned client, unsigned long long gfx_ms) {
    char text[512];
    snprintf(text, sizeof text,
             "pos:\t0\nflags:\t02100002\nmnt_id:\t26\nino:\t771\ndrm-driver:\tamdgpu\ndrm-client-id:\t%u\n"
             "drm-pdev:\t" PDEV "\npasid:\t32771\ndrm-total-vram:\t2048 KiB\ndrm-resident-vram:\t1024 KiB\n"
             "drm-memory-vram:\t3 MiB\ndrm-memory-gtt:\t1 MiB\ndrm-memory-cpu:\t7 MiB\n"
             "drm-engine-gfx:\t%llu ns\ndrm-engine-dec:\t999999999999 ns\n",
             client, gfx_ms * 1000000);
    set(fixture, descriptor, text);
}

static void create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__fdinfo_provider);
    assert_non_null(fixture->provider);
}

static void read_while_drawing(struct fixture *fixture, int64_t now_ms) {
    const struct perfadapt__read_context context = {
        .now_ns = now_ms * 1000000, .gpu_busy = (double)NAN, .frames_flow = true};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
}

static void assert_near(const struct perfadapt_metric *metric, double value) {
    assert_int_equal(metric->state, PERFADAPT_STATE_OK);
    if (!(metric->value > value - 1e-9 && metric->value < value + 1e-9))
        fail_msg("%.17g is not %.17g", metric->value, value);
}

static void test_own_load(void **state) {
    struct fixture *fixture = *state;
    set_amdgpu(fixture, 7, 41, 5000);
    create(fixture);
    read_while_drawing(fixture, 1000);
    assert_int_equal(fixture->snapshot.gpu_count, 1);
    struct perfadapt_gpu *gpu = &fixture->snapshot.gpus[0];
    assert_string_equal(gpu->id, PDEV);
    assert_string_equal(gpu->driver, "amdgpu");
    assert_true(isnan(gpu->own_busy.value));
    assert_metric(&gpu->own_memory, PERFADAPT_STATE_OK, 2.0 * 1048576); /* resident vram, gtt; not "cpu" */
    set_amdgpu(fixture, 7, 41, 5250);
    read_while_drawing(fixture, 2000);
    assert_near(&gpu->own_busy, 0.25); /* the decoder does not draw */
    assert_unknown(&gpu->busy, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_descriptors_of_one_client_count_once(void **state) {
    struct fixture *fixture = *state;
    set_amdgpu(fixture, 7, 41, 1000);
    set_amdgpu(fixture, 8, 41, 1000);
    set_amdgpu(fixture, 9, 42, 0);
    set(fixture, 10, "pos:\t0\nflags:\t0\n");
    create(fixture);
    read_while_drawing(fixture, 1000);
    set_amdgpu(fixture, 7, 41, 1200);
    set_amdgpu(fixture, 8, 41, 1200);
    set_amdgpu(fixture, 9, 42, 100);
    read_while_drawing(fixture, 2000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0.3);
    assert_metric(&fixture->snapshot.gpus[0].own_memory, PERFADAPT_STATE_OK, 4.0 * 1048576);
    assert_int_equal(fixture->snapshot.gpu_count, 1);
}

static void test_values_that_go_back(void **state) {
    struct fixture *fixture = *state;
    set_amdgpu(fixture, 7, 41, 1000);
    create(fixture);
    read_while_drawing(fixture, 1000);
    set_amdgpu(fixture, 7, 41, 900);
    read_while_drawing(fixture, 2000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0);
    set_amdgpu(fixture, 7, 41, 1100);
    read_while_drawing(fixture, 3000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0.1); /* not 0.2 */
}

static void test_cycles_and_capacity(void **state) {
    static const char *const texts[] = {
        "drm-driver:\txe\ndrm-client-id:\t3\ndrm-pdev:\t0000:00:02.0\ndrm-cycles-rcs:\t1000\n"
        "drm-total-cycles-rcs:\t5000\ndrm-cycles-ccs:\t0\ndrm-total-cycles-ccs:\t5000\ndrm-engine-capacity-ccs:\t4\n"
        "drm-cycles-bcs:\t0\ndrm-total-cycles-bcs:\t5000\ndrm-total-system:\t0\ndrm-resident-vram0:\t2 MiB\n",
        "drm-driver:\txe\ndrm-client-id:\t3\ndrm-pdev:\t0000:00:02.0\ndrm-cycles-rcs:\t1400\n"
        "drm-total-cycles-rcs:\t6000\ndrm-cycles-ccs:\t2000\ndrm-total-cycles-ccs:\t6000\n"
        "drm-engine-capacity-ccs:\t4\ndrm-cycles-bcs:\t1000\ndrm-total-cycles-bcs:\t6000\n"};
    struct fixture *fixture = *state;
    set(fixture, 5, texts[0]);
    create(fixture);
    read_while_drawing(fixture, 1000);
    assert_metric(&fixture->snapshot.gpus[0].own_memory, PERFADAPT_STATE_OK, 2097152);
    set(fixture, 5, texts[1]);
    read_while_drawing(fixture, 2000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0.5); /* ccs: 2000 of 1000 cycles on 4 engines; rcs: 0.4 */
}

static void test_only_while_frames_flow(void **state) {
    struct fixture *fixture = *state;
    set_amdgpu(fixture, 7, 41, 0);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.gpu_count, 0);
    read_while_drawing(fixture, 2000);
    set_amdgpu(fixture, 7, 41, 500);
    read_while_drawing(fixture, 3000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0.5);
    fixture_read(fixture, 4000);
    assert_int_equal(fixture->snapshot.gpus[0].own_busy.state, PERFADAPT_STATE_STALE);
    set_amdgpu(fixture, 7, 41, 90000);
    read_while_drawing(fixture, 60000); /* what was done meanwhile is no load of now */
    assert_metric(&fixture->snapshot.gpus[0].own_busy, PERFADAPT_STATE_STALE, 0.5);
    set_amdgpu(fixture, 7, 41, 90100);
    read_while_drawing(fixture, 61000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0.1);
}

static void test_resume_drops_the_interval(void **state) {
    struct fixture *fixture = *state;
    set_amdgpu(fixture, 7, 41, 0);
    create(fixture);
    read_while_drawing(fixture, 1000);
    set_amdgpu(fixture, 7, 41, 700);
    const struct perfadapt__read_context context = {
        .now_ns = INT64_C(2000000000), .frames_flow = true, .resumed = true};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
    assert_true(isnan(fixture->snapshot.gpus[0].own_busy.value));
}

static void test_descriptor_that_becomes_another(void **state) {
    struct fixture *fixture = *state;
    set_amdgpu(fixture, 7, 41, 0);
    create(fixture);
    read_while_drawing(fixture, 1000);
    set_amdgpu(fixture, 7, 77, 900000);
    read_while_drawing(fixture, 2000);
    assert_true(isnan(fixture->snapshot.gpus[0].own_busy.value));
    read_while_drawing(fixture, 3000); /* met */
    set_amdgpu(fixture, 7, 77, 900200);
    read_while_drawing(fixture, 4000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0.2);
    fixture_remove(fixture, "/proc/self/fd/7");
    fixture_remove(fixture, "/proc/self/fdinfo/7");
    read_while_drawing(fixture, 5000);
    read_while_drawing(fixture, 6000);
    assert_int_equal(fixture->snapshot.gpus[0].own_busy.state, PERFADAPT_STATE_STALE);
}

static void test_sleeping_device_is_not_touched(void **state) {
    struct fixture *fixture = *state;
    const char device[] = "/sys/devices/pci0000:00/0000:00:01.0/" PDEV;
    char path[128];
    snprintf(path, sizeof path, "%s/power/runtime_status", device);
    fixture_file(fixture, path, "active\n");
    fixture_link(fixture, "/sys/bus/pci/devices/" PDEV, "../../../devices/pci0000:00/0000:00:01.0/" PDEV);
    set_amdgpu(fixture, 7, 41, 0);
    create(fixture);
    read_while_drawing(fixture, 1000);
    set_amdgpu(fixture, 7, 41, 400);
    read_while_drawing(fixture, 2000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0.4);
    fixture_file(fixture, path, "suspended\n");
    set_amdgpu(fixture, 7, 41, 900);
    read_while_drawing(fixture, 3000);
    assert_unknown(&fixture->snapshot.gpus[0].own_busy, PERFADAPT_STATE_ASLEEP);
    assert_unknown(&fixture->snapshot.gpus[0].own_memory, PERFADAPT_STATE_ASLEEP);
    fixture_file(fixture, path, "active\n");
    read_while_drawing(fixture, 4000);
    set_amdgpu(fixture, 7, 41, 1000);
    read_while_drawing(fixture, 5000);
    assert_near(&fixture->snapshot.gpus[0].own_busy, 0.1);
}

/* GPUs of boards have no PCI address: their device's name, by way of the descriptor's file. */
static void test_platform_device(void **state) {
    struct fixture *fixture = *state;
    fixture_link(fixture, "/proc/self/fd/6", "/dev/dri/renderD128");
    fixture_directory(fixture, "/sys/devices/platform/fde60000.gpu");
    fixture_link(fixture, "/sys/class/drm/renderD128/device", "../../../devices/platform/fde60000.gpu");
    fixture_file(fixture, "/proc/self/fdinfo/6",
                 "drm-driver:\tpanfrost\ndrm-client-id:\t2\ndrm-engine-fragment:\t0 ns\n");
    create(fixture);
    read_while_drawing(fixture, 1000);
    assert_int_equal(fixture->snapshot.gpu_count, 1);
    assert_string_equal(fixture->snapshot.gpus[0].id, "fde60000.gpu");
    assert_string_equal(fixture->snapshot.gpus[0].driver, "panfrost");
}

static void test_texts(void **state) {
    static char long_text[8192];
    struct perfadapt__fdinfo info;
    (void)state;
    assert_false(perfadapt__fdinfo_parse("", &info));
    assert_false(perfadapt__fdinfo_parse("drm-driver:\ti915\n", &info)); /* before Linux 5.19 */
    assert_false(perfadapt__fdinfo_parse("drm-client-id: 4\n", &info));
    assert_false(perfadapt__fdinfo_parse("drm-driver: i915\ndrm-client-id: 4", &info)); /* cut */
    assert_false(perfadapt__fdinfo_parse("drm-driver: ../../x\ndrm-client-id: 4\n", &info));
    assert_true(perfadapt__fdinfo_parse("drm-driver: i915\ndrm-client-id: 4\ndrm-engine-render: 5\n"
                                        "drm-engine-copy: x ns\ndrm-engine-: 1 ns\n"
                                        "drm-engine-a-name-that-is-too-long: 1 ns\ndrm-engine-capacity-video: 2\n"
                                        "drm-engine-video: 7 ns\ndrm-total-local0: 1 GiB\ndrm-pdev: a/b\n",
                                        &info));
    assert_string_equal(info.pdev, "");
    assert_int_equal(info.engine_count, 1); /* no unit, no number, no name, too long: none of them */
    assert_string_equal(info.engines[0].name, "video");
    assert_int_equal(info.engines[0].capacity, 2);
    assert_int_equal(info.engines[0].busy_ns, 7);
    double bytes;
    assert_true(perfadapt__fdinfo_memory(&info, &bytes));
    assert_true(fabs(bytes - 1073741824.0) < 1);
    memset(long_text, 0xff, sizeof long_text - 1);
    assert_false(perfadapt__fdinfo_parse(long_text, &info));
}

static void test_no_proc(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__fdinfo_provider);
    assert_null(fixture->provider);
}

/* Of this very process: none of its descriptors is opened, moved or closed. */
static void test_descriptors_of_the_host_are_left_alone(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__root whole;
    assert_int_equal(perfadapt__root_open("/", &whole), PERFADAPT_OK);
    const int pipe_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(pipe_fd >= 0);
    fixture->environment.root = &whole;
    fixture_create(fixture, &perfadapt__fdinfo_provider);
    assert_non_null(fixture->provider);
    read_while_drawing(fixture, 1000);
    read_while_drawing(fixture, 2000);
    assert_int_equal(fixture->snapshot.gpu_count, 0);
    assert_int_equal(write(pipe_fd, "x", 1), 1);
    const int next_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(next_fd, pipe_fd + 1); /* nothing was left open */
    close(next_fd);
    close(pipe_fd);
    fixture->provider->type->destroy(fixture->provider);
    fixture->provider = NULL;
    perfadapt__root_close(&whole);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

static void test_many_descriptors_are_searched_seldom(void **state) {
    (void)state;
    assert_int_equal(perfadapt__fdinfo_search_pause_ns(0), INT64_C(5000000000));
    assert_int_equal(perfadapt__fdinfo_search_pause_ns(10000000), INT64_C(5000000000));
    assert_int_equal(perfadapt__fdinfo_search_pause_ns(100000000), INT64_C(50000000000));
    assert_int_equal(perfadapt__fdinfo_search_pause_ns(INT64_MAX), INT64_C(120000000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_own_load),
        TEST(test_descriptors_of_one_client_count_once),
        TEST(test_values_that_go_back),
        TEST(test_cycles_and_capacity),
        TEST(test_only_while_frames_flow),
        TEST(test_resume_drops_the_interval),
        TEST(test_descriptor_that_becomes_another),
        TEST(test_sleeping_device_is_not_touched),
        TEST(test_platform_device),
        TEST(test_many_descriptors_are_searched_seldom),
        TEST(test_texts),
        TEST(test_no_proc),
        TEST(test_descriptors_of_the_host_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
