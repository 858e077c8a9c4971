/* Machines whose form their name tells. Pure; data. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_DEVICE_FORM_NAMES_H
#define PERFADAPT_DEVICE_FORM_NAMES_H

#include "device/identity.h"

/* By DMI; UNKNOWN where no row fits. `has_battery` as in perfadapt_system: some rows name a maker whose other machines
 * have none. */
enum perfadapt_form perfadapt__form_by_dmi(const struct perfadapt_system *system);

/* By the device tree's compatible list. */
enum perfadapt_form perfadapt__form_by_tree(const char *tree, size_t length);

#endif
