/* Makes what came from another process fit to be shown: see publish/reader.h. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PUBLISH_SANITIZE_H
#define PERFADAPT_PUBLISH_SANITIZE_H

#include <perfadapt/monitor.h>
#include <stddef.h>

/*
 * Terminates `text` within its `capacity` and keeps well-formed UTF-8 that prints: control characters, text direction
 * marks, what has no width, and stray bytes become '?'. A character cut at the end is dropped.
 */
void perfadapt__sanitize_text(char *text, size_t capacity);

/* The structs below are local copies: their enumerations become known values, their numbers finite and bounded or NAN. */
void perfadapt__sanitize_budget(struct perfadapt_budget *budget);
void perfadapt__sanitize_frame(struct perfadapt_frame *frame);
void perfadapt__sanitize_decision(struct perfadapt_decision *decision);
/* Sensors beyond sensor_count, which a writer does not store, become zero. */
void perfadapt__sanitize_snapshot(struct perfadapt_snapshot *snapshot);

#endif
