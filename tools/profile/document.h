/* A profile as one JSON object; docs/json.md has its keys. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_DOCUMENT_H
#define PERFADAPT_TOOLS_PROFILE_DOCUMENT_H

#include <perfadapt/profile.h>
#include <stdbool.h>
#include <stdio.h>

/* One line. False after a message on standard error where memory is short; what cannot be written is the caller's to
 * notice. */
bool profile_document_print(const struct perfadapt_profile *profile, FILE *stream);

#endif
