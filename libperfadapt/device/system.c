/* SPDX-License-Identifier: MIT */
#include "device/system.h"

#include "device/bus.h"
#include "device/form.h"
#include "device/identity.h"
#include "device/limits.h"
#include "device/mains.h"
#include "device/panel.h"
#include "device/processor.h"

void perfadapt__system_read(const struct perfadapt__root *root, struct perfadapt_system *out_system) {
    struct perfadapt__identity identity;
    struct perfadapt__panel panel;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    *out_system = (struct perfadapt_system){.size = sizeof *out_system};
    perfadapt__processor_read(root, out_system);
    perfadapt__limits_read(root, out_system);
    perfadapt__identity_read(root, &identity, out_system);
    perfadapt__panel_read(root, &panel);
    perfadapt__mains_read(root, &out_system->on_ac, &out_system->has_battery);
    const size_t gpu_count = perfadapt__bus_read(root, gpus);
    out_system->refresh_mhz = panel.refresh_mhz;
    out_system->panel_internal = panel.is_internal;
    out_system->form = perfadapt__form_of(out_system, &identity, &panel, gpus, gpu_count);
}
