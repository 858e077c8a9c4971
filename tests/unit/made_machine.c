/* SPDX-License-Identifier: MIT */
#include "made_machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static const uint8_t edid_header[8] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};

void made_edid(const struct made_timing *timing, uint8_t out[MADE_EDID_BYTES]) {
    const uint32_t blank_x = timing->total_x - timing->shown_x;
    const uint32_t blank_y = timing->total_y - timing->shown_y;
    const uint8_t detailed[8] = {(uint8_t)timing->clock_10khz,
                                 (uint8_t)(timing->clock_10khz >> 8),
                                 (uint8_t)timing->shown_x,
                                 (uint8_t)blank_x,
                                 (uint8_t)(timing->shown_x >> 8 << 4 | blank_x >> 8),
                                 (uint8_t)timing->shown_y,
                                 (uint8_t)blank_y,
                                 (uint8_t)(timing->shown_y >> 8 << 4 | blank_y >> 8)};
    memset(out, 0, MADE_EDID_BYTES);
    memcpy(out, edid_header, sizeof edid_header);
    memcpy(out + 54, detailed, sizeof detailed);
    out[54 + 17] = timing->interlaced ? 0x98 : 0x18;
    uint8_t sum = 0;
    for (size_t i = 0; i < MADE_EDID_BYTES - 1; i++)
        sum = (uint8_t)(sum + out[i]);
    out[MADE_EDID_BYTES - 1] = (uint8_t)(0 - sum);
}

/* ---- processors ---- */

void made_processor_file(struct fixture *fixture, uint32_t number, const char *file, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/%s", number, file);
    fixture_file(fixture, path, text);
}

static void number_file(struct fixture *fixture, uint32_t number, const char *file, uint32_t value) {
    char text[16];
    if (value == 0)
        return;
    snprintf(text, sizeof text, "%u\n", value);
    made_processor_file(fixture, number, file, text);
}

void made_processors(struct fixture *fixture, const struct made_cores *cores) {
    for (uint32_t i = cores->first; i <= cores->last; i++) {
        char siblings[32];
        const uint32_t base = i - (i - cores->first) % cores->threads;
        if (cores->threads == 1)
            snprintf(siblings, sizeof siblings, "%u\n", i);
        else
            snprintf(siblings, sizeof siblings, "%u-%u\n", base, base + cores->threads - 1);
        made_processor_file(fixture, i, "topology/core_cpus_list", siblings);
        number_file(fixture, i, "cpufreq/cpuinfo_max_freq", cores->khz);
        number_file(fixture, i, "cpu_capacity", cores->capacity);
    }
}

/* ---- devices ---- */

static void set(struct fixture *fixture, const char *directory, const char *file, const char *text) {
    char path[256];
    char line[128];
    if (!text)
        return;
    snprintf(path, sizeof path, "%s/%s", directory, file);
    snprintf(line, sizeof line, "%s\n", text);
    fixture_file(fixture, path, line);
}

static void pci_path(const struct made_pci *device, char *out, size_t capacity) {
    snprintf(out, capacity, "/sys/devices/pci0000:00/%s", device->address);
}

void made_pci_device(struct fixture *fixture, const struct made_pci *device) {
    char directory[128];
    char path[160];
    char target[160];
    pci_path(device, directory, sizeof directory);
    set(fixture, directory, "class", device->class);
    set(fixture, directory, "vendor", device->vendor);
    set(fixture, directory, "device", device->device);
    set(fixture, directory, "boot_vga", device->boot_vga);
    set(fixture, directory, "power/runtime_status", device->status);
    /* What must not be read of a card that sleeps. */
    set(fixture, directory, "config", "wakes");
    set(fixture, directory, "current_link_speed", "wakes");
    if (device->driver) {
        snprintf(path, sizeof path, "%s/driver", directory);
        snprintf(target, sizeof target, "../../../bus/pci/drivers/%s", device->driver);
        fixture_link(fixture, path, target);
    }
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s", device->address);
    snprintf(target, sizeof target, "../../../devices/pci0000:00/%s", device->address);
    fixture_link(fixture, path, target);
}

static void add_card(struct fixture *fixture, const char *directory, unsigned number, const char *uevent,
                     bool renders) {
    char path[256];
    char target[256];
    set(fixture, directory, "uevent", uevent);
    snprintf(path, sizeof path, "%s/drm/card%u/device", directory, number);
    fixture_link(fixture, path, "../..");
    if (renders) {
        snprintf(path, sizeof path, "%s/drm/renderD%u", directory, 128 + number);
        fixture_directory(fixture, path);
    }
    snprintf(path, sizeof path, "/sys/class/drm/card%u", number);
    snprintf(target, sizeof target, "../../..%s/drm/card%u", directory, number);
    fixture_link(fixture, path, target);
}

void made_pci_card(struct fixture *fixture, const struct made_pci *device, unsigned number) {
    char directory[128];
    char uevent[128];
    pci_path(device, directory, sizeof directory);
    snprintf(uevent, sizeof uevent, "DRIVER=%s\nPCI_CLASS=30000\nPCI_ID=%s:%s\nPCI_SLOT_NAME=%s", device->driver,
             device->vendor + 2, device->device + 2, device->address);
    add_card(fixture, directory, number, uevent, true);
}

int made_watch(struct fixture *fixture, const char *address) {
    static const char *const below[] = {"", "/power", "/drm", "/drm/card0", "/hwmon/hwmon3"};
    char directory[128];
    pci_path(&(struct made_pci){.address = address}, directory, sizeof directory);
    set(fixture, directory, "hwmon/hwmon3/temp1_input", "40000");
    set(fixture, directory, "gpu_busy_percent", "0");
    const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s%s%s", fixture->path, directory, below[i]);
        assert_true(inotify_add_watch(watch, path, IN_OPEN | IN_ACCESS) >= 0);
    }
    return watch;
}

static bool wakes(const struct inotify_event *event) {
    static const char *const kept[] = {"class", "vendor", "device", "boot_vga", "uevent", "runtime_status"};
    if (event->len == 0 || (event->mask & IN_ISDIR))
        return false;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (strcmp(event->name, kept[i]) == 0)
            return false;
    return true;
}

void made_assert_untouched(int watch) {
    _Alignas(struct inotify_event) char events[16384];
    const ssize_t length = read(watch, events, sizeof events);
    close(watch);
    assert_true(length > 0);
    for (ssize_t at = 0; at < length;) {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)(events + at);
        if (wakes(event))
            fail_msg("%s was opened", event->name);
        at += (ssize_t)(sizeof *event + event->len);
    }
}

void made_platform_card(struct fixture *fixture, const char *name, unsigned number, const char *driver,
                        const char *compatible, bool renders) {
    char directory[128];
    char uevent[128];
    snprintf(directory, sizeof directory, "/sys/devices/platform/soc/%s", name);
    snprintf(uevent, sizeof uevent, "DRIVER=%s\nOF_NAME=gpu\nOF_COMPATIBLE_0=%s\nOF_COMPATIBLE_N=1", driver,
             compatible);
    add_card(fixture, directory, number, uevent, renders);
}

void made_connector(struct fixture *fixture, const char *connector, bool connected, bool enabled,
                    const struct made_timing *timing) {
    char directory[128];
    char path[160];
    uint8_t edid[MADE_EDID_BYTES];
    snprintf(directory, sizeof directory, "/sys/class/drm/%s", connector);
    set(fixture, directory, "status", connected ? "connected" : "disconnected");
    set(fixture, directory, "enabled", enabled ? "enabled" : "disabled");
    snprintf(path, sizeof path, "%s/edid", directory);
    if (timing)
        made_edid(timing, edid);
    fixture_bytes(fixture, path, edid, timing ? sizeof edid : 0);
}

/* ---- the rest ---- */

void made_dmi(struct fixture *fixture, const char *vendor, const char *product, const char *board,
              const char *chassis) {
    set(fixture, "/sys/class/dmi/id", "sys_vendor", vendor);
    set(fixture, "/sys/class/dmi/id", "product_name", product);
    set(fixture, "/sys/class/dmi/id", "board_name", board);
    set(fixture, "/sys/class/dmi/id", "chassis_type", chassis);
}

void made_battery(struct fixture *fixture, bool on_ac) {
    set(fixture, "/sys/class/power_supply/BAT1", "type", "Battery");
    set(fixture, "/sys/class/power_supply/BAT1", "present", "1");
    set(fixture, "/sys/class/power_supply/BAT1", "status", on_ac ? "Charging" : "Discharging");
    set(fixture, "/sys/class/power_supply/ACAD", "type", "Mains");
    set(fixture, "/sys/class/power_supply/ACAD", "online", on_ac ? "1" : "0");
}
