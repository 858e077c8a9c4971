/* A session as a JSON object. SPDX-License-Identifier: MIT */
#ifndef TUI_DOCUMENT_APP_H
#define TUI_DOCUMENT_APP_H

#include "json.h"
#include "model.h"

void document_app(struct json *json, const struct model_app *of);

#endif
