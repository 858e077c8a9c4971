/* Size-versioned structs, checked in one place: every public struct starts with a size_t `size`. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_ABI_H
#define PERFADAPT_CORE_ABI_H

#include <perfadapt/error.h>
#include <stddef.h>

/*
 * Takes a caller's struct in. A shorter one (an older header) leaves the rest of `out` zero; a longer one (a newer
 * header) is taken only where what we do not know is zero, so that no wish of the caller is dropped in silence.
 */
enum perfadapt_result perfadapt__abi_in(const void *in, void *out, size_t our_size);

/*
 * Gives a struct out: no more than the size the caller set, which stays as it is; what the caller knows and we do not
 * becomes zero. `smallest` is the size of the first published version.
 */
enum perfadapt_result perfadapt__abi_out(const void *ours, void *out, size_t our_size, size_t smallest);

#endif
