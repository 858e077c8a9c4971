/* A number kept within two others. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_CLAMP_H
#define PERFADAPT_CONTROL_CLAMP_H

/* NAN gives `low`. */
static inline double perfadapt__clamp(double value, double low, double high) {
    return value > low ? (value < high ? value : high) : low;
}

#endif
