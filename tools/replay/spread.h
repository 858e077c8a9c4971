/*
 * How long frames took, all of them, in memory that does not grow with the file. SPDX-License-Identifier: MIT
 *
 * Lengths are counted in bins of less than a hundredth of what they hold; a bin's mean stands for each in it.
 */
#ifndef PERFADAPT_TOOLS_REPLAY_SPREAD_H
#define PERFADAPT_TOOLS_REPLAY_SPREAD_H

#include <stdint.h>

#define REPLAY_SPREAD_BINS (256 + 55 * 128) /* one each below 256 ns, then 128 to each doubling */

struct replay_spread {
    uint64_t count;
    struct replay_spread_bin {
        uint64_t count;
        double sum_ns;
    } bins[REPLAY_SPREAD_BINS];
};

/* Below 0 is taken for 0. */
void replay_spread_add(struct replay_spread *spread, int64_t ns);

/* The length that `share` (0 to 1) of all do not exceed, in ns; NAN = there are none. */
double replay_spread_quantile(const struct replay_spread *spread, double share);

#endif
