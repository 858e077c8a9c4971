/* SPDX-License-Identifier: MIT */
#include "device/panel.h"

#include "core/entries.h"
#include "device/edid.h"

#include <stdio.h>
#include <string.h>

#define DRM "/sys/class/drm"
#define CONNECTORS_MAX 64

bool perfadapt__panel_kind_of(const char *name, enum perfadapt__panel_kind *out_kind) {
    static const struct {
        const char *prefix;
        enum perfadapt__panel_kind kind;
    } kinds[] = {{"eDP-", PERFADAPT__PANEL_LAPTOP},
                 {"LVDS-", PERFADAPT__PANEL_LAPTOP},
                 {"DSI-", PERFADAPT__PANEL_PHONE},
                 {"DPI-", PERFADAPT__PANEL_PHONE}};
    const char *type = strchr(name, '-');
    if (strncmp(name, "card", 4) != 0 || !type)
        return false;
    *out_kind = PERFADAPT__PANEL_EXTERNAL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(type + 1, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            *out_kind = kinds[i].kind;
    return true;
}

static ssize_t read_file(const struct perfadapt__root *root, const char *connector, const char *file, char *out,
                         size_t capacity) {
    char path[300];
    snprintf(path, sizeof path, DRM "/%s/%s", connector, file);
    return perfadapt__fs_read_once(root, path, out, capacity);
}

static bool says(const struct perfadapt__root *root, const char *connector, const char *file, const char *word) {
    char text[16];
    read_file(root, connector, file, text, sizeof text);
    perfadapt__fs_trim(text);
    return strcmp(text, word) == 0;
}

static uint32_t read_refresh(const struct perfadapt__root *root, const char *connector) {
    char edid[PERFADAPT__EDID_BLOCK_BYTES + 1];
    const ssize_t length = read_file(root, connector, "edid", edid, sizeof edid);
    return length > 0 ? perfadapt__edid_refresh_mhz((const uint8_t *)edid, (size_t)length) : 0;
}

static void take(const struct perfadapt__root *root, const char *connector, enum perfadapt__panel_kind kind,
                 unsigned *best, struct perfadapt__panel *panel) {
    panel->connectors++;
    if (!says(root, connector, "status", "connected"))
        return;
    const bool enabled = says(root, connector, "enabled", "enabled");
    const bool internal = kind != PERFADAPT__PANEL_EXTERNAL;
    const uint32_t refresh_mhz = read_refresh(root, connector);
    const unsigned rank = 1U + 2 * enabled + internal;
    panel->enabled += enabled;
    panel->laptop += kind == PERFADAPT__PANEL_LAPTOP;
    panel->phone += kind == PERFADAPT__PANEL_PHONE;
    if (rank < *best || (rank == *best && refresh_mhz <= panel->refresh_mhz))
        return;
    *best = rank;
    panel->refresh_mhz = refresh_mhz;
    panel->is_internal = internal;
}

void perfadapt__panel_read(const struct perfadapt__root *root, struct perfadapt__panel *out_panel) {
    struct perfadapt__entries entries;
    unsigned best = 0;
    *out_panel = (struct perfadapt__panel){0};
    perfadapt__entries_open(root, DRM, &entries);
    for (const char *name; out_panel->connectors < CONNECTORS_MAX && (name = perfadapt__entries_next(&entries));) {
        enum perfadapt__panel_kind kind;
        if (perfadapt__panel_kind_of(name, &kind))
            take(root, name, kind, &best, out_panel);
    }
    perfadapt__entries_close(&entries);
}
