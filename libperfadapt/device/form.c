/* SPDX-License-Identifier: MIT */
#include "device/form.h"

#include "device/form_names.h"

#include <string.h>

/* SMBIOS (DMTF DSP0134, "System Enclosure or Chassis Types"). What is not in the list tells nothing: other, unknown,
 * docking station, expansion and peripheral chassis. */
static const uint8_t forms_by_chassis[] = {
    [3] = PERFADAPT_FORM_DESKTOP,   [4] = PERFADAPT_FORM_DESKTOP,
    [5] = PERFADAPT_FORM_DESKTOP,   [6] = PERFADAPT_FORM_DESKTOP,
    [7] = PERFADAPT_FORM_DESKTOP,   [8] = PERFADAPT_FORM_LAPTOP,
    [9] = PERFADAPT_FORM_LAPTOP,    [10] = PERFADAPT_FORM_LAPTOP,
    [11] = PERFADAPT_FORM_HANDHELD, /* "hand held": a PC's firmware says it of a console; phones have a device tree */
    [13] = PERFADAPT_FORM_DESKTOP,  /* all in one */
    [14] = PERFADAPT_FORM_LAPTOP,   [15] = PERFADAPT_FORM_DESKTOP,
    [16] = PERFADAPT_FORM_DESKTOP,  [17] = PERFADAPT_FORM_SERVER,
    [23] = PERFADAPT_FORM_SERVER,                                 /* rack mount */
    [24] = PERFADAPT_FORM_DESKTOP,  [25] = PERFADAPT_FORM_SERVER, /* multi-system */
    [26] = PERFADAPT_FORM_SERVER,                                 /* CompactPCI */
    [27] = PERFADAPT_FORM_SERVER,                                 /* AdvancedTCA */
    [28] = PERFADAPT_FORM_SERVER,                                 /* blade */
    [29] = PERFADAPT_FORM_SERVER,                                 /* blade enclosure */
    [30] = PERFADAPT_FORM_TABLET,   [31] = PERFADAPT_FORM_LAPTOP, /* convertible */
    [32] = PERFADAPT_FORM_LAPTOP, /* detachable: keyboard and screen are sold together */
    [33] = PERFADAPT_FORM_BOARD,  /* gateway for the internet of things */
    [34] = PERFADAPT_FORM_BOARD,  /* embedded PC */
    [35] = PERFADAPT_FORM_DESKTOP,  [36] = PERFADAPT_FORM_DESKTOP,
};

/* Devicetree Specification, root node. */
static enum perfadapt_form by_tree_chassis(const char *chassis) {
    static const struct {
        const char *word;
        enum perfadapt_form form;
    } words[] = {{"desktop", PERFADAPT_FORM_DESKTOP},    {"laptop", PERFADAPT_FORM_LAPTOP},
                 {"convertible", PERFADAPT_FORM_LAPTOP}, {"server", PERFADAPT_FORM_SERVER},
                 {"all-in-one", PERFADAPT_FORM_DESKTOP}, {"tablet", PERFADAPT_FORM_TABLET},
                 {"handset", PERFADAPT_FORM_TABLET},     {"handheld", PERFADAPT_FORM_HANDHELD},
                 {"watch", PERFADAPT_FORM_TABLET},       {"embedded", PERFADAPT_FORM_BOARD},
                 {"television", PERFADAPT_FORM_BOARD}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(chassis, words[i].word) == 0)
            return words[i].form;
    return PERFADAPT_FORM_UNKNOWN;
}

static bool has_panel(const struct perfadapt__panel *panel) {
    return panel->laptop > 0 || panel->phone > 0;
}

/*
 * Cheap boards keep the chassis of the design that they are made from: a desktop with a battery and a panel of its own
 * is a laptop, a laptop with neither, where both would be seen, a desktop.
 */
static enum perfadapt_form by_chassis(const struct perfadapt_system *system, uint32_t chassis,
                                      const struct perfadapt__panel *panel) {
    const enum perfadapt_form form =
        chassis < sizeof forms_by_chassis ? (enum perfadapt_form)forms_by_chassis[chassis] : PERFADAPT_FORM_UNKNOWN;
    if (form == PERFADAPT_FORM_DESKTOP && system->has_battery == 1 && has_panel(panel))
        return PERFADAPT_FORM_LAPTOP;
    if (form == PERFADAPT_FORM_LAPTOP && system->has_battery == 0 && panel->connectors > 0 && !has_panel(panel))
        return PERFADAPT_FORM_DESKTOP;
    return form;
}

/* Video of a management controller: ASPEED; Matrox G200 in its kinds for servers; HiSilicon; XGI. */
static bool is_management(const struct perfadapt__bus_gpu *gpu) {
    const bool is_matrox = gpu->vendor_id == 0x102b &&
                           (gpu->device_id == 0x0522 || (gpu->device_id >= 0x0530 && gpu->device_id <= 0x0538));
    return gpu->vendor_id == 0x1a03 || is_matrox || (gpu->vendor_id == 0x19e5 && gpu->device_id == 0x1711) ||
           gpu->vendor_id == 0x18ca;
}

/* No screen but, perhaps, that of the management controller. */
static bool is_managed(const struct perfadapt__panel *panel, const struct perfadapt__bus_gpu *gpus, size_t count) {
    bool managed = false;
    for (size_t i = 0; i < count; i++)
        managed |= is_management(&gpus[i]);
    return managed && panel->enabled <= 1 && !has_panel(panel);
}

/* A machine with a device tree. Of one with a battery, the panel's wiring tells laptops from phones and tablets. */
static enum perfadapt_form by_tree_parts(const struct perfadapt_system *system, const struct perfadapt__panel *panel) {
    if (system->has_battery == 1 && panel->laptop > 0)
        return PERFADAPT_FORM_LAPTOP;
    if (system->has_battery == 1 && panel->phone > 0)
        return PERFADAPT_FORM_TABLET;
    if (strncmp(system->device_tree, "apple,", 6) != 0)
        return system->has_battery == 0 ? PERFADAPT_FORM_BOARD : PERFADAPT_FORM_UNKNOWN;
    if (system->has_battery < 0)
        return PERFADAPT_FORM_UNKNOWN;
    return system->has_battery ? PERFADAPT_FORM_LAPTOP : PERFADAPT_FORM_DESKTOP;
}

static enum perfadapt_form by_parts(const struct perfadapt_system *system, const struct perfadapt__identity *identity,
                                    const struct perfadapt__panel *panel, const struct perfadapt__bus_gpu *gpus,
                                    size_t gpu_count) {
    const bool has_dmi = system->vendor[0] || system->product[0] || system->board[0] || identity->chassis;
    if (identity->tree_length > 0 && !has_dmi)
        return by_tree_parts(system, panel);
    if (system->has_battery == 1 && (has_panel(panel) || panel->connectors == 0))
        return PERFADAPT_FORM_LAPTOP; /* NVIDIA's driver may show no connectors */
    if (system->has_battery != 0 || !has_dmi)
        return PERFADAPT_FORM_UNKNOWN;
    return is_managed(panel, gpus, gpu_count) ? PERFADAPT_FORM_SERVER : PERFADAPT_FORM_DESKTOP;
}

enum perfadapt_form perfadapt__form_of(const struct perfadapt_system *system,
                                       const struct perfadapt__identity *identity, const struct perfadapt__panel *panel,
                                       const struct perfadapt__bus_gpu *gpus, size_t gpu_count) {
    if (identity->is_guest)
        return PERFADAPT_FORM_VIRTUAL;
    enum perfadapt_form form = perfadapt__form_by_dmi(system);
    if (form == PERFADAPT_FORM_UNKNOWN)
        form = perfadapt__form_by_tree(identity->tree, identity->tree_length);
    if (form == PERFADAPT_FORM_UNKNOWN)
        form = by_tree_chassis(identity->tree_chassis);
    if (form == PERFADAPT_FORM_UNKNOWN)
        form = by_chassis(system, identity->chassis, panel);
    if (form == PERFADAPT_FORM_UNKNOWN)
        form = by_parts(system, identity, panel, gpus, gpu_count);
    return form;
}
