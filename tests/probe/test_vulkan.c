/*
 * Vulkan's devices as perfadapt-probe reads them: made-up drivers behind the real loader. SPDX-License-Identifier: MIT
 */
#define VK_NO_PROTOTYPES
#include <perfadapt/vulkan.h>

#include "probe/vulkan.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEVICES_MAX 8
#define GIB (1024ULL * 1024 * 1024)

/* What a child has answered before it ended. */
struct answer {
    int code;
    size_t count;
    char reason[256];
    struct perfadapt_device devices[DEVICES_MAX];
};

struct run {
    const char *behaviour; /* the manifest's name; NULL: `manifest` */
    const char *manifest;
    const char *loader; /* NULL: the usual one */
    size_t capacity;
    bool icd_filenames_only; /* as loaders before 1.3.207 know it */
    bool keep_stderr;        /* a pipe's end is there */
    void (*instead)(struct answer *out);
};

static char fake_icds[512]; /* beside this program's directory, wherever both were copied to */

static void find_fake_icds(void) {
    char program[400];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = '\0';
    snprintf(fake_icds, sizeof fake_icds, "%s/../fake_icd", program);
}

/* ---- a child that enumerates ---- */

static void set_environment(const struct run *run) {
    char manifest[600];
    if (run->behaviour)
        snprintf(manifest, sizeof manifest, "%s/%s.json", fake_icds, run->behaviour);
    else
        snprintf(manifest, sizeof manifest, "%s", run->manifest);
    setenv("VK_ICD_FILENAMES", manifest, 1);
    if (run->icd_filenames_only)
        unsetenv("VK_DRIVER_FILES");
    else
        setenv("VK_DRIVER_FILES", manifest, 1);
    unsetenv("VK_ADD_DRIVER_FILES");
    setenv("VK_LOADER_LAYERS_DISABLE", "~implicit~", 1);
    setenv("NODEVICE_SELECT", "1", 1);
}

static void be_quiet(bool keep_stderr) {
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDOUT_FILENO);
    if (!keep_stderr)
        dup2(null, STDERR_FILENO);
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

static void run_child(const struct run *run, int to_parent) {
    struct answer answer;
    memset(&answer, 0x5a, sizeof answer); /* nothing may be taken to be set */
    set_environment(run);
    be_quiet(run->keep_stderr);
    if (run->instead)
        run->instead(&answer);
    else if (run->loader)
        answer.code = probe_vulkan_enumerate_by(run->loader, answer.devices, run->capacity, &answer.count,
                                                answer.reason, sizeof answer.reason);
    else
        answer.code =
            probe_vulkan_enumerate(answer.devices, run->capacity, &answer.count, answer.reason, sizeof answer.reason);
    const bool told = write(to_parent, &answer, sizeof answer) == (ssize_t)sizeof answer;
    _exit(told ? 0 : 1);
}

/* Whether the child answered in whole; its wait status. */
static bool ask(const struct run *run, struct answer *out, int *out_status) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        run_child(run, ends[1]);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while (length < sizeof *out && (got = read(ends[0], (char *)out + length, sizeof *out - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, out_status, 0), child);
    return length == sizeof *out;
}

static struct answer answer_of(const char *behaviour) {
    struct answer answer;
    int status;
    assert_true(ask(&(struct run){.behaviour = behaviour, .capacity = DEVICES_MAX}, &answer, &status));
    assert_int_equal(status, 0);
    return answer;
}

/* ---- good devices ---- */

#define SAME(member) assert_int_equal(device->member, expected->member)

static void assert_memory(const struct perfadapt_device *device, const struct perfadapt_device *expected) {
    SAME(heap_count);
    for (int i = 0; i < PERFADAPT_HEAPS_MAX; i++) {
        SAME(heaps[i].bytes);
        SAME(heaps[i].flags);
        SAME(heaps[i].reserved);
    }
    SAME(memory_type_count);
    for (int i = 0; i < PERFADAPT_MEMORY_TYPES_MAX; i++) {
        SAME(memory_types[i].flags);
        SAME(memory_types[i].heap);
    }
}

static void assert_limits(const struct perfadapt_device *device) {
    assert_int_equal(device->max_image_2d, 16384);
    assert_int_equal(device->max_workgroup_invocations, 1024);
    assert_int_equal(device->max_workgroup_size[0], 1024);
    assert_int_equal(device->max_workgroup_size[1], 512);
    assert_int_equal(device->max_workgroup_size[2], 64);
    assert_int_equal(device->max_shared_memory_bytes, 49152);
    assert_int_equal(device->max_allocations, 4096);
    assert_int_equal(device->max_bound_sets, 8);
}

/* Every member; the limits are those of all fakes. */
static void assert_device(const struct perfadapt_device *device, const struct perfadapt_device *expected) {
    assert_int_equal(device->size, sizeof *device);
    SAME(type);
    SAME(vendor_id);
    SAME(device_id);
    SAME(api_version);
    SAME(driver_id);
    SAME(driver_version);
    assert_string_equal(device->name, expected->name);
    assert_string_equal(device->driver_name, expected->driver_name);
    assert_string_equal(device->driver_info, expected->driver_info);
    SAME(pci.known);
    SAME(pci.domain);
    SAME(pci.bus);
    SAME(pci.device);
    SAME(pci.function);
    assert_memory(device, expected);
    SAME(features);
    SAME(features_known);
    SAME(timestamp_valid_bits);
    assert_true(device->timestamp_period_ns == expected->timestamp_period_ns);
    SAME(timestamp_known);
    SAME(subgroup_size);
    SAME(subgroup_size_min);
    SAME(subgroup_size_max);
    assert_limits(device);
    SAME(compute_units);
    SAME(lanes_per_unit);
    SAME(fma_per_unit_clock);
    SAME(clock_mhz);
    SAME(reserved);
}

static const struct perfadapt_device expected_discrete = {
    .type = PERFADAPT_DEVICE_DISCRETE,
    .vendor_id = 0x10de,
    .device_id = 0xfa01,
    .api_version = VK_MAKE_VERSION(1, 3, 242),
    .driver_id = VK_DRIVER_ID_NVIDIA_PROPRIETARY,
    .driver_version = 0x87654321,
    .name = "Fake Discrete 9000",
    .driver_name = "FAKE-NV",
    .driver_info = "999.99",
    .pci = {.known = 1, .domain = 1, .bus = 0x41, .device = 2, .function = 3},
    .heap_count = 2,
    .heaps = {{12 * GIB, 1, 0}, {24 * GIB, 0, 0}},
    .memory_type_count = 3,
    .memory_types = {{0, 1}, {1, 0}, {6, 1}},
    .features = PERFADAPT_DEVICE_HAS_MEMORY_BUDGET | PERFADAPT_DEVICE_HAS_CALIBRATED_TIMESTAMPS |
                PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET | PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE |
                PERFADAPT_DEVICE_HAS_PRESENT_ID | PERFADAPT_DEVICE_HAS_PRESENT_WAIT |
                PERFADAPT_DEVICE_HAS_PCI_BUS_INFO | PERFADAPT_DEVICE_HAS_PHYSICAL_DEVICE_DRM |
                PERFADAPT_DEVICE_HAS_SUBGROUP_SIZE_CONTROL | PERFADAPT_DEVICE_HAS_PIPELINE_EXECUTABLES |
                PERFADAPT_DEVICE_HAS_MEMORY_PRIORITY | PERFADAPT_DEVICE_HAS_PAGEABLE_MEMORY |
                PERFADAPT_DEVICE_HAS_DEVICE_FAULT,
    .features_known = 1,
    .timestamp_valid_bits = 64,
    .timestamp_period_ns = 1,
    .timestamp_known = 1,
    .subgroup_size = 32,
    .subgroup_size_min = 32,
    .subgroup_size_max = 32,
    .compute_units = 46,
};

static const struct perfadapt_device expected_amd = {
    .type = PERFADAPT_DEVICE_INTEGRATED,
    .vendor_id = 0x1002,
    .device_id = 0xfa02,
    .api_version = VK_MAKE_VERSION(1, 2, 200),
    .driver_id = VK_DRIVER_ID_MESA_RADV,
    .driver_version = VK_MAKE_VERSION(25, 1, 2),
    .name = "Fake Vega-less (RADV FAKE10)",
    .driver_name = "radv",
    .driver_info = "Mesa 25.1.2",
    .pci = {.known = 1, .bus = 4},
    .heap_count = 1,
    .heaps = {{6 * GIB, 1, 0}},
    .memory_type_count = 1,
    .memory_types = {{7, 0}},
    .features = PERFADAPT_DEVICE_HAS_PCI_BUS_INFO | PERFADAPT_DEVICE_HAS_SUBGROUP_SIZE_CONTROL |
                PERFADAPT_DEVICE_HAS_GLOBAL_PRIORITY | PERFADAPT_DEVICE_HAS_CALIBRATED_TIMESTAMPS |
                PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET | PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE,
    .features_known = 1,
    .timestamp_valid_bits = 48,
    .timestamp_period_ns = 10,
    .timestamp_known = 1,
    .subgroup_size = 64,
    .subgroup_size_min = 32,
    .subgroup_size_max = 64,
    .compute_units = 14, /* of 2 x 2 x 4 */
    .lanes_per_unit = 64,
};

static const struct perfadapt_device expected_gcn = {
    .type = PERFADAPT_DEVICE_DISCRETE,
    .vendor_id = 0x1002,
    .device_id = 0xfa03,
    .api_version = VK_MAKE_VERSION(1, 1, 106),
    .driver_id = VK_DRIVER_ID_AMD_OPEN_SOURCE,
    .driver_version = 7,
    .name = "Fake Islands",
    .driver_name = "AMD open-source driver",
    .driver_info = "2019.Q3.1",
    .heap_count = 2,
    .heaps = {{4 * GIB, 1, 0}, {8 * GIB, 0, 0}},
    .memory_type_count = 2,
    .memory_types = {{1, 0}, {6, 1}},
    .features = PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE,
    .features_known = 1,
    .timestamp_valid_bits = 64,
    .timestamp_period_ns = 37.037F,
    .timestamp_known = 1,
    .subgroup_size = 64,
    .compute_units = 36,
    .lanes_per_unit = 64,
};

static const struct perfadapt_device expected_arm = {
    .type = PERFADAPT_DEVICE_INTEGRATED,
    .vendor_id = 0x13b5,
    .device_id = 0xfa040000,
    .api_version = VK_MAKE_VERSION(1, 3, 270),
    .driver_id = VK_DRIVER_ID_ARM_PROPRIETARY,
    .driver_version = VK_MAKE_VERSION(49, 0, 0),
    .name = "Fake-G900",
    .driver_name = "Fake-G900",
    .driver_info = "v1.r49p0",
    .heap_count = 1,
    .heaps = {{8 * GIB, 1, 0}},
    .memory_type_count = 2,
    .memory_types = {{7, 0}, {17, 0}},
    .features = PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET | PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE |
                PERFADAPT_DEVICE_HAS_SUBGROUP_SIZE_CONTROL,
    .features_known = 1,
    .timestamp_valid_bits = 0,
    .timestamp_period_ns = 1000,
    .timestamp_known = 1,
    .subgroup_size = 16,
    .subgroup_size_min = 16,
    .subgroup_size_max = 16,
    .compute_units = 10,
    .fma_per_unit_clock = 128,
};

/* Vulkan 1.0: what the loader stands in for with properties2 fills no struct, and bus 0 is not made up. */
static const struct perfadapt_device expected_old = {
    .type = PERFADAPT_DEVICE_VIRTUAL,
    .vendor_id = 0x1234,
    .device_id = 0xfa05,
    .api_version = VK_MAKE_VERSION(1, 0, 3),
    .driver_version = 1,
    .name = "Fake of 2016",
    .heap_count = 1,
    .heaps = {{GIB, 0, 0}},
    .memory_type_count = 1,
    .memory_types = {{6, 0}},
    .features = PERFADAPT_DEVICE_HAS_PCI_BUS_INFO | PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET,
    .features_known = 1,
    .timestamp_valid_bits = 36,
    .timestamp_period_ns = 80,
    .timestamp_known = 1,
};

static void assert_one(const char *behaviour, const struct perfadapt_device *expected) {
    const struct answer answer = answer_of(behaviour);
    assert_int_equal(answer.code, 0);
    assert_string_equal(answer.reason, "");
    assert_int_equal(answer.count, 1);
    assert_device(&answer.devices[0], expected);
}

static void test_good_devices(void **state) {
    (void)state;
    assert_one("discrete", &expected_discrete);
    assert_one("amd", &expected_amd);
    assert_one("gcn", &expected_gcn);
    assert_one("arm", &expected_arm);
    assert_one("old", &expected_old);
}

static void test_two_devices(void **state) {
    (void)state;
    const struct answer answer = answer_of("two");
    assert_int_equal(answer.code, 0);
    assert_string_equal(answer.reason, "");
    assert_int_equal(answer.count, 2);
    assert_device(&answer.devices[0], &expected_discrete);
    assert_device(&answer.devices[1], &expected_amd);
}

/* Without VK_KHR_portability_enumeration the loader would leave the driver out. */
static void test_portability_driver(void **state) {
    (void)state;
    assert_one("portability", &expected_discrete);
}

static void test_older_variable(void **state) {
    (void)state;
    struct answer answer;
    int status;
    const struct run run = {.behaviour = "discrete", .capacity = 1, .icd_filenames_only = true};
    assert_true(ask(&run, &answer, &status));
    assert_int_equal(answer.code, 0);
    assert_device(&answer.devices[0], &expected_discrete);
}

static void test_capacity(void **state) {
    (void)state;
    struct answer answer = answer_of("many");
    assert_int_equal(answer.code, 0);
    assert_int_equal(answer.count, DEVICES_MAX);
    assert_string_equal(answer.reason, "8 devices are described, of 20");
    assert_device(&answer.devices[DEVICES_MAX - 1], &expected_discrete);
    int status;
    assert_true(ask(&(struct run){.behaviour = "two", .capacity = 1}, &answer, &status));
    assert_int_equal(answer.count, 1);
    assert_string_equal(answer.reason, "1 devices are described, of 2");
    assert_int_equal(answer.devices[1].size, (size_t)0x5a5a5a5a5a5a5a5aULL); /* not written to */
    assert_true(ask(&(struct run){.behaviour = "two"}, &answer, &status));
    assert_int_equal(answer.code, 0);
    assert_int_equal(answer.count, 0);
    assert_string_equal(answer.reason, "0 devices are described, of 2");
}

/* ---- drivers that lie ---- */

static void test_garbage(void **state) {
    (void)state;
    const struct answer answer = answer_of("garbage");
    assert_int_equal(answer.code, 0);
    assert_int_equal(answer.count, 1);
    const struct perfadapt_device *device = &answer.devices[0];
    assert_int_equal(device->type, PERFADAPT_DEVICE_OTHER);
    assert_int_equal(device->vendor_id, UINT32_MAX);
    assert_int_equal(strlen(device->name), sizeof device->name - 1);
    assert_int_equal(strlen(device->driver_name), sizeof device->driver_name - 1);
    assert_int_equal(strlen(device->driver_info), sizeof device->driver_info - 1);
    assert_int_equal((unsigned char)device->name[0], 0xff);
    assert_int_equal(device->heap_count, PERFADAPT_HEAPS_MAX);
    assert_int_equal(device->heaps[15].bytes, UINT64_MAX);
    assert_int_equal(device->memory_type_count, 1); /* of 32: the one whose heap is there */
    assert_int_equal(device->memory_types[0].heap, 2);
    assert_true(device->timestamp_period_ns == 0); /* was NAN */
    assert_int_equal(device->timestamp_known, 1);
    assert_int_equal(device->timestamp_valid_bits, 0); /* was four billion */
    assert_int_equal(device->features_known, 1);
    assert_int_equal(device->features, PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET | PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE |
                                           PERFADAPT_DEVICE_HAS_SUBGROUP_SIZE_CONTROL); /* Vulkan 1.1023 has them */
    assert_int_equal(device->pci.known, 0);
    assert_int_equal(device->compute_units, 0);
}

static void test_liar(void **state) {
    (void)state;
    const struct answer answer = answer_of("liar");
    assert_int_equal(answer.code, 0);
    assert_int_equal(answer.count, 1);
    const struct perfadapt_device *device = &answer.devices[0];
    assert_string_equal(device->name, "");
    assert_int_equal(device->heaps[0].bytes, UINT64_MAX); /* to be judged, not to be hidden */
    assert_int_equal(device->heap_count, 2);
    assert_int_equal(device->memory_type_count, 1);
    assert_int_equal(device->pci.known, 0); /* bus 300 */
    assert_int_equal(device->pci.bus, 0);
    assert_int_equal(device->compute_units, 0); /* beyond 32 bits, and no active ones told */
    assert_int_equal(device->lanes_per_unit, 0);
    assert_true(device->timestamp_period_ns == 0);
    assert_int_equal(device->timestamp_valid_bits, 0);
    assert_true(answer_of("negative_period").devices[0].timestamp_period_ns == 0);
}

/* Extensions that are listed, and structs that stay as they were. */
static void test_unfilled(void **state) {
    (void)state;
    struct perfadapt_device expected = expected_discrete;
    expected.driver_id = 0;
    memset(expected.driver_name, 0, sizeof expected.driver_name);
    memset(expected.driver_info, 0, sizeof expected.driver_info);
    memset(&expected.pci, 0, sizeof expected.pci);
    expected.subgroup_size = expected.subgroup_size_min = expected.subgroup_size_max = expected.compute_units = 0;
    assert_one("unfilled", &expected);
}

/* What the core version promises is known all the same, but it is not all. */
static void test_extensions_not_listed(void **state) {
    (void)state;
    struct perfadapt_device expected = expected_discrete;
    expected.features = PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET | PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE |
                        PERFADAPT_DEVICE_HAS_SUBGROUP_SIZE_CONTROL;
    expected.features_known = 0;
    expected.compute_units = 0;
    memset(&expected.pci, 0, sizeof expected.pci);
    assert_one("no_extensions", &expected);
}

static void assert_error(const char *behaviour, int code) {
    const struct answer answer = answer_of(behaviour);
    if (answer.code != code)
        fail_msg("%s: %d (%s)", behaviour, answer.code, answer.reason);
    assert_int_equal(answer.count, 0);
    assert_true(strlen(answer.reason) > 0);
}

static void test_errors(void **state) {
    (void)state;
    assert_error("missing_library", VK_ERROR_INCOMPATIBLE_DRIVER);
    assert_error("not_a_library", VK_ERROR_INCOMPATIBLE_DRIVER);
    assert_error("error_instance", VK_ERROR_INCOMPATIBLE_DRIVER); /* the loader goes on without the driver */
    const struct answer none = answer_of("missing_library");
    assert_string_equal(none.reason, "vkCreateInstance: no Vulkan driver that the loader can use (-9)");
}

/* What a loader makes of these differs: a manifest that is no JSON is -9 or -1 (1.3.239). */
static void test_errors_by_loader(void **state) {
    (void)state;
    static const char *const behaviours[] = {"truncated", "binary", "no such manifest", "no_devices", "error_devices"};
    for (size_t i = 0; i < sizeof behaviours / sizeof behaviours[0]; i++) {
        const struct answer answer = answer_of(behaviours[i]);
        if (answer.code >= 0)
            fail_msg("%s is no error", behaviours[i]);
        assert_int_equal(answer.count, 0);
        assert_true(strlen(answer.reason) > 0);
    }
}

/*
 * Lies that loaders die of, before they reach us: a list of devices that is longer whenever it is read (1.3.239), four
 * billion extensions (1.4.309). Where the loader lives, so do we, and nothing is told that is not there.
 */
static void test_lies_to_the_loader(void **state) {
    (void)state;
    static const char *const behaviours[] = {"growing", "flood"};
    for (size_t i = 0; i < sizeof behaviours / sizeof behaviours[0]; i++) {
        struct answer answer;
        int status;
        if (!ask(&(struct run){.behaviour = behaviours[i], .capacity = DEVICES_MAX}, &answer, &status)) {
            assert_int_not_equal(status, 0);
            continue;
        }
        assert_true(answer.count <= 1);
        assert_true(answer.count == 1 || strlen(answer.reason) > 0);
        if (answer.count == 1)
            assert_string_equal(answer.devices[0].name, expected_discrete.name);
        if (answer.count == 1)
            assert_int_equal(answer.devices[0].features_known, 0);
    }
}

static void test_noise(void **state) {
    (void)state;
    assert_one("noisy", &expected_discrete);
}

/* The instance is left to the end of the process: it is not worth to die for. */
static void test_no_teardown(void **state) {
    (void)state;
    assert_one("crash_destroy", &expected_discrete);
}

/* ---- drivers that end the process, or never end ---- */

static int status_of(const char *behaviour) {
    struct answer answer;
    int status;
    assert_false(ask(&(struct run){.behaviour = behaviour, .capacity = DEVICES_MAX}, &answer, &status));
    return status;
}

static void assert_killed(const char *behaviour, int signal) {
    const int status = status_of(behaviour);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != signal)
        fail_msg("%s: status %x", behaviour, (unsigned)status);
}

static void test_crashes(void **state) {
    (void)state;
    assert_killed("crash_negotiate", SIGSEGV);
    assert_killed("crash_instance", SIGSEGV);
    assert_killed("crash_properties", SIGSEGV);
    assert_killed("abort", SIGABRT);
    assert_int_equal(status_of("exit"), 0); /* a clean end without an answer */
}

/* Until the driver says that it hangs, or the child ended. */
static void read_line(int descriptor, char *line, size_t bytes) {
    size_t length = 0;
    struct pollfd readable = {.fd = descriptor, .events = POLLIN};
    while (length + 1 < bytes && poll(&readable, 1, 30000) > 0) {
        const ssize_t got = read(descriptor, line + length, bytes - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
        if (memchr(line, '\n', length))
            break;
    }
    line[length] = '\0';
}

static void assert_hangs(const char *behaviour) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        run_child(&(struct run){.behaviour = behaviour, .capacity = DEVICES_MAX, .keep_stderr = true}, ends[1]);
    }
    close(ends[1]);
    char line[256];
    read_line(ends[0], line, sizeof line);
    close(ends[0]);
    kill(child, SIGTERM); /* blocked */
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_string_equal(line, "fake_icd: hangs\n");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_hangs(void **state) {
    (void)state;
    assert_hangs("hang_negotiate");
    assert_hangs("hang_instance");
    assert_hangs("hang_devices");
}

/* ---- loaders ---- */

static void test_no_loader(void **state) {
    (void)state;
    struct answer answer;
    int status;
    struct run run = {.behaviour = "discrete", .loader = "libvulkan_that_is_not_there.so.1", .capacity = 1};
    assert_true(ask(&run, &answer, &status));
    assert_int_equal(answer.code, PROBE_VULKAN_NO_LOADER);
    assert_int_equal(answer.count, 0);
    assert_ptr_equal(strstr(answer.reason, "no Vulkan loader: libvulkan_that_is_not_there.so.1: "), answer.reason);
    run.loader = "libc.so.6";
    assert_true(ask(&run, &answer, &status));
    assert_int_equal(answer.code, PROBE_VULKAN_NO_LOADER);
    assert_string_equal(answer.reason, "no Vulkan loader: libc.so.6 has no vkGetInstanceProcAddr");
    run.loader = "libvulkan.so.1";
    assert_true(ask(&run, &answer, &status));
    assert_int_equal(answer.code, 0);
    assert_device(&answer.devices[0], &expected_discrete);
}

/* A reason has no room: nothing is written. */
static void test_no_room_for_reason(void **state) {
    (void)state;
    char reason = 'x';
    size_t count = 7;
    assert_int_equal(probe_vulkan_enumerate_by("libvulkan_not_there.so", NULL, 0, &count, &reason, 0),
                     PROBE_VULKAN_NO_LOADER);
    assert_int_equal(count, 0);
    assert_int_equal(reason, 'x');
}

/* ---- hosts ---- */

static PFN_vkGetInstanceProcAddr host_loader(void) {
    PFN_vkGetInstanceProcAddr find = NULL;
    void *handle = dlopen("libvulkan.so.1", RTLD_NOW);
    void *address = handle ? dlsym(handle, "vkGetInstanceProcAddr") : NULL;
    memcpy(&find, &address, sizeof find);
    return find;
}

/* As a host that made its instance for a version of Vulkan, with an extension or without. */
static void describe_as_host(struct answer *out, uint32_t version, const char *extension) {
    const PFN_vkGetInstanceProcAddr find = host_loader();
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = version};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &application,
                                       .enabledExtensionCount = extension ? 1 : 0,
                                       .ppEnabledExtensionNames = &extension};
    VkInstance instance = NULL;
    VkPhysicalDevice device = NULL;
    uint32_t count = 1;
    const PFN_vkCreateInstance create = (PFN_vkCreateInstance)find(NULL, "vkCreateInstance");
    out->code = create(&info, NULL, &instance);
    if (out->code != 0)
        return;
    const PFN_vkEnumeratePhysicalDevices list =
        (PFN_vkEnumeratePhysicalDevices)find(instance, "vkEnumeratePhysicalDevices");
    out->code = list(instance, &count, &device);
    if (out->code == 0)
        out->code = perfadapt_device_from_vulkan(find, instance, version, device, &out->devices[0]);
}

static void host_of_1_0(struct answer *out) {
    describe_as_host(out, VK_API_VERSION_1_0, NULL);
}

static void host_of_1_1(struct answer *out) {
    describe_as_host(out, VK_API_VERSION_1_1, NULL);
}

static void host_of_1_0_with_extension(struct answer *out) {
    describe_as_host(out, VK_API_VERSION_1_0, VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME);
}

static void assert_host(const char *behaviour, void (*host)(struct answer *out),
                        const struct perfadapt_device *expected) {
    struct answer answer;
    int status;
    assert_true(ask(&(struct run){.behaviour = behaviour, .instead = host}, &answer, &status));
    assert_int_equal(answer.code, 0);
    assert_device(&answer.devices[0], expected);
}

/* Drivers have no vkGetPhysicalDeviceProperties2 there, and old loaders offer it all the same. */
static void test_hosts(void **state) {
    (void)state;
    struct perfadapt_device fewer = expected_discrete;
    fewer.driver_id = 0;
    memset(fewer.driver_name, 0, sizeof fewer.driver_name);
    memset(fewer.driver_info, 0, sizeof fewer.driver_info);
    memset(&fewer.pci, 0, sizeof fewer.pci);
    fewer.subgroup_size = fewer.subgroup_size_min = fewer.subgroup_size_max = fewer.compute_units = 0;
    assert_host("discrete", host_of_1_0, &fewer);
    assert_host("discrete", host_of_1_0_with_extension, &expected_discrete);
    assert_host("discrete", host_of_1_1, &expected_discrete);
    assert_host("old", host_of_1_0, &expected_old);
    assert_host("old", host_of_1_0_with_extension, &expected_old);
    assert_host("old", host_of_1_1, &expected_old); /* the driver is older than the instance */
}

static PFN_vkVoidFunction VKAPI_CALL find_nothing(VkInstance instance, const char *name) {
    (void)instance;
    (void)name;
    return NULL;
}

static void test_bad_arguments(void **state) {
    (void)state;
    int something;
    const VkInstance instance = (VkInstance)(void *)&something;
    const VkPhysicalDevice physical = (VkPhysicalDevice)(void *)&something;
    struct perfadapt_device device;
    assert_int_equal(perfadapt_device_from_vulkan(NULL, instance, 0, physical, &device), PERFADAPT_ERROR_INVALID);
    assert_int_equal(perfadapt_device_from_vulkan(find_nothing, NULL, 0, physical, &device), PERFADAPT_ERROR_INVALID);
    assert_int_equal(perfadapt_device_from_vulkan(find_nothing, instance, 0, NULL, &device), PERFADAPT_ERROR_INVALID);
    assert_int_equal(perfadapt_device_from_vulkan(find_nothing, instance, 0, physical, NULL), PERFADAPT_ERROR_INVALID);
    memset(&device, 0xff, sizeof device);
    assert_int_equal(perfadapt_device_from_vulkan(find_nothing, instance, 0, physical, &device),
                     PERFADAPT_ERROR_UNSUPPORTED);
    assert_int_equal(device.size, sizeof device);
    assert_int_equal(device.heap_count, 0);
    assert_string_equal(device.name, "");
}

/* SIMDs, wavefronts of one, size of a wavefront: as drivers report them of real chips. */
static void test_amd_lanes(void **state) {
    (void)state;
    assert_int_equal(perfadapt__vulkan_amd_lanes(4, 10, 64), 64);  /* GCN, Vega, CDNA */
    assert_int_equal(perfadapt__vulkan_amd_lanes(4, 8, 64), 64);   /* Polaris */
    assert_int_equal(perfadapt__vulkan_amd_lanes(2, 20, 64), 64);  /* RDNA */
    assert_int_equal(perfadapt__vulkan_amd_lanes(2, 16, 64), 64);  /* RDNA 2 and later */
    assert_int_equal(perfadapt__vulkan_amd_lanes(2, 16, 32), 64);  /* the same, by its native wavefront */
    assert_int_equal(perfadapt__vulkan_amd_lanes(4, 16, 64), 128); /* work-group processors for units */
    assert_int_equal(perfadapt__vulkan_amd_lanes(0, 16, 64), 0);
    assert_int_equal(perfadapt__vulkan_amd_lanes(UINT32_MAX, 16, 64), 0);
}

/* ---- a real driver ---- */

static void test_lavapipe(void **state) {
    (void)state;
    glob_t found;
    if (glob("/usr/share/vulkan/icd.d/lvp_icd*.json", 0, NULL, &found) != 0) {
        print_message("no lavapipe here\n");
        skip();
    }
    struct answer answer;
    int status;
    const struct run run = {.manifest = found.gl_pathv[0], .capacity = DEVICES_MAX};
    const bool answered = ask(&run, &answer, &status);
    globfree(&found);
    assert_true(answered);
    assert_int_equal(answer.code, 0);
    assert_string_equal(answer.reason, "");
    assert_int_equal(answer.count, 1);
    const struct perfadapt_device *device = &answer.devices[0];
    assert_int_equal(device->type, PERFADAPT_DEVICE_CPU);
    assert_int_equal(device->vendor_id, 0x10005); /* Mesa's, of Vulkan's registry */
    assert_int_equal(device->driver_id, VK_DRIVER_ID_MESA_LLVMPIPE);
    assert_ptr_equal(strstr(device->name, "llvmpipe"), device->name);
    assert_string_equal(device->driver_name, "llvmpipe");
    assert_ptr_equal(strstr(device->driver_info, "Mesa "), device->driver_info);
    assert_true(device->api_version >= VK_API_VERSION_1_2);
    assert_int_equal(device->heap_count, 1);
    assert_true(device->heaps[0].bytes >= GIB / 4);
    assert_true(device->memory_type_count >= 1);
    assert_int_equal(device->features_known, 1);
    assert_true(device->features & PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE);
    assert_false(device->features & PERFADAPT_DEVICE_HAS_PCI_BUS_INFO);
    assert_int_equal(device->pci.known, 0);
    assert_int_equal(device->timestamp_known, 1);
    assert_int_equal(device->timestamp_valid_bits, 64);
    assert_true(device->timestamp_period_ns == 1);
    assert_true(device->subgroup_size >= 4 && device->subgroup_size <= 128);
    assert_true(device->max_image_2d >= 4096);
}

int main(void) {
    find_fake_icds();
    if (!host_loader()) {
        puts("skipped: no Vulkan loader here");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_devices),
        cmocka_unit_test(test_two_devices),
        cmocka_unit_test(test_portability_driver),
        cmocka_unit_test(test_older_variable),
        cmocka_unit_test(test_capacity),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_liar),
        cmocka_unit_test(test_unfilled),
        cmocka_unit_test(test_extensions_not_listed),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_errors_by_loader),
        cmocka_unit_test(test_lies_to_the_loader),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_no_teardown),
        cmocka_unit_test(test_crashes),
        cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_no_loader),
        cmocka_unit_test(test_no_room_for_reason),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_amd_lanes),
        cmocka_unit_test(test_lavapipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
