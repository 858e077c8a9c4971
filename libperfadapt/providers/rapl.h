/* Power of the processor packages, from their energy counters. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_RAPL_H
#define PERFADAPT_PROVIDERS_RAPL_H

#include "providers/kernel_number.h"
#include "providers/provider.h"

#define PERFADAPT__RAPL_DOMAINS_MAX 8

struct perfadapt__rapl_domain {
    uint32_t number; /* of intel-rapl:<number> */
    struct perfadapt__kernel_number file;
    int64_t range_uj; /* the counter starts anew beyond it; 0 = unknown */
    int64_t energy_uj;
    bool known;
};

struct perfadapt__rapl {
    const struct perfadapt__root *root;
    size_t count;
    struct perfadapt__rapl_domain domains[PERFADAPT__RAPL_DOMAINS_MAX];
    int64_t read_ns;  /* of the energies that are known; 0 = never */
    int64_t retry_ns; /* while access is denied */
};

void perfadapt__rapl_init(struct perfadapt__rapl *rapl, const struct perfadapt__root *root,
                          struct perfadapt_snapshot *snapshot);
void perfadapt__rapl_finish(struct perfadapt__rapl *rapl);
void perfadapt__rapl_read(struct perfadapt__rapl *rapl, const struct perfadapt__read_context *context,
                          struct perfadapt_snapshot *snapshot);

#endif
