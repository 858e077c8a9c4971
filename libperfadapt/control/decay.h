/* The one transcendental function that control needs, of + - * / alone: the same bits on every machine. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_DECAY_H
#define PERFADAPT_CONTROL_DECAY_H

/* 2 to the power of `exponent`, which is clamped to -64 … 64; NAN gives 1. To 1e-9 of its value. */
double perfadapt__exp2(double exponent);

#endif
