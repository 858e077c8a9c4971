/* All GPUs, each once: drivers' devices and the bus put together. SPDX-License-Identifier: MIT */
#include "probe/cache_file.h"
#include "probe/devices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AMD 0x1002
#define INTEL 0x8086
#define NVIDIA 0x10de
#define MESA 0x10005

static struct probe_gathered gathered;
static struct probe_devices devices;
static const struct perfadapt_system machine = {.size = sizeof machine, .on_ac = -1, .has_battery = -1};

static int clear(void **state) {
    (void)state;
    memset(&gathered, 0, sizeof gathered);
    return 0;
}

static size_t add_icd(const char *library) {
    struct probe_icd *icd = &gathered.icds.icds[gathered.icds.count];
    snprintf(icd->path, sizeof icd->path, "/etc/vulkan/icd.d/%zu.json", gathered.icds.count);
    snprintf(icd->library, sizeof icd->library, "/usr/lib/%s", library);
    gathered.asked[gathered.icds.count].asked = true;
    return gathered.icds.count++;
}

static void leave_out(size_t icd, const char *why, bool sleeps) {
    snprintf(gathered.icds.icds[icd].left_out, sizeof gathered.icds.icds[icd].left_out, "%s", why);
    gathered.asked[icd] = (struct probe_asked){.sleeps = sleeps};
}

static void fail_icd(size_t icd, const char *result) {
    gathered.asked[icd].failed = true;
    snprintf(gathered.asked[icd].result, sizeof gathered.asked[icd].result, "%s", result);
}

/* On the bus `bus`; 0 = not on PCI. */
static struct perfadapt__bus_gpu *add_gpu(uint32_t bus, uint32_t vendor_id, uint32_t device_id, const char *driver) {
    struct perfadapt__bus_gpu *gpu = &gathered.gpus[gathered.gpu_count++];
    *gpu = (struct perfadapt__bus_gpu){
        .pci = {.known = bus != 0, .bus = bus}, .vendor_id = vendor_id, .device_id = device_id};
    snprintf(gpu->driver, sizeof gpu->driver, "%s", driver);
    return gpu;
}

/* With its address on `bus`; 0 = the driver tells none. */
static struct perfadapt_device *add_found(size_t icd, uint32_t bus, uint32_t vendor_id, uint32_t device_id,
                                          uint32_t type) {
    struct probe_found *found = &gathered.found[gathered.found_count++];
    found->icd = icd;
    found->device = (struct perfadapt_device){.size = sizeof found->device,
                                              .type = type,
                                              .vendor_id = vendor_id,
                                              .device_id = device_id,
                                              .pci = {.known = bus != 0, .bus = bus}};
    snprintf(found->device.name, sizeof found->device.name, "Device %x", device_id);
    gathered.asked[icd].count++;
    return &found->device;
}

static void build(void) {
    probe_devices_build(&gathered, &machine, NULL, &devices);
}

static bool has_reason(const struct perfadapt_profile *profile, const char *text) {
    for (uint32_t i = 0; i < profile->reason_count; i++)
        if (strstr(profile->reasons[i], text))
            return true;
    return false;
}

/* ---- matching ---- */

/* Drivers list them the other way round. */
static void test_by_address(void **state) {
    (void)state;
    const size_t radv = add_icd("libvulkan_radeon.so");
    add_gpu(1, AMD, 0x73bf, "amdgpu");
    add_gpu(2, AMD, 0x73bf, "amdgpu");
    add_found(radv, 2, AMD, 0x73bf, PERFADAPT_DEVICE_DISCRETE);
    add_found(radv, 1, AMD, 0x73bf, PERFADAPT_DEVICE_DISCRETE);
    build();
    assert_int_equal(devices.count, 2);
    assert_int_equal(devices.devices[0].gpu, 1);
    assert_int_equal(devices.devices[1].gpu, 0);
    assert_int_equal(devices.devices[0].profile.device_count, 2);
    assert_int_equal(devices.devices[0].profile.source, PERFADAPT_PROFILE_FROM_PROBE);
    assert_int_equal(devices.state, PERFADAPT_STATE_OK);
    assert_string_equal(devices.error, "");
}

static void test_by_numbers_where_that_is_clear(void **state) {
    (void)state;
    const size_t nvidia = add_icd("libGLX_nvidia.so.0");
    add_gpu(1, NVIDIA, 0x2684, "nvidia");
    add_gpu(3, INTEL, 0x4680, "i915");
    add_found(nvidia, 0, NVIDIA, 0x2684, PERFADAPT_DEVICE_DISCRETE);
    build();
    assert_int_equal(devices.count, 2);
    assert_int_equal(devices.devices[0].gpu, 0);
    assert_int_equal(devices.devices[0].device.pci.known, 1);
    assert_int_equal(devices.devices[0].device.pci.bus, 1);
    assert_int_equal(devices.devices[1].gpu, 1);
    assert_int_equal(devices.devices[1].icd, PROBE_NONE);
}

/* Two of a kind, and no addresses: nobody knows which is which, and none is lost. */
static void test_by_numbers_where_that_is_not_clear(void **state) {
    (void)state;
    const size_t nvidia = add_icd("libGLX_nvidia.so.0");
    add_gpu(1, NVIDIA, 0x2684, "nvidia");
    add_gpu(2, NVIDIA, 0x2684, "nvidia");
    add_found(nvidia, 0, NVIDIA, 0x2684, PERFADAPT_DEVICE_DISCRETE);
    add_found(nvidia, 0, NVIDIA, 0x2684, PERFADAPT_DEVICE_DISCRETE);
    build();
    assert_int_equal(devices.count, 2);
    assert_int_equal(devices.devices[0].gpu, PROBE_NONE);
    assert_int_equal(devices.devices[1].gpu, PROBE_NONE);
    assert_int_equal(devices.devices[0].device.pci.known, 0);
    gathered.found_count = 1; /* but one that is not told of is not lost */
    build();
    assert_int_equal(devices.count, 3);
}

/* A number of Vulkan's registry, an address that is not on the bus: neither fits by chance. */
static void test_software_fits_no_card(void **state) {
    (void)state;
    const size_t lvp = add_icd("libvulkan_lvp.so");
    add_gpu(1, 0x1af4, 0x1050, "virtio-pci");
    add_found(lvp, 0, 0x1af4, 0x1050, PERFADAPT_DEVICE_CPU);
    build();
    assert_int_equal(devices.count, 2);
    assert_int_equal(devices.devices[0].gpu, PROBE_NONE);
}

static void test_board(void **state) {
    (void)state;
    const size_t v3dv = add_icd("libvulkan_broadcom.so");
    snprintf(add_gpu(0, 0, 0, "v3d")->compatible, 64, "brcm,2712-v3d");
    add_found(v3dv, 0, 0x14e4, 0x55701c33, PERFADAPT_DEVICE_INTEGRATED);
    build();
    assert_int_equal(devices.count, 1);
    assert_int_equal(devices.devices[0].gpu, 0);
}

/* ---- duplicates ---- */

static void test_one_gpu_two_drivers(void **state) {
    (void)state;
    const size_t radv = add_icd("libvulkan_radeon.so");
    const size_t amdvlk = add_icd("amdvlk64.so");
    add_gpu(1, AMD, 0x73bf, "amdgpu");
    snprintf(add_found(radv, 1, AMD, 0x73bf, PERFADAPT_DEVICE_DISCRETE)->name, 32, "by radv");
    snprintf(add_found(amdvlk, 1, AMD, 0x73bf, PERFADAPT_DEVICE_DISCRETE)->name, 32, "by amdvlk");
    build();
    assert_int_equal(devices.count, 1);
    assert_string_equal(devices.devices[0].device.name, "by radv");
    assert_int_equal(devices.devices[0].also, 1U << amdvlk);
    assert_true(has_reason(&devices.devices[0].profile, "amdvlk64.so tells of it too"));
    assert_true(has_reason(&devices.devices[0].profile, "passed over for libvulkan_radeon.so"));
}

static void test_one_gpu_two_drivers_one_without_address(void **state) {
    (void)state;
    const size_t radv = add_icd("libvulkan_radeon.so");
    const size_t other = add_icd("amdvlk64.so");
    add_gpu(1, AMD, 0x73bf, "amdgpu");
    add_found(radv, 1, AMD, 0x73bf, PERFADAPT_DEVICE_DISCRETE);
    add_found(other, 0, AMD, 0x73bf, PERFADAPT_DEVICE_DISCRETE);
    build();
    assert_int_equal(devices.count, 1);
    assert_int_equal(devices.devices[0].also, 1U << other);
}

/* The same rasteriser by two manifests, and another one. */
static void test_software_twice(void **state) {
    (void)state;
    const size_t one = add_icd("libvulkan_lvp.so");
    const size_t two = add_icd("libvulkan_lvp.so");
    const size_t other = add_icd("libvk_swiftshader.so");
    add_found(one, 0, MESA, 0, PERFADAPT_DEVICE_CPU)->driver_id = 13;
    add_found(two, 0, MESA, 0, PERFADAPT_DEVICE_CPU)->driver_id = 13;
    add_found(other, 0, 0x1ae0, 0xc0de, PERFADAPT_DEVICE_CPU)->driver_id = 10;
    build();
    assert_int_equal(devices.count, 2);
    assert_int_equal(devices.devices[0].also, 1U << two);
}

/* ---- of the bus alone ---- */

static void test_asleep(void **state) {
    (void)state;
    const size_t anv = add_icd("libvulkan_intel.so");
    const size_t nvidia = add_icd("libGLX_nvidia.so.0");
    add_gpu(0x10, INTEL, 0x4680, "i915");
    add_gpu(1, NVIDIA, 0x2684, "nvidia")->suspended = true;
    leave_out(nvidia, "0000:01:00.0 sleeps (nvidia), and it would wake it", true);
    add_found(anv, 0x10, INTEL, 0x4680, PERFADAPT_DEVICE_INTEGRATED);
    build();
    assert_int_equal(devices.count, 2);
    assert_int_equal(devices.best, 0);
    const struct probe_device *card = &devices.devices[1];
    assert_int_equal(card->icd, PROBE_NONE);
    assert_int_equal(card->device.vendor_id, NVIDIA);
    assert_int_equal(card->device.device_id, 0x2684);
    assert_int_equal(card->device.pci.bus, 1);
    assert_int_equal(card->profile.asleep, 1);
    assert_int_equal(card->profile.source, PERFADAPT_PROFILE_FROM_BUS);
    assert_string_equal(card->profile.driver, "nvidia");
    assert_true(has_reason(&card->profile, "sleeps and was not woken"));
    assert_int_equal(card->profile.state, PERFADAPT_STATE_OK);
}

/* RADV opens both; the one that is awake is what the app will get, and not software. */
static void test_one_of_two_asleep(void **state) {
    (void)state;
    const size_t lvp = add_icd("libvulkan_lvp.so");
    const size_t radv = add_icd("libvulkan_radeon.so");
    add_gpu(3, AMD, 0x73ff, "amdgpu")->suspended = true;
    add_gpu(4, AMD, 0x1638, "amdgpu");
    leave_out(radv, "0000:03:00.0 sleeps (amdgpu), and it would wake it", true);
    add_found(lvp, 0, MESA, 0, PERFADAPT_DEVICE_CPU);
    build();
    assert_int_equal(devices.count, 3);
    assert_int_equal(devices.best, 2);
    assert_int_equal(devices.devices[2].device.device_id, 0x1638);
    assert_int_equal(devices.devices[2].profile.asleep, 0);
    assert_true(has_reason(&devices.devices[2].profile, "libvulkan_radeon.so: 0000:03:00.0 sleeps"));
}

/* A management chip has no driver to render with: software is what there is. */
static void test_awake_without_a_driver(void **state) {
    (void)state;
    const size_t lvp = add_icd("libvulkan_lvp.so");
    add_gpu(5, 0x1a03, 0x2000, "ast");
    add_found(lvp, 0, MESA, 0, PERFADAPT_DEVICE_CPU);
    build();
    assert_int_equal(devices.count, 2);
    assert_int_equal(devices.best, 0);
    assert_true(has_reason(&devices.devices[1].profile, "no Vulkan driver told of it"));
}

static void test_driver_that_failed(void **state) {
    (void)state;
    const size_t lvp = add_icd("libvulkan_lvp.so");
    const size_t radv = add_icd("libvulkan_radeon.so");
    add_gpu(3, AMD, 0x73ff, "amdgpu");
    fail_icd(radv, "crashed (signal 11)");
    add_found(lvp, 0, MESA, 0, PERFADAPT_DEVICE_CPU);
    build();
    assert_int_equal(devices.state, PERFADAPT_STATE_OK);
    assert_string_equal(devices.error, "libvulkan_radeon.so: crashed (signal 11)");
    assert_int_equal(devices.best, 0);
    assert_int_equal(devices.devices[1].profile.state, PERFADAPT_STATE_ERROR);
    assert_true(has_reason(&devices.devices[1].profile, "libvulkan_radeon.so: crashed (signal 11)"));
}

/* ---- nothing ---- */

static void test_nothing(void **state) {
    (void)state;
    build();
    assert_int_equal(devices.count, 0);
    assert_int_equal(devices.best, PROBE_NONE);
    assert_int_equal(devices.state, PERFADAPT_STATE_UNSUPPORTED);
    assert_non_null(strstr(devices.reason, "no Vulkan driver is installed"));
    assert_int_equal(devices.none.state, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(devices.none.source, PERFADAPT_PROFILE_FROM_NONE);
    assert_true(*devices.none.preset); /* a conservative one */
    assert_true(has_reason(&devices.none, "no Vulkan driver is installed"));
}

static void test_nothing_but_a_failure(void **state) {
    (void)state;
    fail_icd(add_icd("libvulkan_radeon.so"), "gave no answer in 4000 ms");
    build();
    assert_int_equal(devices.state, PERFADAPT_STATE_ERROR);
    assert_string_equal(devices.reason, "libvulkan_radeon.so: gave no answer in 4000 ms");
    assert_int_equal(devices.none.state, PERFADAPT_STATE_ERROR);
}

static void test_nothing_and_the_reason(void **state) {
    (void)state;
    snprintf(gathered.asked[add_icd("libvulkan_radeon.so")].result, 160, "no driver could be loaded");
    build();
    assert_int_equal(devices.state, PERFADAPT_STATE_UNSUPPORTED);
    assert_non_null(strstr(devices.reason, "none of 1 Vulkan drivers"));
    assert_non_null(strstr(devices.reason, "0.json: no driver could be loaded"));
}

/* ---- the cache ---- */

static void test_cache(void **state) {
    struct perfadapt__cache *cache = calloc(1, sizeof *cache);
    (void)state;
    assert_non_null(cache);
    build();
    probe_cache_fill(&devices, "key", cache);
    assert_int_equal(cache->device_count, 1);
    assert_int_equal(cache->devices[0].state, PERFADAPT_STATE_UNSUPPORTED);
    /* The best is far back, and there all the same. */
    const size_t lvp = add_icd("libvulkan_lvp.so");
    for (uint32_t i = 0; i < PERFADAPT__CACHE_DEVICES_MAX + 2; i++)
        add_found(lvp, 0x20 + i, MESA, i, PERFADAPT_DEVICE_CPU);
    add_found(add_icd("libvulkan_radeon.so"), 1, AMD, 0x73bf, PERFADAPT_DEVICE_DISCRETE);
    build();
    assert_int_equal(devices.best, PERFADAPT__CACHE_DEVICES_MAX + 2);
    probe_cache_fill(&devices, "key", cache);
    assert_string_equal(cache->key, "key");
    assert_int_equal(cache->device_count, PERFADAPT__CACHE_DEVICES_MAX);
    assert_int_equal(cache->best, PERFADAPT__CACHE_DEVICES_MAX - 1);
    assert_int_equal(cache->devices[cache->best].device_id, 0x73bf);
    assert_int_equal(cache->devices[0].device_id, 0);
    assert_int_equal(cache->devices[0].device_count, devices.count);
    free(cache);
}

/* As much as there can be. */
static void test_full(void **state) {
    (void)state;
    const size_t lvp = add_icd("libvulkan_lvp.so");
    for (uint32_t i = 0; i < PERFADAPT__BUS_GPUS_MAX; i++)
        add_gpu(i + 1, NVIDIA, 0x2684, "nvidia");
    for (uint32_t i = 0; i < PROBE_FOUND_MAX; i++)
        add_found(lvp, 0x80 + i, MESA, i, PERFADAPT_DEVICE_CPU);
    while (gathered.icds.count < PROBE_ICDS_MAX)
        add_icd("libmore.so");
    build();
    assert_int_equal(devices.count, PROBE_DEVICES_MAX);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, clear)
    const struct CMUnitTest tests[] = {
        TEST(test_by_address),
        TEST(test_by_numbers_where_that_is_clear),
        TEST(test_by_numbers_where_that_is_not_clear),
        TEST(test_software_fits_no_card),
        TEST(test_board),
        TEST(test_one_gpu_two_drivers),
        TEST(test_one_gpu_two_drivers_one_without_address),
        TEST(test_software_twice),
        TEST(test_asleep),
        TEST(test_one_of_two_asleep),
        TEST(test_awake_without_a_driver),
        TEST(test_driver_that_failed),
        TEST(test_nothing),
        TEST(test_nothing_but_a_failure),
        TEST(test_nothing_and_the_reason),
        TEST(test_cache),
        TEST(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
