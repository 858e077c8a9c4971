/* The list of all providers. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_REGISTRY_H
#define PERFADAPT_PROVIDERS_REGISTRY_H

#include "providers/provider.h"

/* At least as many as can be created. */
#define PERFADAPT__PROVIDERS_MAX 20

/* Creates every provider that finds something on the machine; the caller destroys them. With environment->simulate the
 * fake one stands in for those that read temperatures. Returns how many there are, at most `capacity`. */
size_t perfadapt__providers_create(const struct perfadapt__provider_environment *environment,
                                   struct perfadapt_snapshot *snapshot, struct perfadapt__provider **out,
                                   size_t capacity);

#endif
