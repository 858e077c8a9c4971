/*
 * A segment's bytes back into records. For programs: the library itself only writes. SPDX-License-Identifier: MIT
 *
 * The bytes may be anything: every length is checked, and so is every number that a step would take as it is.
 */
#ifndef PERFADAPT_RECORD_DECODER_H
#define PERFADAPT_RECORD_DECODER_H

#include "control/decider.h"
#include "record/format.h"

#include <stdbool.h>

enum perfadapt__record_type {
    PERFADAPT__RECORDED_START,
    PERFADAPT__RECORDED_STATE,
    PERFADAPT__RECORDED_INPUT,
    PERFADAPT__RECORDED_TICK,
    PERFADAPT__RECORDED_POLICY,
    PERFADAPT__RECORDED_BUDGET
};

struct perfadapt__recorded {
    enum perfadapt__record_type type;
    enum perfadapt__record_caps caps;    /* INPUT */
    struct perfadapt__frame_input input; /* INPUT */
    struct perfadapt__reading reading;   /* TICK */
    struct perfadapt__policy policy;     /* START, POLICY */
    int64_t now_ns;                      /* START, POLICY */
    uint64_t lost, used_before;          /* STATE */
    bool state_known;                    /* STATE: decider and tick could be read */
    uint32_t budget_hash;                /* BUDGET */
    struct perfadapt__decider decider;   /* STATE */
    struct perfadapt__tick_control tick; /* STATE */
};

/* What the next record of the segment is told apart from. */
struct perfadapt__decoder {
    int64_t now_ns, done_ns;
    uint64_t frame;
    uint32_t quality;
    float render_scale;
    struct perfadapt__reading reading;
};

/* A segment begins. */
void perfadapt__decoder_begin(struct perfadapt__decoder *decoder);

/*
 * Takes one record from `from` < `end`. Returns its end, or NULL where the bytes hold none. `same_layout` false: it was
 * recorded by a build whose states mean something else. Of *out only what its type names is set.
 */
const unsigned char *perfadapt__decoder_next(struct perfadapt__decoder *decoder, const unsigned char *from,
                                             const unsigned char *end, bool same_layout,
                                             struct perfadapt__recorded *out);

#endif
