/* How long what does not answer is left in peace. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_PAUSE_H
#define PERFADAPT_PROVIDERS_PAUSE_H

#include <stdint.h>

/* After a pause of that length (0 = none yet) twice as long a one: 1 … 30 s. */
int64_t perfadapt__pause_next(int64_t pause_ns);

#endif
