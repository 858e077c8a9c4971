/*
 * What a device is worth: perfadapt_judge() of <perfadapt/profile.h>, and what tests ask of it.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_DEVICE_JUDGE_H
#define PERFADAPT_DEVICE_JUDGE_H

#include <perfadapt/profile.h>

#define PERFADAPT__TIER_MOST 5
#define PERFADAPT__TIER_MOST_SHARED 3 /* of what is no card with memory of its own */

/* Of a device that nothing is known of: every member says so. */
void perfadapt__profile_init(struct perfadapt_profile *out_profile);

/* The tier of a speed alone, 1 … 5: no bound of type, generation or memory. docs/devices.md says why these. */
uint32_t perfadapt__tier_of(double gflops);

/* "12.3 TFLOP/s", without regard to the locale. */
void perfadapt__gflops_text(double gflops, char *out, size_t capacity);

#endif
