/* What /sys/class/drm says of the machine's graphics devices, without waking them: who they are, and where they sit.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_GPU_DEVICE_H
#define PERFADAPT_PROVIDERS_GPU_DEVICE_H

#include "core/fs.h"

#define PERFADAPT__DRM_CLASS "/sys/class/drm"
#define PERFADAPT__GPU_DEVICES_MAX 16

struct perfadapt__gpu_device {
    uint32_t card;   /* of /sys/class/drm/card<card>; changes when devices come and go */
    char id[40];     /* "0000:03:00.0", or the platform device's name */
    char driver[16]; /* "" = none */
    char path[256];  /* of the device, links resolved */
    uint32_t vendor; /* PCI ids; 0 = unknown */
    uint32_t product;
};

/* Describes card<number>: 0, or -errno where there is no such card, or it could not be looked at. */
int perfadapt__gpu_device_describe(const struct perfadapt__root *root, uint32_t number,
                                   struct perfadapt__gpu_device *out_device);

/* Every device once, under its lowest card: their count, or -errno where descriptors were short. */
ssize_t perfadapt__gpu_devices_find(const struct perfadapt__root *root, struct perfadapt__gpu_device *out,
                                    size_t capacity);

/* Takes driver, ids and address out of the text of a uevent file. What it does not say stays as it is. */
void perfadapt__gpu_device_uevent(const char *text, struct perfadapt__gpu_device *device);

#endif
