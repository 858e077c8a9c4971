/* GPUs as the buses list them. SPDX-License-Identifier: MIT */
#include "device/bus.h"

#include "made_machine.h"

#include <stdio.h>
#include <string.h>

static const struct made_pci intel = {"0000:00:02.0", "0x030000", "0x8086", "0xa7a0", "1", "active", "i915"};
static const struct made_pci nvidia_asleep = {"0000:01:00.0", "0x030200",  "0x10de", "0x28e0",
                                              NULL,           "suspended", "nvidia"};

static size_t read_bus(struct fixture *fixture, struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX]) {
    memset(gpus, 0xa5, PERFADAPT__BUS_GPUS_MAX * sizeof *gpus); /* nothing is taken for zero before */
    return perfadapt__bus_read(&fixture->root, gpus);
}

static void a_laptop_with_a_card_asleep(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    made_pci_device(fixture, &nvidia_asleep);
    made_pci_card(fixture, &nvidia_asleep, 0);
    made_pci_device(fixture, &intel);
    made_pci_card(fixture, &intel, 1);
    assert_int_equal(read_bus(fixture, gpus), 2);
    assert_int_equal(gpus[0].pci.known, 1);
    assert_int_equal(gpus[0].pci.bus, 0);
    assert_int_equal(gpus[0].pci.device, 2);
    assert_int_equal(gpus[0].vendor_id, 0x8086);
    assert_int_equal(gpus[0].device_id, 0xa7a0);
    assert_int_equal(gpus[0].is_vga, 1);
    assert_false(gpus[0].suspended);
    assert_string_equal(gpus[0].driver, "i915");
    assert_string_equal(gpus[0].compatible, "");
    assert_int_equal(gpus[1].pci.bus, 1);
    assert_int_equal(gpus[1].vendor_id, 0x10de);
    assert_int_equal(gpus[1].device_id, 0x28e0);
    assert_int_equal(gpus[1].is_vga, 0);
    assert_true(gpus[1].suspended);
    assert_string_equal(gpus[1].driver, "nvidia");
}

static void what_suspended_is(void **state) {
    static const struct {
        const char *status;
        bool suspended;
    } cases[] = {{"suspending", true}, {"resuming", false}, {"unsupported", false}, {"error", false}, {NULL, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *fixture = *state;
        struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
        struct made_pci card = nvidia_asleep;
        card.status = cases[i].status;
        made_pci_device(fixture, &card);
        assert_int_equal(read_bus(fixture, gpus), 1);
        assert_int_equal(gpus[0].suspended, cases[i].suspended);
        fixture_remove(fixture, "/sys");
    }
}

static void nothing_of_a_card_asleep_is_opened(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    made_pci_device(fixture, &nvidia_asleep);
    made_pci_card(fixture, &nvidia_asleep, 0);
    const int watch = made_watch(fixture, nvidia_asleep.address);
    assert_int_equal(read_bus(fixture, gpus), 1);
    made_assert_untouched(watch);
}

static void a_server_with_many(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    for (unsigned i = 0; i < 20; i++) {
        char address[16];
        snprintf(address, sizeof address, "0000:%02x:00.0", 0xf0 - i * 8);
        const struct made_pci card = {address, "0x030200", "0x10de", "0x2330", NULL, "active", "nvidia"};
        made_pci_device(fixture, &card);
    }
    assert_int_equal(read_bus(fixture, gpus), PERFADAPT__BUS_GPUS_MAX);
    for (unsigned i = 0; i < PERFADAPT__BUS_GPUS_MAX; i++)
        assert_int_equal(gpus[i].pci.bus, 0xf0 - (19 - i) * 8);
}

static void sorted_by_the_whole_address(void **state) {
    static const char *const addresses[] = {"0001:00:00.0", "0000:01:00.1", "0000:01:00.0", "10000:00:02.0",
                                            "0000:00:1f.0"};
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        const struct made_pci card = {addresses[i], "0x038000", "0x1002", "0x73bf", NULL, "active", NULL};
        made_pci_device(fixture, &card);
    }
    assert_int_equal(read_bus(fixture, gpus), 5);
    assert_int_equal(gpus[0].pci.device, 0x1f);
    assert_int_equal(gpus[1].pci.function, 0);
    assert_int_equal(gpus[2].pci.function, 1);
    assert_int_equal(gpus[3].pci.domain, 1);
    assert_int_equal(gpus[4].pci.domain, 0x10000); /* behind Intel's VMD */
    assert_string_equal(gpus[4].driver, "");
}

static void a_board_renders_on_one_of_its_cards(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    made_platform_card(fixture, "gpu", 0, "vc4-drm", "brcm,bcm2711-vc5", false);
    made_platform_card(fixture, "fec00000.v3d", 1, "v3d", "brcm,2711-v3d", true);
    fixture_file(fixture, "/sys/devices/platform/soc/fec00000.v3d/power/runtime_status", "suspended\n");
    assert_int_equal(read_bus(fixture, gpus), 1);
    assert_int_equal(gpus[0].pci.known, 0);
    assert_int_equal(gpus[0].vendor_id, 0);
    assert_string_equal(gpus[0].driver, "v3d");
    assert_string_equal(gpus[0].compatible, "brcm,2711-v3d");
    assert_false(gpus[0].suspended); /* it sleeps between frames */
}

static void cards_that_are_no_gpus(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    made_platform_card(fixture, "simple-framebuffer.0", 0, "simple-framebuffer", "simple-framebuffer", false);
    made_platform_card(fixture, "vgem", 1, "", "", true); /* no driver is bound: made of software */
    const struct made_pci bridge = {"0000:00:01.0", "0x060400", "0x8086", "0x1901", NULL, "suspended", "pcieport"};
    const struct made_pci audio = {"0000:01:00.1", "0x040300", "0x10de", "0x22be", NULL, "suspended", NULL};
    made_pci_device(fixture, &bridge);
    made_pci_device(fixture, &audio);
    assert_int_equal(read_bus(fixture, gpus), 0);
}

/* The card hangs below the PCI device: one GPU. */
static void virtio_is_on_pci(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    const struct made_pci virtio = {"0000:00:04.0", "0x038000", "0x1af4", "0x1050", NULL, "active", "virtio-pci"};
    made_pci_device(fixture, &virtio);
    fixture_file(fixture, "/sys/devices/pci0000:00/0000:00:04.0/virtio1/uevent",
                 "DRIVER=virtio_gpu\nMODALIAS=virtio:d00000010v00001AF4\n");
    fixture_link(fixture, "/sys/devices/pci0000:00/0000:00:04.0/virtio1/drm/card0/device", "../..");
    fixture_directory(fixture, "/sys/devices/pci0000:00/0000:00:04.0/virtio1/drm/renderD128");
    fixture_link(fixture, "/sys/class/drm/card0", "../../../sys/devices/pci0000:00/0000:00:04.0/virtio1/drm/card0");
    assert_int_equal(read_bus(fixture, gpus), 1);
    assert_int_equal(gpus[0].pci.device, 4);
    assert_int_equal(gpus[0].device_id, 0x1050);
}

/* An accelerator is no display controller (class 0x12), and has a card all the same. */
static void a_card_that_the_class_does_not_tell(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    const struct made_pci instinct = {"0000:c1:00.0", "0x120000", "0x1002", "0x74a1", NULL, "suspended", "amdgpu"};
    made_pci_device(fixture, &instinct);
    made_pci_card(fixture, &instinct, 0);
    assert_int_equal(read_bus(fixture, gpus), 1);
    assert_int_equal(gpus[0].pci.bus, 0xc1);
    assert_int_equal(gpus[0].vendor_id, 0x1002);
    assert_int_equal(gpus[0].device_id, 0x74a1);
    assert_string_equal(gpus[0].driver, "amdgpu");
    assert_true(gpus[0].suspended);
}

static void names_that_are_no_addresses(void **state) {
    static const char *const names[] = {"0000:01:00",   "0000:01:00.8",     "0000:100:00.0",
                                        "0000:01:20.0", "0000:01:00.0x",    "x",
                                        "0000-01-00.0", "000000001:01:00.0"};
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/class", names[i]);
        fixture_file(fixture, path, "0x030000\n");
    }
    assert_int_equal(read_bus(fixture, gpus), 0);
}

static void files_that_are_broken(void **state) {
    static const char *const files[] = {"class", "vendor", "device", "boot_vga", "power/runtime_status", "uevent"};
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    char bytes[4096];
    memset(bytes, 0xff, sizeof bytes);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        for (int how = 0; how < 5; how++) {
            char path[128];
            made_pci_device(fixture, &intel);
            made_pci_card(fixture, &intel, 0);
            snprintf(path, sizeof path, "/sys/devices/pci0000:00/0000:00:02.0/%s", files[i]);
            fixture_remove(fixture, path);
            if (how == 1)
                fixture_directory(fixture, path);
            else if (how > 1)
                fixture_bytes(fixture, path, how == 4 ? "-1\n" : bytes, how == 4 ? 3 : how == 2 ? sizeof bytes : 0);
            const size_t count = read_bus(fixture, gpus);
            assert_int_equal(count, 1); /* without its class, by its card */
            assert_int_equal(gpus[0].vendor_id, i == 1 ? 0 : 0x8086);
            assert_int_equal(gpus[0].device_id, i == 2 ? 0 : 0xa7a0);
            assert_int_equal(gpus[0].is_vga, i == 3 ? 0 : 1);
            assert_false(gpus[0].suspended);
            fixture_remove(fixture, "/sys");
        }
    }
}

static void a_driver_with_a_strange_name(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    const struct made_pci card = {"0000:00:02.0",
                                  "0x030000",
                                  "0x8086",
                                  "0xa7a0",
                                  NULL,
                                  "active",
                                  "a\x1b[31m-very-long-name-that-does-not-fit-at-all"};
    made_pci_device(fixture, &card);
    assert_int_equal(read_bus(fixture, gpus), 1);
    assert_string_equal(gpus[0].driver, "a?[31m-very-long-name-that-does");
}

static void nothing_there(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    assert_int_equal(read_bus(fixture, gpus), 0);
    fixture_file(fixture, "/sys/bus/pci/devices", "no directory");
    fixture_link(fixture, "/sys/class/drm", "drm");
    assert_int_equal(read_bus(fixture, gpus), 0);
}

int main(void) {
#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ROOT(a_laptop_with_a_card_asleep),
        WITH_ROOT(what_suspended_is),
        WITH_ROOT(nothing_of_a_card_asleep_is_opened),
        WITH_ROOT(a_server_with_many),
        WITH_ROOT(sorted_by_the_whole_address),
        WITH_ROOT(a_board_renders_on_one_of_its_cards),
        WITH_ROOT(cards_that_are_no_gpus),
        WITH_ROOT(virtio_is_on_pci),
        WITH_ROOT(a_card_that_the_class_does_not_tell),
        WITH_ROOT(names_that_are_no_addresses),
        WITH_ROOT(files_that_are_broken),
        WITH_ROOT(a_driver_with_a_strange_name),
        WITH_ROOT(nothing_there),
    };
    return cmocka_run_group_tests_name("device_bus", tests, NULL, NULL);
}
