/* SPDX-License-Identifier: MIT */
#include "device/bus.h"

#include "core/entries.h"
#include "device/name.h"
#include "providers/gpu_device.h"
#include "providers/kernel_file.h"

#include <stdio.h>
#include <string.h>

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PATH_MAX_BYTES 320

struct gpus {
    struct perfadapt__bus_gpu *items;
    size_t count;
};

/* ---- numbers ---- */

/* "0000:03:00.0", ended by NUL or a slash. Domains of VMD controllers have five digits. */
static bool parse_address(const char *text, struct perfadapt_pci_address *out) {
    static const char ends[] = {':', ':', '.'};
    static const uint32_t most[] = {UINT32_MAX, 0xff, 0x1f, 7};
    uint32_t values[4];
    for (size_t i = 0; i < 4; i++) {
        const bool good = perfadapt__fs_parse_hex(&text, &values[i]) && values[i] <= most[i];
        if (!good || (i < 3 && *text++ != ends[i]))
            return false;
    }
    if (*text != '\0' && *text != '/')
        return false;
    *out = (struct perfadapt_pci_address){1, values[0], values[1], values[2], values[3]};
    return true;
}

/* The last address in a path: of the device, or of what it sits on (virtio below PCI). */
static bool address_in(const char *path, struct perfadapt_pci_address *out) {
    bool found = false;
    while ((path = strchr(path, '/')))
        found |= parse_address(++path, out);
    return found;
}

/* ---- one device ---- */

static ssize_t read_text(const struct perfadapt__root *root, const char *device, const char *file, char *out,
                         size_t capacity) {
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "%s/%s", device, file);
    return perfadapt__fs_read_once(root, path, out, capacity);
}

/* 0 where there is no such file, or something else in it. */
static uint32_t read_id(const struct perfadapt__root *root, const char *device, const char *file) {
    char text[16];
    uint32_t value;
    read_text(root, device, file, text, sizeof text);
    perfadapt__fs_trim(text);
    const char *at = text + (text[0] == '0' && text[1] == 'x' ? 2 : 0);
    return perfadapt__fs_parse_hex(&at, &value) && !*at ? value : 0;
}

static void read_driver(const struct perfadapt__root *root, const char *device, char out[32]) {
    char path[PATH_MAX_BYTES];
    char target[256];
    snprintf(path, sizeof path, "%s/driver", device);
    perfadapt__fs_readlink(root, path, target, sizeof target);
    const char *slash = strrchr(target, '/');
    if (slash)
        perfadapt__name_copy(slash + 1, strlen(slash + 1), out, 32);
}

static void read_pci(const struct perfadapt__root *root, const char *device, struct perfadapt__bus_gpu *gpu) {
    char status[16];
    gpu->vendor_id = read_id(root, device, "vendor");
    gpu->device_id = read_id(root, device, "device");
    gpu->is_vga = read_id(root, device, "boot_vga") == 1;
    read_text(root, device, "power/runtime_status", status, sizeof status);
    gpu->suspended = strncmp(status, "suspend", 7) == 0; /* suspended, suspending */
    read_driver(root, device, gpu->driver);
}

/* ---- the list ---- */

static int order(const struct perfadapt__bus_gpu *a, const struct perfadapt__bus_gpu *b) {
    const uint32_t of_a[] = {!a->pci.known, a->pci.domain, a->pci.bus, a->pci.device, a->pci.function};
    const uint32_t of_b[] = {!b->pci.known, b->pci.domain, b->pci.bus, b->pci.device, b->pci.function};
    for (size_t i = 0; i < 5; i++)
        if (of_a[i] != of_b[i])
            return of_a[i] < of_b[i] ? -1 : 1;
    const int by_name = strcmp(a->compatible, b->compatible);
    return by_name ? by_name : strcmp(a->driver, b->driver);
}

static bool has_address(const struct gpus *gpus, const struct perfadapt_pci_address *address) {
    for (size_t i = 0; i < gpus->count; i++)
        if (memcmp(&gpus->items[i].pci, address, sizeof *address) == 0)
            return true;
    return false;
}

/* Keeps the first ones where there are too many. */
static void add(struct gpus *gpus, const struct perfadapt__bus_gpu *gpu) {
    size_t at = gpus->count;
    while (at > 0 && order(&gpus->items[at - 1], gpu) > 0)
        at--;
    if (at == PERFADAPT__BUS_GPUS_MAX)
        return;
    if (gpus->count < PERFADAPT__BUS_GPUS_MAX)
        gpus->count++;
    memmove(&gpus->items[at + 1], &gpus->items[at], (gpus->count - at - 1) * sizeof *gpu);
    gpus->items[at] = *gpu;
}

static void scan_pci(const struct perfadapt__root *root, struct gpus *gpus) {
    struct perfadapt__entries entries;
    perfadapt__entries_open(root, PCI_DEVICES, &entries);
    for (const char *name; (name = perfadapt__entries_next(&entries));) {
        char device[PATH_MAX_BYTES];
        struct perfadapt__bus_gpu gpu = {0};
        snprintf(device, sizeof device, PCI_DEVICES "/%s", name);
        if (!parse_address(name, &gpu.pci) || read_id(root, device, "class") >> 16 != 0x03)
            continue;
        read_pci(root, device, &gpu);
        add(gpus, &gpu);
    }
}

/*
 * Display controllers of SoCs, firmware's framebuffers and USB adapters are cards that do not render. Recordings may
 * hold nothing that tells.
 */
static bool renders(const struct perfadapt__root *root, const char *device) {
    char path[PATH_MAX_BYTES];
    uint32_t number;
    snprintf(path, sizeof path, "%s/drm", device);
    return perfadapt__kernel_directory_numbers(root, path, "renderD", "", &number, 1) > 0 ||
           perfadapt__kernel_directory_numbers(root, path, "card", "", &number, 1) == 0;
}

static void read_compatible(const struct perfadapt__root *root, const char *device, char out[64]) {
    static const char key[] = "OF_COMPATIBLE_0=";
    char text[2048];
    read_text(root, device, "uevent", text, sizeof text);
    const char *found = strstr(text, key);
    if (found)
        perfadapt__name_copy(found + sizeof key - 1, strlen(found + sizeof key - 1), out, 64);
}

/* What PCI's list does not have: SoCs; and accelerators without a display (class 0x12), which DRM knows. */
static void add_card(const struct perfadapt__root *root, const struct perfadapt__gpu_device *card, struct gpus *gpus) {
    struct perfadapt__bus_gpu gpu = {0};
    struct perfadapt_pci_address below;
    if (parse_address(card->id, &gpu.pci)) {
        if (has_address(gpus, &gpu.pci))
            return;
        read_pci(root, card->path, &gpu);
        gpu.vendor_id = card->vendor;
        gpu.device_id = card->product;
    } else if (!card->driver[0] || (address_in(card->path, &below) && has_address(gpus, &below)) ||
               !renders(root, card->path)) {
        return;
    }
    memcpy(gpu.driver, card->driver, sizeof card->driver);
    read_compatible(root, card->path, gpu.compatible);
    add(gpus, &gpu);
}

size_t perfadapt__bus_read(const struct perfadapt__root *root,
                           struct perfadapt__bus_gpu out_gpus[PERFADAPT__BUS_GPUS_MAX]) {
    struct perfadapt__gpu_device cards[PERFADAPT__GPU_DEVICES_MAX];
    struct gpus gpus = {.items = out_gpus};
    scan_pci(root, &gpus);
    const ssize_t count = perfadapt__gpu_devices_find(root, cards, PERFADAPT__GPU_DEVICES_MAX);
    for (ssize_t i = 0; i < count; i++)
        add_card(root, &cards[i], &gpus);
    return gpus.count;
}
