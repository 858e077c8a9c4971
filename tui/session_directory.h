/* The directory of sessions, where a monitor does not tell all of it. SPDX-License-Identifier: MIT */
#ifndef TUI_SESSION_DIRECTORY_H
#define TUI_SESSION_DIRECTORY_H

#include <stddef.h>

#define SESSION_DIRECTORY_WATCHED_MAX 256 /* no monitor looks at more sessions */
#define SESSION_DIRECTORY_COUNTED_MAX 4096

/* Sockets of sessions beyond those that a monitor looks at. It is not asked where so few sessions are shown that there
 * can be none, nor does it count for ever. */
size_t session_directory_left_out(size_t shown);

#endif
