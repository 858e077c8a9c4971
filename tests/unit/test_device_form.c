/* What kind of machine it is, by names and parts. SPDX-License-Identifier: MIT */
#include "device/form.h"

#include "device/form_names.h"
#include "fixture.h"

#include <stdio.h>
#include <string.h>

/* A machine as far as its form goes; NULL = not said. */
struct machine {
    const char *vendor, *product, *board, *tree, *tree_chassis;
    uint32_t chassis;
    int32_t has_battery;
    struct perfadapt__panel panel;
    bool is_guest;
    struct perfadapt__bus_gpu gpu;
};

static void copy(char *to, size_t capacity, const char *from) {
    snprintf(to, capacity, "%s", from ? from : "");
}

static enum perfadapt_form form_of(const struct machine *machine) {
    struct perfadapt_system system = {.size = sizeof system, .has_battery = machine->has_battery};
    struct perfadapt__identity identity = {.chassis = machine->chassis, .is_guest = machine->is_guest};
    copy(system.vendor, sizeof system.vendor, machine->vendor);
    copy(system.product, sizeof system.product, machine->product);
    copy(system.board, sizeof system.board, machine->board);
    copy(system.device_tree, sizeof system.device_tree, machine->tree);
    copy(identity.tree, sizeof identity.tree, machine->tree);
    copy(identity.tree_chassis, sizeof identity.tree_chassis, machine->tree_chassis);
    identity.tree_length = machine->tree ? strlen(machine->tree) + 1 : 0;
    return perfadapt__form_of(&system, &identity, &machine->panel, &machine->gpu, machine->gpu.pci.known);
}

#define LAPTOP_PANEL                                                                                                   \
    { .connectors = 3, .enabled = 1, .laptop = 1 }
#define PHONE_PANEL                                                                                                    \
    { .connectors = 1, .enabled = 1, .phone = 1 }
#define SCREEN                                                                                                         \
    { .connectors = 3, .enabled = 1 }

static void handhelds_by_name(void **state) {
    (void)state;
    static const struct machine machines[] = {
        {.vendor = "Valve", .product = "Jupiter", .chassis = 3, .has_battery = 1, .panel = LAPTOP_PANEL},
        {.vendor = "Valve", .product = "Galileo", .has_battery = 1},
        {.vendor = "ASUSTeK COMPUTER INC.", .product = "ROG Ally RC71L_RC71L", .board = "RC71L", .chassis = 10},
        {.vendor = "ASUSTeK COMPUTER INC.", .product = "ROG Ally X RC72LA_RC72LA", .chassis = 10},
        {.vendor = "ASUSTeK COMPUTER INC.", .board = "RC73XA"},
        {.vendor = "LENOVO", .product = "83E1", .board = "LNVNB161216", .chassis = 32},
        {.vendor = "LENOVO", .product = "83L3", .chassis = 32},
        {.vendor = "AYANEO", .product = "SLIDE", .has_battery = 1, .chassis = 3},
        {.vendor = "GPD", .product = "G1618-04", .has_battery = 1, .chassis = 10},
        {.vendor = "ONE-NETBOOK", .product = "ONEXPLAYER F1Pro", .has_battery = 1},
        {.vendor = "Micro-Star International Co., Ltd.", .product = "Claw A1M", .chassis = 10, .has_battery = 1},
        {.tree = "anbernic,rg353p", .tree_chassis = "handset", .has_battery = 1, .panel = PHONE_PANEL},
        {.vendor = "Whoever", .chassis = 11, .has_battery = 1},
    };
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
        assert_int_equal(form_of(&machines[i]), PERFADAPT_FORM_HANDHELD);
}

/* The same makers' other machines. */
static void no_handhelds(void **state) {
    (void)state;
    static const struct {
        struct machine machine;
        enum perfadapt_form form;
    } cases[] = {
        {{.vendor = "Valve", .product = "Fremont", .chassis = 35}, PERFADAPT_FORM_DESKTOP},
        {{.vendor = "AYANEO", .product = "AM02", .chassis = 3, .panel = SCREEN}, PERFADAPT_FORM_DESKTOP},
        {{.vendor = "ASUSTeK COMPUTER INC.", .product = "ROG STRIX B650E-F", .chassis = 3}, PERFADAPT_FORM_DESKTOP},
        {{.vendor = "LENOVO", .product = "83DF", .chassis = 10, .has_battery = 1, .panel = LAPTOP_PANEL},
         PERFADAPT_FORM_LAPTOP},
        {{.vendor = "GPD", .product = "G1628-04", .chassis = 10, .has_battery = 1}, PERFADAPT_FORM_LAPTOP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(form_of(&cases[i].machine), cases[i].form);
}

static void guests(void **state) {
    (void)state;
    static const struct machine machines[] = {
        {.vendor = "QEMU", .product = "Standard PC (Q35 + ICH9, 2009)", .chassis = 1},
        {.vendor = "VMware, Inc.", .product = "VMware20,1", .chassis = 1},
        {.vendor = "innotek GmbH", .product = "VirtualBox", .chassis = 1},
        {.vendor = "Microsoft Corporation", .product = "Virtual Machine", .chassis = 3},
        {.vendor = "Google", .product = "Google Compute Engine", .chassis = 1},
        {.vendor = "Amazon EC2", .product = "g5.xlarge", .chassis = 1},
        {.vendor = "Xen", .product = "HVM domU", .chassis = 1},
        {.tree = "linux,dummy-virt"},
        {.is_guest = true, .vendor = "LENOVO", .product = "83E1", .has_battery = 1}, /* names are handed through */
    };
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
        assert_int_equal(form_of(&machines[i]), PERFADAPT_FORM_VIRTUAL);
    static const struct machine metal = {.vendor = "Amazon EC2", .product = "g4dn.metal", .chassis = 23};
    static const struct machine surface = {
        .vendor = "Microsoft Corporation", .product = "Surface Laptop 4", .chassis = 9};
    static const struct machine chromebook = {
        .vendor = "Google", .product = "Redrix", .chassis = 9, .has_battery = 1, .panel = LAPTOP_PANEL};
    assert_int_equal(form_of(&metal), PERFADAPT_FORM_SERVER);
    assert_int_equal(form_of(&surface), PERFADAPT_FORM_LAPTOP);
    assert_int_equal(form_of(&chromebook), PERFADAPT_FORM_LAPTOP);
}

/* The numbers of SMBIOS, each. */
static void every_chassis(void **state) {
    (void)state;
    static const char expected[] = "??" /* 1 other, 2 unknown */
                                   "DDDDD"
                                   "LLLH?DLDDS"
                                   "?????"
                                   "SDSSSSS"
                                   "TLLBBDD";
    for (uint32_t i = 1; i <= 40; i++) {
        const struct machine machine = {.chassis = i, .has_battery = -1};
        const char letter = i < sizeof expected ? expected[i - 1] : '?';
        const enum perfadapt_form form = letter == 'D'   ? PERFADAPT_FORM_DESKTOP
                                         : letter == 'L' ? PERFADAPT_FORM_LAPTOP
                                         : letter == 'H' ? PERFADAPT_FORM_HANDHELD
                                         : letter == 'S' ? PERFADAPT_FORM_SERVER
                                         : letter == 'T' ? PERFADAPT_FORM_TABLET
                                         : letter == 'B' ? PERFADAPT_FORM_BOARD
                                                         : PERFADAPT_FORM_UNKNOWN;
        assert_int_equal(form_of(&machine), form);
    }
}

static void a_chassis_that_is_not_so(void **state) {
    (void)state;
    static const struct machine cheap_laptop = {.chassis = 3, .has_battery = 1, .panel = LAPTOP_PANEL};
    static const struct machine battery_of_a_desktop = {.chassis = 3, .has_battery = 1, .panel = SCREEN};
    static const struct machine mini_pc = {.chassis = 10, .has_battery = 0, .panel = SCREEN};
    static const struct machine without_battery = {.chassis = 10, .has_battery = 0, .panel = LAPTOP_PANEL};
    static const struct machine without_drm = {.chassis = 10, .has_battery = 0};
    assert_int_equal(form_of(&cheap_laptop), PERFADAPT_FORM_LAPTOP);
    assert_int_equal(form_of(&battery_of_a_desktop), PERFADAPT_FORM_DESKTOP);
    assert_int_equal(form_of(&mini_pc), PERFADAPT_FORM_DESKTOP);
    assert_int_equal(form_of(&without_battery), PERFADAPT_FORM_LAPTOP);
    assert_int_equal(form_of(&without_drm), PERFADAPT_FORM_LAPTOP);
}

static void device_trees(void **state) {
    (void)state;
    static const struct {
        struct machine machine;
        enum perfadapt_form form;
    } cases[] = {
        {{.tree = "raspberrypi,4-model-b", .has_battery = 1, .panel = PHONE_PANEL},
         PERFADAPT_FORM_BOARD}, /* with a hat */
        {{.tree = "radxa,rock-5b"}, PERFADAPT_FORM_BOARD},
        {{.tree = "pine64,rockpro64-v2.1"}, PERFADAPT_FORM_BOARD}, /* in no list: no battery */
        {{.tree = "pine64,pinebook-pro", .tree_chassis = "laptop", .has_battery = 1}, PERFADAPT_FORM_LAPTOP},
        {{.tree = "pine64,pinephone-1.2", .tree_chassis = "handset", .has_battery = 1}, PERFADAPT_FORM_TABLET},
        {{.tree = "google,krane", .tree_chassis = "tablet"}, PERFADAPT_FORM_TABLET},
        {{.tree = "qcom,sdm845", .has_battery = 1, .panel = PHONE_PANEL}, PERFADAPT_FORM_TABLET},
        {{.tree = "google,trogdor", .has_battery = 1, .panel = LAPTOP_PANEL}, PERFADAPT_FORM_LAPTOP},
        {{.tree = "apple,j293", .has_battery = 1}, PERFADAPT_FORM_LAPTOP},
        {{.tree = "apple,j274", .has_battery = 0, .panel = SCREEN}, PERFADAPT_FORM_DESKTOP},
        {{.tree = "apple,j456", .has_battery = 0, .panel = LAPTOP_PANEL}, PERFADAPT_FORM_DESKTOP}, /* all in one */
        {{.tree = "apple,j293", .has_battery = -1}, PERFADAPT_FORM_UNKNOWN},
        {{.tree = "some,thing", .has_battery = -1}, PERFADAPT_FORM_UNKNOWN},
        {{.tree = "some,thing", .has_battery = 1}, PERFADAPT_FORM_UNKNOWN},
        {{.tree = "nvidia,p3737-0000+p3701-0000"}, PERFADAPT_FORM_BOARD},
        {{.tree = "ibm,powernv"}, PERFADAPT_FORM_SERVER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(form_of(&cases[i].machine), cases[i].form);
    static const char list[] = "unheard,of\0raspberrypi,5-model-b\0brcm,bcm2712";
    assert_int_equal(perfadapt__form_by_tree(list, sizeof list), PERFADAPT_FORM_BOARD);
    assert_int_equal(perfadapt__form_by_tree(list, 14), PERFADAPT_FORM_UNKNOWN); /* cut */
    assert_int_equal(perfadapt__form_by_tree(list, 0), PERFADAPT_FORM_UNKNOWN);
}

static void by_its_parts(void **state) {
    (void)state;
    static const struct {
        struct machine machine;
        enum perfadapt_form form;
    } cases[] = {
        {{.has_battery = -1}, PERFADAPT_FORM_UNKNOWN},
        {{.has_battery = 0}, PERFADAPT_FORM_UNKNOWN}, /* a root with nothing but supplies */
        {{.vendor = "x", .has_battery = 0, .panel = SCREEN}, PERFADAPT_FORM_DESKTOP},
        {{.vendor = "x", .has_battery = 1, .panel = LAPTOP_PANEL}, PERFADAPT_FORM_LAPTOP},
        {{.vendor = "x", .has_battery = 1}, PERFADAPT_FORM_LAPTOP},
        {{.vendor = "x", .has_battery = 1, .panel = SCREEN}, PERFADAPT_FORM_UNKNOWN},
        {{.vendor = "x", .has_battery = -1, .panel = SCREEN}, PERFADAPT_FORM_UNKNOWN},
        {{.vendor = "x", .chassis = 1, .gpu = {.pci.known = 1, .vendor_id = 0x1a03, .device_id = 0x2000}},
         PERFADAPT_FORM_SERVER},
        {{.vendor = "x", .chassis = 1, .gpu = {.pci.known = 1, .vendor_id = 0x102b, .device_id = 0x0536}},
         PERFADAPT_FORM_SERVER},
        {{.vendor = "x", .chassis = 1, .gpu = {.pci.known = 1, .vendor_id = 0x102b, .device_id = 0x0525}},
         PERFADAPT_FORM_DESKTOP},
        {{.vendor = "x", .chassis = 1, .gpu = {.pci.known = 1, .vendor_id = 0x1002, .device_id = 0x73bf}},
         PERFADAPT_FORM_DESKTOP},
        /* A workstation's board with a management controller, and two screens. */
        {{.vendor = "x",
          .panel = {.connectors = 5, .enabled = 2},
          .gpu = {.pci.known = 1, .vendor_id = 0x1a03, .device_id = 0x2000}},
         PERFADAPT_FORM_DESKTOP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(form_of(&cases[i].machine), cases[i].form);
}

static void placeholders(void **state) {
    (void)state;
    static const char *const nothing[] = {
        "",
        "To be filled by O.E.M.",
        "To Be Filled By O.E.M.",
        "System Product Name",
        "Default string",
        "N.A.",
        "0123456789",
        "........",
        "xxxxxxxx",
        "N/A",
        "-",
        "System manufacturer",
        "INVALID",
        "123456789",
        "Not Applicable",
    };
    static const char *const names[] = {"X",   "83E1", "20XX", "Jupiter",  "7D25",
                                        "All", "NUC",  "AB",   "G1618-04", "1234A"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        if (!perfadapt__identity_is_placeholder(nothing[i]))
            fail_msg("%s", nothing[i]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (perfadapt__identity_is_placeholder(names[i]))
            fail_msg("%s", names[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handhelds_by_name),
        cmocka_unit_test(no_handhelds),
        cmocka_unit_test(guests),
        cmocka_unit_test(every_chassis),
        cmocka_unit_test(a_chassis_that_is_not_so),
        cmocka_unit_test(device_trees),
        cmocka_unit_test(by_its_parts),
        cmocka_unit_test(placeholders),
    };
    return cmocka_run_group_tests_name("device_form", tests, NULL, NULL);
}
