/* CRC-32 as in zlib and PNG: tells what was damaged by accident. SPDX-License-Identifier: MIT */
#ifndef TUI_CHECKSUM_H
#define TUI_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `checksum`, 0 at the beginning. */
uint32_t checksum_add(uint32_t checksum, const void *bytes, size_t length);

#endif
