/* SPDX-License-Identifier: MIT */
#include "device/edid.h"

#include <string.h>

#define FIRST_TIMING 54 /* VESA E-EDID 1.4, 3.10.2 */

static const uint64_t refresh_least_mhz = 10000;
static const uint64_t refresh_most_mhz = 1000000;

/* The sum of all bytes of a block is 0 modulo 256. */
static int is_whole(const uint8_t *edid, size_t length) {
    static const uint8_t header[8] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
    uint8_t sum = 0;
    if (length < PERFADAPT__EDID_BLOCK_BYTES || memcmp(edid, header, sizeof header) != 0)
        return 0;
    for (size_t i = 0; i < PERFADAPT__EDID_BLOCK_BYTES; i++)
        sum = (uint8_t)(sum + edid[i]);
    return sum == 0;
}

/* Twelve bits: eight of their own, four in one half of another byte. */
static uint64_t twelve(uint8_t low, unsigned high) {
    return low | (uint64_t)(high & 0xf) << 8;
}

uint32_t perfadapt__edid_refresh_mhz(const uint8_t *edid, size_t length) {
    if (!is_whole(edid, length))
        return 0;
    const uint8_t *t = edid + FIRST_TIMING;
    const uint64_t clock_hz = (t[0] | (uint64_t)t[1] << 8) * 10000; /* 0: a descriptor of something else */
    const uint64_t shown_x = twelve(t[2], t[4] >> 4);
    const uint64_t shown_y = twelve(t[5], t[7] >> 4); /* lines of a field where it is interlaced */
    const uint64_t total = (shown_x + twelve(t[3], t[4])) * (shown_y + twelve(t[6], t[7]));
    if (clock_hz == 0 || shown_x == 0 || shown_y == 0)
        return 0;
    const uint64_t refresh_mhz = (clock_hz * 1000 + total / 2) / total;
    return refresh_mhz >= refresh_least_mhz && refresh_mhz <= refresh_most_mhz ? (uint32_t)refresh_mhz : 0;
}
