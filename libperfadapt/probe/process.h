/* What this process may do, and how it is ended. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_PROCESS_H
#define PERFADAPT_PROBE_PROCESS_H

#include <stdbool.h>

/* Before anything is opened: a host may have closed the standard streams, and what is opened next would become one. */
void probe_process_streams(void);

/*
 * No core dumps, low priority, every signal as it is by default: whoever starts this program may have blocked all of
 * them and ignore SIGCHLD, and both are inherited. Ends the process after `timeout_s`. False, errno set: there is no
 * timer.
 */
bool probe_process_prepare(double timeout_s);

#endif
