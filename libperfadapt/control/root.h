/* The square root by Newton's steps: + - * / alone, so that neither libm nor errno is asked. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_ROOT_H
#define PERFADAPT_CONTROL_ROOT_H

/* 0 for what has none. */
double perfadapt__root(double value);

#endif
