/* Reports of vulkan.gpuinfo.org: what Vulkan Hardware Capability Viewer saves. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_GPUINFO_H
#define PERFADAPT_TOOLS_PROFILE_GPUINFO_H

#include "profile/reader.h"

extern const struct profile_reader profile_reader_gpuinfo;

#endif
