/* SPDX-License-Identifier: MIT */
#include "record/state.h"

#include "core/hash.h"

#include <math.h> /* isnan only: no libm is linked */
#include <perfadapt/version.h>
#include <string.h>

unsigned char *perfadapt__state_pack(unsigned char *to, const struct perfadapt__decider *decider,
                                     const struct perfadapt__tick_control *tick) {
    to = perfadapt__words_pack(to, &decider->policy, NULL, sizeof decider->policy);
    to = perfadapt__words_pack(to, &decider->frame, NULL, PERFADAPT__STATE_DECIDER_BYTES);
    return perfadapt__words_pack(to, tick, NULL, sizeof *tick);
}

/*
 * To grow whenever a member of a struct that is packed changes its meaning or its place: builds of one version, between two
 * releases, are told apart by nothing else where all sizes stay.
 */
static const uint64_t state_meaning = 1;

/* One number of all sizes, of those that must not change places either. Constant: no table of them is kept. */
#define MIXED_1(size) ((uint64_t)(size))
#define MIXED_2(a, b) (MIXED_1(a) * UINT64_C(0x100000001b3) + (b))
#define MIXED_4(a, b, c, d) MIXED_2(MIXED_2(a, b), MIXED_2(c, d))

static uint64_t mix_sizes(void) {
    return MIXED_4(
        MIXED_4(sizeof(struct perfadapt__policy), sizeof(struct perfadapt__frame_control),
                sizeof(struct perfadapt__frame_input), sizeof(struct perfadapt__setback)),
        MIXED_4(sizeof(struct perfadapt__arbiter), sizeof(struct perfadapt__caps), sizeof(struct perfadapt__decider),
                sizeof(struct perfadapt__reading)),
        MIXED_4(sizeof(struct perfadapt__thermal_control), sizeof(struct perfadapt__memory_control),
                sizeof(struct perfadapt__choice), sizeof(struct perfadapt__tick_control)),
        MIXED_2(offsetof(struct perfadapt__tick_control, caps), offsetof(struct perfadapt__frame_control, history)));
}

uint64_t perfadapt__state_layout(void) {
    const uint64_t numbers[] = {state_meaning, mix_sizes()};
    const uint64_t hash =
        perfadapt__hash(PERFADAPT__HASH_START, PERFADAPT_VERSION_STRING, sizeof PERFADAPT_VERSION_STRING);
    return perfadapt__hash(hash, numbers, sizeof numbers);
}

static void forget_nan_bits(float *number) {
    if (isnan(*number))
        *number = NAN;
}

uint32_t perfadapt__budget_hash(const struct perfadapt_budget *budget) {
    struct perfadapt_budget same = *budget;
    uint64_t words[sizeof same / 8];
    uint64_t hash = PERFADAPT__HASH_START;
    forget_nan_bits(&same.render_scale);
    forget_nan_bits(&same.thermal_headroom);
    forget_nan_bits(&same.confidence);
    memcpy(words, &same, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 32;
    return (uint32_t)(hash >> 32);
}
