/* What is said of a decision: what it changed, and what for. SPDX-License-Identifier: MIT */
#ifndef TUI_DECISION_TEXT_H
#define TUI_DECISION_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfadapt/monitor.h>

#define DECISION_TEXT_MAX 384 /* no text of a decision is longer */

enum decision_output {
    DECISION_QUALITY,
    DECISION_SCALE,
    DECISION_FRAME,
    DECISION_FLIGHT,
    DECISION_THREADS,
    DECISION_DISPATCH,
    DECISION_MEMORY
};

bool decision_text_changed(const struct perfadapt_decision *decision, enum decision_output output);

/* What changed, the most telling output alone: "quality 7->4", "scale 1.00->0.85". */
void decision_text_change(const struct perfadapt_decision *decision, char *out, size_t capacity);

/* What decided, in words: of frame times it is the work in them that counts. */
const char *decision_text_signal(uint32_t signal);

/* True where less is allowed than before. */
bool decision_text_lowers(const struct perfadapt_decision *decision);

/* What for: the reasons why less is allowed than before; "room" where it is more. */
void decision_text_cause(const struct perfadapt_decision *decision, char *out, size_t capacity);

/* All of it, what tells most first, so that little is lost where the end is cut: "thermal: quality 7->4 (temperature
 * 90.5 °C, target 93.0, forecast 93.6)". */
void decision_text_event(const struct perfadapt_decision *decision, char *out, size_t capacity);

#endif
