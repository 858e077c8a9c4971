/*
 * The display that the machine shows on, as the kernel's DRM has it. SPDX-License-Identifier: MIT
 *
 * status, enabled and edid of a connector are what DRM has kept since it last looked (drivers/gpu/drm/drm_sysfs.c:
 * connector->status, connector->encoder, edid_blob_ptr): no read of them looks again or wakes a card, asleep or not.
 * edid waits for whoever is looking at that moment (mode_config.mutex).
 */
#ifndef PERFADAPT_DEVICE_PANEL_H
#define PERFADAPT_DEVICE_PANEL_H

#include "core/fs.h"

enum perfadapt__panel_kind {
    PERFADAPT__PANEL_EXTERNAL = 0, /* also what does not say */
    PERFADAPT__PANEL_LAPTOP = 1,   /* eDP, LVDS: of laptops, and of handhelds and tablets with a PC's chip */
    PERFADAPT__PANEL_PHONE = 2     /* DSI, DPI: of phones and tablets, and of displays for boards */
};

struct perfadapt__panel {
    uint32_t connectors;  /* that DRM knows, whatever is on them; 0 also where there is no DRM */
    uint32_t enabled;     /* of these, such that show something */
    uint32_t laptop;      /* connected ones of that kind */
    uint32_t phone;       /* likewise */
    uint32_t refresh_mhz; /* of the one chosen; 0 unknown */
    bool is_internal;     /* the one chosen */
};

/*
 * Chooses what shows before what is only connected (a screen that is switched off), the built-in one before others, and
 * the fastest of those that are left: a slower one beside it is held up by no frame.
 */
void perfadapt__panel_read(const struct perfadapt__root *root, struct perfadapt__panel *out_panel);

/* By the connector's name: "card1-eDP-1". False where it is none. */
bool perfadapt__panel_kind_of(const char *name, enum perfadapt__panel_kind *out_kind);

#endif
