/* Any bytes as the filter's input: printable answers, every budget in its bounds. SPDX-License-Identifier: MIT */
#include "tuning/policy_of.h"
#include "config/schema.h"
#include "drive/answer.h"
#include "drive/stream.h"

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())

/* The first byte frees outputs and chooses what is preferred. */
static void make_policy(uint8_t byte, struct perfadapt__policy *out_policy) {
    struct perfadapt__settings preset;
    struct perfadapt__settings settings;
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
    const struct perfadapt__wishes wishes = {.outputs = byte & 7u,
                                             .quality_levels = byte & 32u ? 7 : 2,
                                             .target_ns = (double)NAN,
                                             .fastest_ns = (double)NAN};
    perfadapt__settings_init(&preset);
    perfadapt__settings_init(&settings);
    settings.prefer = (double)(byte >> 3 & 3u);
    settings.slowest_ns = 5e7;
    settings.limit_c = byte & 64u ? 70 : settings.limit_c;
    settings.refresh_ns = byte & 128u ? 1e9 / 144 : settings.refresh_ns;
    CHECK(perfadapt__policy_of(&preset, &wishes, &settings, false, out_policy, reason));
}

static void check_budget(const struct perfadapt_budget *budget, const struct perfadapt__policy *policy) {
    const bool paced = policy->outputs & PERFADAPT_OUTPUT_FRAME_NS;
    CHECK(budget->quality < policy->quality_levels);
    CHECK(budget->render_scale >= 0.25F && budget->render_scale <= 1.0F);
    CHECK(budget->frame_ns >= 16000000 && budget->frame_ns <= (paced ? 51000000 : 17000000));
    CHECK(budget->frames_in_flight >= 1 && budget->frames_in_flight <= 16 && budget->worker_threads >= 1);
    CHECK(!(budget->thermal_headroom < 0) && !(budget->thermal_headroom > 1e6F));
    CHECK(budget->time_to_throttle_ns >= PERFADAPT_THROTTLE_UNKNOWN && budget->dispatch_ns >= 0);
    CHECK(budget->confidence >= 0 && budget->confidence <= 1);
}

static void check_answer(const char *line) {
    const size_t length = strlen(line);
    CHECK(length >= 2 && line[length - 1] == '\n');
    for (size_t i = 0; i + 1 < length; i++)
        CHECK(line[i] >= ' ' && line[i] <= '~');
}

static void take(struct drive_stream *stream, struct drive_answer *answer, char *text, size_t length) {
    struct drive_line line;
    char reason[DRIVE_REASON_MAX];
    char out[DRIVE_ANSWER_MAX];
    if (drive_line_parse(text, length, &line, reason) && drive_stream_take(stream, &line, reason))
        drive_answer_budget(answer, &stream->decider.arbiter.budget, out);
    else
        drive_answer_error(reason, out);
    check_answer(out);
    check_budget(&stream->decider.arbiter.budget, &stream->decider.policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct drive_stream stream;
    struct drive_answer answer;
    struct perfadapt__policy policy;
    if (size == 0)
        return 0;
    make_policy(data[0], &policy);
    drive_stream_init(&stream, &policy);
    drive_answer_init(&answer);
    for (size_t at = 1; at < size;) {
        const uint8_t *newline = memchr(data + at, '\n', size - at);
        const size_t length = newline ? (size_t)(newline - data) - at : size - at;
        char *text = malloc(length + 1); /* of its own, so that the sanitizer sees its end */
        CHECK(text);
        memcpy(text, data + at, length);
        text[length] = '\0';
        take(&stream, &answer, text, length);
        free(text);
        at += length + 1;
    }
    return 0;
}
