/*
 * What other sessions of this user say of themselves that a session which gives way has to know.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_PUBLISH_PEERS_H
#define PERFADAPT_PUBLISH_PEERS_H

#include "publish/reader.h"

struct perfadapt__peers {
    struct perfadapt__reader *reader; /* NULL: there is nowhere to look */
    int64_t searched_ns;              /* 0 = never */
};

/* On the thread that opens the session, for the environment's sake. `own` is the name of its socket, "" = it has none. */
void perfadapt__peers_init(struct perfadapt__peers *peers, const char *own);
void perfadapt__peers_finish(struct perfadapt__peers *peers);

/*
 * The reasons (enum perfadapt_reason) of all interactive sessions that are alive and draw. Waits for nobody: reads mapped
 * memory, and once a second the directory of sockets.
 */
uint32_t perfadapt__peers_look(struct perfadapt__peers *peers, int64_t now_ns);

#endif
