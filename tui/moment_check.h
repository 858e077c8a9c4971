/* A moment that came from a file, made fit to be shown. SPDX-License-Identifier: MIT */
#ifndef TUI_MOMENT_CHECK_H
#define TUI_MOMENT_CHECK_H

#include "model.h"

/* Texts are terminated and print, enumerations are known values, numbers finite and bounded or NAN: as a monitor does it
 * with what it reads of other processes. A model of this machine comes out as it went in. */
void moment_check(struct model *model);

#endif
