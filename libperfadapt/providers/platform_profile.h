/* What the user asked of the whole platform: ACPI's platform profile. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_PLATFORM_PROFILE_H
#define PERFADAPT_PROVIDERS_PLATFORM_PROFILE_H

#include "providers/provider.h"

struct perfadapt__platform_profile {
    const struct perfadapt__root *root;
    const struct perfadapt__watch *watch;
    bool present;
    bool watched; /* the kernel tells when it changes */
    int fd;
    int64_t due_ns;
    int64_t pause_ns; /* length of the last pause after an error; 0 = none */
    int evidence;
};

void perfadapt__platform_profile_init(struct perfadapt__platform_profile *profile,
                                      const struct perfadapt__provider_environment *environment,
                                      struct perfadapt_snapshot *snapshot);
void perfadapt__platform_profile_finish(struct perfadapt__platform_profile *profile);
void perfadapt__platform_profile_read(struct perfadapt__platform_profile *profile, int64_t now_ns,
                                      struct perfadapt_snapshot *snapshot);

/* True where the descriptor is the profile's: it is then read at the next read, which arms it again. */
bool perfadapt__platform_profile_triggered(struct perfadapt__platform_profile *profile, int fd);

#endif
