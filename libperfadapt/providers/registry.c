/* SPDX-License-Identifier: MIT */
#include "providers/registry.h"

#include "providers/amdgpu.h"
#include "providers/cgroup.h"
#include "providers/cooling.h"
#include "providers/cpu.h"
#include "providers/fake.h"
#include "providers/fdinfo.h"
#include "providers/hwmon.h"
#include "providers/intel_gpu.h"
#include "providers/meminfo.h"
#include "providers/nvml.h"
#include "providers/power_supply.h"
#include "providers/process.h"
#include "providers/psi.h"
#include "providers/thermal_zone.h"

#ifndef PERFADAPT_WITH_SENSORS
#define PERFADAPT_WITH_SENSORS 1
#endif
#ifndef PERFADAPT_WITH_NVML
#define PERFADAPT_WITH_NVML 1
#endif

/* In the order in which they are read: pressure, which calls for the fastest answer, is not kept waiting by a slow
 * sensor; graphics tell how busy they are before hwmon asks whether they may be touched; hwmon comes before the zones
 * that repeat it, so that its sensors are the last to be left out. */
static const struct {
    const struct perfadapt__provider_class *type;
    bool with_machine;   /* where the temperatures are the machine's */
    bool with_simulated; /* where they are simulated */
} registered[] = {
    {&perfadapt__psi_provider, true, true},      {&perfadapt__meminfo_provider, true, true},
    {&perfadapt__cgroup_provider, true, true},   {&perfadapt__process_provider, true, true},
    {&perfadapt__fake_provider, false, true},    {&perfadapt__cpu_provider, true, false},
    {&perfadapt__cooling_provider, true, false}, {&perfadapt__power_supply_provider, true, false},
    {&perfadapt__amdgpu_provider, true, false},  {&perfadapt__intel_gpu_provider, true, false},
    {&perfadapt__fdinfo_provider, true, false},
#if PERFADAPT_WITH_SENSORS
    {&perfadapt__hwmon_provider, true, false},   {&perfadapt__thermal_zone_provider, true, false},
#endif
#if PERFADAPT_WITH_NVML
    {&perfadapt__nvml_provider, true, false}, /* last: calls into the driver are the slowest */
#endif
};

#define REGISTERED_COUNT (sizeof registered / sizeof registered[0])
_Static_assert(REGISTERED_COUNT <= PERFADAPT__PROVIDERS_MAX, "PERFADAPT__PROVIDERS_MAX is to be raised");

size_t perfadapt__providers_create(const struct perfadapt__provider_environment *environment,
                                   struct perfadapt_snapshot *snapshot, struct perfadapt__provider **out,
                                   size_t capacity) {
    size_t count = 0;
    for (size_t i = 0; i < REGISTERED_COUNT && count < capacity; i++) {
        if (!(environment->simulate ? registered[i].with_simulated : registered[i].with_machine))
            continue;
        struct perfadapt__provider *provider = registered[i].type->create(environment, snapshot);
        if (provider)
            out[count++] = provider;
    }
    return count;
}
