/*
 * The time scales on which devices heat: from a die to a chassis. SPDX-License-Identifier: MIT
 *
 * Fixed, so that what is learned is linear in its unknowns and stable whatever the estimate: each pole is a low-pass of
 * the utilisation, and the temperature a weighted sum of them.
 */
#ifndef PERFADAPT_CONTROL_POLES_H
#define PERFADAPT_CONTROL_POLES_H

#define PERFADAPT__POLES 4

#define PERFADAPT__POLE_SECONDS                                                                                        \
    { 0.15, 4.0, 30.0, 240.0 }

/* How late a sensor follows, and the shortest pole's place in the arrays. */
#define PERFADAPT__SENSOR_LAG_SECONDS 0.5
#define PERFADAPT__POLE_FAST 0

#endif
