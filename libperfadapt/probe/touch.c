/* SPDX-License-Identifier: MIT */
#include "probe/touch.h"

#include <string.h>

#define DRIVERS_MAX 3

struct row {
    const char *library;                     /* its file's name, up to the first dot */
    const char *kernel_drivers[DRIVERS_MAX]; /* whose GPUs it opens */
    uint32_t vendor_id;                      /* of PCI; its GPUs without a driver may get one. 0 = none */
    bool opens_all;                          /* it opens what is no GPU of its own, too, to ask for its name */
};

/*
 * Mesa's drivers for PCI look at the vendor before they open a card, then ask whether its kernel driver is theirs:
 * hence radeon beside amdgpu, and nvidia beside nouveau. NVIDIA's own may load the kernel's module (nvidia-modprobe)
 * and so bind, and wake, a card that has no driver.
 *
 * Mesa's drivers for boards ask for devices of the platform bus before they open one (v3dv's enumerate_devices(), and
 * panvk and honeykrisp where they try a device). Turnip does not since it knows virtio_gpu, which is on PCI: it opens
 * each render node to read its driver's name (tu_physical_device_try_create()). Of PowerVR's it is assumed that it
 * keeps to its own, and of drivers that are not Mesa's that they look at the vendor first.
 */
static const struct row rows[] = {
    {"libvulkan_radeon", {"amdgpu", "radeon"}, 0x1002, false},
    {"amdvlk64", {"amdgpu", "radeon"}, 0x1002, false},
    {"amdvlk32", {"amdgpu", "radeon"}, 0x1002, false},
    {"amdvlkpro64", {"amdgpu", "radeon"}, 0x1002, false},
    {"amdvlkpro32", {"amdgpu", "radeon"}, 0x1002, false},
    {"libGLX_nvidia", {"nvidia"}, 0x10de, false},
    {"libEGL_nvidia", {"nvidia"}, 0x10de, false},
    {"libvulkan_nouveau", {"nouveau", "nvidia"}, 0x10de, false},
    {"libvulkan_intel", {"i915", "xe"}, 0x8086, false},
    {"libvulkan_intel_hasvk", {"i915", "xe"}, 0x8086, false},
    {"libvulkan_lvp", {NULL}, 0, false},
    {"libvk_swiftshader", {NULL}, 0, false},
    {"libvulkan_virtio", {"virtio-pci", "virtio_gpu", "virtio_mmio"}, 0x1af4, false},
    {"libvulkan_gfxstream", {"virtio-pci", "virtio_gpu", "virtio_mmio"}, 0x1af4, false},
    {"libvulkan_dzn", {NULL}, 0, false}, /* /dev/dxg alone */
    {"libvulkan_asahi", {"asahi"}, 0, false},
    {"libvulkan_panfrost", {"panfrost", "panthor"}, 0, false},
    {"libvulkan_powervr_mesa", {"powervr"}, 0, false},
    {"libvulkan_broadcom", {"v3d", "vc4-drm", "vc4"}, 0, false},
    {"libvulkan_freedreno", {"msm", "msm_dpu", "adreno"}, 0, true},
};

static const struct row *find_row(const char *library) {
    const char *slash = strrchr(library, '/');
    const char *name = slash ? slash + 1 : library;
    const size_t length = strcspn(name, ".");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(rows[i].library, name, length) == 0 && rows[i].library[length] == '\0')
            return &rows[i];
    return NULL;
}

static bool opens_own(const struct row *row, const struct perfadapt__bus_gpu *gpu) {
    for (size_t i = 0; i < DRIVERS_MAX && row->kernel_drivers[i]; i++)
        if (strcmp(row->kernel_drivers[i], gpu->driver) == 0)
            return true;
    return gpu->pci.known && !*gpu->driver && row->vendor_id != 0 && row->vendor_id == gpu->vendor_id;
}

bool probe_is_made_for(const char *library, const struct perfadapt__bus_gpu *gpu) {
    const struct row *row = find_row(library);
    return row && opens_own(row, gpu);
}

bool probe_touches(const char *library, const struct perfadapt__bus_gpu *gpu) {
    const struct row *row = find_row(library);
    if (!row || row->opens_all)
        return gpu->pci.known || (row && opens_own(row, gpu));
    return opens_own(row, gpu);
}

const struct perfadapt__bus_gpu *probe_touched_sleeper(const char *library, const struct perfadapt__bus_gpu *gpus,
                                                       size_t count) {
    for (size_t i = 0; i < count; i++)
        if (gpus[i].suspended && probe_touches(library, &gpus[i]))
            return &gpus[i];
    return NULL;
}
