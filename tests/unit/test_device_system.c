/* Whole machines, and machines of which every file is broken. SPDX-License-Identifier: MIT */
#include "device/system.h"

#include "device/identity.h"
#include "made_machine.h"

#include <perfadapt/budget.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct made_timing at_60 = {
    .clock_10khz = 14850, .shown_x = 1920, .total_x = 2200, .shown_y = 1080, .total_y = 1125};
static const struct made_timing at_165 = {
    .clock_10khz = 39000, .shown_x = 1920, .total_x = 2080, .shown_y = 1080, .total_y = 1136};
static const struct made_timing at_90 = {
    .clock_10khz = 10200, .shown_x = 800, .total_x = 864, .shown_y = 1280, .total_y = 1312};

static void put_bytes(struct fixture *fixture, const char *path, const char *bytes, size_t length) {
    fixture_bytes(fixture, path, bytes, length);
}

/* "a\0b" with its final NUL, as properties of a device tree are. */
#define PUT_TREE(fixture, text) put_bytes(fixture, "/proc/device-tree/compatible", text, sizeof text)

static struct perfadapt_system read_system(struct fixture *fixture) {
    struct perfadapt_system system;
    memset(&system, 0xa5, sizeof system);
    perfadapt__system_read(&fixture->root, &system);
    assert_int_equal(system.size, sizeof system);
    return system;
}

static void assert_kind(const struct perfadapt_system *system, uint32_t index, uint32_t cores, uint32_t threads,
                        uint32_t mhz) {
    assert_true(index < system->core_kind_count);
    assert_int_equal(system->core_kinds[index].cores, cores);
    assert_int_equal(system->core_kinds[index].threads, threads);
    assert_int_equal(system->core_kinds[index].mhz_max, mhz);
}

static void steam_deck(void **state) {
    struct fixture *fixture = *state;
    static const struct made_pci gpu = {"0000:04:00.0", "0x030000", "0x1002", "0x163f", "1", "active", "amdgpu"};
    made_processors(fixture, &(struct made_cores){0, 7, 2, 3500000, 0});
    fixture_file(fixture, "/sys/devices/system/cpu/online", "0-7\n");
    fixture_file(
        fixture, "/proc/cpuinfo",
        "processor\t: 0\nmodel\t\t: 144\nmodel name\t: AMD Custom APU 0405\nflags\t\t: fpu sse\n\nprocessor\t: 1\n");
    fixture_file(fixture, "/proc/meminfo", "MemTotal:       15204144 kB\n");
    made_dmi(fixture, "Valve", "Jupiter", "Jupiter", "3");
    made_battery(fixture, false);
    made_pci_device(fixture, &gpu);
    made_pci_card(fixture, &gpu, 0);
    made_connector(fixture, "card0-eDP-1", true, true, &at_90);
    made_connector(fixture, "card0-DP-1", false, false, NULL);
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_HANDHELD);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 4, 8, 3500);
    assert_int_equal(system.threads_allowed, 8);
    assert_true(system.memory_bytes == UINT64_C(15204144) * 1024);
    assert_int_equal(system.refresh_mhz, 89981);
    assert_int_equal(system.panel_internal, 1);
    assert_int_equal(system.on_ac, 0);
    assert_int_equal(system.has_battery, 1);
    assert_string_equal(system.vendor, "Valve");
    assert_string_equal(system.product, "Jupiter");
    assert_string_equal(system.board, "Jupiter");
    assert_string_equal(system.device_tree, "");
    assert_string_equal(system.processor, "AMD Custom APU 0405");
}

static void raspberry_pi_4(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 3, 1, 1500000, 1024});
    PUT_TREE(fixture, "raspberrypi,4-model-b\0brcm,bcm2711");
    fixture_file(fixture, "/proc/cpuinfo",
                 "processor\t: 0\nmodel name\t: ARMv7 Processor rev 3 (v7l)\nFeatures\t: half thumb\n\n"
                 "processor\t: 1\nmodel name\t: ARMv7 Processor rev 3 (v7l)\n\n"
                 "Hardware\t: BCM2711\nRevision\t: c03115\nModel\t\t: Raspberry Pi 4 Model B Rev 1.5\n");
    fixture_directory(fixture, "/sys/class/power_supply");
    made_platform_card(fixture, "gpu", 1, "vc4-drm", "brcm,bcm2711-vc5", false);
    made_platform_card(fixture, "fec00000.v3d", 0, "v3d", "brcm,2711-v3d", true);
    made_connector(fixture, "card1-HDMI-A-1", true, true, &at_60);
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_BOARD);
    assert_kind(&system, 0, 4, 4, 1500);
    assert_int_equal(system.refresh_mhz, 60000);
    assert_int_equal(system.panel_internal, 0);
    assert_int_equal(system.has_battery, 0);
    assert_int_equal(system.on_ac, -1);
    assert_string_equal(system.device_tree, "raspberrypi,4-model-b");
    assert_string_equal(system.processor, "Raspberry Pi 4 Model B Rev 1.5");
    assert_string_equal(system.vendor, "");
}

static void raspberry_pi_5(void **state) {
    struct fixture *fixture = *state;
    static const char tree[] = "raspberrypi,5-model-b\0brcm,bcm2712";
    made_processors(fixture, &(struct made_cores){0, 3, 1, 2400000, 1024});
    fixture_bytes(fixture, "/sys/firmware/devicetree/base/compatible", tree, sizeof tree); /* no link in /proc */
    fixture_directory(fixture, "/sys/class/hwmon");
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_BOARD);
    assert_kind(&system, 0, 4, 4, 2400);
    assert_int_equal(system.has_battery, -1);
    assert_string_equal(system.device_tree, "raspberrypi,5-model-b");
    assert_string_equal(system.processor, "");
}

static void jetson_orin(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 11, 1, 2201600, 1024});
    fixture_file(fixture, "/sys/devices/system/cpu/online", "0-7\n"); /* a power mode has four switched off */
    PUT_TREE(fixture, "nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234");
    fixture_directory(fixture, "/sys/class/power_supply");
    made_connector(fixture, "card1-DP-1", true, true, &at_60);
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_BOARD);
    assert_kind(&system, 0, 8, 8, 2201);
    assert_int_equal(system.threads_allowed, 8);
}

static void hybrid_laptop(void **state) {
    struct fixture *fixture = *state;
    static const struct made_pci intel = {"0000:00:02.0", "0x030000", "0x8086", "0xa7a0", "1", "active", "i915"};
    static const struct made_pci nvidia = {"0000:01:00.0", "0x030200", "0x10de", "0x28e0", NULL, "suspended", "nvidia"};
    made_processors(fixture, &(struct made_cores){0, 11, 2, 5000000, 0});
    made_processors(fixture, &(struct made_cores){12, 19, 1, 3700000, 0});
    fixture_file(fixture, "/sys/devices/cpu_core/cpus", "0-11\n");
    fixture_file(fixture, "/sys/devices/cpu_atom/cpus", "12-19\n");
    made_dmi(fixture, "Dell Inc.", "XPS 15 9530", "0XXXXX", "10");
    made_battery(fixture, true);
    fixture_file(fixture, "/sys/class/power_supply/hidpp_battery_0/type", "Battery\n"); /* a mouse's */
    fixture_file(fixture, "/sys/class/power_supply/hidpp_battery_0/scope", "Device\n");
    made_pci_device(fixture, &intel);
    made_pci_card(fixture, &intel, 1);
    made_pci_device(fixture, &nvidia);
    made_pci_card(fixture, &nvidia, 0);
    made_connector(fixture, "card0-HDMI-A-1", false, false, NULL);
    made_connector(fixture, "card1-eDP-1", true, true, &at_165);
    const int watch = made_watch(fixture, nvidia.address);
    const struct perfadapt_system system = read_system(fixture);
    made_assert_untouched(watch);
    assert_int_equal(system.form, PERFADAPT_FORM_LAPTOP);
    assert_int_equal(system.core_kind_count, 2);
    assert_kind(&system, 0, 6, 12, 5000);
    assert_kind(&system, 1, 8, 8, 3700);
    assert_int_equal(system.refresh_mhz, 165053);
    assert_int_equal(system.on_ac, 1);
    assert_int_equal(system.has_battery, 1);
}

static void desktop_with_two_gpus(void **state) {
    struct fixture *fixture = *state;
    static const struct made_pci discrete = {"0000:03:00.0", "0x030000", "0x1002", "0x744c", "1", "active", "amdgpu"};
    static const struct made_pci small = {"0000:6e:00.0", "0x030000", "0x1002", "0x164e", "0", "suspended", "amdgpu"};
    made_processors(fixture, &(struct made_cores){0, 15, 2, 5750000, 0});
    made_processors(fixture, &(struct made_cores){16, 31, 2, 5550000, 0});
    made_dmi(fixture, "ASUS", "System Product Name", "ROG STRIX X670E-E GAMING WIFI", "3");
    fixture_file(fixture, "/sys/class/power_supply/hidpp_battery_0/type", "Battery\n");
    fixture_file(fixture, "/sys/class/power_supply/hidpp_battery_0/scope", "Device\n");
    made_pci_device(fixture, &discrete);
    made_pci_card(fixture, &discrete, 0);
    made_pci_device(fixture, &small);
    made_pci_card(fixture, &small, 1);
    made_connector(fixture, "card0-DP-1", true, true, &at_165);
    made_connector(fixture, "card0-DP-2", true, true, &at_60);
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_DESKTOP);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 16, 32, 5750);
    assert_int_equal(system.refresh_mhz, 165053);
    assert_int_equal(system.panel_internal, 0);
    assert_int_equal(system.has_battery, 0); /* but for the mouse's */
    assert_string_equal(system.vendor, "ASUS");
    assert_string_equal(system.product, ""); /* nobody has filled it in */
    assert_string_equal(system.board, "ROG STRIX X670E-E GAMING WIFI");
}

static void apple_laptop(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 3, 1, 2064000, 485});
    made_processors(fixture, &(struct made_cores){4, 7, 1, 3204000, 1024});
    PUT_TREE(fixture, "apple,j293\0apple,t8103\0apple,arm-platform");
    fixture_file(fixture, "/sys/class/power_supply/macsmc-battery/type", "Battery\n");
    fixture_file(fixture, "/sys/class/power_supply/macsmc-battery/status", "Discharging\n");
    fixture_file(fixture, "/sys/class/power_supply/macsmc-ac/type", "Mains\n");
    fixture_file(fixture, "/sys/class/power_supply/macsmc-ac/online", "0\n");
    made_connector(fixture, "card1-eDP-1", true, true, NULL);
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_LAPTOP);
    assert_int_equal(system.core_kind_count, 2);
    assert_kind(&system, 0, 4, 4, 3204);
    assert_kind(&system, 1, 4, 4, 2064);
    assert_int_equal(system.core_kinds[0].capacity, 1024);
    assert_int_equal(system.core_kinds[1].capacity, 485);
    assert_int_equal(system.on_ac, 0);
    assert_int_equal(system.refresh_mhz, 0);
    assert_int_equal(system.panel_internal, 1);
    assert_string_equal(system.device_tree, "apple,j293");
}

static void server_with_eight_gpus(void **state) {
    struct fixture *fixture = *state;
    static const struct made_pci video = {"0000:c9:00.0", "0x030000", "0x1a03", "0x2000", "1", "active", "ast"};
    for (uint32_t i = 0; i < 192; i++) {
        char siblings[32];
        snprintf(siblings, sizeof siblings, "%u,%u\n", i % 96, i % 96 + 96);
        made_processor_file(fixture, i, "topology/core_cpus_list", siblings);
    }
    fixture_file(fixture, "/sys/devices/system/cpu/online", "0-191\n");
    fixture_file(fixture, "/proc/self/status", "Cpus_allowed_list:\t0-15\n");
    made_dmi(fixture, "Supermicro", "SYS-821GE-TNHR", "X13DEG-OAD", "1"); /* other */
    fixture_directory(fixture, "/sys/class/power_supply");
    made_pci_device(fixture, &video);
    made_connector(fixture, "card0-VGA-1", false, false, NULL);
    for (unsigned i = 0; i < 8; i++) {
        char address[16];
        snprintf(address, sizeof address, "0000:%02x:00.0", 0x18 + i * 0x10);
        const struct made_pci gpu = {address, "0x030200", "0x10de", "0x2330", NULL, "active", "nvidia"};
        made_pci_device(fixture, &gpu);
    }
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_SERVER);
    assert_kind(&system, 0, 96, 192, 0);
    assert_int_equal(system.threads_allowed, 16);
}

static void guest_of_qemu(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 3, 1, 0, 0});
    made_dmi(fixture, "QEMU", "Standard PC (i440FX + PIIX, 1996)", NULL, "1");
    fixture_file(fixture, "/proc/cpuinfo",
                 "processor\t: 0\nmodel name\t: QEMU Virtual CPU version 2.5+\nflags\t\t: fpu hypervisor lahf_lm\n\n");
    made_connector(fixture, "card0-Virtual-1", true, true, &at_60);
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_VIRTUAL);
    assert_kind(&system, 0, 4, 4, 0);
    assert_int_equal(system.refresh_mhz, 60000);
}

static void phone(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 3, 1, 1766400, 381});
    made_processors(fixture, &(struct made_cores){4, 7, 1, 2803200, 1024});
    PUT_TREE(fixture, "oneplus,enchilada\0qcom,sdm845");
    fixture_bytes(fixture, "/proc/device-tree/chassis-type", "handset", 8);
    fixture_file(fixture, "/proc/cpuinfo", "processor\t: 0\nCPU part\t: 0x803\n\nHardware\t: Qualcomm SDM845\n");
    made_battery(fixture, false);
    made_connector(fixture, "card0-DSI-1", true, true, NULL);
    const struct perfadapt_system system = read_system(fixture);
    assert_int_equal(system.form, PERFADAPT_FORM_TABLET);
    assert_int_equal(system.core_kind_count, 2);
    assert_string_equal(system.device_tree, "oneplus,enchilada");
    assert_string_equal(system.processor, "Qualcomm SDM845");
}

/* ---- guests by what is seen inside ---- */

static void who_is_a_guest(void **state) {
    static const struct {
        const char *path;
        const char *text;
        bool guest;
    } cases[] = {
        {"/proc/cpuinfo", "model name\t: Xeon\nflags\t\t: fpu hypervisor\n\n", true},
        {"/proc/cpuinfo", "model name\t: Xeon\nflags\t\t: fpu nohypervisor hypervisors\n\n", false},
        {"/proc/cpuinfo", "model name\t: hypervisor\nflags\t\t: fpu\n\nflags\t\t: hypervisor\n", false},
        {"/sys/hypervisor/type", "xen\n", true},
        {"/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n", true},
        {"/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n", true},
        {"/proc/sys/kernel/osrelease", "6.12.0-amd64\n", false},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture_file(fixture, cases[i].path, cases[i].text);
        assert_int_equal(read_system(fixture).form == PERFADAPT_FORM_VIRTUAL, cases[i].guest);
        fixture_file(fixture, "/proc/xen/capabilities", "control_d\n"); /* Xen's first domain has the machine */
        assert_int_not_equal(read_system(fixture).form, PERFADAPT_FORM_VIRTUAL);
        fixture_remove(fixture, "/proc");
        fixture_remove(fixture, "/sys");
    }
}

static void names_are_fit_to_be_shown(void **state) {
    struct fixture *fixture = *state;
    made_dmi(fixture, "  Evil\x1b[2J\tCorp\xff  ",
             "a  very\tlong name of a product that goes on and on and on and on, on", "Board\r", NULL);
    const struct perfadapt_system system = read_system(fixture);
    assert_string_equal(system.vendor, "Evil?[2J Corp?");
    assert_string_equal(system.product, "a very long name of a product that goes on and on and on and on");
    assert_string_equal(system.board, "Board");
}

/* ---- hostile ---- */

/* Every file that is read of a machine. */
static const char *const files[] = {
    "/sys/devices/system/cpu/online",
    "/sys/devices/system/cpu/cpu0/topology/core_cpus_list",
    "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
    "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq",
    "/sys/devices/system/cpu/cpu0/cpu_capacity",
    "/sys/devices/system/cpu/cpu0/acpi_cppc/highest_perf",
    "/sys/devices/cpu_core/cpus",
    "/sys/devices/cpu_atom/cpus",
    "/sys/devices/cpu_lowpower/cpus",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self/status",
    "/proc/self/cgroup",
    "/proc/self/mountinfo",
    "/proc/xen/capabilities",
    "/proc/sys/kernel/osrelease",
    "/sys/hypervisor/type",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory.high",
    "/sys/fs/cgroup/cpu.max",
    "/sys/class/dmi/id/sys_vendor",
    "/sys/class/dmi/id/product_name",
    "/sys/class/dmi/id/board_name",
    "/sys/class/dmi/id/chassis_type",
    "/proc/device-tree/compatible",
    "/proc/device-tree/chassis-type",
    "/sys/class/power_supply/BAT1/type",
    "/sys/class/power_supply/BAT1/scope",
    "/sys/class/power_supply/BAT1/present",
    "/sys/class/power_supply/BAT1/status",
    "/sys/class/power_supply/ACAD/type",
    "/sys/class/power_supply/ACAD/online",
    "/sys/class/drm/card0-eDP-1/status",
    "/sys/class/drm/card0-eDP-1/enabled",
    "/sys/class/drm/card0-eDP-1/edid",
};
#define FILE_COUNT (sizeof files / sizeof files[0])

static void make_whole(struct fixture *fixture) {
    made_processors(fixture, &(struct made_cores){0, 3, 2, 4000000, 1024});
    fixture_file(fixture, "/sys/devices/system/cpu/online", "0-3\n");
    fixture_file(fixture, "/proc/cpuinfo", "model name\t: CPU\nflags\t\t: fpu\n\n");
    fixture_file(fixture, "/proc/meminfo", "MemTotal: 1024 kB\n");
    fixture_file(fixture, "/proc/self/status", "Cpus_allowed_list:\t0-3\n");
    fixture_file(fixture, "/proc/self/cgroup", "0::/\n");
    fixture_file(fixture, "/proc/self/mountinfo", "26 1 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory.max", "1000000\n");
    made_dmi(fixture, "Dell Inc.", "XPS", "0X", "10");
    made_battery(fixture, false);
    made_connector(fixture, "card0-eDP-1", true, true, &at_60);
}

/* Whatever it says, it is within bounds, and text is text. */
static void assert_sane(const struct perfadapt_system *system) {
    const char *const texts[] = {system->vendor, system->product, system->board, system->device_tree,
                                 system->processor};
    const size_t sizes[] = {sizeof system->vendor, sizeof system->product, sizeof system->board,
                            sizeof system->device_tree, sizeof system->processor};
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(memchr(texts[i], '\0', sizes[i]));
        for (const char *at = texts[i]; *at; at++)
            assert_true(*at >= ' ' && *at <= '~');
    }
    assert_true(system->form <= PERFADAPT_FORM_VIRTUAL);
    assert_true(system->core_kind_count <= PERFADAPT_CORE_KINDS_MAX);
    for (uint32_t i = 0; i < system->core_kind_count; i++) {
        assert_true(system->core_kinds[i].cores > 0 && system->core_kinds[i].threads >= system->core_kinds[i].cores);
        assert_true(system->core_kinds[i].capacity <= 1024 && system->core_kinds[i].mhz_max <= 20000);
    }
    assert_true(system->refresh_mhz <= 1000000 && system->panel_internal <= 1);
    assert_true(system->on_ac >= -1 && system->on_ac <= 1 && system->has_battery >= -1 && system->has_battery <= 1);
}

/* One way at a time to break one file. */
static void break_file(struct fixture *fixture, const char *path, int how) {
    static char bytes[100000];
    char full[300];
    fixture_remove(fixture, path);
    switch (how) {
    case 0:
        return; /* missing */
    case 1:
        fixture_file(fixture, path, "");
        return;
    case 2:
        memset(bytes, 0xff, sizeof bytes);
        fixture_bytes(fixture, path, bytes, 4096);
        return;
    case 3:
        fixture_file(fixture, path, "-1\n");
        return;
    case 4:
        fixture_directory(fixture, path);
        return;
    case 5:
        fixture_link(fixture, path, path); /* to itself */
        return;
    case 6:
        memset(bytes, '9', sizeof bytes);
        fixture_bytes(fixture, path, bytes, sizeof bytes);
        return;
    case 7:
        memset(bytes, 0, sizeof bytes);
        fixture_bytes(fixture, path, bytes, 4096);
        return;
    default: /* a pipe that nobody writes to */
        fixture_file(fixture, path, "");
        fixture_remove(fixture, path);
        snprintf(full, sizeof full, "%s%s", fixture->path, path);
        assert_int_equal(mkfifo(full, 0600), 0);
    }
}
#define WAYS 9

static void every_file_broken(void **state) {
    struct fixture *fixture = *state;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        for (int how = 0; how < WAYS; how++) {
            make_whole(fixture);
            break_file(fixture, files[i], how);
            const struct perfadapt_system system = read_system(fixture);
            assert_sane(&system);
            /* What does not hang on that file stands. */
            if (strncmp(files[i], "/sys/class/power", 16) != 0)
                assert_int_equal(system.has_battery, 1);
            if (strcmp(files[i], "/proc/meminfo") != 0)
                assert_true(system.memory_bytes == 1048576);
            if (strncmp(files[i], "/sys/class/dmi/id/p", 19) != 0)
                assert_string_equal(system.product, "XPS");
            if (strncmp(files[i], "/sys/class/drm", 14) != 0)
                assert_int_equal(system.refresh_mhz, 60000);
            fixture_remove(fixture, "/sys");
            fixture_remove(fixture, "/proc");
        }
    }
}

static void every_file_broken_at_once(void **state) {
    struct fixture *fixture = *state;
    for (int how = 0; how < WAYS; how++) {
        make_whole(fixture);
        for (size_t i = 0; i < FILE_COUNT; i++)
            break_file(fixture, files[i], how);
        const struct perfadapt_system system = read_system(fixture);
        assert_sane(&system);
        assert_true(system.memory_bytes == 0);
        assert_string_equal(system.vendor, how == 3 ? "-1" : "");
        fixture_remove(fixture, "/sys");
        fixture_remove(fixture, "/proc");
    }
}

static void an_empty_root(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_system system = read_system(fixture);
    const struct perfadapt_system nothing = {.size = sizeof nothing, .on_ac = -1, .has_battery = -1};
    assert_memory_equal(&system, &nothing, sizeof system);
}

static void no_descriptors_are_left(void **state) {
    struct fixture *fixture = *state;
    make_whole(fixture);
    for (unsigned spare = 0; spare < 4; spare++) {
        fixture_starve(fixture, spare);
        const struct perfadapt_system system = read_system(fixture);
        fixture_feed(fixture);
        assert_sane(&system);
        assert_int_equal(system.has_battery, spare < 2 ? -1 : 1);
    }
}

/* This very machine: nothing is expected of it but sense. */
static void this_machine(void **state) {
    (void)state;
    struct perfadapt__root root;
    struct perfadapt_system system;
    assert_int_equal(perfadapt__root_open(NULL, &root), PERFADAPT_OK);
    perfadapt__system_read(&root, &system);
    perfadapt__root_close(&root);
    assert_sane(&system);
    assert_true(system.threads_allowed > 0);
    assert_true(system.memory_bytes > 0);
}

int main(void) {
#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ROOT(steam_deck),          WITH_ROOT(raspberry_pi_4),
        WITH_ROOT(raspberry_pi_5),      WITH_ROOT(jetson_orin),
        WITH_ROOT(hybrid_laptop),       WITH_ROOT(desktop_with_two_gpus),
        WITH_ROOT(apple_laptop),        WITH_ROOT(server_with_eight_gpus),
        WITH_ROOT(guest_of_qemu),       WITH_ROOT(phone),
        WITH_ROOT(who_is_a_guest),      WITH_ROOT(names_are_fit_to_be_shown),
        WITH_ROOT(every_file_broken),   WITH_ROOT(every_file_broken_at_once),
        WITH_ROOT(an_empty_root),       WITH_ROOT(no_descriptors_are_left),
        cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests_name("device_system", tests, NULL, NULL);
}
