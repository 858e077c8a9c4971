/* The directory of sessions, where a monitor does not tell all of it. SPDX-License-Identifier: MIT */
#ifndef TUI_SESSION_DIRECTORY_H
#define TUI_SESSION_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#define SESSION_DIRECTORY_WATCHED_MAX 256 /* no monitor looks at more sessions */
#define SESSION_DIRECTORY_COUNTED_MAX 4096
#define SESSION_DIRECTORY_TEXT_MAX 320

/* errno where the directory that XDG_RUNTIME_DIR names cannot be looked into: no session is found then. Else 0. */
int session_directory_error(void);

/* That error in words, and what to do; `here`: it is of this machine, and the directory is named. "" for 0. */
void session_directory_explain(int error, bool here, char out[SESSION_DIRECTORY_TEXT_MAX]);

/* Sockets of sessions beyond those that a monitor looks at. It is not asked where so few sessions are shown that there
 * can be none, nor does it count for ever. */
size_t session_directory_left_out(size_t shown);

#endif
