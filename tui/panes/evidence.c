/* Who says that something is held back. SPDX-License-Identifier: MIT */
#include "evidence.h"

#include <stdio.h>

#include "line.h"

enum { EVIDENCE_LINES_MAX = 4 };

/* Sources that claim more than "none", of which there is something to say. */
static bool claims_something(const struct perfadapt_evidence *evidence) {
    return evidence->state == PERFADAPT_STATE_OK && (evidence->claims & ~(1U << PERFADAPT_THROTTLING_NONE)) != 0;
}

static bool says_none(const struct perfadapt_evidence *evidence) {
    return evidence->state == PERFADAPT_STATE_OK && (evidence->claims >> PERFADAPT_THROTTLING_NONE & 1U) != 0;
}

static int count_claims(const struct perfadapt_snapshot *snapshot, int *out_told) {
    int claims = 0;
    *out_told = 0;
    for (uint32_t i = 0; i < snapshot->evidence_count && i < PERFADAPT_EVIDENCE_MAX; ++i) {
        claims += claims_something(&snapshot->evidence[i]);
        *out_told += says_none(&snapshot->evidence[i]);
    }
    return claims;
}

int evidence_lines(const struct perfadapt_snapshot *snapshot) {
    int told = 0;
    const int claims = count_claims(snapshot, &told);
    return claims < 1 ? 1 : claims > EVIDENCE_LINES_MAX ? EVIDENCE_LINES_MAX : claims;
}

/* "thermal+power": the words of a mask. */
static void format_mask(uint32_t mask, char *out, size_t capacity) {
    size_t length = 0;
    out[0] = '\0';
    for (uint32_t kind = PERFADAPT_THROTTLING_UNKNOWN; kind <= PERFADAPT_THROTTLING_POLICY; ++kind) {
        if ((mask >> kind & 1U) != 0 && length < capacity) {
            const int added = snprintf(out + length, capacity - length, "%s%s", length > 0 ? "+" : "",
                                       perfadapt_throttling_name(kind));
            length += added > 0 ? (size_t)added : 0;
        }
    }
}

static void draw_claim(const struct pane *pane, int row, const struct perfadapt_evidence *evidence) {
    const char *subject =
        evidence->subject == PERFADAPT_SENSOR_OTHER ? evidence->device : perfadapt_sensor_role_name(evidence->subject);
    char claims[64];
    char believed[64];
    struct line line;
    format_mask(evidence->claims, claims, sizeof claims);
    format_mask(evidence->believed, believed, sizeof believed);
    line_begin(&line, pane);
    line_add(&line, 0, STYLE_NORMAL, "%s ", subject);
    line_glue(&line, STYLE_HOT, "%s", claims);
    line_glue(&line, STYLE_NORMAL, " (%s)", evidence->source);
    if (evidence->believed != evidence->claims) {
        line_add(&line, 1, STYLE_NORMAL, "believed: %s", believed[0] != '\0' ? believed : "nothing");
    }
    line_add(&line, 2, STYLE_DIM, "%s", evidence->text);
    line_draw(&line, row, EVIDENCE_NAME_COLUMNS, pane->area.columns);
}

void evidence_draw(const struct pane *pane, int row) {
    const struct perfadapt_snapshot *snapshot = &pane->model->snapshot;
    int told = 0;
    const int claims = count_claims(snapshot, &told);
    pane_text(pane, row, 0, STYLE_NORMAL, "throttle");
    if (claims == 0 && told > 0) {
        pane_format(pane, row, EVIDENCE_NAME_COLUMNS, STYLE_NORMAL, "none (%d source%s)", told, told == 1 ? "" : "s");
    } else if (claims == 0) {
        pane_text(pane, row, EVIDENCE_NAME_COLUMNS, STYLE_NORMAL, "n/a (no source tells)");
    }
    int shown = 0;
    for (uint32_t i = 0; i < snapshot->evidence_count && i < PERFADAPT_EVIDENCE_MAX; ++i) {
        if (!claims_something(&snapshot->evidence[i])) {
            continue;
        }
        if (row + shown == pane->area.rows - 1 && shown + 1 < claims) {
            pane_format(pane, row + shown, EVIDENCE_NAME_COLUMNS, STYLE_DIM, "+%d more sources", claims - shown);
            return;
        }
        draw_claim(pane, row + shown++, &snapshot->evidence[i]);
    }
}
