/*
 * Whether what was read from a file can be stepped with: no index beyond its array, no time that overflows.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_RECORD_SOUND_H
#define PERFADAPT_RECORD_SOUND_H

#include "control/decider.h"

#include <stdbool.h>

bool perfadapt__policy_is_sound(const struct perfadapt__policy *policy);
bool perfadapt__input_is_sound(const struct perfadapt__frame_input *input);
bool perfadapt__reading_is_sound(const struct perfadapt__reading *reading);

/* `decider` has its ladder already. */
bool perfadapt__state_is_sound(const struct perfadapt__decider *decider, const struct perfadapt__tick_control *tick);

#endif
