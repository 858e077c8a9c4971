/* What `vulkaninfo --json` printed before it printed Vulkan Profiles. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_VULKANINFO_H
#define PERFADAPT_TOOLS_PROFILE_VULKANINFO_H

#include "profile/reader.h"

extern const struct profile_reader profile_reader_vulkaninfo;

#endif
