/* SPDX-License-Identifier: MIT */
#include "control/decay.h"

static const double ln2 = 0.6931471805599453;
static const double most = 64.0;

double perfadapt__exp2(double exponent) {
    if (!(exponent > -most))
        exponent = exponent <= -most ? -most : 0.0;
    else if (exponent > most)
        exponent = most;
    int whole = (int)exponent;
    const double x = (exponent - (double)whole) * ln2; /* -ln 2 … ln 2: Taylor's series ends soon */
    double term = 1.0;
    double sum = 1.0;
    for (int i = 1; i <= 12; i++) {
        term *= x / (double)i;
        sum += term;
    }
    for (; whole > 0; whole--)
        sum *= 2.0;
    for (; whole < 0; whole++)
        sum *= 0.5;
    return sum;
}
