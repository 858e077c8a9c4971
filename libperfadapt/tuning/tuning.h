/*
 * What a session runs by: the device's profile, its preset, the configuration and the app's wishes come to one policy,
 * and to another when one of them changes. SPDX-License-Identifier: MIT
 *
 * Made on the thread that opens the session, from files and the cache alone. What takes longer is an errand of the
 * sampler thread, without a lock: the probe is started there and waited for, edited files are read again. The session
 * takes the new policy when it is called next.
 */
#ifndef PERFADAPT_TUNING_TUNING_H
#define PERFADAPT_TUNING_TUNING_H

#include "control/policy.h"
#include "sampler/sampler.h"
#include "tuning/learned_limits.h"

#include <perfadapt/perfadapt.h>
#include <perfadapt/profile.h>

struct perfadapt__tuning;

/* `options` is needed for the time of the call only. NO_MEMORY, or what a device that was handed in is refused with. */
enum perfadapt_result perfadapt__tuning_create(const struct perfadapt_options *options,
                                               struct perfadapt__tuning **out_tuning);

/* Of one that no errand was made of. */
void perfadapt__tuning_destroy(struct perfadapt__tuning *tuning);

/* The errand that owns it from the moment the sampler has it. */
struct perfadapt__errand perfadapt__tuning_errand(struct perfadapt__tuning *tuning);

/* The session, while it is called by the sampler: writes out what the errand had to say. */
void perfadapt__tuning_tell(struct perfadapt__tuning *tuning, const struct perfadapt_log *log);

/* Any thread, until the subscription ends. The newest policy; true where it has not been taken before. */
bool perfadapt__tuning_take_policy(struct perfadapt__tuning *tuning, struct perfadapt__policy *out_policy);
void perfadapt__tuning_untake_policy(struct perfadapt__tuning *tuning); /* it could not be used yet */
void perfadapt__tuning_get_profile(struct perfadapt__tuning *tuning, struct perfadapt_profile *out_profile);

/* The app says which device it renders on: judged at once, on the calling thread. */
enum perfadapt_result perfadapt__tuning_set_device(struct perfadapt__tuning *tuning,
                                                   const struct perfadapt_device *device);

/* The sampler thread: which of several GPUs the process uses, where the kernel tells. */
void perfadapt__tuning_see(struct perfadapt__tuning *tuning, const struct perfadapt_snapshot *snapshot);

/* Likewise: record.incidents, as the files have it by now. No part of the policy, which is what a budget follows. */
bool perfadapt__tuning_keeps_incidents(const struct perfadapt__tuning *tuning);

/* Likewise: what earlier sessions have learned of the sensors, and this one learns. */
struct perfadapt__learned_limits *perfadapt__tuning_limits(struct perfadapt__tuning *tuning);

#endif
