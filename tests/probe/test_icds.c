/* Which drivers the loader would use, and which GPUs they would wake. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "probe/icds.h"
#include "probe/touch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MANIFEST(library)                                                                                              \
    "{\"file_format_version\": \"1.0.0\", \"ICD\": {\"library_path\": \"" library "\", \"api_version\": \"1.3.0\"}}"

static struct probe_icds icds;

static void find(struct fixture *fixture, const struct probe_icd_variables *variables) {
    probe_icds_find(&fixture->root, variables, &icds);
}

static void assert_paths(const char *const paths[], size_t count) {
    assert_int_equal(icds.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(icds.icds[i].path, paths[i]);
}

#define ASSERT_PATHS(...)                                                                                              \
    assert_paths((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static const struct probe_icd *icd_of(const char *path) {
    for (size_t i = 0; i < icds.count; i++)
        if (strcmp(icds.icds[i].path, path) == 0)
            return &icds.icds[i];
    fail_msg("%s is not in the list", path);
    abort(); /* not reached */
}

static void assert_left_out(const char *path, const char *why) {
    const struct probe_icd *icd = icd_of(path);
    if (!strstr(icd->left_out, why))
        fail_msg("%s: \"%s\" does not say \"%s\"", path, icd->left_out, why);
}

/* ---- where they are looked for ---- */

static void test_order(void **state) {
    struct fixture *fixture = *state;
    static const char *const places[] = {"/home/me/.config",        "/etc/xdg",         "/etc",
                                         "/home/me/.local/share",   "/usr/local/share", "/usr/share",
                                         "/run/opengl-driver/share"};
    const struct probe_icd_variables variables = {.home = "/home/me"};
    char path[7][128];
    for (size_t i = 7; i-- > 0;) {
        snprintf(path[i], sizeof path[i], "%s/vulkan/icd.d/x.json", places[i]);
        fixture_file(fixture, path[i], MANIFEST("libx.so"));
    }
    find(fixture, &variables);
    ASSERT_PATHS(path[0], path[1], path[2], path[3], path[4], path[5], path[6]);
    assert_string_equal(icds.icds[0].library, "libx.so");
    assert_string_equal(icds.icds[0].api_version, "1.3.0");
    assert_true(icds.icds[0].time_ns > 0);
    assert_int_equal(icds.icds[0].bytes, strlen(MANIFEST("libx.so")));
    assert_string_equal(icds.icds[0].left_out, "");
}

static void test_xdg(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables variables = {.home = "/home/me",
                                                  .config_home = "/c",
                                                  .config_dirs = "/c1::relative:/c2",
                                                  .data_home = "/d",
                                                  .data_dirs = "/d2/:/d1:/d2"};
    static const char *const not_looked_at[] = {"/home/me/.config", "/etc/xdg", "/home/me/.local/share",
                                                "/usr/local/share", "/usr/share"};
    static const char *const bases[] = {"/c", "/c1", "/c2", "/d", "/d1", "/d2"};
    char path[128];
    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/vulkan/icd.d/x.json", not_looked_at[i]);
        fixture_file(fixture, path, MANIFEST("libx.so"));
    }
    for (size_t i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/vulkan/icd.d/x.json", bases[i]);
        fixture_file(fixture, path, MANIFEST("libx.so"));
    }
    find(fixture, &variables);
    ASSERT_PATHS("/c/vulkan/icd.d/x.json", "/c1/vulkan/icd.d/x.json", "/c2/vulkan/icd.d/x.json",
                 "/d/vulkan/icd.d/x.json", "/d2//vulkan/icd.d/x.json", "/d1/vulkan/icd.d/x.json");
}

static void test_no_variables_no_files(void **state) {
    const struct probe_icd_variables none = {0};
    find(*state, &none);
    assert_int_equal(icds.count, 0);
    assert_false(icds.drivers_beside);
}

static void test_sorted_and_json_only(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables none = {0};
    static const char *const names[] = {"b.json", "a.json", "c.json.bak", "json", "d.JSON", "c.json", "e.json~"};
    char path[128];
    for (size_t i = 0; i < 7; i++) {
        snprintf(path, sizeof path, "/etc/vulkan/icd.d/%s", names[i]);
        fixture_file(fixture, path, MANIFEST("libx.so"));
    }
    find(fixture, &none);
    ASSERT_PATHS("/etc/vulkan/icd.d/a.json", "/etc/vulkan/icd.d/b.json", "/etc/vulkan/icd.d/c.json");
}

static void test_one_file_by_two_ways(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables none = {0};
    fixture_file(fixture, "/usr/share/vulkan/icd.d/a.json", MANIFEST("liba.so"));
    fixture_link(fixture, "/etc/vulkan/icd.d/z.json", "/usr/share/vulkan/icd.d/a.json");
    find(fixture, &none);
    ASSERT_PATHS("/etc/vulkan/icd.d/z.json");
}

/* ---- what replaces and what adds ---- */

static void test_named_files_replace_all(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables variables = {.driver_files = "/own/b.json:/own/dir:/own/none.json",
                                                  .add_driver_files = "/own/more.json"};
    fixture_file(fixture, "/usr/share/vulkan/icd.d/a.json", MANIFEST("liba.so"));
    fixture_file(fixture, "/own/b.json", MANIFEST("libb.so"));
    fixture_file(fixture, "/own/more.json", MANIFEST("libm.so"));
    fixture_file(fixture, "/own/dir/d.json", MANIFEST("libd.so"));
    fixture_file(fixture, "/own/dir/c.json", MANIFEST("libc.so"));
    find(fixture, &variables);
    ASSERT_PATHS("/own/b.json", "/own/dir/c.json", "/own/dir/d.json", "/own/none.json");
    assert_left_out("/own/none.json", strerror(2));
}

static void test_added_come_first(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables variables = {.add_driver_files = "/own/z.json", .driver_files = ""};
    fixture_file(fixture, "/usr/share/vulkan/icd.d/a.json", MANIFEST("liba.so"));
    fixture_file(fixture, "/own/z.json", MANIFEST("libz.so"));
    find(fixture, &variables);
    ASSERT_PATHS("/own/z.json", "/usr/share/vulkan/icd.d/a.json");
}

static void test_filters(void **state) {
    struct fixture *fixture = *state;
    struct probe_icd_variables variables = {.drivers_disable = "nothing*,*RADEON*"};
    fixture_file(fixture, "/etc/vulkan/icd.d/radeon_icd.x86_64.json", MANIFEST("libvulkan_radeon.so"));
    fixture_file(fixture, "/etc/vulkan/icd.d/lvp_icd.x86_64.json", MANIFEST("libvulkan_lvp.so"));
    find(fixture, &variables);
    assert_left_out("/etc/vulkan/icd.d/radeon_icd.x86_64.json", "VK_LOADER_DRIVERS_DISABLE");
    assert_string_equal(icd_of("/etc/vulkan/icd.d/lvp_icd.x86_64.json")->left_out, "");
    variables = (struct probe_icd_variables){.drivers_select = "radeon*"};
    find(fixture, &variables);
    assert_string_equal(icd_of("/etc/vulkan/icd.d/radeon_icd.x86_64.json")->left_out, "");
    assert_left_out("/etc/vulkan/icd.d/lvp_icd.x86_64.json", "VK_LOADER_DRIVERS_SELECT");
}

/* ---- manifests that cannot be used ---- */

static void test_broken_manifests(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables none = {0};
    static char large[70000];
    static char long_name[2048] = "{\"ICD\": {\"library_path\": \"";
    memset(large, ' ', sizeof large - 1);
    memset(long_name + strlen(long_name), 'x', 1000);
    strcat(long_name, "\"}}");
    fixture_file(fixture, "/etc/vulkan/icd.d/a.json", MANIFEST("liba.so"));
    fixture_file(fixture, "/etc/vulkan/icd.d/empty.json", "");
    fixture_file(fixture, "/etc/vulkan/icd.d/cut.json", "{\"ICD\": {\"library_path\": \"li");
    fixture_file(fixture, "/etc/vulkan/icd.d/array.json", "[1, 2]");
    fixture_file(fixture, "/etc/vulkan/icd.d/layer.json", "{\"layer\": {}}");
    fixture_file(fixture, "/etc/vulkan/icd.d/number.json", "{\"ICD\": {\"library_path\": 7}}");
    fixture_file(fixture, "/etc/vulkan/icd.d/nothing.json", "{\"ICD\": {\"library_path\": \"\"}}");
    fixture_file(fixture, "/etc/vulkan/icd.d/control.json", "{\"ICD\": {\"library_path\": \"a\\nb\"}}");
    fixture_file(fixture, "/etc/vulkan/icd.d/long.json", long_name);
    fixture_file(fixture, "/etc/vulkan/icd.d/large.json", large);
    fixture_bytes(fixture, "/etc/vulkan/icd.d/binary.json", "\xff\xfe\0\x01{", 5);
    fixture_directory(fixture, "/etc/vulkan/icd.d/directory.json");
    fixture_link(fixture, "/etc/vulkan/icd.d/loop.json", "loop.json");
    fixture_link(fixture, "/etc/vulkan/icd.d/gone.json", "/nowhere");
    find(fixture, &none);
    assert_int_equal(icds.count, 13); /* all but the link to nowhere */
    assert_string_equal(icd_of("/etc/vulkan/icd.d/a.json")->left_out, "");
    assert_left_out("/etc/vulkan/icd.d/empty.json", "broken manifest: line 1");
    assert_left_out("/etc/vulkan/icd.d/cut.json", "broken manifest: line 1");
    assert_left_out("/etc/vulkan/icd.d/array.json", "no ICD.library_path");
    assert_left_out("/etc/vulkan/icd.d/layer.json", "no ICD.library_path");
    assert_left_out("/etc/vulkan/icd.d/number.json", "no ICD.library_path");
    assert_left_out("/etc/vulkan/icd.d/nothing.json", "no ICD.library_path");
    assert_left_out("/etc/vulkan/icd.d/control.json", "no file's name");
    assert_left_out("/etc/vulkan/icd.d/long.json", "no file's name");
    assert_left_out("/etc/vulkan/icd.d/large.json", "larger than");
    assert_left_out("/etc/vulkan/icd.d/binary.json", "broken manifest");
    assert_left_out("/etc/vulkan/icd.d/directory.json", "not a regular file");
    assert_left_out("/etc/vulkan/icd.d/loop.json", strerror(40));
    assert_string_equal(icd_of("/etc/vulkan/icd.d/cut.json")->library, "");
}

static void test_fifo_does_not_block(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables none = {0};
    char path[256];
    fixture_directory(fixture, "/etc/vulkan/icd.d");
    snprintf(path, sizeof path, "%s/etc/vulkan/icd.d/fifo.json", fixture->path);
    assert_int_equal(mkfifo(path, 0600), 0);
    find(fixture, &none);
    assert_left_out("/etc/vulkan/icd.d/fifo.json", "not a regular file");
}

static void test_unreadable(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables variables = {.driver_files = "/own/b.json:/own/dir"};
    if (!fixture_is_plain_user())
        skip();
    fixture_file(fixture, "/own/b.json", MANIFEST("libb.so"));
    fixture_directory(fixture, "/own/dir");
    fixture_mode(fixture, "/own/b.json", 0);
    fixture_mode(fixture, "/own/dir", 0);
    find(fixture, &variables);
    assert_left_out("/own/b.json", strerror(13));
    assert_left_out("/own/dir", strerror(13));
    fixture_mode(fixture, "/own/dir", 0700);
}

/* The loader takes ':' for the end of a name. */
static void test_name_that_the_loader_cannot_be_told(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables none = {0};
    fixture_file(fixture, "/etc/vulkan/icd.d/a:b.json", MANIFEST("liba.so"));
    fixture_file(fixture, "/etc/vulkan/icd.d/a\nb.json", MANIFEST("liba.so"));
    find(fixture, &none);
    assert_left_out("/etc/vulkan/icd.d/a:b.json", "cannot be told");
    assert_left_out("/etc/vulkan/icd.d/a\nb.json", "cannot be told");
}

static void test_other_word_size(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables none = {0};
    fixture_file(fixture, "/etc/vulkan/icd.d/32.json",
                 "{\"ICD\": {\"library_path\": \"liba.so\", \"library_arch\": \"32\"}}");
    fixture_file(fixture, "/etc/vulkan/icd.d/64.json",
                 "{\"ICD\": {\"library_path\": \"liba.so\", \"library_arch\": \"64\"}}");
    find(fixture, &none);
    assert_left_out(sizeof(void *) == 8 ? "/etc/vulkan/icd.d/32.json" : "/etc/vulkan/icd.d/64.json", "word size");
    assert_string_equal(
        icd_of(sizeof(void *) == 8 ? "/etc/vulkan/icd.d/64.json" : "/etc/vulkan/icd.d/32.json")->left_out, "");
}

static void test_too_many(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables none = {0};
    char path[64];
    for (unsigned i = 0; i < PROBE_ICDS_MAX + 3; i++) {
        snprintf(path, sizeof path, "/etc/vulkan/icd.d/%02u.json", i);
        fixture_file(fixture, path, MANIFEST("liba.so"));
    }
    find(fixture, &none);
    assert_int_equal(icds.count, PROBE_ICDS_MAX);
    assert_int_equal(icds.more, 3);
}

static void test_settings_that_add_drivers(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd_variables variables = {.home = "/home/me"};
    static const char path[] = "/home/me/.local/share/vulkan/loader_settings.d/vk_loader_settings.json";
    fixture_file(fixture, path, "{\"settings\": {\"layers\": []}}");
    find(fixture, &variables);
    assert_false(icds.drivers_beside);
    fixture_file(fixture, path, "{\"settings\": {\"additional_drivers\": [{\"path\": \"/x.json\"}]}}");
    find(fixture, &variables);
    assert_true(icds.drivers_beside);
}

/* ---- whom they wake ---- */

static struct perfadapt__bus_gpu gpu(uint32_t vendor_id, const char *driver, bool suspended) {
    struct perfadapt__bus_gpu made = {.pci = {.known = 1}, .vendor_id = vendor_id, .suspended = suspended};
    snprintf(made.driver, sizeof made.driver, "%s", driver);
    return made;
}

static void test_own_gpus(void **state) {
    (void)state;
    const struct perfadapt__bus_gpu amd = gpu(0x1002, "amdgpu", false);
    const struct perfadapt__bus_gpu old_amd = gpu(0x1002, "radeon", false);
    const struct perfadapt__bus_gpu nvidia = gpu(0x10de, "nvidia", false);
    const struct perfadapt__bus_gpu nouveau = gpu(0x10de, "nouveau", false);
    const struct perfadapt__bus_gpu intel = gpu(0x8086, "i915", false);
    const struct perfadapt__bus_gpu xe = gpu(0x8086, "xe", false);
    assert_true(probe_touches("/usr/lib/x86_64-linux-gnu/libvulkan_radeon.so", &amd));
    assert_true(probe_touches("libvulkan_radeon.so", &old_amd));
    assert_true(probe_touches("amdvlk64.so", &amd));
    assert_true(probe_touches("amdvlkpro64.so", &amd));
    assert_false(probe_touches("libvulkan_radeon.so", &nvidia));
    assert_false(probe_touches("libvulkan_radeon.so", &intel));
    assert_true(probe_touches("libGLX_nvidia.so.0", &nvidia));
    assert_true(probe_touches("libEGL_nvidia.so.0", &nvidia));
    assert_false(probe_touches("libGLX_nvidia.so.0", &nouveau));
    assert_false(probe_touches("libGLX_nvidia.so.0", &intel));
    assert_true(probe_touches("libvulkan_nouveau.so", &nouveau));
    assert_true(probe_touches("libvulkan_nouveau.so", &nvidia));
    assert_true(probe_touches("libvulkan_intel.so", &intel));
    assert_true(probe_touches("libvulkan_intel_hasvk.so", &xe));
    assert_false(probe_touches("libvulkan_intel.so", &amd));
}

static void test_software_touches_none(void **state) {
    (void)state;
    const struct perfadapt__bus_gpu amd = gpu(0x1002, "amdgpu", true);
    assert_null(probe_touched_sleeper("/usr/lib/libvulkan_lvp.so", &amd, 1));
    assert_null(probe_touched_sleeper("./libvk_swiftshader.so", &amd, 1));
}

static void test_unknown_touches_all(void **state) {
    (void)state;
    const struct perfadapt__bus_gpu gpus[] = {gpu(0x8086, "i915", false), gpu(0x10de, "nvidia", true)};
    assert_ptr_equal(probe_touched_sleeper("libvulkan_new.so", gpus, 2), &gpus[1]);
    assert_ptr_equal(probe_touched_sleeper("libvulkan_radeon_new.so", gpus, 2), &gpus[1]);
    assert_ptr_equal(probe_touched_sleeper("libvulkan_rad.so", gpus, 2), &gpus[1]);
    assert_ptr_equal(probe_touched_sleeper("", gpus, 2), &gpus[1]);
    assert_null(probe_touched_sleeper("libvulkan_new.so", gpus, 1));
    assert_false(probe_is_made_for("libvulkan_new.so", &gpus[0]));
}

/* One driver opens all its GPUs. */
static void test_one_of_two_asleep(void **state) {
    (void)state;
    const struct perfadapt__bus_gpu gpus[] = {gpu(0x1002, "amdgpu", false), gpu(0x1002, "amdgpu", true)};
    assert_ptr_equal(probe_touched_sleeper("libvulkan_radeon.so", gpus, 2), &gpus[1]);
}

/* NVIDIA's driver loads its module; nothing else is bound by a Vulkan driver. */
static void test_without_a_kernel_driver(void **state) {
    (void)state;
    const struct perfadapt__bus_gpu nvidia = gpu(0x10de, "", true);
    assert_true(probe_touches("libGLX_nvidia.so.0", &nvidia));
    assert_false(probe_touches("libvulkan_intel.so", &nvidia));
    const struct perfadapt__bus_gpu guest = gpu(0x10de, "vfio-pci", true);
    assert_false(probe_touches("libGLX_nvidia.so.0", &guest));
}

static void test_boards(void **state) {
    (void)state;
    struct perfadapt__bus_gpu v3d = {.driver = "v3d", .compatible = "brcm,2712-v3d"};
    const struct perfadapt__bus_gpu amd = gpu(0x1002, "amdgpu", true);
    assert_true(probe_is_made_for("libvulkan_broadcom.so", &v3d));
    assert_false(probe_is_made_for("libvulkan_panfrost.so", &v3d));
    assert_true(probe_touches("libvulkan_broadcom.so", &v3d));
    assert_false(probe_touches("libvulkan_broadcom.so", &amd));
    assert_true(probe_touches("libvulkan_freedreno.so", &amd)); /* opens each render node to learn whose it is */
    assert_false(probe_touches("libvulkan_panfrost.so", &amd));
    assert_false(probe_touches("libvulkan_radeon.so", &v3d));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_order),
        TEST(test_xdg),
        TEST(test_no_variables_no_files),
        TEST(test_sorted_and_json_only),
        TEST(test_one_file_by_two_ways),
        TEST(test_named_files_replace_all),
        TEST(test_added_come_first),
        TEST(test_filters),
        TEST(test_broken_manifests),
        TEST(test_fifo_does_not_block),
        TEST(test_unreadable),
        TEST(test_name_that_the_loader_cannot_be_told),
        TEST(test_other_word_size),
        TEST(test_too_many),
        TEST(test_settings_that_add_drivers),
        cmocka_unit_test(test_own_gpus),
        cmocka_unit_test(test_software_touches_none),
        cmocka_unit_test(test_unknown_touches_all),
        cmocka_unit_test(test_one_of_two_asleep),
        cmocka_unit_test(test_without_a_kernel_driver),
        cmocka_unit_test(test_boards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
