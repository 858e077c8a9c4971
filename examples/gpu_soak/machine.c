/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static double value_of(const struct perfadapt_metric *metric) {
    const bool usable = metric->state == PERFADAPT_STATE_OK || metric->state == PERFADAPT_STATE_STALE;
    return usable ? metric->value : (double)NAN;
}

static const struct perfadapt_gpu *find_gpu(const struct perfadapt_snapshot *snapshot, const char *address) {
    for (uint32_t i = 0; i < snapshot->gpu_count; i++)
        if (strcmp(snapshot->gpus[i].id, address) == 0)
            return &snapshot->gpus[i];
    return snapshot->gpu_count > 0 && !*address ? &snapshot->gpus[0] : NULL;
}

/* One of the GPU that is drawn on, else one of a GPU, else any that steers; of equals the hottest. */
static int worth(const struct perfadapt_sensor *sensor, const char *address) {
    if (!sensor->steers || isnan(value_of(&sensor->temperature)))
        return 0;
    if (sensor->role != PERFADAPT_SENSOR_GPU)
        return 1;
    return *address && strstr(sensor->id, address) ? 3 : 2;
}

static const struct perfadapt_sensor *find_sensor(const struct perfadapt_snapshot *snapshot, const char *address) {
    const struct perfadapt_sensor *best = NULL;
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        const struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        const int more = worth(sensor, address) - (best ? worth(best, address) : 0);
        if (more > 0 || (more == 0 && best && value_of(&sensor->temperature) > value_of(&best->temperature)))
            best = sensor;
    }
    return best;
}

struct machine machine_read(const perfadapt *session, const struct perfadapt_pci_address *pci) {
    struct machine machine = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
    char address[40] = "";
    if (pci->known)
        snprintf(address, sizeof address, "%04x:%02x:%02x.%x", pci->domain, pci->bus, pci->device, pci->function);
    if (perfadapt_get_snapshot(session, &snapshot) != PERFADAPT_OK)
        return machine;
    const struct perfadapt_sensor *sensor = find_sensor(&snapshot, address);
    const struct perfadapt_gpu *gpu = find_gpu(&snapshot, address);
    if (sensor) {
        machine.temperature_c = value_of(&sensor->temperature);
        machine.limit_c = value_of(&sensor->limit);
    }
    if (gpu) {
        machine.power_w = value_of(&gpu->power);
        machine.clock_mhz = value_of(&gpu->clock);
    }
    return machine;
}
