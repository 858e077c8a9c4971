/*
 * The GPUs that the kernel knows of, without touching one. SPDX-License-Identifier: MIT
 *
 * Display controllers of PCI, and DRM cards that sit elsewhere. Of a card that sleeps only what does not wake it is read:
 * vendor, device and class, which the kernel keeps, and power/runtime_status.
 */
#ifndef PERFADAPT_DEVICE_BUS_H
#define PERFADAPT_DEVICE_BUS_H

#include "core/fs.h"

#include <perfadapt/profile.h>

#define PERFADAPT__BUS_GPUS_MAX 16

struct perfadapt__bus_gpu {
    struct perfadapt_pci_address pci; /* known = 0: not on PCI */
    uint32_t vendor_id, device_id;    /* 0 where it has none */
    uint32_t is_vga;                  /* 1: the firmware's display (boot_vga) */
    bool
        suspended; /* runtime_status suspended or suspending; PCI only: an SoC's GPU sleeps between frames and wakes within one */
    char driver[32];     /* of the kernel: "amdgpu"; "" none bound */
    char compatible[64]; /* of the device tree: "brcm,2711-v3d"; "" none */
};

size_t perfadapt__bus_read(const struct perfadapt__root *root,
                           struct perfadapt__bus_gpu out_gpus[PERFADAPT__BUS_GPUS_MAX]);

#endif
