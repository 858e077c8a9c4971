/* SPDX-License-Identifier: MIT */
#include "probe/report_devices.h"

#include "probe/json_value.h"

#include <stdio.h>
#include <string.h>

/* VkMemoryHeapFlagBits and VkMemoryPropertyFlagBits, by bit. */
static const char *const heap_flags[] = {"DEVICE_LOCAL", "MULTI_INSTANCE"};
static const char *const memory_flags[] = {"DEVICE_LOCAL", "HOST_VISIBLE",     "HOST_COHERENT",
                                           "HOST_CACHED",  "LAZILY_ALLOCATED", "PROTECTED"};

/* Bits without a name are in the mask beside it. */
static json_t *flag_names(uint32_t flags, const char *const names[], size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        if (flags & 1U << i)
            json_array_append_new(array, json_string(names[i]));
    return array;
}

static json_t *address_text(const struct perfadapt_pci_address *pci) {
    char text[64];
    snprintf(text, sizeof text, "%04x:%02x:%02x.%x", pci->domain, pci->bus, pci->device, pci->function);
    return pci->known ? json_string(text) : json_null();
}

/* ---- a device ---- */

static json_t *heaps_array(const struct perfadapt_device *device) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < device->heap_count && i < PERFADAPT_HEAPS_MAX; i++) {
        const struct perfadapt_heap *heap = &device->heaps[i];
        json_t *object = json_object();
        probe_json_set(object, "size_bytes", probe_json_whole(heap->bytes));
        probe_json_set(object, "flags", probe_json_mask(heap->flags));
        probe_json_set(object, "flag_names",
                       flag_names(heap->flags, heap_flags, sizeof heap_flags / sizeof heap_flags[0]));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *memory_types_array(const struct perfadapt_device *device) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < device->memory_type_count && i < PERFADAPT_MEMORY_TYPES_MAX; i++) {
        const struct perfadapt_memory_type *type = &device->memory_types[i];
        json_t *object = json_object();
        probe_json_set(object, "heap", probe_json_whole(type->heap));
        probe_json_set(object, "flags", probe_json_mask(type->flags));
        probe_json_set(object, "flag_names",
                       flag_names(type->flags, memory_flags, sizeof memory_flags / sizeof memory_flags[0]));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *features_array(const struct perfadapt_device *device) {
    if (!device->features_known)
        return json_null();
    json_t *array = json_array();
    for (unsigned bit = 0; bit < 64; bit++) {
        const uint64_t mask = UINT64_C(1) << bit;
        if (device->features & mask && strcmp(perfadapt_device_feature_name(mask), "unknown") != 0)
            json_array_append_new(array, json_string(perfadapt_device_feature_name(mask)));
    }
    return array;
}

static json_t *sizes_array(const uint32_t sizes[3]) {
    if (sizes[0] == 0)
        return json_null();
    json_t *array = json_array();
    for (size_t i = 0; i < 3; i++)
        json_array_append_new(array, probe_json_whole(sizes[i]));
    return array;
}

static void set_identity(json_t *object, const struct perfadapt_device *device, bool is_told) {
    probe_json_set(object, "device_name", probe_json_text(device->name));
    probe_json_set(object, "device_type",
                   is_told ? json_string(perfadapt_device_type_name(device->type)) : json_null());
    probe_json_set(object, "vendor_id", probe_json_hex(device->vendor_id));
    probe_json_set(object, "device_id", probe_json_hex(device->device_id));
    probe_json_set(object, "pci", address_text(&device->pci));
    probe_json_set(object, "api_version", probe_json_version(device->api_version));
    probe_json_set(object, "api_version_packed", probe_json_count(device->api_version));
    probe_json_set(object, "driver_id", probe_json_count(device->driver_id));
    probe_json_set(object, "driver_version_packed", probe_json_count(device->driver_version));
    probe_json_set(object, "driver_name", probe_json_text(device->driver_name));
    probe_json_set(object, "driver_info", probe_json_text(device->driver_info));
}

static void set_limits(json_t *object, const struct perfadapt_device *device) {
    probe_json_set(object, "timestamp_valid_bits",
                   device->timestamp_known ? probe_json_whole(device->timestamp_valid_bits) : json_null());
    probe_json_set(object, "timestamp_period_ns",
                   device->timestamp_known ? probe_json_number((double)device->timestamp_period_ns) : json_null());
    probe_json_set(object, "subgroup_size_lanes", probe_json_count(device->subgroup_size));
    probe_json_set(object, "subgroup_size_min_lanes", probe_json_count(device->subgroup_size_min));
    probe_json_set(object, "subgroup_size_max_lanes", probe_json_count(device->subgroup_size_max));
    probe_json_set(object, "max_image_2d_pixels", probe_json_count(device->max_image_2d));
    probe_json_set(object, "max_workgroup_invocations", probe_json_count(device->max_workgroup_invocations));
    probe_json_set(object, "max_workgroup_size", sizes_array(device->max_workgroup_size));
    probe_json_set(object, "max_shared_memory_bytes", probe_json_count(device->max_shared_memory_bytes));
    probe_json_set(object, "max_allocations", probe_json_count(device->max_allocations));
    probe_json_set(object, "max_bound_sets", probe_json_count(device->max_bound_sets));
}

static void set_capacity(json_t *object, const struct perfadapt_device *device) {
    probe_json_set(object, "compute_units", probe_json_count(device->compute_units));
    probe_json_set(object, "lanes_per_unit", probe_json_count(device->lanes_per_unit));
    probe_json_set(object, "fma_per_unit_clock", probe_json_count(device->fma_per_unit_clock));
    probe_json_set(object, "clock_mhz", probe_json_count(device->clock_mhz));
}

/* ---- its profile ---- */

static json_t *reasons_array(const struct perfadapt_profile *profile) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < profile->reason_count && i < PERFADAPT_PROFILE_REASONS_MAX; i++)
        json_array_append_new(array, probe_json_text(profile->reasons[i]));
    return array;
}

static json_t *profile_object(const struct perfadapt_profile *profile) {
    json_t *object = json_object();
    const bool has_tier = profile->tier != PERFADAPT_TIER_UNKNOWN;
    probe_json_set(object, "state", json_string(perfadapt_state_name(profile->state)));
    probe_json_set(object, "source", json_string(perfadapt_profile_source_name(profile->source)));
    probe_json_set(object, "tier", has_tier ? probe_json_whole(profile->tier) : json_null());
    probe_json_set(object, "preset", probe_json_text(profile->preset));
    probe_json_set(object, "family", probe_json_text(profile->family));
    probe_json_set(object, "driver", probe_json_text(profile->driver));
    probe_json_set(object, "score", probe_json_number(profile->score));
    probe_json_set(object, "gflops", probe_json_number(profile->gflops));
    probe_json_set(object, "memory_bytes", probe_json_count(profile->memory_bytes));
    probe_json_set(object, "unified_memory", probe_json_yes_no(profile->unified_memory));
    probe_json_set(object, "tiled", probe_json_yes_no(profile->tiled));
    probe_json_set(object, "gpu_timing", probe_json_yes_no(profile->gpu_timing));
    probe_json_set(object, "asleep", json_boolean(profile->asleep));
    probe_json_set(object, "reasons", reasons_array(profile));
    return object;
}

/* ---- where it was found ---- */

static json_t *also_array(const struct probe_gathered *gathered, const struct probe_device *device) {
    json_t *array = json_array();
    for (size_t i = 0; i < gathered->icds.count; i++)
        if (device->also & 1U << i)
            json_array_append_new(array, probe_json_index(i));
    return array;
}

static json_t *bus_object(const struct perfadapt__bus_gpu *gpu) {
    json_t *object = json_object();
    probe_json_set(object, "pci", address_text(&gpu->pci));
    probe_json_set(object, "vendor_id", probe_json_hex(gpu->vendor_id));
    probe_json_set(object, "device_id", probe_json_hex(gpu->device_id));
    probe_json_set(object, "kernel_driver", probe_json_text(gpu->driver));
    probe_json_set(object, "compatible", probe_json_text(gpu->compatible));
    probe_json_set(object, "boot_vga", gpu->pci.known ? json_boolean(gpu->is_vga != 0) : json_null());
    probe_json_set(object, "suspended", gpu->pci.known ? json_boolean(gpu->suspended) : json_null());
    return object;
}

static json_t *device_object(const struct probe_gathered *gathered, const struct probe_device *device) {
    json_t *object = json_object();
    set_identity(object, &device->device, device->icd != PROBE_NONE);
    probe_json_set(object, "icd", probe_json_index(device->icd));
    probe_json_set(object, "also_icds", also_array(gathered, device));
    probe_json_set(object, "bus", device->gpu == PROBE_NONE ? json_null() : bus_object(&gathered->gpus[device->gpu]));
    probe_json_set(object, "heaps", heaps_array(&device->device));
    probe_json_set(object, "memory_types", memory_types_array(&device->device));
    probe_json_set(object, "features", features_array(&device->device));
    set_limits(object, &device->device);
    set_capacity(object, &device->device);
    probe_json_set(object, "profile", profile_object(&device->profile));
    return object;
}

json_t *probe_devices_json(const struct probe_gathered *gathered, const struct probe_devices *devices) {
    json_t *array = json_array();
    for (size_t i = 0; i < devices->count; i++)
        json_array_append_new(array, device_object(gathered, &devices->devices[i]));
    return array;
}

/* ---- drivers ---- */

static json_t *icd_object(const struct probe_icd *icd, const struct probe_asked *asked) {
    const char *result = asked->failed ? "failed" : asked->code != 0 || asked->count == 0 ? "none" : "ok";
    json_t *object = json_object();
    probe_json_set(object, "path", probe_json_text(icd->path));
    probe_json_set(object, "library", probe_json_text(icd->library));
    probe_json_set(object, "api_version", probe_json_text(icd->api_version));
    probe_json_set(object, "result", json_string(asked->asked ? result : "left out"));
    probe_json_set(object, "left_out", asked->asked ? json_null() : probe_json_text(icd->left_out));
    probe_json_set(object, "why", asked->asked ? probe_json_text(asked->result) : json_null());
    probe_json_set(object, "vk_result",
                   asked->asked && !asked->failed && asked->code <= 0 ? json_integer(asked->code) : json_null());
    probe_json_set(object, "device_count", asked->asked ? probe_json_whole(asked->count) : json_null());
    return object;
}

json_t *probe_icds_json(const struct probe_gathered *gathered) {
    json_t *array = json_array();
    for (size_t i = 0; i < gathered->icds.count; i++)
        json_array_append_new(array, icd_object(&gathered->icds.icds[i], &gathered->asked[i]));
    return array;
}

/* ---- the machine ---- */

static json_t *core_kinds_array(const struct perfadapt_system *system) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < system->core_kind_count && i < PERFADAPT_CORE_KINDS_MAX; i++) {
        const struct perfadapt_core_kind *kind = &system->core_kinds[i];
        json_t *object = json_object();
        probe_json_set(object, "cores", probe_json_count(kind->cores));
        probe_json_set(object, "threads", probe_json_count(kind->threads));
        probe_json_set(object, "clock_max_mhz", probe_json_count(kind->mhz_max));
        probe_json_set(object, "capacity", probe_json_count(kind->capacity));
        json_array_append_new(array, object);
    }
    return array;
}

/* 0: null. */
static json_t *thousandths(uint32_t count) {
    return count ? json_real((double)count / 1000) : json_null();
}

static void set_memory(json_t *object, const struct perfadapt_system *system) {
    const bool is_limited = system->memory_limit_bytes != 0 && system->memory_limit_bytes != UINT64_MAX;
    probe_json_set(object, "memory_bytes", probe_json_count(system->memory_bytes));
    probe_json_set(object, "memory_limit_bytes",
                   is_limited ? probe_json_whole(system->memory_limit_bytes) : json_null());
}

json_t *probe_system_json(const struct perfadapt_system *system) {
    json_t *object = json_object();
    probe_json_set(object, "form", json_string(perfadapt_form_name(system->form)));
    probe_json_set(object, "vendor", probe_json_text(system->vendor));
    probe_json_set(object, "product", probe_json_text(system->product));
    probe_json_set(object, "board", probe_json_text(system->board));
    probe_json_set(object, "device_tree", probe_json_text(system->device_tree));
    probe_json_set(object, "processor", probe_json_text(system->processor));
    probe_json_set(object, "core_kinds", core_kinds_array(system));
    probe_json_set(object, "threads_allowed", probe_json_count(system->threads_allowed));
    probe_json_set(object, "quota", thousandths(system->processor_quota_permille));
    set_memory(object, system);
    probe_json_set(object, "refresh_hz", thousandths(system->refresh_mhz));
    probe_json_set(object, "panel_internal",
                   system->refresh_mhz ? json_boolean(system->panel_internal == 1) : json_null());
    probe_json_set(object, "on_ac", probe_json_yes_no(system->on_ac));
    probe_json_set(object, "has_battery", probe_json_yes_no(system->has_battery));
    return object;
}
