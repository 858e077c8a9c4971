/* FNV-1a of 64 bits: tells texts apart, and a damaged one from a whole one. No secret. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_HASH_H
#define PERFADAPT_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define PERFADAPT__HASH_START UINT64_C(0xcbf29ce484222325)
#define PERFADAPT__HASH_TEXT_BYTES 17 /* 16 hexadecimal digits and a NUL */

/* `hash` goes on with these bytes. */
uint64_t perfadapt__hash(uint64_t hash, const void *bytes, size_t length);

void perfadapt__hash_print(uint64_t hash, char out_text[PERFADAPT__HASH_TEXT_BYTES]);

#endif
