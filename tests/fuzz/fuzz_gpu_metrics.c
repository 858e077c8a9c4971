/* Any bytes as amdgpu's metrics table: refused, or figures that can be. SPDX-License-Identifier: MIT */
#include "providers/gpu_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_between(double value, double least, double most) {
    CHECK(isnan(value) || (value >= least && value <= most));
}

static void check_claims(uint32_t claims, const char *text, size_t capacity) {
    CHECK(claims != 0 && claims < UINT32_C(1) << 6);
    CHECK(memchr(text, '\0', capacity) && (*text || capacity < 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint32_t before[PERFADAPT__GPU_RESIDENCIES];
    struct perfadapt__gpu_metrics metrics;
    void *exact = malloc(size ? size : 1); /* so that a read behind the end is seen */
    CHECK(exact);
    memcpy(exact, data, size);
    const enum perfadapt_why why = perfadapt__gpu_metrics_parse(exact, size, &metrics);
    free(exact);
    check_between(metrics.edge_c, 0, 150);
    check_between(metrics.hotspot_c, 0, 150);
    check_between(metrics.memory_c, 0, 150);
    check_between(metrics.cpu_c, 0, 150);
    check_between(metrics.power_w, 0, 2000);
    check_between(metrics.clock_mhz, 0, 10000);
    check_between(metrics.busy, 0, 1);
    CHECK(why == PERFADAPT_WHY_NONE || !(metrics.throttle_known || metrics.residency_known));
    for (size_t capacity = 1; capacity <= 96; capacity += 19) {
        char text[96];
        check_claims(perfadapt__gpu_metrics_claims(metrics.throttle, text, capacity), text, capacity);
        check_claims(perfadapt__gpu_metrics_residency_claims(before, metrics.residency, text, capacity), text,
                     capacity);
    }
    memcpy(before, metrics.residency, sizeof before);
    return 0;
}
