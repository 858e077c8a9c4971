/* Any bytes as the texts of graphics drivers: uevent, levels of the clock, reasons. SPDX-License-Identifier: MIT */
#include "providers/amdgpu.h"
#include "providers/gpu_device.h"
#include "providers/intel_reasons.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t capacity) {
    CHECK(memchr(text, '\0', capacity));
    for (; *text; text++)
        CHECK(*text > ' ' && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *exact = malloc(size + 1); /* so that a read behind the end is seen */
    CHECK(exact);
    memcpy(exact, data, size);
    exact[size] = '\0';
    struct perfadapt__gpu_device device = {0};
    perfadapt__gpu_device_uevent(exact, &device);
    check_text(device.id, sizeof device.id);
    check_text(device.driver, sizeof device.driver);
    CHECK(perfadapt__amdgpu_highest_level(exact) <= 10000);
    for (size_t capacity = 1; capacity <= 96; capacity += 19) {
        char names[96];
        CHECK(perfadapt__intel_reasons_claims(exact, names, capacity) < UINT32_C(1) << 6);
        CHECK(memchr(names, '\0', capacity));
    }
    free(exact);
    return 0;
}
