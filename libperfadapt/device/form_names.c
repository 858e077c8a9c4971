/* SPDX-License-Identifier: MIT */
#include "device/form_names.h"

#include "providers/raspberrypi.h"

#include <string.h>
#include <strings.h>

/* Each text is a prefix, in capitals or not; "" fits all. */
struct dmi_row {
    const char *vendor;
    const char *product;
    const char *board;
    enum perfadapt_form form;
    bool needs_battery; /* the maker also builds machines that stand on a desk */
};

/*
 * Guests: by the names that hypervisors give, as systemd-detect-virt knows them. What the same makers sell as hardware
 * has to stay out: "Microsoft Corporation" is a Surface, "Google" a Chromebook, and "Amazon EC2" with a product of
 * "i3.metal" no guest.
 *
 * Handhelds: Linux, drivers/gpu/drm/drm_panel_orientation_quirks.c and drivers/input/serio/i8042-acpipnpio.h; the model
 * numbers of Lenovo, ASUS and GPD as Handheld Daemon (hhd) knows them.
 */
static const struct dmi_row dmi_rows[] = {
    {"QEMU", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"VMware", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"innotek GmbH", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"", "VirtualBox", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Xen", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"", "HVM domU", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Bochs", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"BHYVE", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Parallels", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"", "KVM", "", PERFADAPT_FORM_VIRTUAL, false},
    {"oVirt", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"OpenStack", "", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Nutanix", "AHV", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Red Hat", "RHEL", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Microsoft Corporation", "Virtual Machine", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Google", "Google Compute Engine", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Apple", "Apple Virtualization", "", PERFADAPT_FORM_VIRTUAL, false},
    {"DigitalOcean", "Droplet", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Hetzner", "vServer", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Alibaba Cloud", "Alibaba Cloud ECS", "", PERFADAPT_FORM_VIRTUAL, false},
    {"Tencent Cloud", "CVM", "", PERFADAPT_FORM_VIRTUAL, false},
    {"ChromiumOS", "crosvm", "", PERFADAPT_FORM_VIRTUAL, false},

    {"Valve", "Jupiter", "", PERFADAPT_FORM_HANDHELD, false},
    {"Valve", "Galileo", "", PERFADAPT_FORM_HANDHELD, false},
    {"ASUS", "ROG Ally", "", PERFADAPT_FORM_HANDHELD, false},
    {"ASUS", "ROG Xbox Ally", "", PERFADAPT_FORM_HANDHELD, false},
    {"ASUS", "", "RC71", PERFADAPT_FORM_HANDHELD, false},
    {"ASUS", "", "RC72", PERFADAPT_FORM_HANDHELD, false},
    {"ASUS", "", "RC73", PERFADAPT_FORM_HANDHELD, false},
    {"LENOVO", "83E1", "", PERFADAPT_FORM_HANDHELD, false}, /* Legion Go */
    {"LENOVO", "83L3", "", PERFADAPT_FORM_HANDHELD, false}, /* Legion Go S */
    {"LENOVO", "83N6", "", PERFADAPT_FORM_HANDHELD, false},
    {"LENOVO", "83Q2", "", PERFADAPT_FORM_HANDHELD, false},
    {"LENOVO", "83Q3", "", PERFADAPT_FORM_HANDHELD, false},
    {"LENOVO", "83N0", "", PERFADAPT_FORM_HANDHELD, false}, /* Legion Go 2 */
    {"LENOVO", "83N1", "", PERFADAPT_FORM_HANDHELD, false},
    {"LENOVO", "Legion Go", "", PERFADAPT_FORM_HANDHELD, false},
    {"Micro-Star", "Claw ", "", PERFADAPT_FORM_HANDHELD, false},
    {"AYANEO", "", "", PERFADAPT_FORM_HANDHELD, true}, /* also small desktops: AM01 */
    {"AYA NEO", "", "", PERFADAPT_FORM_HANDHELD, true},
    {"AYADEVICE", "", "", PERFADAPT_FORM_HANDHELD, true},
    {"GPD", "WIN", "", PERFADAPT_FORM_HANDHELD, false},
    {"GPD", "G1617", "", PERFADAPT_FORM_HANDHELD, false}, /* Win Mini */
    {"GPD", "G1618", "", PERFADAPT_FORM_HANDHELD, false}, /* Win 3, 4, 5 */
    {"GPD", "G1619", "", PERFADAPT_FORM_HANDHELD, false}, /* Win Max */
    {"ONE-NETBOOK", "ONEXPLAYER", "", PERFADAPT_FORM_HANDHELD, true},
    {"ONE-NETBOOK", "ONE XPLAYER", "", PERFADAPT_FORM_HANDHELD, true},
    {"AOKZOE", "AOKZOE A", "", PERFADAPT_FORM_HANDHELD, true},
    {"ayn", "Loki", "", PERFADAPT_FORM_HANDHELD, false},
    {"", "ZOTAC GAMING ZONE", "", PERFADAPT_FORM_HANDHELD, false},
    {"ZOTAC", "", "G0A1W", PERFADAPT_FORM_HANDHELD, false},
    {"ZOTAC", "", "G1A1W", PERFADAPT_FORM_HANDHELD, false},
    {"Anbernic", "Win600", "", PERFADAPT_FORM_HANDHELD, false},
    {"OrangePi", "NEO-01", "", PERFADAPT_FORM_HANDHELD, false},
    {"Tectoy", "Zeenix", "", PERFADAPT_FORM_HANDHELD, false},
    {"Mysten Labs", "SuiPlay", "", PERFADAPT_FORM_HANDHELD, false},
};

struct tree_row {
    const char *prefix;
    enum perfadapt_form form;
};

/*
 * Machines that say no chassis-type, or a wrong one: consoles to hold in hands call themselves handsets (the value
 * "handheld" came to the Devicetree Specification in 2026). Makers of boards, not of chips: a chip is in phones as
 * well.
 */
static const struct tree_row tree_rows[] = {
    {"linux,dummy-virt", PERFADAPT_FORM_VIRTUAL}, /* QEMU's and kvmtool's */
    {"qemu,", PERFADAPT_FORM_VIRTUAL},
    {"riscv-virtio", PERFADAPT_FORM_VIRTUAL},
    {"xen,xenvm", PERFADAPT_FORM_VIRTUAL},
    {"anbernic,", PERFADAPT_FORM_HANDHELD},
    {"powkiddy,", PERFADAPT_FORM_HANDHELD},
    {"gameforce,", PERFADAPT_FORM_HANDHELD},
    {"retroidpocket,", PERFADAPT_FORM_HANDHELD},
    {"ayn,odin", PERFADAPT_FORM_HANDHELD},
    {"ayaneo,", PERFADAPT_FORM_HANDHELD},
    {"hardkernel,rk3326-odroid-go", PERFADAPT_FORM_HANDHELD},
    {"raspberrypi,", PERFADAPT_FORM_BOARD},
    {"nvidia,jetson", PERFADAPT_FORM_BOARD},
    {"nvidia,p2", PERFADAPT_FORM_BOARD}, /* Jetson TX1, TX2, Nano, AGX Xavier: p2371, p2771, p2972 */
    {"nvidia,p3", PERFADAPT_FORM_BOARD}, /* Nano, Xavier NX, Orin: p3450, p3509, p3737, p3768 */
    {"hardkernel,", PERFADAPT_FORM_BOARD},
    {"radxa,", PERFADAPT_FORM_BOARD},
    {"khadas,", PERFADAPT_FORM_BOARD},
    {"libretech,", PERFADAPT_FORM_BOARD},
    {"friendlyarm,", PERFADAPT_FORM_BOARD},
    {"friendlyelec,", PERFADAPT_FORM_BOARD},
    {"xunlong,", PERFADAPT_FORM_BOARD},
    {"sinovoip,", PERFADAPT_FORM_BOARD},
    {"firefly,", PERFADAPT_FORM_BOARD},
    {"beagle,", PERFADAPT_FORM_BOARD},
    {"ibm,powernv", PERFADAPT_FORM_SERVER},
};

static bool starts(const char *text, const char *prefix) {
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

enum perfadapt_form perfadapt__form_by_dmi(const struct perfadapt_system *system) {
    for (size_t i = 0; i < sizeof dmi_rows / sizeof dmi_rows[0]; i++) {
        const struct dmi_row *row = &dmi_rows[i];
        if (starts(system->vendor, row->vendor) && starts(system->product, row->product) &&
            starts(system->board, row->board) && (!row->needs_battery || system->has_battery != 0))
            return row->form;
    }
    const bool is_cloud = starts(system->vendor, "Amazon EC2") && !strstr(system->product, ".metal");
    return is_cloud ? PERFADAPT_FORM_VIRTUAL : PERFADAPT_FORM_UNKNOWN;
}

enum perfadapt_form perfadapt__form_by_tree(const char *tree, size_t length) {
    for (size_t i = 0; i < sizeof tree_rows / sizeof tree_rows[0]; i++)
        if (perfadapt__raspberrypi_is_compatible(tree, length, tree_rows[i].prefix))
            return tree_rows[i].form;
    return PERFADAPT_FORM_UNKNOWN;
}
