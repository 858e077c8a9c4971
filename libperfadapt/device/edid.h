/* What a display says of itself: EDID. Pure. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_DEVICE_EDID_H
#define PERFADAPT_DEVICE_EDID_H

#include <stddef.h>
#include <stdint.h>

#define PERFADAPT__EDID_BLOCK_BYTES 128

/*
 * Images a second of the preferred mode, in thousandths: of the first detailed timing of the base block. Fields a
 * second where it is interlaced. 0 where there is none, or it cannot be. Extensions (CTA, DisplayID) are not looked at:
 * what they add are further modes.
 */
uint32_t perfadapt__edid_refresh_mhz(const uint8_t *edid, size_t length);

#endif
