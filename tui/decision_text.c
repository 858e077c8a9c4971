/* What is said of a decision. SPDX-License-Identifier: MIT */
#include "decision_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

bool decision_text_changed(const struct perfadapt_decision *decision, enum decision_output output) {
    switch (output) {
    case DECISION_QUALITY:
        return decision->quality_from != decision->quality_to;
    case DECISION_SCALE:
        return decision->render_scale_from < decision->render_scale_to ||
               decision->render_scale_from > decision->render_scale_to;
    case DECISION_FRAME:
        return decision->frame_ns_from != decision->frame_ns_to;
    case DECISION_FLIGHT:
        return decision->frames_in_flight_from != decision->frames_in_flight_to;
    case DECISION_THREADS:
        return decision->worker_threads_from != decision->worker_threads_to;
    case DECISION_DISPATCH:
        return decision->dispatch_ns_from != decision->dispatch_ns_to;
    case DECISION_MEMORY:
        return decision->memory_bytes_from != decision->memory_bytes_to;
    }
    return false;
}

void decision_text_change(const struct perfadapt_decision *decision, char *out, size_t capacity) {
    char from[24];
    char to[24];
    if (decision_text_changed(decision, DECISION_QUALITY)) {
        snprintf(out, capacity, "quality %" PRIu32 "->%" PRIu32, decision->quality_from, decision->quality_to);
    } else if (decision_text_changed(decision, DECISION_SCALE)) {
        snprintf(out, capacity, "scale %.2f->%.2f", (double)decision->render_scale_from,
                 (double)decision->render_scale_to);
    } else if (decision_text_changed(decision, DECISION_FRAME)) {
        snprintf(out, capacity, "%.1f->%.1f ms", (double)decision->frame_ns_from / 1e6,
                 (double)decision->frame_ns_to / 1e6);
    } else if (decision_text_changed(decision, DECISION_FLIGHT)) {
        snprintf(out, capacity, "flight %" PRIu32 "->%" PRIu32, decision->frames_in_flight_from,
                 decision->frames_in_flight_to);
    } else if (decision_text_changed(decision, DECISION_THREADS)) {
        snprintf(out, capacity, "threads %" PRIu32 "->%" PRIu32, decision->worker_threads_from,
                 decision->worker_threads_to);
    } else if (decision_text_changed(decision, DECISION_DISPATCH)) {
        snprintf(out, capacity, "dispatch %.1f->%.1f ms", (double)decision->dispatch_ns_from / 1e6,
                 (double)decision->dispatch_ns_to / 1e6);
    } else if (decision_text_changed(decision, DECISION_MEMORY)) {
        text_bytes(from, sizeof from, (double)decision->memory_bytes_from);
        text_bytes(to, sizeof to, (double)decision->memory_bytes_to);
        snprintf(out, capacity, "%s->%s", decision->memory_bytes_from == PERFADAPT_NO_LIMIT ? "no limit" : from,
                 decision->memory_bytes_to == PERFADAPT_NO_LIMIT ? "no limit" : to);
    } else {
        snprintf(out, capacity, "as before");
    }
}

const char *decision_text_signal(uint32_t signal) {
    return signal == PERFADAPT_SIGNAL_FRAME_TIME ? "work" : perfadapt_signal_name(signal);
}

/* A longer frame is less as well: the app draws fewer of them. */
bool decision_text_lowers(const struct perfadapt_decision *decision) {
    const bool longer = decision->frame_ns_to > decision->frame_ns_from || decision->frame_ns_to == 0;
    const bool shorter = /* 0 is no limit */
        decision->dispatch_ns_to != 0 &&
        (decision->dispatch_ns_from == 0 || decision->dispatch_ns_to < decision->dispatch_ns_from);
    return decision->quality_to < decision->quality_from || decision->render_scale_to < decision->render_scale_from ||
           (decision_text_changed(decision, DECISION_FRAME) && longer) ||
           decision->frames_in_flight_to < decision->frames_in_flight_from ||
           decision->worker_threads_to < decision->worker_threads_from || shorter ||
           decision->memory_bytes_to < decision->memory_bytes_from;
}

void decision_text_cause(const struct perfadapt_decision *decision, char *out, size_t capacity) {
    /* Reasons say why there is not more: after a step up, what the next one waits for. */
    const bool less = decision_text_lowers(decision);
    const uint32_t telling = less ? ~(uint32_t)PERFADAPT_REASON_SETTLING : (uint32_t)PERFADAPT_REASON_POLICY;
    if ((decision->reasons & telling) != 0) {
        perfadapt_reasons_text(decision->reasons & telling, out, capacity);
    } else {
        snprintf(out, capacity, "%s", less ? decision_text_signal(decision->signal) : "room");
    }
}

/* "7 -> 4" as "7->4": rows are narrow. */
static void narrow_arrows(char *text) {
    char *out = text;
    for (const char *in = text; *in != '\0'; ++in) {
        const bool around = strncmp(in, " -> ", 4) == 0;
        if (around) {
            memcpy(out, "->", 2);
            out += 2;
            in += 3;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
}

/* The library's text is "CHANGES: SIGNAL FIGURES (REASONS)", of which all but the first may be missing. */
void decision_text_event(const struct perfadapt_decision *decision, char *out, size_t capacity) {
    char all[DECISION_TEXT_MAX];
    char cause[128];
    const char *signal = perfadapt_signal_name(decision->signal);
    perfadapt_decision_text(decision, all, sizeof all);
    decision_text_cause(decision, cause, sizeof cause);
    char *evidence = strstr(all, ": ");
    char *reasons = strrchr(all, '(');
    if (reasons != NULL && reasons > all && reasons[-1] == ' ') {
        reasons[-1] = '\0';
    }
    if (evidence != NULL) {
        *evidence = '\0';
        evidence += 2;
    }
    narrow_arrows(all);
    if (evidence == NULL) {
        snprintf(out, capacity, "%s: %s", cause, all);
    } else if (strncmp(evidence, signal, strlen(signal)) == 0) {
        snprintf(out, capacity, "%s: %s (%s%s)", cause, all, decision_text_signal(decision->signal),
                 evidence + strlen(signal));
    } else {
        snprintf(out, capacity, "%s: %s (%s)", cause, all, evidence);
    }
}
