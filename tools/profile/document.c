/* SPDX-License-Identifier: MIT */
#include "profile/document.h"

#include "json_maker.h"
#include "profile/address.h"

#include <jansson.h>
#include <math.h>
#include <perfadapt/budget.h>
#include <stdlib.h>

/* ---- single values ---- */

/* Most counts have 0 for unknown. */
static json_t *count(uint64_t number) {
    return number > 0 && number <= INT64_MAX ? json_integer((json_int_t)number) : json_null();
}

/* 1, 0, -1: yes, no, unknown. */
static json_t *answer(int32_t given) {
    return given < 0 ? json_null() : json_boolean(given != 0);
}

static json_t *permille(uint32_t given) {
    return given > 0 ? json_real((double)given / 1000) : json_null();
}

static json_t *api_version(uint32_t packed) {
    char text[PROFILE_VERSION_BYTES];
    profile_version_text(packed, text);
    return json_maker_text_or_null(text);
}

static json_t *pci(const struct perfadapt_pci_address *address) {
    char text[PROFILE_PCI_BYTES];
    profile_pci_text(address, text);
    return json_maker_text_or_null(text);
}

/* A score has no digit behind the point that means anything; a small one has no other. */
static json_t *gigaflops(double value) {
    return json_maker_number(value >= 100 ? round(value) : value);
}

/* ---- the parts ---- */

static void put_features(struct json_maker *maker, json_t *document, uint64_t features) {
    json_t *array = json_maker_put_array(maker, document, "features");
    for (unsigned i = 0; i < 64; i++)
        if (features & UINT64_C(1) << i)
            json_maker_append(maker, array, json_string(perfadapt_device_feature_name(UINT64_C(1) << i)));
}

static void put_reasons(struct json_maker *maker, json_t *document, const struct perfadapt_profile *profile) {
    json_t *array = json_maker_put_array(maker, document, "reasons");
    for (uint32_t i = 0; i < profile->reason_count && i < PERFADAPT_PROFILE_REASONS_MAX; i++)
        json_maker_append(maker, array, json_maker_text(profile->reasons[i]));
}

static void put_cores(struct json_maker *maker, json_t *object, const struct perfadapt_system *system) {
    json_t *array = json_maker_put_array(maker, object, "core_kinds");
    for (uint32_t i = 0; i < system->core_kind_count && i < PERFADAPT_CORE_KINDS_MAX; i++) {
        const struct perfadapt_core_kind *kind = &system->core_kinds[i];
        json_t *inner = json_maker_append_object(maker, array);
        json_maker_put(maker, inner, "cores", count(kind->cores));
        json_maker_put(maker, inner, "threads", count(kind->threads));
        json_maker_put(maker, inner, "clock_max_mhz", count(kind->mhz_max));
        json_maker_put(maker, inner, "capacity", count(kind->capacity));
    }
}

/* The machine around a report's device is not known. */
static void put_system(struct json_maker *maker, json_t *document, const struct perfadapt_profile *profile) {
    const struct perfadapt_system *system = &profile->system;
    if (profile->source == PERFADAPT_PROFILE_FROM_REPORT) {
        json_maker_put(maker, document, "system", json_null());
        return;
    }
    json_t *object = json_maker_put_object(maker, document, "system");
    json_maker_put(maker, object, "form", json_string(perfadapt_form_name(system->form)));
    json_maker_put(maker, object, "processor", json_maker_text_or_null(system->processor));
    put_cores(maker, object, system);
    json_maker_put(maker, object, "threads_allowed", count(system->threads_allowed));
    json_maker_put(maker, object, "quota", permille(system->processor_quota_permille));
    json_maker_put(maker, object, "memory_bytes", count(system->memory_bytes));
    json_maker_put(maker, object, "memory_limit_bytes",
                   count(system->memory_limit_bytes == PERFADAPT_NO_LIMIT ? 0 : system->memory_limit_bytes));
    json_maker_put(maker, object, "refresh_hz", permille(system->refresh_mhz));
    json_maker_put(maker, object, "panel_internal",
                   system->refresh_mhz ? json_boolean(system->panel_internal != 0) : json_null());
    json_maker_put(maker, object, "on_ac", answer(system->on_ac));
    json_maker_put(maker, object, "has_battery", answer(system->has_battery));
    json_maker_put(maker, object, "vendor", json_maker_text_or_null(system->vendor));
    json_maker_put(maker, object, "product", json_maker_text_or_null(system->product));
    json_maker_put(maker, object, "board", json_maker_text_or_null(system->board));
    json_maker_put(maker, object, "device_tree", json_maker_text_or_null(system->device_tree));
}

static void put_device(struct json_maker *maker, json_t *document, const struct perfadapt_profile *profile) {
    json_maker_put(maker, document, "device_name", json_maker_text_or_null(profile->name));
    json_maker_put(maker, document, "vendor_id", count(profile->vendor_id));
    json_maker_put(maker, document, "device_id", count(profile->device_id));
    json_maker_put(maker, document, "driver", json_maker_text_or_null(profile->driver));
    json_maker_put(maker, document, "api_version", api_version(profile->api_version));
    json_maker_put(maker, document, "pci", pci(&profile->pci));
    json_maker_put(maker, document, "device_type", json_string(perfadapt_device_type_name(profile->type)));
    json_maker_put(maker, document, "family", json_maker_text_or_null(profile->family));
}

static void put_verdict(struct json_maker *maker, json_t *document, const struct perfadapt_profile *profile) {
    const bool has_tier = profile->tier != PERFADAPT_TIER_UNKNOWN;
    json_maker_put(maker, document, "tier", has_tier ? json_integer(profile->tier) : json_null());
    json_maker_put(maker, document, "preset", json_maker_text_or_null(profile->preset));
    json_maker_put(maker, document, "score", gigaflops(profile->score));
    json_maker_put(maker, document, "gflops", gigaflops(profile->gflops));
    put_reasons(maker, document, profile);
}

static void put_abilities(struct json_maker *maker, json_t *document, const struct perfadapt_profile *profile) {
    json_maker_put(maker, document, "compute_units", count(profile->compute_units));
    json_maker_put(maker, document, "memory_bytes", count(profile->memory_bytes));
    json_maker_put(maker, document, "unified_memory", answer(profile->unified_memory));
    json_maker_put(maker, document, "tiled", answer(profile->tiled));
    json_maker_put(maker, document, "gpu_timing", answer(profile->gpu_timing));
    put_features(maker, document, profile->features);
}

static char *make_line(const struct perfadapt_profile *profile) {
    struct json_maker maker = {0};
    json_t *document = json_object();
    json_maker_put(&maker, document, "schema", json_string("perfadapt.profile/1"));
    json_maker_put(&maker, document, "state", json_string(perfadapt_state_name(profile->state)));
    json_maker_put(&maker, document, "source", json_string(perfadapt_profile_source_name(profile->source)));
    put_device(&maker, document, profile);
    put_verdict(&maker, document, profile);
    put_abilities(&maker, document, profile);
    json_maker_put(&maker, document, "asleep", json_boolean(profile->asleep != 0));
    json_maker_put(&maker, document, "device_count", json_integer(profile->device_count));
    put_system(&maker, document, profile);
    return json_maker_line(&maker, document);
}

bool profile_document_print(const struct perfadapt_profile *profile, FILE *stream) {
    char *line = make_line(profile);
    if (!line) {
        fputs("perfadapt profile: no memory for the document\n", stderr);
        return false;
    }
    fprintf(stream, "%s\n", line);
    free(line);
    return true;
}
