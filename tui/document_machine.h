/* The machine as JSON, in the words of `perfadapt sensors --json`. SPDX-License-Identifier: MIT */
#ifndef TUI_DOCUMENT_MACHINE_H
#define TUI_DOCUMENT_MACHINE_H

#include "json.h"
#include "model.h"

/* Into the object that is open. Where the machine is not read, lists are empty and all else is null. */
void document_machine(struct json *json, const struct model *model);

#endif
