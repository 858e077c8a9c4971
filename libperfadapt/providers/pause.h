/* How long what does not answer, or takes long to, is left in peace. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_PAUSE_H
#define PERFADAPT_PROVIDERS_PAUSE_H

#include <stdint.h>

/* After a pause of that length (0 = none yet) twice as long a one: 1 … 30 s. */
int64_t perfadapt__pause_next(int64_t pause_ns);

/* After a read that took so long: 0 up to 5 ms, then a hundred times as long, at most 5 s. */
int64_t perfadapt__pause_after(int64_t cost_ns);

#endif
