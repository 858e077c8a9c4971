/* SPDX-License-Identifier: MIT */
#include "config/settings.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <string.h>

#define NUMBER_COUNT (offsetof(struct perfadapt__settings, preset) / sizeof(double))

_Static_assert(offsetof(struct perfadapt__settings, preset) % sizeof(double) == 0, "numbers first, nothing between");

void perfadapt__settings_init(struct perfadapt__settings *settings) {
    double *numbers = &settings->mode;
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        numbers[i] = (double)NAN;
    memset(settings->preset, 0, sizeof settings->preset);
}

void perfadapt__settings_merge(struct perfadapt__settings *to, const struct perfadapt__settings *from) {
    double *numbers = &to->mode;
    const double *others = &from->mode;
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        if (!isnan(others[i]))
            numbers[i] = others[i];
    if (from->preset[0])
        memcpy(to->preset, from->preset, sizeof to->preset);
}
