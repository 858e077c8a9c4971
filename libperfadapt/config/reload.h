/*
 * Hears of edits to the configuration while a session runs: inotify. SPDX-License-Identifier: MIT
 *
 * It watches directories, for editors write a new file and rename it. Where one is missing, its nearest parent that
 * exists is watched until it is made; where perfadapt.ini is a link, the file that it leads to as well. Not seen: edits
 * behind a drop-in's link that leads out of these directories, and a parent that is renamed while what is below it stays
 * as it is.
 */
#ifndef PERFADAPT_CONFIG_RELOAD_H
#define PERFADAPT_CONFIG_RELOAD_H

#include "config/layers.h"

#include <stdbool.h>

struct perfadapt__reload;

/*
 * The request is as perfadapt__layers_read() takes it; of it the root must outlive what is made, the rest need not.
 * NULL: no memory. Where nothing can be watched, that is told once and the descriptor is -1.
 */
struct perfadapt__reload *perfadapt__reload_create(const struct perfadapt__layers_request *request);
void perfadapt__reload_destroy(struct perfadapt__reload *reload); /* NULL is nothing */

/* Readable where there is something to drain; -1 = none. */
int perfadapt__reload_fd(const struct perfadapt__reload *reload);

/*
 * Never waits. True where a file that counts may have changed since the last call. A host may close the descriptor and
 * reuse its number: ask perfadapt__watch_holds() before.
 */
bool perfadapt__reload_drain(struct perfadapt__reload *reload);

#endif
