/*
 * The sessions that are recorded: found where they are published, each followed into a file of its own.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_TOOLS_RECORD_SESSIONS_H
#define PERFADAPT_TOOLS_RECORD_SESSIONS_H

#include <stdbool.h>
#include <sys/types.h>

struct record_sessions;

/* Those of `pid`; with `descendants` also of its children and theirs. NULL where there is no memory. */
struct record_sessions *record_sessions_create(const char *path, pid_t pid, bool descendants);
void record_sessions_destroy(struct record_sessions *sessions);

/*
 * Looks for new ones and writes what all have come to. False after a failure that was told on standard error: a file
 * cannot be written.
 */
bool record_sessions_step(struct record_sessions *sessions);

/* How many were found, and how many of those go on. */
unsigned record_sessions_found(const struct record_sessions *sessions);
unsigned record_sessions_open(const struct record_sessions *sessions);

/* A line for each on standard error. */
void record_sessions_tell(const struct record_sessions *sessions);

#endif
