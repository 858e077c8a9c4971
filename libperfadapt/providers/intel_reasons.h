/* Why Intel graphics run slower than they could, by the names that i915 and xe give the reasons. Pure.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_INTEL_REASONS_H
#define PERFADAPT_PROVIDERS_INTEL_REASONS_H

#include <perfadapt/snapshot.h>
#include <stddef.h>
#include <stdint.h>

#define PERFADAPT__INTEL_REASONS_MAX 20

/* The name of a reason, "pl1", or NULL behind the last; and its bit 1 << enum perfadapt_throttling. */
const char *perfadapt__intel_reason_name(size_t index);
uint32_t perfadapt__intel_reason_claim(size_t index);

/*
 * The claims of a "reasons" text, names between blanks or "none": bits 1 << enum perfadapt_throttling, UNKNOWN for a
 * name that is not known. 0 where the text holds no name. The names go into `out_text`, as many as fit.
 */
uint32_t perfadapt__intel_reasons_claims(const char *text, char *out_text, size_t capacity);

/* Appends a name to a list of them, where it fits. */
void perfadapt__intel_reasons_append(char *text, size_t capacity, const char *name, size_t length);

#endif
