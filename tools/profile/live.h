/* This machine's profile, from a session of the library. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_LIVE_H
#define PERFADAPT_TOOLS_PROFILE_LIVE_H

#include "profile/options.h"

#include <perfadapt/profile.h>
#include <stdbool.h>

/*
 * What is known when the probe has ended, or when its time is over; then out_profile->state is INIT, which has been
 * said. False after a message on standard error.
 */
bool profile_live_get(const struct profile_options *options, struct perfadapt_profile *out_profile);

#endif
