/* The live screen: waits, reads keys, draws. SPDX-License-Identifier: MIT */
#ifndef TUI_DASHBOARD_H
#define TUI_DASHBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

/*
 * Takes the terminal, runs until the user leaves or a signal comes, and gives the terminal back. Returns the exit code;
 * where a signal ended it, the process ends by that signal.
 */
int dashboard_run(const struct options *options, bool ascii);

#endif
