/* A profile as a page of text for people, 80 columns wide. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_PAGE_H
#define PERFADAPT_TOOLS_PROFILE_PAGE_H

#include <perfadapt/profile.h>
#include <stdio.h>

/* `from` names the report, NULL: this machine. */
void profile_page_print(const struct perfadapt_profile *profile, const char *from, FILE *stream);

#endif
