/* Gets a session's region from its socket and maps it read-only. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PUBLISH_FETCH_H
#define PERFADAPT_PUBLISH_FETCH_H

#include <perfadapt/monitor.h>
#include <stddef.h>

/*
 * Connects without waiting. OK: *out_connection is the caller's to close. CORRUPT: a socket of another kind;
 * PERMISSION: another user listens, or we may not ask. NOT_FOUND: no such socket; AGAIN: not now; UNSUPPORTED: nobody
 * listens there any more.
 */
enum perfadapt_result perfadapt__fetch_connect(int directory_fd, const char *directory_path, const char *name,
                                               int *out_connection);

/* A mapping, read-only and of a file that cannot shrink: no load from it raises SIGBUS. */
struct perfadapt__mapping {
    void *memory; /* NULL = none */
    size_t bytes;
};

/*
 * Takes the region out of a connection, without waiting, and its identity into `app`. OK: *out_mapping is to be
 * unmapped with perfadapt__fetch_unmap(). AGAIN: no answer yet; NOT_FOUND: the connection ended without one, or without
 * room for a descriptor: connect again. VERSION, CORRUPT, PERMISSION (another user's): final, nothing is mapped.
 */
enum perfadapt_result perfadapt__fetch_receive(int connection, struct perfadapt__mapping *out_mapping,
                                               struct perfadapt_app *app);
void perfadapt__fetch_unmap(struct perfadapt__mapping *mapping);

#endif
