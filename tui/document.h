/* One sample as a JSON object, schema perfadapt.top/1. SPDX-License-Identifier: MIT */
#ifndef TUI_DOCUMENT_H
#define TUI_DOCUMENT_H

#include "json.h"
#include "model.h"

/* Appends one line. */
void document_write(const struct model *model, struct json *json);

#endif
