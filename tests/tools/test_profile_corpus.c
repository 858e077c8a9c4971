/*
 * perfadapt profile --from: reports of real devices, against a table. Skipped where they are not at hand.
 * SPDX-License-Identifier: MIT
 */
#include "profile/report.h"

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SKIPPED 77

enum { OTHER, INTEGRATED, DISCRETE };

/* What the files say, read by eye. The profiles that gpuinfo.org exports have neither number nor type nor memory. */
static const struct report {
    const char *file, *name;
    uint32_t type, vendor, device, driver, units, lanes, bits;
    uint64_t heaps[4]; /* 0: no more of them */
} reports[] = {
    {"adreno506_qcom", "Adreno (TM) 506", INTEGRATED, 0x5143, 0x5000600, 8, 0, 0, 48, {0xb06bc000}},
    {"adreno650_qcom", "Adreno (TM) 650", INTEGRATED, 0x5143, 0x6050002, 8, 0, 0, 48, {0x1d6494000, 0x10000000}},
    {"adreno750_qcom", "Adreno (TM) 750", INTEGRATED, 0x5143, 0x43051401, 8, 0, 0, 48, {0x3b3900000, 0xfffff000}},
    {"amd_hd8400_kabini_radv",
     "AMD Radeon HD 8400 / R3 Series (RADV KABINI)",
     INTEGRATED,
     0x1002,
     0x9830,
     3,
     2,
     64,
     64,
     {0xb0d20000, 0x161a42000}},
    {"amd_rx580_radv",
     "AMD Radeon RX 580 Series (RADV POLARIS10)",
     DISCRETE,
     0x1002,
     0x67df,
     3,
     36,
     64,
     64,
     {0x7c34db000, 0x200000000}},
    {"amd_rx7600_radv",
     "AMD Radeon RX 7600 (RADV NAVI33)",
     DISCRETE,
     0x1002,
     0x7480,
     3,
     32,
     64,
     64,
     {0x3cddc6000, 0x1ff000000}},
    {"amd_strixpoint_gfx1150_radv",
     "AMD Radeon Graphics (RADV GFX1150)",
     INTEGRATED,
     0x1002,
     0x150e,
     3,
     16,
     64,
     64,
     {0x14fa81000, 0x29f504000}},
    {"apple-a12_moltenvk_ios", "Apple A12 GPU", INTEGRATED, 0x106b, 0x10050005, 14, 0, 0, 64, {0xeae90000}},
    {"apple-m2pro_honeykrisp", "Apple M2 Pro (G14S B1)", INTEGRATED, 0x10005, 0, 26, 0, 0, 64, {0x1e6e00000}},
    {"intel_arc-a770_anv",
     "Intel(R) Arc(tm) A770 Graphics (DG2)",
     DISCRETE,
     0x8086,
     0x56a0,
     6,
     0,
     0,
     36,
     {0x3fa000000, 0x7d7791000}},
    {"intel_b580-bmg_anv",
     "Intel(R) Graphics (BMG G21)",
     DISCRETE,
     0x8086,
     0xe20b,
     6,
     0,
     0,
     64,
     {0x2fb800000, 0x3e6492000}},
    {"intel_irisxe-tgl_anv",
     "Intel(R) Iris(R) Xe Graphics (TGL GT2)",
     INTEGRATED,
     0x8086,
     0x9a49,
     6,
     0,
     0,
     36,
     {0x3e3e15000}},
    {"intel_uhd620_anv_freebsd",
     "Intel(R) UHD Graphics 620 (WHL GT2)",
     INTEGRATED,
     0x8086,
     0x3ea0,
     6,
     0,
     0,
     36,
     {0xf4d6a800}},
    {"maleoon910", "Maleoon 910", INTEGRATED, 0x19e5, 0x10001000, 9, 0, 0, 64, {0x2e2f4b000, 0x28000000}},
    {"mali-g610_panvk_linux", "Mali-G610", INTEGRATED, 0x13b5, 0xa8670000, 20, 0, 0, 0, {0x16c3d9400}},
    {"mali-t860", "Mali-T860", INTEGRATED, 0x13b5, 0x8600020, 0, 0, 0, 0, {0xae423000}},
    {"nvidia_gtx1060-6gb",
     "NVIDIA GeForce GTX 1060 6GB",
     DISCRETE,
     0x10de,
     0x1c03,
     4,
     10,
     0,
     64,
     {0x180000000, 0x5acd69800, 0xf600000}},
    {"nvidia_rtx3050-laptop",
     "NVIDIA GeForce RTX 3050 6GB Laptop GPU",
     DISCRETE,
     0x10de,
     0x25ec,
     4,
     20,
     0,
     64,
     {0x180000000, 0x2e079a000}},
    {"nvidia_rtx4090", "NVIDIA GeForce RTX 4090", DISCRETE, 0x10de, 0x2684, 4, 128, 0, 64, {0x5ff400000, 0xb83ae7400}},
    {"nvidia_rtxa6000_nvk",
     "NVIDIA RTX A6000 (NVK GA102)",
     DISCRETE,
     0x10de,
     0x2230,
     24,
     84,
     0,
     64,
     {0xbff400000, 0xbc2000000}},
    {"nvidia_tegra-xavier",
     "NVIDIA Tegra Xavier (nvgpu)",
     INTEGRATED,
     0x10de,
     0xa5ba03d7,
     4,
     6,
     0,
     64,
     {0x1e5b8cfff, 0x2a000000}},
    {"rpi4_v3d42_v3dv", "V3D 4.2.14", INTEGRATED, 0x14e4, 0xbe485fd3, 19, 0, 0, 64, {0x76807000}},
    {"steamdeck-lcd_vangogh_radv",
     "AMD Radeon Graphics (RADV VANGOGH)",
     INTEGRATED,
     0x1002,
     0x1435,
     3,
     8,
     64,
     64,
     {0xbeaaa000, 0x17d556000}},
    {"steamdeck-oled_0932_windows",
     "AMD Custom GPU 0932",
     INTEGRATED,
     0x1002,
     0x1435,
     1,
     8,
     64,
     64,
     {0xf0000000, 0x16b200000, 0x10000000}},
    {"venus_renoir",
     "Virtio-GPU Venus (AMD Radeon Graphics (RADV RENOIR))",
     INTEGRATED,
     0x1002,
     0x1636,
     22,
     0,
     0,
     64,
     {0x161024000, 0x2c2049000}},
    {"vp_gpuinfo_amd_radeon_rx_6600__radv_navi23__23_2_99_endeavouros_unknown",
     "AMD Radeon RX 6600 (RADV NAVI23)",
     OTHER,
     0x1002,
     0,
     3,
     28,
     64,
     64,
     {0}},
    {"vp_gpuinfo_amd_radeon_rx_9070_xt__radv_gfx1201__26_1_99_cachyos_unknown",
     "AMD Radeon RX 9070 XT (RADV GFX1201)",
     OTHER,
     0x1002,
     0,
     3,
     64,
     64,
     64,
     {0}},
    {"vp_gpuinfo_apple_m1_0_2_2209_macos_26_5_1", "Apple M1", OTHER, 0x106b, 0, 14, 0, 0, 64, {0}},
    {"vp_gpuinfo_intel_r__hd_graphics_620__kbl_gt2__26_1_2_debian_unknown",
     "Intel(R) HD Graphics 620 (KBL GT2)",
     OTHER,
     0x8086,
     0,
     6,
     0,
     0,
     36,
     {0}},
    {"vp_gpuinfo_llvmpipe__llvm_22_1_6__256_bits__26_1_99_cachyos_unknown",
     "llvmpipe (LLVM 22.1.6, 256 bits)",
     OTHER,
     0x10005,
     0,
     13,
     0,
     0,
     64,
     {0}},
    {"vp_gpuinfo_nvidia_geforce_gtx_660_470_161_3_0_ubuntu_22_04",
     "NVIDIA GeForce GTX 660",
     OTHER,
     0x10de,
     0,
     4,
     5,
     0,
     64,
     {0}},
    {"vp_gpuinfo_nvidia_geforce_rtx_2070_610_43_2_0_arch_unknown",
     "NVIDIA GeForce RTX 2070",
     OTHER,
     0x10de,
     0,
     4,
     36,
     0,
     64,
     {0}},
};

#define REPORT_COUNT (sizeof reports / sizeof reports[0])

static char directory[512];

static bool find_reports(void) {
    const char *set = getenv("PERFADAPT_CORPORA");
    snprintf(directory, sizeof directory, "%s/vulkan", set && *set ? set : PERFADAPT_SOURCE_DIR "/../shared/corpora");
    return access(directory, R_OK | X_OK) == 0;
}

static void read_report(const char *file, struct perfadapt_device *out_device) {
    char path[1024];
    char reason[PROFILE_REASON_BYTES];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    if (!profile_report_read(path, out_device, reason))
        fail_msg("%s: %s", file, reason);
}

static void assert_heaps(const struct perfadapt_device *device, const struct report *report) {
    uint32_t count = 0;
    for (; count < 4 && report->heaps[count]; count++)
        assert_int_equal(device->heaps[count].bytes, report->heaps[count]);
    assert_int_equal(device->heap_count, count);
    assert_int_equal(device->memory_type_count > 0, count > 0);
}

static void test_table(void **state) {
    (void)state;
    for (size_t i = 0; i < REPORT_COUNT; i++) {
        static struct perfadapt_device device;
        const struct report *report = &reports[i];
        char file[160];
        snprintf(file, sizeof file, "%s.json", report->file);
        print_message("%s\n", file);
        read_report(file, &device);
        assert_string_equal(device.name, report->name);
        assert_int_equal(device.type, report->type);
        assert_int_equal(device.vendor_id, report->vendor);
        assert_int_equal(device.device_id, report->device);
        assert_int_equal(device.driver_id, report->driver);
        assert_int_equal(device.driver_name[0] != '\0', report->driver != 0);
        assert_int_equal(device.compute_units, report->units);
        assert_int_equal(device.lanes_per_unit, report->lanes);
        assert_int_equal(device.timestamp_known, 1);
        assert_int_equal(device.timestamp_valid_bits, report->bits);
        assert_true(device.api_version >= 1u << 22 && device.features_known && device.max_image_2d >= 4096);
        assert_heaps(&device, report);
    }
}

/* Whatever else lies there is read, too, and has a name. */
static void test_all(void **state) {
    (void)state;
    DIR *stream = opendir(directory);
    unsigned count = 0;
    assert_non_null(stream);
    for (const struct dirent *entry; (entry = readdir(stream));) {
        static struct perfadapt_device device;
        const size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
            continue;
        read_report(entry->d_name, &device);
        assert_true(device.name[0] && device.vendor_id);
        count++;
    }
    closedir(stream);
    assert_true(count > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_all)};
    if (!find_reports()) {
        printf("%s: no reports there; $PERFADAPT_CORPORA names their directory\n", directory);
        return SKIPPED;
    }
    return cmocka_run_group_tests_name("profile_corpus", tests, NULL, NULL);
}
