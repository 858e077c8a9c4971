/* SPDX-License-Identifier: MIT */
#include "drive/answer.h"

#include "drive/number.h"

#include <inttypes.h>
#include <math.h> /* isfinite and isnan only */
#include <stdio.h>
#include <string.h>

#define REASONS_MAX 128
#define FIELDS_MAX (DRIVE_ANSWER_MAX - 40) /* room for what is put in front */

static const unsigned decimals = 3;

void drive_answer_init(struct drive_answer *answer) {
    memset(answer, 0, sizeof *answer);
}

static void print_share(float share, char out_text[PERFADAPT__NUMBER_TEXT]) {
    const double value = (double)share;
    if (isfinite(value))
        perfadapt__number_print(value, decimals, out_text);
    else
        snprintf(out_text, PERFADAPT__NUMBER_TEXT, "%s", isnan(value) ? "nan" : "inf");
}

static void print_fields(const struct perfadapt_budget *budget, char out_fields[FIELDS_MAX]) {
    char scale[PERFADAPT__NUMBER_TEXT];
    char headroom[PERFADAPT__NUMBER_TEXT];
    char reasons[REASONS_MAX];
    print_share(budget->render_scale, scale);
    print_share(budget->thermal_headroom, headroom);
    perfadapt_reasons_text(budget->reasons, reasons, sizeof reasons);
    snprintf(out_fields, FIELDS_MAX,
             "frame_ns=%" PRId64 " quality=%" PRIu32 " scale=%s in_flight=%" PRIu32 " memory=%" PRIu64
             " headroom=%s ttt_ns=%" PRId64 " bottleneck=%s reasons=%s",
             budget->frame_ns, budget->quality, scale, budget->frames_in_flight, budget->memory_bytes, headroom,
             budget->time_to_throttle_ns, perfadapt_bottleneck_name(budget->bottleneck), reasons);
}

void drive_answer_budget(struct drive_answer *answer, const struct perfadapt_budget *budget,
                         char out_line[DRIVE_ANSWER_MAX]) {
    char fields[FIELDS_MAX];
    print_fields(budget, fields);
    if (strcmp(fields, answer->last) == 0) {
        snprintf(out_line, DRIVE_ANSWER_MAX, "=\n");
        return;
    }
    snprintf(answer->last, sizeof answer->last, "%s", fields);
    answer->generation++;
    snprintf(out_line, DRIVE_ANSWER_MAX, "budget gen=%" PRIu64 " %s\n", answer->generation, fields);
}

void drive_answer_error(const char *reason, char out_line[DRIVE_ANSWER_MAX]) {
    snprintf(out_line, DRIVE_ANSWER_MAX, "error %s\n", reason);
}
