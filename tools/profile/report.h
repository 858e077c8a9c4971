/* A device out of a report, whatever its format. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_REPORT_H
#define PERFADAPT_TOOLS_PROFILE_REPORT_H

#include "profile/file.h"

#include <perfadapt/profile.h>
#include <stdbool.h>

/* False, and why, where the file cannot be read or understood. A fact that it lacks stays unknown. */
bool profile_report_read(const char *path, struct perfadapt_device *out_device, char out_reason[PROFILE_REASON_BYTES]);

/* The same of a text, which is changed. A NUL is behind it. */
bool profile_report_parse(char *text, size_t length, struct perfadapt_device *out_device,
                          char out_reason[PROFILE_REASON_BYTES]);

#endif
