/* Reads a plant from its INI file, strictly: every key is needed, no other is known. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_PLANT_FILE_H
#define PERFADAPT_TOOLS_SIM_PLANT_FILE_H

#include "sim/plant.h"

/* False: `message` says why, as "file:line: key: what". */
bool sim_plant_file_read(const char *path, struct sim_plant *out_plant, char message[SIM_MESSAGE_MAX]);

#endif
