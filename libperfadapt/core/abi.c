/* SPDX-License-Identifier: MIT */
#include "core/abi.h"

#include <stdbool.h>
#include <string.h>

/* Far above any struct of ours: a size beyond it is an uninitialised member, not a newer version. */
#define LARGEST_SIZE ((size_t)1 << 20)

static size_t caller_size(const void *caller) {
    size_t size;
    memcpy(&size, caller, sizeof size);
    return size;
}

static bool all_zero(const unsigned char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

enum perfadapt_result perfadapt__abi_in(const void *in, void *out, size_t our_size) {
    const size_t size = caller_size(in);
    if (size < sizeof size || size > LARGEST_SIZE)
        return PERFADAPT_ERROR_ABI;
    if (size > our_size && !all_zero((const unsigned char *)in + our_size, size - our_size))
        return PERFADAPT_ERROR_ABI;
    memset(out, 0, our_size);
    memcpy(out, in, size < our_size ? size : our_size);
    memcpy(out, &our_size, sizeof our_size);
    return PERFADAPT_OK;
}

/* Not inlined: a compiler that sees the object behind `out` warns of sizes that its own member rules out. */
__attribute__((noinline)) enum perfadapt_result perfadapt__abi_out(const void *ours, void *out, size_t our_size,
                                                                   size_t smallest) {
    const size_t size = caller_size(out);
    if (size < smallest || size > LARGEST_SIZE)
        return PERFADAPT_ERROR_ABI;
    const size_t shared = size < our_size ? size : our_size;
    memcpy((unsigned char *)out + sizeof size, (const unsigned char *)ours + sizeof size, shared - sizeof size);
    if (size > our_size)
        memset((unsigned char *)out + our_size, 0, size - our_size);
    return PERFADAPT_OK;
}
