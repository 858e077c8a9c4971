/* SPDX-License-Identifier: MIT */
#include "profile/page.h"

#include "profile/address.h"
#include "sensors/figure.h"
#include "sensors/list.h"

#include <math.h>
#include <perfadapt/budget.h>
#include <stdbool.h>
#include <string.h>

#define UNKNOWN_BYTES 256

/* ---- the head ---- */

static bool is_known(const struct perfadapt_profile *profile) {
    return profile->name[0] || profile->vendor_id || profile->type || profile->asleep;
}

static void print_head(const struct perfadapt_profile *profile, FILE *stream) {
    const char *nameless = is_known(profile) ? "A device of unknown name" : "No device is known";
    fprintf(stream, "%s\n", profile->name[0] ? profile->name : nameless);
    if (profile->tier == PERFADAPT_TIER_UNKNOWN)
        fputs("Tier unknown", stream);
    else
        fprintf(stream, "Tier %u of 5", profile->tier);
    fprintf(stream, ", preset \"%s\"\n\n", profile->preset);
}

static void print_reasons(const struct perfadapt_profile *profile, FILE *stream) {
    char number[16];
    const char *title = "Why";
    for (uint32_t i = 0; i < profile->reason_count && i < PERFADAPT_PROFILE_REASONS_MAX; i++, title = "") {
        struct sensors_list list;
        snprintf(number, sizeof number, "%-6s%4u.", title, i + 1);
        sensors_list_begin(&list, stream, number);
        sensors_list_add(&list, "%s", profile->reasons[i]);
        sensors_list_end(&list);
    }
    if (profile->reason_count > 0)
        fputc('\n', stream);
}

/* ---- the device ---- */

static const char *type_text(uint32_t type) {
    switch (type) {
    case PERFADAPT_DEVICE_INTEGRATED:
        return "integrated GPU";
    case PERFADAPT_DEVICE_DISCRETE:
        return "discrete GPU";
    case PERFADAPT_DEVICE_VIRTUAL:
        return "virtual GPU";
    case PERFADAPT_DEVICE_CPU:
        return "software on the processor";
    default:
        return "a GPU of unknown kind";
    }
}

static void print_device(const struct perfadapt_profile *profile, FILE *stream) {
    struct sensors_list list;
    char address[PROFILE_PCI_BYTES];
    if (!is_known(profile))
        return;
    profile_pci_text(&profile->pci, address);
    sensors_list_begin(&list, stream, "Device");
    sensors_list_add(&list, "%s", type_text(profile->type));
    if (profile->family[0])
        sensors_list_add(&list, "family %s", profile->family);
    if (profile->vendor_id && profile->device_id)
        sensors_list_add(&list, "%04x:%04x", profile->vendor_id, profile->device_id);
    else if (profile->vendor_id)
        sensors_list_add(&list, "vendor %04x", profile->vendor_id);
    if (address[0])
        sensors_list_add(&list, "PCI %s", address);
    if (profile->asleep)
        sensors_list_add(&list, "asleep: left so, and judged by its number alone");
    if (profile->device_count > 1)
        sensors_list_add(&list, "one of %u that were found", profile->device_count);
    sensors_list_end(&list);
}

static void print_driver(const struct perfadapt_profile *profile, FILE *stream) {
    struct sensors_list list;
    char version[PROFILE_VERSION_BYTES];
    profile_version_text(profile->api_version, version);
    if (!profile->driver[0] && !version[0])
        return;
    sensors_list_begin(&list, stream, "Driver");
    if (profile->driver[0])
        sensors_list_add(&list, "%s", profile->driver);
    if (version[0])
        sensors_list_add(&list, "Vulkan %s", version);
    sensors_list_end(&list);
}

static void print_capacity(const struct perfadapt_profile *profile, FILE *stream) {
    struct sensors_list list;
    if (!profile->compute_units && !isfinite(profile->gflops) && !isfinite(profile->score))
        return;
    sensors_list_begin(&list, stream, "Capacity");
    if (profile->compute_units)
        sensors_list_add(&list, "%u compute units", profile->compute_units);
    if (isfinite(profile->gflops))
        sensors_list_add(&list, "%.0f GFLOP/s nominal", profile->gflops);
    if (isfinite(profile->score))
        sensors_list_add(&list, "score %.0f GFLOP/s", profile->score);
    sensors_list_end(&list);
}

/* Firmware may set a part of the machine's memory aside for an integrated GPU, which the processor then does not see. */
static const char *whose_memory(const struct perfadapt_profile *profile) {
    if (profile->unified_memory < 0)
        return "";
    if (profile->unified_memory)
        return " shared with the processor";
    return profile->type == PERFADAPT_DEVICE_INTEGRATED ? " of the machine's, set aside for it" : " of its own";
}

static void print_memory(const struct perfadapt_profile *profile, FILE *stream) {
    struct sensors_list list;
    char size[SENSORS_FIGURE];
    if (!profile->memory_bytes && profile->unified_memory < 0)
        return;
    sensors_figure_bytes((double)profile->memory_bytes, size);
    sensors_list_begin(&list, stream, "Memory");
    sensors_list_add(&list, "%s%s", profile->memory_bytes ? size : "an unknown amount", whose_memory(profile));
    sensors_list_end(&list);
}

static void print_abilities(const struct perfadapt_profile *profile, FILE *stream) {
    struct sensors_list list;
    sensors_list_begin(&list, stream, "Can");
    if (profile->gpu_timing > 0)
        sensors_list_add(&list, "time the GPU's work");
    if (profile->tiled > 0)
        sensors_list_add(&list, "render in tiles");
    for (unsigned i = 0; i < 64; i++)
        if (profile->features & UINT64_C(1) << i)
            sensors_list_add(&list, "%s", perfadapt_device_feature_name(UINT64_C(1) << i));
    sensors_list_end(&list);
    sensors_list_begin(&list, stream, "Cannot");
    if (profile->gpu_timing == 0)
        sensors_list_add(&list, "time the GPU's work");
    sensors_list_end(&list);
}

/* ---- the machine around it ---- */

static void add_cores(struct sensors_list *list, const struct perfadapt_system *system) {
    for (uint32_t i = 0; i < system->core_kind_count && i < PERFADAPT_CORE_KINDS_MAX; i++) {
        const struct perfadapt_core_kind *kind = &system->core_kinds[i];
        char clock[32] = "";
        if (kind->mhz_max)
            snprintf(clock, sizeof clock, " up to %u MHz", kind->mhz_max);
        sensors_list_add(list, "%u core%s with %u thread%s%s", kind->cores, kind->cores == 1 ? "" : "s", kind->threads,
                         kind->threads == 1 ? "" : "s", clock);
    }
    if (system->threads_allowed)
        sensors_list_add(list, "%u thread%s allowed", system->threads_allowed, system->threads_allowed == 1 ? "" : "s");
    if (system->processor_quota_permille)
        sensors_list_add(list, "quota of %.3g processors", (double)system->processor_quota_permille / 1000);
}

static void add_system_memory(struct sensors_list *list, const struct perfadapt_system *system) {
    char size[SENSORS_FIGURE];
    if (system->memory_bytes) {
        sensors_figure_bytes((double)system->memory_bytes, size);
        sensors_list_add(list, "%s of memory", size);
    }
    if (system->memory_limit_bytes && system->memory_limit_bytes != PERFADAPT_NO_LIMIT) {
        sensors_figure_bytes((double)system->memory_limit_bytes, size);
        sensors_list_add(list, "of which the cgroup allows %s", size);
    }
}

static void print_machine(const struct perfadapt_system *system, FILE *stream) {
    struct sensors_list list;
    sensors_list_begin(&list, stream, "Machine");
    if (system->form != PERFADAPT_FORM_UNKNOWN)
        sensors_list_add(&list, "%s", perfadapt_form_name(system->form));
    if (system->product[0])
        sensors_list_add(&list, "%s%s%s", system->vendor, system->vendor[0] ? " " : "", system->product);
    else if (system->device_tree[0])
        sensors_list_add(&list, "%s", system->device_tree);
    if (system->processor[0])
        sensors_list_add(&list, "%s", system->processor);
    add_cores(&list, system);
    add_system_memory(&list, system);
    if (system->refresh_mhz)
        sensors_list_add(&list, "%s at %.4g Hz", system->panel_internal ? "panel" : "display",
                         (double)system->refresh_mhz / 1000);
    if (system->on_ac >= 0)
        sensors_list_add(&list, "on %s", system->on_ac ? "AC" : "battery");
    sensors_list_end(&list);
}

/* ---- what is not known ---- */

static void add_unknown(char names[UNKNOWN_BYTES], bool is_unknown, const char *name) {
    const size_t length = strlen(names);
    if (is_unknown)
        snprintf(names + length, UNKNOWN_BYTES - length, "%s%s", length ? "|" : "", name);
}

static const char *why_unknown(const struct perfadapt_profile *profile) {
    if (profile->state == PERFADAPT_STATE_INIT)
        return "not known yet";
    if (profile->source == PERFADAPT_PROFILE_FROM_REPORT)
        return "the report does not tell";
    if (profile->asleep)
        return "it sleeps and is not woken";
    if (profile->source == PERFADAPT_PROFILE_FROM_BUS)
        return "no Vulkan driver tells";
    return profile->source == PERFADAPT_PROFILE_FROM_NONE ? "no device tells" : "its driver does not tell";
}

static void print_unknown(const struct perfadapt_profile *profile, FILE *stream) {
    char names[UNKNOWN_BYTES] = "";
    add_unknown(names, !profile->name[0], "name");
    add_unknown(names, profile->type == PERFADAPT_DEVICE_OTHER, "kind");
    add_unknown(names, !profile->vendor_id, "vendor");
    add_unknown(names, !profile->device_id, "device number");
    add_unknown(names, !profile->driver[0], "driver");
    add_unknown(names, !profile->compute_units, "compute units");
    add_unknown(names, !isfinite(profile->gflops), "throughput");
    add_unknown(names, !profile->memory_bytes, "memory");
    add_unknown(names, profile->unified_memory < 0, "whose memory it is");
    add_unknown(names, profile->gpu_timing < 0, "timing");
    add_unknown(names, profile->tiled < 0, "whether it renders in tiles");
    add_unknown(names, !profile->pci.known, "PCI address");
    if (!names[0])
        return;
    struct sensors_list list;
    char *rest = names;
    const char *name = strsep(&rest, "|");
    sensors_list_begin(&list, stream, "n/a");
    sensors_list_add(&list, "%s: %s", why_unknown(profile), name);
    while ((name = strsep(&rest, "|")))
        sensors_list_add(&list, "%s", name);
    sensors_list_end(&list);
}

static void print_source(const struct perfadapt_profile *profile, const char *from, FILE *stream) {
    static const char *const sources[] = {
        [PERFADAPT_PROFILE_FROM_NONE] = "nothing: no probe has found a device, or none has ended yet",
        [PERFADAPT_PROFILE_FROM_HOST] = "the app that has it",
        [PERFADAPT_PROFILE_FROM_CACHE] = "an earlier probe; --refresh makes another",
        [PERFADAPT_PROFILE_FROM_PROBE] = "a probe, just now",
        [PERFADAPT_PROFILE_FROM_REPORT] = "a report",
        [PERFADAPT_PROFILE_FROM_BUS] = "its number on the bus alone",
    };
    struct sensors_list list;
    sensors_list_begin(&list, stream, "Source");
    if (from)
        sensors_list_add(&list, "the report %s; the machine around it is unknown", from);
    else
        sensors_list_add(&list, "%s",
                         profile->source <= PERFADAPT_PROFILE_FROM_BUS ? sources[profile->source] : "unknown");
    sensors_list_end(&list);
}

void profile_page_print(const struct perfadapt_profile *profile, const char *from, FILE *stream) {
    print_head(profile, stream);
    print_reasons(profile, stream);
    print_device(profile, stream);
    print_driver(profile, stream);
    print_capacity(profile, stream);
    print_memory(profile, stream);
    print_abilities(profile, stream);
    print_unknown(profile, stream);
    if (profile->source != PERFADAPT_PROFILE_FROM_REPORT)
        print_machine(&profile->system, stream);
    print_source(profile, from, stream);
}
