/*
 * One Vulkan driver asked for its devices, in a child that sees no other. SPDX-License-Identifier: MIT
 *
 * The child is of this very program, so devices come through a pipe as they lie in memory; but a driver has run in it,
 * so each byte of them is taken for hostile.
 */
#ifndef PERFADAPT_PROBE_ATTEMPT_H
#define PERFADAPT_PROBE_ATTEMPT_H

#include "probe/icds.h"

#include <perfadapt/profile.h>

#define PROBE_ATTEMPT_DEVICES_MAX 16

/* probe_vulkan_enumerate(), or a test's. Ends with _exit() where it does not come back. */
typedef int probe_enumerate(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                            size_t reason_bytes);

struct probe_attempt {
    bool failed;      /* it crashed, hung, ended or lied: not merely "no device here" */
    int code;         /* what the enumeration said: 0, a VkResult, or what it has beside them */
    char result[160]; /* in words: "crashed (signal 11)", "no driver could be loaded"; "" = there is nothing to say */
    size_t count;
    struct perfadapt_device devices[PROBE_ATTEMPT_DEVICES_MAX];
};

/* The child has none of this process's descriptors. */
void probe_attempt(const struct probe_icd *icd, probe_enumerate *enumerate, int64_t timeout_ms,
                   struct probe_attempt *out_attempt);

/* What the child sends. For tests. */
struct probe_attempt_head {
    uint32_t magic;
    uint32_t device_bytes; /* of one */
    int32_t code;
    uint32_t count;
    char reason[256];
};
#define PROBE_ATTEMPT_MAGIC 0x70726f62U

/* Takes what the child sent. False where that cannot be. */
bool probe_attempt_take(const void *bytes, size_t length, struct probe_attempt *out_attempt);

#endif
