/* Versions and addresses as people write them. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_ADDRESS_H
#define PERFADAPT_TOOLS_PROFILE_ADDRESS_H

#include <perfadapt/profile.h>

#define PROFILE_VERSION_BYTES 32
#define PROFILE_PCI_BYTES 48

/* "1.3.255"; "" for 0, which is unknown. */
void profile_version_text(uint32_t packed, char out[PROFILE_VERSION_BYTES]);

/* "0000:03:00.0"; "" where it is not known. */
void profile_pci_text(const struct perfadapt_pci_address *address, char out[PROFILE_PCI_BYTES]);

#endif
