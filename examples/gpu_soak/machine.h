/* What a session's snapshot says of the GPU. SPDX-License-Identifier: MIT */
#ifndef GPU_SOAK_MACHINE_H
#define GPU_SOAK_MACHINE_H

#include <perfadapt/perfadapt.h>

/* NAN: unknown. */
struct machine {
    double temperature_c; /* of the GPU's sensor; of the hottest that steers, where none is known to be the GPU's */
    double limit_c;       /* as that sensor has it */
    double power_w;
    double clock_mhz;
};

/* The GPU at `pci`, or the first one where its address is not known. */
struct machine machine_read(const perfadapt *session, const struct perfadapt_pci_address *pci);

#endif
