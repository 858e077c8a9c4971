/* `perfadapt sim --together`: what company does to an interactive session. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_TOGETHER_H
#define PERFADAPT_TOOLS_SIM_TOGETHER_H

#include "sim/options.h"

/* False: `message` says why. */
bool sim_together(const struct sim_options *options, const struct sim_conditions *conditions,
                  char message[SIM_MESSAGE_MAX]);

#endif
