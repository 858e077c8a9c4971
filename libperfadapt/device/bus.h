/*
 * The GPUs that the kernel knows of, without touching one. SPDX-License-Identifier: MIT
 *
 * Display controllers of PCI, and DRM cards that sit elsewhere and render. Of a card only what does not wake it is
 * read: class, vendor, device, boot_vga and uevent, which the kernel keeps (drivers/pci/pci-sysfs.c, pci-driver.c), the
 * driver's link, and power/runtime_status.
 */
#ifndef PERFADAPT_DEVICE_BUS_H
#define PERFADAPT_DEVICE_BUS_H

#include "core/fs.h"

#include <perfadapt/profile.h>

#define PERFADAPT__BUS_GPUS_MAX 16 /* of more, those with the lowest addresses */

struct perfadapt__bus_gpu {
    struct perfadapt_pci_address pci; /* known = 0: not on PCI */
    uint32_t vendor_id, device_id;    /* 0 where it has none */
    uint32_t is_vga;                  /* 1: the firmware's display (boot_vga) */
    bool suspended;      /* or about to be. PCI only: an SoC's GPU sleeps between frames and wakes within one */
    char driver[32];     /* of the kernel: "amdgpu"; "" none bound */
    char compatible[64]; /* of the device tree: "brcm,2711-v3d"; "" none */
};

/* By PCI address, then those without one by name: their count. */
size_t perfadapt__bus_read(const struct perfadapt__root *root,
                           struct perfadapt__bus_gpu out_gpus[PERFADAPT__BUS_GPUS_MAX]);

#endif
