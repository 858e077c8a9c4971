/* SPDX-License-Identifier: MIT */
#include "control/root.h"

/* Newton's steps fall monotonically once above the root; they end where they no longer fall. No errno, no libm. */
double perfadapt__root(double value) {
    if (!(value > 0) || value > 1e300)
        return value > 0 ? 1e150 : 0.0;
    double scale = 1.0;
    while (value > 4.0) {
        value *= 0.25;
        scale *= 2.0;
    }
    while (value < 1.0) {
        value *= 4.0;
        scale *= 0.5;
    }
    double root = 0.5 * (value + 1.0);
    for (;;) {
        const double next = 0.5 * (root + value / root);
        if (!(next < root))
            return root * scale;
        root = next;
    }
}
