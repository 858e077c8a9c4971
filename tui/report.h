/* One sample as text. SPDX-License-Identifier: MIT */
#ifndef TUI_REPORT_H
#define TUI_REPORT_H

#include <stdio.h>

#include "model.h"

void report_write(const struct model *model, FILE *out);

#endif
