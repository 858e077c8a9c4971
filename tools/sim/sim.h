/* `perfadapt sim`: the sub-command itself is declared in command.h. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_SIM_H
#define PERFADAPT_TOOLS_SIM_SIM_H

#include "command.h"

#endif
