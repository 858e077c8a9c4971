/* NVIDIA's GPUs, through a library that says what it is told to. SPDX-License-Identifier: MIT */
#include "core/fork.h"
#include "fixture.h"
#include "nvml.h"
#include "providers/nvml.h"
#include "sampler/guard.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST "0000:0b:00.0"
#define SECOND "0000:41:00.0"
#define DEVICE_OF(address) "/sys/devices/pci0000:00/" address
#define GPU_ID "nvml/gpu@" FIRST
#define MEMORY_ID "nvml/memory@" FIRST

enum { UNINITIALIZED = 1, NOT_SUPPORTED = 3, NO_PERMISSION = 4, LOST = 15, MISMATCH = 18, TIMEOUT = 10, UNKNOWN = 999 };

static struct fake_nvml *fake;

static struct fake_nvml *load_fake(const char *name) {
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        fail_msg("%s", dlerror());
    struct fake_nvml *(*state)(void) = NULL;
    void *address = dlsym(handle, "fake_nvml_state");
    assert_non_null(address);
    memcpy(&state, &address, sizeof state);
    return state();
}

static void set_gpu(size_t index, const char *address) {
    struct fake_nvml_gpu *gpu = &fake->gpus[index];
    *gpu = (struct fake_nvml_gpu){.name = "NVIDIA Test",
                                  .celsius = 39,
                                  .margin = 48,
                                  .reasons = 1,
                                  .milliwatt = 75500,
                                  .milliwatt_limit = 700000,
                                  .mhz = 345,
                                  .mhz_max = 1980,
                                  .memory_total = 143771ULL << 20,
                                  .memory_used = 1000ULL << 20,
                                  .memory_reserved = 500ULL << 20,
                                  .busy_percent = 40};
    snprintf(gpu->address, sizeof gpu->address, "%s", address);
}

static void use(struct fixture *fixture, const char *library) {
    fake = load_fake(library);
    memset(fake, 0, sizeof *fake);
    fixture->environment.nvml_library = library;
}

static void set_power(struct fixture *fixture, const char *device, const char *status, const char *control) {
    char path[192];
    snprintf(path, sizeof path, "%.128s/power/runtime_status", device);
    fixture_file(fixture, path, status);
    snprintf(path, sizeof path, "%.128s/power/control", device);
    fixture_file(fixture, path, control);
    snprintf(path, sizeof path, "%.128s/power/autosuspend_delay_ms", device);
    fixture_file(fixture, path, "5000\n");
}

static void bind(struct fixture *fixture, const char *address) {
    char path[192];
    char target[160];
    snprintf(path, sizeof path, "/sys/bus/pci/drivers/nvidia/%s", address);
    snprintf(target, sizeof target, "../../../../devices/pci0000:00/%s", address);
    fixture_link(fixture, path, target);
}

static void add_device(struct fixture *fixture, const char *address, const char *status, const char *control) {
    char path[192];
    char target[160];
    snprintf(path, sizeof path, "/sys/devices/pci0000:00/%s", address);
    fixture_directory(fixture, path);
    set_power(fixture, path, status, control);
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s", address);
    snprintf(target, sizeof target, "../../../devices/pci0000:00/%s", address);
    fixture_link(fixture, path, target);
    bind(fixture, address);
}

static void create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__nvml_provider);
    assert_non_null(fixture->provider);
}

/* One GPU that never suspends, read once at 1 s. */
static void start(struct fixture *fixture) {
    use(fixture, FAKE_NVML);
    set_gpu(0, FIRST);
    add_device(fixture, FIRST, "active\n", "on\n");
    create(fixture);
    assert_int_equal(fake->calls, 0);
}

static struct perfadapt_sensor *sensor(struct fixture *fixture, const char *id) {
    struct perfadapt_sensor *found = fixture_sensor(fixture, id);
    assert_non_null(found);
    return found;
}

static void assert_sensor(const struct perfadapt_sensor *bad, enum perfadapt_state state, enum perfadapt_why why) {
    assert_int_equal(bad->temperature.state, state);
    assert_int_equal(bad->why, why);
}

static void assert_gpu(const struct perfadapt_gpu *gpu, enum perfadapt_state state, enum perfadapt_why why) {
    assert_int_equal(gpu->state, state);
    assert_int_equal(gpu->why, why);
}

/* Whatever happened, nothing was asked of a library that was shut down, nor with a handle of before. */
static int teardown(void **state) {
    struct fixture *fixture = *state;
    if (fixture->provider)
        fixture->provider->type->destroy(fixture->provider);
    fixture->provider = NULL;
    if (fake) {
        assert_int_equal(fake->initialised, 0);
        assert_int_equal(fake->calls_while_shut, 0);
        assert_int_equal(fake->calls_without_handle, 0);
    }
    return fixture_teardown(state);
}

/* ---- figures ---- */

static void test_reads_a_gpu(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    assert_unknown(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    const struct perfadapt_gpu *gpu = &fixture->snapshot.gpus[0];
    assert_int_equal(fixture->snapshot.gpu_count, 1);
    assert_string_equal(gpu->id, FIRST);
    assert_string_equal(gpu->driver, "nvidia");
    assert_string_equal(gpu->name, "NVIDIA Test");
    assert_gpu(gpu, PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.4);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 75.5);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 700);
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 345);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 1980);
    assert_metric(&gpu->memory_used, PERFADAPT_STATE_OK, 1000.0 * 1048576);
    assert_metric(&gpu->memory_total, PERFADAPT_STATE_OK, 143771.0 * 1048576);
    assert_unknown(&gpu->own_busy, PERFADAPT_STATE_UNSUPPORTED);
    const struct perfadapt_sensor *die = sensor(fixture, GPU_ID);
    assert_string_equal(die->chip, "nvidia");
    assert_string_equal(die->label, "gpu");
    assert_metric(&die->temperature, PERFADAPT_STATE_OK, 39);
    assert_int_equal(die->temperature.timestamp_ns, 1000000000);
    assert_metric(&die->limit, PERFADAPT_STATE_OK, 87);
    assert_int_equal(die->limit_source, PERFADAPT_LIMIT_MARGIN);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
    assert_int_equal(fake->inits, 1);
    assert_true(gpu->busy.value >= 0.4 && fixture->gates.gates[0].busy >= 0.4);
}

static void test_memory_temperature(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fake->gpus[0].fields[0].id = 82;
    fake->gpus[0].fields[0].type = 1;
    fake->gpus[0].fields[0].value = 52;
    fake->gpus[0].thresholds[2] = 95;
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
    assert_string_equal(sensor(fixture, MEMORY_ID)->label, "memory");
    assert_metric(&sensor(fixture, MEMORY_ID)->temperature, PERFADAPT_STATE_OK, 52);
    assert_metric(&sensor(fixture, MEMORY_ID)->limit, PERFADAPT_STATE_OK, 95);
    assert_int_equal(sensor(fixture, MEMORY_ID)->limit_source, PERFADAPT_LIMIT_MAX);
    fake->gpus[0].fields[0].type = 5;
    fake->gpus[0].fields[0].value = -3;
    fixture_read(fixture, 2000);
    assert_metric(&sensor(fixture, MEMORY_ID)->temperature, PERFADAPT_STATE_OK, -3);
    fake->gpus[0].fields[0].type = 0;
    fixture_read(fixture, 3000);
    assert_sensor(sensor(fixture, MEMORY_ID), PERFADAPT_STATE_STALE, PERFADAPT_WHY_GARBAGE);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
}

static void test_reasons(void **state) {
    static const struct {
        unsigned long long bits;
        uint32_t claims;
        const char *text;
    } cases[] = {
        {0, PERFADAPT__CLAIM(NONE), "none"},
        {0x1, PERFADAPT__CLAIM(NONE), "GpuIdle"},
        {0x2, PERFADAPT__CLAIM(POLICY), "AppClocks"},
        {0x4, PERFADAPT__CLAIM(POWER), "SwPowerCap"},
        {0x8, PERFADAPT__CLAIM(UNKNOWN), "HwSlowdown"},
        {0x10, PERFADAPT__CLAIM(POLICY), "SyncBoost"},
        {0x20, PERFADAPT__CLAIM(THERMAL), "SwThermal"},
        {0x40, PERFADAPT__CLAIM(THERMAL), "HwThermal"},
        {0x48, PERFADAPT__CLAIM(THERMAL), "HwSlowdown HwThermal"},
        {0x88, PERFADAPT__CLAIM(POWER), "HwSlowdown PowerBrake"},
        {0x100, PERFADAPT__CLAIM(POLICY), "DisplayClocks"},
        {0x24, PERFADAPT__CLAIM(POWER) | PERFADAPT__CLAIM(THERMAL), "SwPowerCap SwThermal"},
        {0x204, PERFADAPT__CLAIM(POWER) | PERFADAPT__CLAIM(UNKNOWN), "SwPowerCap 0x200"},
        {0x1ff, PERFADAPT__CLAIM(POWER) | PERFADAPT__CLAIM(THERMAL) | PERFADAPT__CLAIM(POLICY),
         "GpuIdle AppClocks SwPowerCap HwSlowdown SyncBoost SwThermal HwThermal PowerBrake DisplayClocks"},
    };
    struct fixture *fixture = *state;
    start(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake->gpus[0].reasons = cases[i].bits;
        fixture_read(fixture, 1000 * (int64_t)(i + 1));
        const struct perfadapt_evidence *evidence = &fixture->snapshot.evidence[0];
        assert_int_equal(evidence->state, PERFADAPT_STATE_OK);
        assert_string_equal(evidence->text, cases[i].text);
        assert_int_equal(evidence->claims, cases[i].claims);
        assert_int_equal(evidence->timestamp_ns, 1000000000 * (int64_t)(i + 1));
    }
    assert_int_equal(fixture->snapshot.evidence_count, 1);
    assert_string_equal(fixture->snapshot.evidence[0].source, "nvml");
    assert_string_equal(fixture->snapshot.evidence[0].device, FIRST);
    assert_int_equal(fixture->snapshot.evidence[0].subject, PERFADAPT_SENSOR_GPU);
    fake->gpus[0].reasons = ~0ULL;
    fixture_read(fixture, 60000);
    assert_int_equal(strlen(fixture->snapshot.evidence[0].text), sizeof fixture->snapshot.evidence[0].text - 1);
}

static void test_old_driver(void **state) {
    struct fixture *fixture = *state;
    use(fixture, FAKE_NVML_OLD);
    set_gpu(0, FIRST);
    fake->gpus[0].thresholds[1] = 93;
    fake->gpus[0].reasons = 0x20;
    add_device(fixture, FIRST, "active\n", "on\n");
    create(fixture);
    fixture_read(fixture, 1000);
    const struct perfadapt_sensor *die = sensor(fixture, GPU_ID);
    assert_metric(&die->temperature, PERFADAPT_STATE_OK, 39);
    assert_metric(&die->limit, PERFADAPT_STATE_OK, 93);
    assert_int_equal(die->limit_source, PERFADAPT_LIMIT_CRIT);
    assert_int_equal(fixture->snapshot.evidence[0].claims, PERFADAPT__CLAIM(THERMAL));
    assert_string_equal(fixture->snapshot.gpus[0].name, "");
    assert_metric(&fixture->snapshot.gpus[0].memory_used, PERFADAPT_STATE_OK, 1500.0 * 1048576);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
}

/* A driver that has the newer function and refuses it. */
static void test_newer_temperature_refused(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fake->gpus[0].result_of[FAKE_NVML_TEMPERATURE_V] = NOT_SUPPORTED;
    fixture_read(fixture, 1000);
    fixture_read(fixture, 2000);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 39);
    assert_int_equal(fake->calls_of[FAKE_NVML_TEMPERATURE_V], 1);
    assert_int_equal(fake->calls_of[FAKE_NVML_TEMPERATURE], 2);
}

/* ---- limits ---- */

static void read_margin(struct fixture *fixture, int64_t now_ms, int celsius, int margin) {
    fake->gpus[0].celsius = celsius;
    fake->gpus[0].margin = margin;
    fixture_read(fixture, now_ms);
}

static void test_limit_follows_the_margin_slowly(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    const struct perfadapt_sensor *die = sensor(fixture, GPU_ID);
    read_margin(fixture, 1000, 39, 48);
    assert_metric(&die->limit, PERFADAPT_STATE_OK, 87);
    read_margin(fixture, 2000, 60, 28); /* 88: a degree of rounding */
    read_margin(fixture, 3000, 54, 36); /* 90, 90, then 87: a step in load between the two calls */
    read_margin(fixture, 4000, 54, 36);
    read_margin(fixture, 5000, 54, 33);
    read_margin(fixture, 6000, 54, 36);
    read_margin(fixture, 7000, 54, 36);
    assert_metric(&die->limit, PERFADAPT_STATE_OK, 87);
    read_margin(fixture, 8000, 54, 36);
    assert_metric(&die->limit, PERFADAPT_STATE_OK, 90);
    read_margin(fixture, 9000, 92, -4);
    read_margin(fixture, 10000, 92, -4);
    read_margin(fixture, 11000, 92, -4);
    assert_metric(&die->limit, PERFADAPT_STATE_OK, 88);
    assert_int_equal(die->limit_source, PERFADAPT_LIMIT_MARGIN);
}

static void test_margin_beyond_belief(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    const struct perfadapt_sensor *die = sensor(fixture, GPU_ID);
    read_margin(fixture, 1000, 39, 65535);
    assert_unknown(&die->limit, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(die->limit_why, PERFADAPT_WHY_LIMIT);
    read_margin(fixture, 2000, 39, 48);
    assert_metric(&die->limit, PERFADAPT_STATE_OK, 87);
    assert_int_equal(die->limit_why, PERFADAPT_WHY_NONE);
    for (int64_t i = 3; i < 10; i++)
        read_margin(fixture, 1000 * i, 39, INT32_MIN);
    assert_metric(&die->limit, PERFADAPT_STATE_OK, 87);
}

static void test_thresholds(void **state) {
    static const struct {
        int slowdown, gpu_max, field_slowdown, field_gpu_max;
        enum perfadapt_limit_source source;
        double limit;
    } cases[] = {
        {93, 90, 0, 0, PERFADAPT_LIMIT_MAX, 90},   {93, 0, 0, 0, PERFADAPT_LIMIT_CRIT, 93},
        {93, 300, 0, 0, PERFADAPT_LIMIT_CRIT, 93}, {0, 0, -2, -5, PERFADAPT_LIMIT_NONE, 0},
        {0, 0, 92, 89, PERFADAPT_LIMIT_MAX, 89},   {0, 0, 92, 0, PERFADAPT_LIMIT_CRIT, 92},
        {0, 0, 0, 0, PERFADAPT_LIMIT_NONE, 0},
    };
    struct fixture *fixture = *state;
    start(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake_nvml_gpu *gpu = &fake->gpus[0];
        gpu->result_of[FAKE_NVML_MARGIN] = NOT_SUPPORTED;
        gpu->thresholds[1] = cases[i].slowdown;
        gpu->thresholds[3] = cases[i].gpu_max;
        gpu->fields[0].id = cases[i].field_slowdown ? 194 : 0;
        gpu->fields[0].type = gpu->fields[1].type = 5;
        gpu->fields[0].value = cases[i].field_slowdown;
        gpu->fields[1].id = cases[i].field_gpu_max ? 196 : 0;
        gpu->fields[1].value = cases[i].field_gpu_max;
        fixture->snapshot = (struct perfadapt_snapshot){.size = sizeof fixture->snapshot};
        fixture->provider->type->destroy(fixture->provider);
        create(fixture);
        fixture_read(fixture, 1000 * (int64_t)(i + 1));
        const struct perfadapt_sensor *die = sensor(fixture, GPU_ID);
        assert_int_equal(die->limit_source, cases[i].source);
        if (cases[i].source == PERFADAPT_LIMIT_NONE)
            assert_unknown(&die->limit, PERFADAPT_STATE_UNSUPPORTED);
        else
            assert_metric(&die->limit, PERFADAPT_STATE_OK, cases[i].limit);
    }
}

/* ---- what is not there ---- */

static void assert_refused(struct fixture *fixture) {
    assert_null(fixture->provider);
    assert_int_equal(fixture->snapshot.gpu_count, 1);
    assert_string_equal(fixture->snapshot.gpus[0].driver, "nvidia");
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_UNSUPPORTED, PERFADAPT_WHY_NO_LIBRARY);
    assert_unknown(&fixture->snapshot.gpus[0].busy, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->snapshot.sensor_count, 0);
}

static void test_no_gpu(void **state) {
    struct fixture *fixture = *state;
    use(fixture, FAKE_NVML);
    fixture_create(fixture, &perfadapt__nvml_provider);
    assert_null(fixture->provider);
    fixture_file(fixture, "/sys/bus/pci/drivers/nvidia/new_id", "");
    fixture_directory(fixture, "/sys/bus/pci/drivers/nvidia/0000:0b:00");
    fixture_create(fixture, &perfadapt__nvml_provider);
    assert_null(fixture->provider);
    assert_int_equal(fixture->snapshot.gpu_count, 0);
}

static void test_recorded_tree(void **state) {
    struct fixture *fixture = *state;
    use(fixture, FAKE_NVML);
    fixture->environment.nvml_library = NULL;
    add_device(fixture, FIRST, "active\n", "on\n");
    fixture_create(fixture, &perfadapt__nvml_provider);
    assert_refused(fixture);
    assert_int_equal(fake->calls, 0);
}

static void test_no_library(void **state) {
    struct fixture *fixture = *state;
    add_device(fixture, FIRST, "active\n", "on\n");
    fixture->environment.nvml_library = "libperfadapt-has-no-such.so.1";
    fixture_create(fixture, &perfadapt__nvml_provider);
    assert_refused(fixture);
    assert_int_equal(fixture->logged, 1);
    fixture->environment.nvml_library = "libc.so.6"; /* a library, and none of the symbols */
    fixture_create(fixture, &perfadapt__nvml_provider);
    assert_refused(fixture);
}

static void test_without_descriptors(void **state) {
    struct fixture *fixture = *state;
    use(fixture, FAKE_NVML);
    set_gpu(0, FIRST);
    add_device(fixture, FIRST, "active\n", "on\n");
    for (unsigned spare = 0; spare < 2; spare++) {
        fixture_starve(fixture, spare);
        fixture_create(fixture, &perfadapt__nvml_provider);
        fixture_feed(fixture);
        assert_non_null(fixture->provider);
        assert_int_equal(fixture->snapshot.gpu_count, 0);
        fixture_read(fixture, 100000 * (spare + 1));
        assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 39);
        assert_string_equal(fixture->gates.gates[0].device, DEVICE_OF(FIRST));
        fixture->provider->type->destroy(fixture->provider);
        fixture->provider = NULL;
        fixture->snapshot = (struct perfadapt_snapshot){.size = sizeof fixture->snapshot};
    }
}

/* Jetson: the library is there, and answers so to everything. */
static void test_nothing_supported(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    for (size_t i = 0; i < FAKE_NVML_CALLS; i++)
        fake->gpus[0].result_of[i] = NOT_SUPPORTED;
    fixture_read(fixture, 1000);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_UNSUPPORTED, PERFADAPT_WHY_NONE);
    assert_unknown(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&sensor(fixture, GPU_ID)->limit, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&fixture->snapshot.gpus[0].power, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->snapshot.evidence[0].state, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fake->initialised, 0);
    const unsigned calls = fake->calls;
    for (int64_t i = 2; i < 100; i++)
        fixture_read(fixture, 1000 * i);
    assert_int_equal(fake->calls, calls);
}

static void test_gpu_without_the_bus(void **state) {
    struct fixture *fixture = *state;
    use(fixture, FAKE_NVML);
    set_gpu(0, FIRST);
    fixture_file(fixture, "/proc/driver/nvidia/gpus/" FIRST "/information", "");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 39);
}

/* ---- what goes wrong ---- */

static void test_lost_and_back(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fixture_read(fixture, 1000);
    fake->gpus[0].result = LOST;
    fixture_read(fixture, 2000);
    const struct perfadapt_sensor *die = sensor(fixture, GPU_ID);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_VANISHED);
    assert_sensor(die, PERFADAPT_STATE_STALE, PERFADAPT_WHY_VANISHED);
    assert_metric(&die->temperature, PERFADAPT_STATE_STALE, 39);
    assert_metric(&fixture->snapshot.gpus[0].power, PERFADAPT_STATE_STALE, 75.5);
    assert_int_equal(fixture->snapshot.evidence[0].state, PERFADAPT_STATE_ERROR);
    assert_int_equal(fake->initialised, 0);
    assert_int_equal(fixture->logged, 1);
    for (int64_t ms = 2100; ms <= 100000; ms += 100)
        fixture_read(fixture, ms);
    assert_in_range(fake->inits, 6, 8); /* pauses of 1, 2, 4, 8, 16, 30, 30 s */
    assert_int_equal(fixture->logged, 1);
    fake->gpus[0].result = 0;
    fake->gpus[0].celsius = 44;
    for (int64_t ms = 100100; ms <= 130100; ms += 100)
        fixture_read(fixture, ms);
    assert_metric(&die->temperature, PERFADAPT_STATE_OK, 44);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
    assert_int_equal(fake->initialised, 1);
    assert_int_equal(fixture->logged, 2);
}

static void test_lost_one_leaves_the_other_alone(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    set_gpu(1, SECOND);
    fake->gpus[1].result = LOST;
    add_device(fixture, SECOND, "active\n", "on\n");
    fixture->provider->type->destroy(fixture->provider);
    fixture->snapshot = (struct perfadapt_snapshot){.size = sizeof fixture->snapshot};
    create(fixture);
    for (int64_t i = 1; i <= 120; i++) {
        fixture_read(fixture, 1000 * i);
        assert_int_equal(sensor(fixture, GPU_ID)->temperature.timestamp_ns, 1000000000 * i);
        assert_sensor(sensor(fixture, "nvml/gpu@" SECOND), PERFADAPT_STATE_ERROR, PERFADAPT_WHY_VANISHED);
    }
    assert_int_equal(fake->inits, 1);
}

static void test_unbound_and_bound_again(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fixture_read(fixture, 1000);
    fake->gpus[0].result = LOST;
    fixture_remove(fixture, "/sys/bus/pci/drivers/nvidia/" FIRST);
    fixture_read(fixture, 2000);
    const unsigned inits = fake->inits;
    for (int64_t i = 3; i < 60; i++)
        fixture_read(fixture, 1000 * i);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_STALE, PERFADAPT_WHY_VANISHED);
    assert_int_equal(fake->inits, inits);
    fake->gpus[0].result = 0;
    bind(fixture, FIRST);
    for (int64_t i = 60; i < 91; i++)
        fixture_read(fixture, 1000 * i);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
}

static void test_version_mismatch(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fake->init_result = MISMATCH;
    for (int64_t i = 1; i <= 100; i++)
        fixture_read(fixture, 1000 * i);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_REVISION);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_ERROR, PERFADAPT_WHY_REVISION);
    assert_int_equal(fixture->logged, 1);
    assert_non_null(strstr(fixture->last_line, "different versions"));
    assert_in_range(fake->inits, 6, 8);
    assert_int_equal(fake->shutdowns, 0);
    fake->init_result = 0;
    for (int64_t i = 101; i <= 131; i++)
        fixture_read(fixture, 1000 * i);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
}

static void test_no_permission(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fake->gpus[0].result_of[FAKE_NVML_TEMPERATURE_V] = NO_PERMISSION;
    fixture_read(fixture, 1000);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_ERROR, PERFADAPT_WHY_DENIED);
    assert_metric(&fixture->snapshot.gpus[0].power, PERFADAPT_STATE_OK, 75.5);
    fake->init_result = NO_PERMISSION;
    fake->gpus[0].result = LOST;
    for (int64_t i = 2; i < 6; i++)
        fixture_read(fixture, 1000 * i);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_DENIED);
}

/* Some laptops answer so where power is not measured: the rest goes on. */
static void test_one_figure_fails(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fake->gpus[0].result_of[FAKE_NVML_POWER] = UNKNOWN;
    for (int64_t i = 1; i <= 60; i++)
        fixture_read(fixture, 1000 * i);
    assert_unknown(&fixture->snapshot.gpus[0].power, PERFADAPT_STATE_ERROR);
    assert_metric(&fixture->snapshot.gpus[0].clock, PERFADAPT_STATE_OK, 345);
    assert_int_equal(fake->inits, 1);
    assert_in_range(fake->calls_of[FAKE_NVML_POWER], 5, 7);
    fake->gpus[0].result_of[FAKE_NVML_TEMPERATURE_V] = TIMEOUT;
    fixture_read(fixture, 61000);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_STALE, PERFADAPT_WHY_BUSY);
    assert_int_equal(fake->inits, 1);
}

static void test_garbage(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__guard guard;
    start(fixture);
    struct fake_nvml_gpu *gpu = &fake->gpus[0];
    gpu->celsius = 65535;
    gpu->milliwatt = -1000;
    gpu->milliwatt_limit = 0xffffffff;
    gpu->mhz = 0xffffffff;
    gpu->mhz_max = 0x80000000;
    gpu->busy_percent = 101;
    gpu->memory_used = ~0ULL;
    memset(gpu->name, '\033', sizeof gpu->name);
    gpu->name[sizeof gpu->name - 1] = '\0';
    fixture_read(fixture, 1000);
    perfadapt__guard_init(&guard);
    perfadapt__guard_judge(&guard, &fixture->snapshot, 1000000000);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_ERROR, PERFADAPT_WHY_IMPLAUSIBLE);
    const struct perfadapt_gpu *entry = &fixture->snapshot.gpus[0];
    const struct perfadapt_metric *const bad[] = {&entry->power,       &entry->power_limit, &entry->clock,
                                                  &entry->clock_max,   &entry->busy,        &entry->memory_used,
                                                  &entry->memory_total};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_unknown(bad[i], PERFADAPT_STATE_ERROR);
    assert_int_equal(strlen(entry->name), sizeof entry->name - 1);
    assert_int_equal(strspn(entry->name, "?"), sizeof entry->name - 1);
    set_gpu(0, FIRST);
    gpu->held = 1;
    gpu->celsius = -5;
    fixture_read(fixture, 120000);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, -5);
    assert_metric(&entry->power, PERFADAPT_STATE_OK, 75.5);
    assert_metric(&entry->memory_used, PERFADAPT_STATE_OK, 1000.0 * 1048576);
}

/* The host ended NVML more often than it began it: what it counts now is not ours to end. */
static void test_host_shuts_nvml_down(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fixture_read(fixture, 1000);
    fake->initialised = 0;
    fake->gpus[0].held = 0;
    fixture_read(fixture, 2000);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_STALE, PERFADAPT_WHY_IO_ERROR);
    assert_int_equal(fake->shutdowns, 0);
    assert_int_equal(fake->calls_while_shut, 1);
    fake->calls_while_shut = 0;
    fake->initialised = 1; /* by the host */
    fixture_read(fixture, 3000);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
    assert_int_equal(fake->initialised, 2);
    fixture->provider->type->destroy(fixture->provider);
    fixture->provider = NULL;
    assert_int_equal(fake->initialised, 1);
    fake->initialised = 0;
}

/* ---- sleep ---- */

static void test_a_sleeping_gpu_is_not_touched(void **state) {
    struct fixture *fixture = *state;
    use(fixture, FAKE_NVML);
    set_gpu(0, FIRST);
    add_device(fixture, FIRST, "suspended\n", "auto\n");
    create(fixture);
    for (int64_t i = 1; i <= 100; i++)
        fixture_read(fixture, 1000 * i);
    assert_int_equal(fake->calls, 0);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_NONE);
    assert_unknown(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_ASLEEP);
    assert_unknown(&fixture->snapshot.gpus[0].power, PERFADAPT_STATE_ASLEEP);
    assert_int_equal(fixture->snapshot.evidence[0].state, PERFADAPT_STATE_ASLEEP);
    fixture_file(fixture, DEVICE_OF(FIRST) "/power/runtime_status", "active\n");
    fixture_read(fixture, 101000);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 39);
    assert_int_equal(fake->inits, 1);
    fixture_file(fixture, DEVICE_OF(FIRST) "/power/runtime_status", "suspended\n");
    const unsigned calls = fake->calls;
    fixture_read(fixture, 102000);
    assert_int_equal(fake->calls, calls + 1); /* the shutdown */
    assert_int_equal(fake->initialised, 0);
}

static void test_an_idle_gpu_is_let_sleep(void **state) {
    struct fixture *fixture = *state;
    use(fixture, FAKE_NVML);
    set_gpu(0, FIRST);
    fake->gpus[0].busy_percent = 0;
    add_device(fixture, FIRST, "active\n", "auto\n");
    create(fixture);
    for (int64_t i = 1; i <= 5; i++)
        fixture_read(fixture, 1000 * i);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 39);
    assert_int_equal(fake->shutdowns, 0);
    fixture_read(fixture, 6000);
    fixture_read(fixture, 7000);
    assert_int_equal(fake->initialised, 0);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_RESTING);
    const unsigned calls = fake->calls;
    for (int64_t i = 8; i <= 12; i++) /* longer than the autosuspend delay of 5 s */
        fixture_read(fixture, 1000 * i);
    fixture_file(fixture, DEVICE_OF(FIRST) "/power/runtime_status", "suspended\n");
    for (int64_t i = 13; i <= 60; i++)
        fixture_read(fixture, 1000 * i);
    assert_int_equal(fake->calls, calls);
    assert_sensor(sensor(fixture, GPU_ID), PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_NONE);
    fake->gpus[0].busy_percent = 80;
    fixture_file(fixture, DEVICE_OF(FIRST) "/power/runtime_status", "active\n");
    for (int64_t i = 61; i <= 80; i++)
        fixture_read(fixture, 1000 * i);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 39);
    assert_int_equal(fake->inits, 2);
    assert_int_equal(fake->shutdowns, 1);
}

static void add_two(struct fixture *fixture, const char *second_status) {
    use(fixture, FAKE_NVML);
    set_gpu(0, FIRST);
    set_gpu(1, SECOND);
    add_device(fixture, SECOND, second_status, "auto\n");
    add_device(fixture, FIRST, "active\n", "on\n");
    create(fixture);
    assert_string_equal(fixture->snapshot.gpus[0].id, FIRST);
    assert_string_equal(fixture->snapshot.gpus[1].id, SECOND);
}

static void test_one_of_two_sleeps(void **state) {
    struct fixture *fixture = *state;
    add_two(fixture, "suspended\n");
    for (int64_t i = 1; i <= 20; i++)
        fixture_read(fixture, 1000 * i);
    assert_int_equal(fake->calls, 0);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_AVOIDED);
    assert_gpu(&fixture->snapshot.gpus[1], PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_NONE);
    assert_int_equal(fixture->logged, 1);
    fixture_file(fixture, DEVICE_OF(SECOND) "/power/runtime_status", "active\n");
    fixture_read(fixture, 60000);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
    assert_gpu(&fixture->snapshot.gpus[1], PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
}

static void test_one_of_two_rests(void **state) {
    struct fixture *fixture = *state;
    add_two(fixture, "active\n");
    fake->gpus[1].busy_percent = 0;
    for (int64_t i = 1; i <= 8; i++)
        fixture_read(fixture, 1000 * i);
    assert_gpu(&fixture->snapshot.gpus[0], PERFADAPT_STATE_OK, PERFADAPT_WHY_NONE);
    assert_gpu(&fixture->snapshot.gpus[1], PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_RESTING);
    assert_int_equal(fake->gpus[0].held, 1);
    assert_int_equal(fake->gpus[1].held, 0);
    assert_int_equal(fake->inits, 2);
    const unsigned calls = fake->gpus[1].calls;
    fixture_file(fixture, DEVICE_OF(SECOND) "/power/runtime_status", "suspended\n");
    for (int64_t i = 9; i <= 60; i++) {
        fixture_read(fixture, 1000 * i);
        assert_int_equal(sensor(fixture, GPU_ID)->temperature.timestamp_ns, 1000000000 * i);
    }
    assert_int_equal(fake->gpus[1].calls, calls);
    assert_int_equal(fake->inits, 2);
}

/* NVML may wake what it finds, so what came and sleeps is looked for before it is initialised. */
static void test_a_sleeping_gpu_comes(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fake->init_result = UNKNOWN;
    fixture_read(fixture, 1000);
    assert_int_equal(fake->inits, 1);
    add_device(fixture, SECOND, "suspended\n", "auto\n");
    set_gpu(1, SECOND);
    fake->init_result = 0;
    for (int64_t i = 2; i <= 40; i++)
        fixture_read(fixture, 1000 * i);
    assert_int_equal(fake->inits, 1);
    assert_int_equal(fixture->snapshot.gpu_count, 2);
    assert_gpu(&fixture->snapshot.gpus[1], PERFADAPT_STATE_ASLEEP, PERFADAPT_WHY_NONE);
}

static void test_resume(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fake->init_result = UNKNOWN;
    for (int64_t i = 1; i <= 60; i++)
        fixture_read(fixture, 1000 * i);
    fake->init_result = 0;
    const struct perfadapt__read_context context = {.now_ns = 60100000000, .gpu_busy = (double)NAN, .resumed = true};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 39);
}

/* ---- pace ---- */

static void test_only_what_is_needed_is_read_fast(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    for (int64_t ms = 100; ms <= 10000; ms += 100)
        fixture_read(fixture, ms);
    assert_int_equal(fake->calls_of[FAKE_NVML_TEMPERATURE_V], 100);
    assert_int_equal(fake->calls_of[FAKE_NVML_REASONS], 100);
    assert_in_range(fake->calls_of[FAKE_NVML_MARGIN], 9, 12);
    assert_in_range(fake->calls_of[FAKE_NVML_POWER], 9, 12);
    assert_in_range(fake->calls_of[FAKE_NVML_BUSY], 9, 12);
    assert_in_range(fake->calls_of[FAKE_NVML_MEMORY], 2, 3);
    assert_in_range(fake->calls_of[FAKE_NVML_POWER_LIMIT], 1, 2);
    assert_int_equal(fake->calls_of[FAKE_NVML_CLOCK_MAX], 1);
    assert_int_equal(fake->calls_of[FAKE_NVML_NAME], 1);
    assert_int_equal(fake->calls_of[FAKE_NVML_FIELDS], 1); /* not supported: asked once */
}

/* What takes 400 ms is asked every four seconds, or the thread would do nothing else. */
static void test_a_slow_call_is_made_seldom(void **state) {
    struct fixture *fixture = *state;
    start(fixture);
    fake->delay_ms[FAKE_NVML_REASONS] = 400;
    fixture_read(fixture, 1000);
    fake->delay_ms[FAKE_NVML_REASONS] = 0;
    for (int64_t ms = 1100; ms < 5000; ms += 100)
        fixture_read(fixture, ms);
    assert_int_equal(fake->calls_of[FAKE_NVML_REASONS], 1);
    assert_int_equal(fake->calls_of[FAKE_NVML_TEMPERATURE_V], 40);
    for (int64_t ms = 5000; ms < 40000; ms += 100)
        fixture_read(fixture, ms);
    assert_true(fake->calls_of[FAKE_NVML_REASONS] > 1);
}

/* ---- the process ---- */

static int child_of_a_user(struct fixture *fixture) {
    const unsigned calls = fake->calls;
    fixture->snapshot.gpu_count = 0;
    struct perfadapt__provider *provider = perfadapt__nvml_provider.create(&fixture->environment, &fixture->snapshot);
    if (provider || fake->calls != calls || fixture->snapshot.gpu_count != 1)
        return 1;
    return fixture->snapshot.gpus[0].state == PERFADAPT_STATE_ERROR &&
                   fixture->snapshot.gpus[0].why == PERFADAPT_WHY_AVOIDED
               ? 0
               : 2;
}

static void test_forked_child(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(perfadapt__fork_guard(), PERFADAPT_OK);
    start(fixture);
    fixture_read(fixture, 1000);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(child_of_a_user(fixture));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    fixture_read(fixture, 2000);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 39);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reads_a_gpu),
        TEST(test_memory_temperature),
        TEST(test_reasons),
        TEST(test_old_driver),
        TEST(test_newer_temperature_refused),
        TEST(test_limit_follows_the_margin_slowly),
        TEST(test_margin_beyond_belief),
        TEST(test_thresholds),
        TEST(test_no_gpu),
        TEST(test_recorded_tree),
        TEST(test_no_library),
        TEST(test_without_descriptors),
        TEST(test_nothing_supported),
        TEST(test_gpu_without_the_bus),
        TEST(test_lost_and_back),
        TEST(test_lost_one_leaves_the_other_alone),
        TEST(test_unbound_and_bound_again),
        TEST(test_version_mismatch),
        TEST(test_no_permission),
        TEST(test_one_figure_fails),
        TEST(test_garbage),
        TEST(test_host_shuts_nvml_down),
        TEST(test_a_sleeping_gpu_is_not_touched),
        TEST(test_an_idle_gpu_is_let_sleep),
        TEST(test_one_of_two_sleeps),
        TEST(test_one_of_two_rests),
        TEST(test_a_sleeping_gpu_comes),
        TEST(test_resume),
        TEST(test_only_what_is_needed_is_read_fast),
        TEST(test_a_slow_call_is_made_seldom),
        TEST(test_forked_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
