/* SPDX-License-Identifier: MIT */
#include "device/mains.h"

#include "core/entries.h"
#include "providers/kernel_file.h"
#include "providers/supply.h"

#include <stdio.h>
#include <string.h>

#define CLASS "/sys/class/power_supply"
#define SUPPLIES_MAX 16

static ssize_t read_file(const struct perfadapt__root *root, const char *name, const char *file, char *out,
                         size_t capacity) {
    char path[320];
    snprintf(path, sizeof path, CLASS "/%s/%s", name, file);
    return perfadapt__fs_read_once(root, path, out, capacity);
}

static void read_figure(const struct perfadapt__root *root, const char *name, enum perfadapt__supply_figure figure,
                        struct perfadapt__supply *supply) {
    char text[32];
    const ssize_t length = read_file(root, name, perfadapt__supply_figure_files[figure], text, sizeof text);
    if (perfadapt__kernel_file_number(text, length, sizeof text, &supply->figures[figure]) == PERFADAPT_WHY_NONE)
        supply->known |= UINT32_C(1) << figure;
}

/* False where it could not be found out what it is. */
static bool read_supply(const struct perfadapt__root *root, const char *name, struct perfadapt__supply *out) {
    char text[32];
    *out = (struct perfadapt__supply){0};
    read_file(root, name, "scope", text, sizeof text);
    out->of_device = strncmp(text, "Device", 6) == 0;
    if (out->of_device)
        return true;
    const bool known = read_file(root, name, "type", text, sizeof text) > 0;
    out->kind = perfadapt__supply_kind_of(text);
    if (out->kind == PERFADAPT__SUPPLY_MAINS)
        read_figure(root, name, PERFADAPT__SUPPLY_ONLINE, out);
    if (out->kind == PERFADAPT__SUPPLY_BATTERY) {
        read_figure(root, name, PERFADAPT__SUPPLY_PRESENT, out);
        read_file(root, name, "status", text, sizeof text);
        out->status = perfadapt__supply_status_of(text);
    }
    return known;
}

void perfadapt__mains_read(const struct perfadapt__root *root, int32_t *out_on_ac, int32_t *out_has_battery) {
    struct perfadapt__supply supplies[SUPPLIES_MAX];
    struct perfadapt__entries entries;
    size_t count = 0;
    bool known = perfadapt__entries_open(root, CLASS, &entries) == 0;
    bool has_battery = false;
    for (const char *name; count < SUPPLIES_MAX && (name = perfadapt__entries_next(&entries)); count++) {
        known &= read_supply(root, name, &supplies[count]);
        has_battery |= perfadapt__supply_is_battery(&supplies[count]);
    }
    perfadapt__entries_close(&entries);
    *out_has_battery = has_battery ? 1 : known ? 0 : -1;
    *out_on_ac = perfadapt__supply_on_ac(supplies, count);
}
