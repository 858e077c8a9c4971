/* SPDX-License-Identifier: MIT */
#include "providers/gpu_device.h"

#include "providers/kernel_file.h"

#include <stdio.h>
#include <string.h>

/* ---- uevent ---- */

/* Cut to fit and made printable: ids are compared, and shown on terminals. */
static void copy_line(char *to, size_t capacity, const char *from, size_t length) {
    size_t i = 0;
    for (; i < length && i + 1 < capacity; i++)
        to[i] = from[i] > ' ' && from[i] <= '~' ? from[i] : '?';
    to[i] = '\0';
}

static void take_ids(const char *value, struct perfadapt__gpu_device *device) {
    uint32_t vendor;
    uint32_t product;
    if (!perfadapt__fs_parse_hex(&value, &vendor) || *value++ != ':' || !perfadapt__fs_parse_hex(&value, &product))
        return;
    device->vendor = vendor;
    device->product = product;
}

static void take_pair(const char *line, size_t length, struct perfadapt__gpu_device *device) {
    static const struct {
        const char *key;
        enum { DRIVER, ADDRESS, NAME, IDS } what;
    } keys[] = {{"DRIVER=", DRIVER}, {"PCI_SLOT_NAME=", ADDRESS}, {"OF_NAME=", NAME}, {"PCI_ID=", IDS}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const size_t key_length = strlen(keys[i].key);
        if (length <= key_length || strncmp(line, keys[i].key, key_length) != 0)
            continue;
        const char *value = line + key_length;
        if (keys[i].what == DRIVER)
            copy_line(device->driver, sizeof device->driver, value, length - key_length);
        else if (keys[i].what == ADDRESS || (keys[i].what == NAME && !device->id[0]))
            copy_line(device->id, sizeof device->id, value, length - key_length);
        else if (keys[i].what == IDS)
            take_ids(value, device);
    }
}

void perfadapt__gpu_device_uevent(const char *text, struct perfadapt__gpu_device *device) {
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        take_pair(text, length, device);
    }
}

/* ---- one card ---- */

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A platform device is named after its place: "ff9a0000.gpu". Recorded trees hold the device as a plain directory. */
static void name_by_path(struct perfadapt__gpu_device *device) {
    const char *name = last_name(device->path);
    if (strcmp(name, "device") != 0)
        copy_line(device->id, sizeof device->id, name, strlen(name));
}

static int find_driver(const struct perfadapt__root *root, const char *directory,
                       struct perfadapt__gpu_device *device) {
    char path[96];
    char target[256];
    snprintf(path, sizeof path, "%s/driver", directory);
    const ssize_t length = perfadapt__fs_readlink(root, path, target, sizeof target);
    if (perfadapt__kernel_file_is_shortage(length))
        return (int)length;
    if (length > 0)
        copy_line(device->driver, sizeof device->driver, last_name(target), strlen(last_name(target)));
    return 0;
}

int perfadapt__gpu_device_describe(const struct perfadapt__root *root, uint32_t number,
                                   struct perfadapt__gpu_device *out_device) {
    char directory[64];
    char path[96];
    char text[2048];
    *out_device = (struct perfadapt__gpu_device){.card = number};
    snprintf(directory, sizeof directory, PERFADAPT__DRM_CLASS "/card%u/device", (unsigned)number);
    const int error = perfadapt__kernel_file_canonical(root, directory, out_device->path, sizeof out_device->path);
    if (error != 0)
        return error;
    snprintf(path, sizeof path, "%s/uevent", directory);
    const ssize_t length = perfadapt__fs_read_once(root, path, text, sizeof text);
    if (perfadapt__kernel_file_is_shortage(length))
        return (int)length;
    struct perfadapt__gpu_device said = {0};
    perfadapt__gpu_device_uevent(text, &said);
    name_by_path(out_device);
    if (strchr(said.id, ':') ||
        !out_device->id[0]) /* a PCI address; else the device tree's name, which need not differ */
        memcpy(out_device->id, said.id, sizeof said.id);
    if (!out_device->id[0])
        snprintf(out_device->id, sizeof out_device->id, "card%u", (unsigned)number);
    memcpy(out_device->driver, said.driver, sizeof said.driver);
    out_device->vendor = said.vendor;
    out_device->product = said.product;
    return out_device->driver[0] ? 0 : find_driver(root, directory, out_device);
}

/* ---- all of them ---- */

/* A device may have several cards: one for each partition of it, or one that is left of a driver before. */
static bool is_known(const struct perfadapt__gpu_device *devices, size_t count,
                     const struct perfadapt__gpu_device *device) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(devices[i].path, device->path) == 0 || strcmp(devices[i].id, device->id) == 0)
            return true;
    return false;
}

ssize_t perfadapt__gpu_devices_find(const struct perfadapt__root *root, struct perfadapt__gpu_device *out,
                                    size_t capacity) {
    uint32_t numbers[PERFADAPT__GPU_DEVICES_MAX];
    const ssize_t cards = perfadapt__kernel_directory_numbers(root, PERFADAPT__DRM_CLASS, "card", "", numbers,
                                                              PERFADAPT__GPU_DEVICES_MAX);
    if (cards < 0)
        return perfadapt__kernel_file_is_shortage(cards) ? cards : 0;
    size_t count = 0;
    for (ssize_t i = 0; i < cards && count < capacity; i++) {
        const int error = perfadapt__gpu_device_describe(root, numbers[i], &out[count]);
        if (perfadapt__kernel_file_is_shortage(error))
            return error;
        if (error == 0 && !is_known(out, count, &out[count]))
            count++;
    }
    return (ssize_t)count;
}
