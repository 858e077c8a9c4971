/* The GPU's own figures, asked of NVML beside the library: what the bench judges by. SPDX-License-Identifier: MIT */
#ifndef SOAK_NVML_H
#define SOAK_NVML_H

#include <stdbool.h>

#include <perfadapt/perfadapt.h>

struct soak_figures {
    double temperature_c; /* NAN: unknown, as in all of them */
    double memory_c;
    double power_w;
    double clock_mhz;
};

/* Of the GPU at that address; of the first one where it is not known. False, and why on stderr: no NVML or no GPU. */
bool soak_nvml_open(const struct perfadapt_pci_address *pci);
/* Any thread, one at a time. */
struct soak_figures soak_nvml_read(void);

#endif
