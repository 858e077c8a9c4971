/* In place of vulkan.c where there are no Vulkan headers. SPDX-License-Identifier: MIT */
#include "probe/vulkan.h"

#include <stdio.h>

int probe_vulkan_enumerate_by(const char *loader, struct perfadapt_device *out, size_t capacity, size_t *out_count,
                              char *reason, size_t reason_bytes) {
    (void)loader;
    (void)out;
    (void)capacity;
    *out_count = 0;
    snprintf(reason, reason_bytes, "built without Vulkan");
    return PROBE_VULKAN_NOT_BUILT;
}

int probe_vulkan_enumerate(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                           size_t reason_bytes) {
    return probe_vulkan_enumerate_by(NULL, out, capacity, out_count, reason, reason_bytes);
}
