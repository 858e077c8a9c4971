/* Any bytes as a report: a named refusal, or a device within its arrays. SPDX-License-Identifier: MIT */
#include "profile/report.h"

#include <perfadapt/profile.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())

/* Of a driver, but nothing of it is what a terminal obeys. */
static void check_text(const char *text, size_t capacity) {
    CHECK(strnlen(text, capacity) < capacity);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        CHECK(*at >= ' ' && *at != 0x7f && !(at[0] == 0xc2 && at[1] < 0xa0));
}

static void check_device(const struct perfadapt_device *device) {
    CHECK(device->size == sizeof *device); /* the type as it is told: the judge looks at it */
    CHECK(device->heap_count <= PERFADAPT_HEAPS_MAX && device->memory_type_count <= PERFADAPT_MEMORY_TYPES_MAX);
    for (uint32_t i = 0; i < device->memory_type_count; i++)
        CHECK(device->memory_types[i].heap < device->heap_count);
    CHECK(device->timestamp_known <= 1 && device->features_known <= 1 && device->timestamp_valid_bits <= 64);
    CHECK(device->timestamp_period_ns >= 0 && device->timestamp_period_ns <= 1e9F);
    CHECK(device->features_known || device->features == 0);
    CHECK(device->pci.known <= 1 && device->pci.bus <= 0xff && device->pci.device <= 0x1f && device->pci.function <= 7);
    check_text(device->name, sizeof device->name);
    check_text(device->driver_name, sizeof device->driver_name);
    check_text(device->driver_info, sizeof device->driver_info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct perfadapt_device device;
    char reason[PROFILE_REASON_BYTES] = "";
    char *text = malloc(size + 1); /* of its own, so that the sanitizer sees its end */
    CHECK(text);
    memcpy(text, data, size);
    text[size] = '\0';
    if (profile_report_parse(text, size, &device, reason)) {
        check_device(&device);
    } else {
        CHECK(reason[0]);
        check_text(reason, sizeof reason);
    }
    free(text);
    return 0;
}
