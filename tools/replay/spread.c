/* SPDX-License-Identifier: MIT */
#include "replay/spread.h"

#include <math.h> /* NAN only */

static unsigned bin_of(int64_t ns) {
    if (ns < 256)
        return ns > 0 ? (unsigned)ns : 0;
    const unsigned doublings = 63 - (unsigned)__builtin_clzll((uint64_t)ns); /* from 8 on */
    return 256 + (doublings - 8) * 128 + (unsigned)(ns >> (doublings - 7) & 127);
}

void replay_spread_add(struct replay_spread *spread, int64_t ns) {
    struct replay_spread_bin *bin = &spread->bins[bin_of(ns)];
    spread->count++;
    bin->count++;
    bin->sum_ns += ns > 0 ? (double)ns : 0;
}

double replay_spread_quantile(const struct replay_spread *spread, double share) {
    const double wanted = share * (double)spread->count;
    uint64_t below = 0;
    for (unsigned i = 0; i < REPLAY_SPREAD_BINS; i++) {
        const struct replay_spread_bin *bin = &spread->bins[i];
        below += bin->count;
        if (bin->count && (double)below >= wanted)
            return bin->sum_ns / (double)bin->count;
    }
    return (double)NAN;
}
