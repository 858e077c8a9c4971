/* SPDX-License-Identifier: MIT */
#include "core/metrics.h"

static void visit_stall(struct perfadapt_stall *stall, perfadapt__metric_visit *visit) {
    visit(&stall->avg10, PERFADAPT_UNIT_PERCENT);
    visit(&stall->avg60, PERFADAPT_UNIT_PERCENT);
    visit(&stall->avg300, PERFADAPT_UNIT_PERCENT);
    visit(&stall->total, PERFADAPT_UNIT_MICROSECONDS);
}

static void visit_memory(struct perfadapt_memory *memory, perfadapt__metric_visit *visit) {
    struct perfadapt_metric *const bytes[] = {
        &memory->total,
        &memory->available,
        &memory->swap_total,
        &memory->swap_free,
        &memory->cgroup_limit,
        &memory->cgroup_current,
        &memory->process_resident,
        &memory->process_shared,
        &memory->process_anonymous,
        &memory->process_swap,
        &memory->process_proportional,
        &memory->heap_used,
        &memory->heap_free,
        &memory->cgroup_swap_limit,
        &memory->cgroup_swap,
    };
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        visit(bytes[i], PERFADAPT_UNIT_BYTES);
    visit(&memory->cgroup_high_events, PERFADAPT_UNIT_COUNT);
    visit(&memory->cgroup_max_events, PERFADAPT_UNIT_COUNT);
    visit(&memory->cgroup_oom_kills, PERFADAPT_UNIT_COUNT);
}

static void visit_power(struct perfadapt_power *power, perfadapt__metric_visit *visit) {
    visit(&power->on_ac, PERFADAPT_UNIT_NONE);
    visit(&power->battery, PERFADAPT_UNIT_RATIO);
    visit(&power->battery_power, PERFADAPT_UNIT_WATT);
    visit(&power->package_power, PERFADAPT_UNIT_WATT);
}

static void visit_processor(struct perfadapt_processor *processor, perfadapt__metric_visit *visit) {
    visit(&processor->busy, PERFADAPT_UNIT_RATIO);
    visit(&processor->clock, PERFADAPT_UNIT_MEGAHERTZ);
    visit(&processor->clock_limit, PERFADAPT_UNIT_MEGAHERTZ);
    visit(&processor->clock_max, PERFADAPT_UNIT_MEGAHERTZ);
    visit(&processor->online, PERFADAPT_UNIT_COUNT);
    visit(&processor->quota, PERFADAPT_UNIT_COUNT);
    visit(&processor->throttled, PERFADAPT_UNIT_MICROSECONDS);
}

void perfadapt__metrics_of_gpu(struct perfadapt_gpu *gpu, perfadapt__metric_visit *visit) {
    visit(&gpu->busy, PERFADAPT_UNIT_RATIO);
    visit(&gpu->own_busy, PERFADAPT_UNIT_RATIO);
    visit(&gpu->power, PERFADAPT_UNIT_WATT);
    visit(&gpu->power_limit, PERFADAPT_UNIT_WATT);
    visit(&gpu->clock, PERFADAPT_UNIT_MEGAHERTZ);
    visit(&gpu->clock_max, PERFADAPT_UNIT_MEGAHERTZ);
    visit(&gpu->memory_used, PERFADAPT_UNIT_BYTES);
    visit(&gpu->memory_total, PERFADAPT_UNIT_BYTES);
    visit(&gpu->shared_used, PERFADAPT_UNIT_BYTES);
    visit(&gpu->shared_total, PERFADAPT_UNIT_BYTES);
    visit(&gpu->own_memory, PERFADAPT_UNIT_BYTES);
}

void perfadapt__metrics_of_snapshot(struct perfadapt_snapshot *snapshot, perfadapt__metric_visit *visit) {
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++) {
        visit_stall(&snapshot->pressure[i].some, visit);
        visit_stall(&snapshot->pressure[i].full, visit);
    }
    visit_memory(&snapshot->memory, visit);
    visit_power(&snapshot->power, visit);
    visit_processor(&snapshot->processor, visit);
    for (size_t i = 0; i < snapshot->gpu_count; i++)
        perfadapt__metrics_of_gpu(&snapshot->gpus[i], visit);
}
