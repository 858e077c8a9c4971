/* Vulkan Profiles files that describe a device: what vulkaninfo prints now. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_PROFILES_FILE_H
#define PERFADAPT_TOOLS_PROFILE_PROFILES_FILE_H

#include "profile/reader.h"

extern const struct profile_reader profile_reader_profiles;

#endif
