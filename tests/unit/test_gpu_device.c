/* Graphics devices: who they are, and where they sit. SPDX-License-Identifier: MIT */
#include "graphics.h"
#include "providers/gpu_device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AMD "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:73bF\nPCI_SLOT_NAME=" CARD_ID "\n"

static struct perfadapt__gpu_device found[PERFADAPT__GPU_DEVICES_MAX];

static ssize_t find(struct fixture *fixture) {
    return perfadapt__gpu_devices_find(&fixture->root, found, PERFADAPT__GPU_DEVICES_MAX);
}

static void test_pci(void **state) {
    struct fixture *fixture = *state;
    graphics_add(fixture, CARD_DEVICE, 1, AMD);
    fixture_file(fixture, "/sys/class/drm/card1-DP-1/status", "connected\n");
    fixture_file(fixture, "/sys/class/drm/card12x/device/uevent", AMD);
    fixture_file(fixture, "/sys/class/drm/renderD128/dev", "226:128\n");
    assert_int_equal(find(fixture), 1);
    assert_int_equal(found[0].card, 1);
    assert_string_equal(found[0].id, CARD_ID);
    assert_string_equal(found[0].driver, "amdgpu");
    assert_string_equal(found[0].path, CARD_DEVICE);
    assert_int_equal(found[0].vendor, 0x1002);
    assert_int_equal(found[0].product, 0x73bf);
}

/* The device tree calls every GPU "gpu"; the directory's name has its address. */
static void test_platform(void **state) {
    struct fixture *fixture = *state;
    graphics_add(fixture, "/sys/devices/platform/ff9a0000.gpu", 0,
                 "DRIVER=panfrost\nOF_NAME=gpu\nOF_COMPATIBLE_0=arm,mali\n");
    assert_int_equal(find(fixture), 1);
    assert_string_equal(found[0].id, "ff9a0000.gpu");
    assert_string_equal(found[0].driver, "panfrost");
    assert_int_equal(found[0].vendor, 0);
}

static void test_driver_link(void **state) {
    struct fixture *fixture = *state;
    graphics_add(fixture, CARD_DEVICE, 0, "PCI_SLOT_NAME=" CARD_ID "\n");
    fixture_link(fixture, CARD_DEVICE "/driver", "../../../../bus/pci/drivers/i915");
    assert_int_equal(find(fixture), 1);
    assert_string_equal(found[0].driver, "i915");
}

/* A recorded tree has the device as a plain directory. */
static void test_plain_directory(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/sys/class/drm/card3/device/uevent", AMD);
    fixture_file(fixture, "/sys/class/drm/card5/device/uevent", "DRIVER=v3d\nOF_NAME=v3d\n");
    fixture_file(fixture, "/sys/class/drm/card6/device/uevent", "\n");
    fixture_directory(fixture, "/sys/class/drm/card7");
    assert_int_equal(find(fixture), 3);
    assert_string_equal(found[0].path, "/sys/class/drm/card3/device");
    assert_string_equal(found[0].id, CARD_ID);
    assert_string_equal(found[1].id, "v3d");
    assert_string_equal(found[2].id, "card6");
    assert_string_equal(found[2].driver, "");
}

static void test_two_cards_of_a_device(void **state) {
    struct fixture *fixture = *state;
    graphics_add(fixture, CARD_DEVICE, 2, AMD);
    graphics_add(fixture, CARD_DEVICE, 4, AMD);
    fixture_file(fixture, "/sys/class/drm/card9/device/uevent", AMD);
    assert_int_equal(find(fixture), 1);
    assert_int_equal(found[0].card, 2);
}

static void test_more_than_fit(void **state) {
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 20; i++) {
        char device[64];
        char uevent[64];
        snprintf(device, sizeof device, "/sys/devices/pci0000:00/0000:%02x:00.0", i);
        snprintf(uevent, sizeof uevent, "DRIVER=xe\nPCI_SLOT_NAME=0000:%02x:00.0\n", i);
        graphics_add(fixture, device, i, uevent);
    }
    assert_int_equal(find(fixture), 16);
    assert_string_equal(found[15].id, "0000:0f:00.0");
    assert_int_equal(perfadapt__gpu_devices_find(&fixture->root, found, 3), 3);
}

static void test_none(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(find(fixture), 0);
    fixture_directory(fixture, "/sys/class/drm");
    assert_int_equal(find(fixture), 0);
}

static void test_short_of_descriptors(void **state) {
    struct fixture *fixture = *state;
    graphics_add(fixture, CARD_DEVICE, 0, AMD);
    for (unsigned spare = 0; spare < 2; spare++) {
        fixture_starve(fixture, spare);
        const ssize_t count = find(fixture);
        fixture_feed(fixture);
        assert_int_equal(count, spare == 0 ? -EMFILE : 1);
    }
}

static void test_garbage_uevents(void **state) {
    struct perfadapt__gpu_device device;
    (void)state;
    static const char *const texts[] = {"PCI_ID=zz:11\n", "PCI_ID=1002\n",          "PCI_ID=:\n", "DRIVER=\n", "DRIVER",
                                        "=\n\n\n=",       "xDRIVER=a\nPCI_IDS=1:2", "",           "\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        device = (struct perfadapt__gpu_device){0};
        perfadapt__gpu_device_uevent(texts[i], &device);
        assert_string_equal(device.driver, "");
        assert_string_equal(device.id, "");
        assert_int_equal(device.vendor, 0);
    }
    perfadapt__gpu_device_uevent("DRIVER=a-driver-of-a-name-that-is-long\nPCI_SLOT_NAME=\x1b[31m\n", &device);
    assert_string_equal(device.driver, "a-driver-of-a-n");
    assert_string_equal(device.id, "?[31m");
}

static void test_recorded(void **state) {
    struct fixture *fixture = *state;
    if (!graphics_lay_card(fixture, "intel/b580", "card1") || !graphics_lay_card(fixture, "amd/vangogh", "card0"))
        skip();
    assert_int_equal(find(fixture), 2);
    assert_string_equal(found[0].id, "0000:04:00.0");
    assert_string_equal(found[0].driver, "amdgpu");
    assert_int_equal(found[0].product, 0x163f);
    assert_string_equal(found[1].driver, "xe");
    assert_int_equal(found[1].vendor, 0x8086);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_pci),
        TEST(test_platform),
        TEST(test_driver_link),
        TEST(test_plain_directory),
        TEST(test_two_cards_of_a_device),
        TEST(test_more_than_fit),
        TEST(test_none),
        TEST(test_short_of_descriptors),
        TEST(test_garbage_uevents),
        TEST(test_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
