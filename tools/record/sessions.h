/*
 * The sessions that are recorded: found where they are published, each followed into a file of its own.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_TOOLS_RECORD_SESSIONS_H
#define PERFADAPT_TOOLS_RECORD_SESSIONS_H

#include <stdbool.h>
#include <sys/types.h>

struct record_sessions;

/*
 * Into `path`, which is looked at now, as is the place where sessions are published. NULL after a failure that was told
 * on standard error. It must outlive them.
 */
struct record_sessions *record_sessions_create(const char *path);

/* A file that was made and got nothing is removed. */
void record_sessions_destroy(struct record_sessions *sessions);

/*
 * Whose: those of `pid`; with `descendants` also of its children and theirs, and of what has become this process's child
 * since it started.
 */
void record_sessions_of(struct record_sessions *sessions, pid_t pid, bool descendants);

/*
 * Looks for new ones and writes what all have come to. False after a failure that was told on standard error: a file
 * cannot be written.
 */
bool record_sessions_step(struct record_sessions *sessions);

/* Nothing more is written. A line for each on standard error. */
void record_sessions_end(struct record_sessions *sessions);

/* How many were found, how many of those go on, and how many are there that do not answer. */
unsigned record_sessions_found(const struct record_sessions *sessions);
unsigned record_sessions_open(const struct record_sessions *sessions);
unsigned record_sessions_silent(const struct record_sessions *sessions);

#endif
