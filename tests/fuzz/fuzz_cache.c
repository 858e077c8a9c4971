/*
 * Any bytes as a cache of a probe: what is taken of them is in its bounds and prints again.
 * SPDX-License-Identifier: MIT
 */
#include "device/cache.h"

#include "core/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())
#define KEY "0123456789abcdef"
#define SUM "\nsum = "

static struct perfadapt__cache cache;
static struct perfadapt__cache again;

#define CHECK_TEXT(text) check_text(text, sizeof(text))

static void check_text(const char *text, size_t capacity) {
    CHECK(memchr(text, '\0', capacity));
    for (; *text; text++)
        CHECK((unsigned char)*text >= ' ' && *text != '\x7f');
}

static void check_answer(int32_t answer) {
    CHECK(answer >= -1 && answer <= 1);
}

static void check_system(const struct perfadapt_system *system) {
    CHECK(system->size == sizeof *system && system->form <= PERFADAPT_FORM_VIRTUAL);
    CHECK(system->core_kind_count <= PERFADAPT_CORE_KINDS_MAX && system->panel_internal <= 1);
    check_answer(system->on_ac);
    check_answer(system->has_battery);
    CHECK_TEXT(system->vendor);
    CHECK_TEXT(system->product);
    CHECK_TEXT(system->board);
    CHECK_TEXT(system->device_tree);
    CHECK_TEXT(system->processor);
}

static void check_profile(const struct perfadapt_profile *profile) {
    CHECK(profile->size == sizeof *profile && profile->state <= PERFADAPT_STATE_ERROR);
    CHECK(profile->source <= PERFADAPT_PROFILE_FROM_BUS && profile->type <= PERFADAPT_DEVICE_CPU);
    CHECK(profile->tier <= 5 || profile->tier == PERFADAPT_TIER_UNKNOWN);
    CHECK(isnan(profile->score) || (profile->score >= 0 && isfinite(profile->score)));
    CHECK(isnan(profile->gflops) || (profile->gflops >= 0 && isfinite(profile->gflops)));
    check_answer(profile->unified_memory);
    check_answer(profile->tiled);
    check_answer(profile->gpu_timing);
    CHECK(profile->pci.known <= 1 && profile->asleep <= 1);
    CHECK_TEXT(profile->preset);
    CHECK_TEXT(profile->family);
    CHECK_TEXT(profile->name);
    CHECK_TEXT(profile->driver);
    CHECK(profile->reason_count <= PERFADAPT_PROFILE_REASONS_MAX);
    for (uint32_t i = 0; i < profile->reason_count; i++)
        CHECK_TEXT(profile->reasons[i]);
    check_system(&profile->system);
}

static void check_cache(void) {
    char *text = NULL;
    size_t length = 0;
    CHECK(cache.device_count <= PERFADAPT__CACHE_DEVICES_MAX);
    CHECK(cache.best == 0 || cache.best < cache.device_count);
    CHECK_TEXT(cache.error);
    for (uint32_t i = 0; i < cache.device_count; i++)
        check_profile(&cache.devices[i]);
    FILE *file = open_memstream(&text, &length);
    CHECK(file && perfadapt__cache_print(&cache, file) && fclose(file) == 0);
    CHECK(perfadapt__cache_parse(text, length, KEY, &again));
    free(text);
}

/* With the sum that is right for them: no mutation finds it. */
static void mend_sum(char *text, size_t size) {
    char sum[PERFADAPT__HASH_TEXT_BYTES];
    char *at = memmem(text, size, SUM, strlen(SUM));
    const size_t before = at ? (size_t)(at - text) + strlen(SUM) + PERFADAPT__HASH_TEXT_BYTES : size;
    if (before >= size)
        return;
    perfadapt__hash_print(perfadapt__hash(PERFADAPT__HASH_START, text + before, size - before), sum);
    memcpy(text + before - PERFADAPT__HASH_TEXT_BYTES, sum, sizeof sum - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size ? size : 1); /* of its own and without a NUL, so that the sanitizer sees its end */
    CHECK(text);
    memcpy(text, data, size);
    mend_sum(text, size);
    if (perfadapt__cache_parse(text, size, KEY, &cache))
        check_cache();
    else
        CHECK(cache.device_count == 0);
    free(text);
    return 0;
}
