/*
 * What the machine calls itself: DMI, device tree, /proc/cpuinfo; and whether it is a guest.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_DEVICE_IDENTITY_H
#define PERFADAPT_DEVICE_IDENTITY_H

#include "core/fs.h"

#include <perfadapt/profile.h>

struct perfadapt__identity {
    uint32_t chassis;      /* DMI chassis_type, numbers of SMBIOS; 0 unknown */
    char tree_chassis[16]; /* the device tree's chassis-type: "handset"; "" unknown */
    char tree[1024];       /* its compatible list, each ended by NUL */
    size_t tree_length;
    bool is_guest; /* a hypervisor is below, and this is not its own first domain */
};

/* Also fills vendor, product, board, device_tree and processor. */
void perfadapt__identity_read(const struct perfadapt__root *root, struct perfadapt__identity *out_identity,
                              struct perfadapt_system *system);

/* True for what firmware says where nobody has filled the field in: "To be filled by O.E.M.". */
bool perfadapt__identity_is_placeholder(const char *name);

#endif
