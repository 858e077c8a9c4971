/* What [machine NAME] sections are matched with, read from a machine. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TUNING_MACHINE_FACTS_H
#define PERFADAPT_TUNING_MACHINE_FACTS_H

#include "config/layers.h"
#include "device/bus.h"

/* The texts that `facts` points to; it must not be moved. */
struct perfadapt__machine_facts_store {
    struct perfadapt__machine_facts facts;
    char dmi_vendor[96], dmi_product[96], dmi_board[96]; /* longer ones are cut: match them with a "*" */
    char device_tree[512];
    char host[72];
};

/* `gpus` as perfadapt__bus_read() has found them; those of no number are left out. */
void perfadapt__machine_facts_read(const struct perfadapt__root *root, const struct perfadapt__bus_gpu *gpus,
                                   size_t gpu_count, struct perfadapt__machine_facts_store *out_store);

#endif
