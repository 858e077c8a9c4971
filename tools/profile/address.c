/* SPDX-License-Identifier: MIT */
#include "profile/address.h"

#include <stdio.h>

void profile_version_text(uint32_t packed, char out[PROFILE_VERSION_BYTES]) {
    out[0] = '\0';
    if (packed)
        snprintf(out, PROFILE_VERSION_BYTES, "%u.%u.%u", packed >> 22 & 0x7f, packed >> 12 & 0x3ff, packed & 0xfff);
}

void profile_pci_text(const struct perfadapt_pci_address *address, char out[PROFILE_PCI_BYTES]) {
    out[0] = '\0';
    if (address->known)
        snprintf(out, PROFILE_PCI_BYTES, "%04x:%02x:%02x.%x", address->domain, address->bus, address->device,
                 address->function);
}
