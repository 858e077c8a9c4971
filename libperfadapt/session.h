/* What a session is made of, for the two files that know: session.c, frame_path.c. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_SESSION_H
#define PERFADAPT_SESSION_H

#include "control/tick.h"
#include "core/clock.h"
#include "core/fork.h"
#include "publish/peers.h"
#include "publish/writer.h"
#include "record/incident.h"
#include "sampler/sampler.h"
#include "stepper.h"
#include "tuning/tuning.h"

#include <perfadapt/perfadapt.h>

/* The longest frame time that is taken for one. */
#define PERFADAPT__FRAME_MOST_NS (10 * PERFADAPT__NS_PER_S)

struct perfadapt {
    uint64_t fork_depth; /* where it was opened: elsewhere it is inert */
    struct perfadapt_log log;
    int region_fd;
    struct perfadapt__writer *writer;       /* NULL: not published */
    struct perfadapt__tuning *tuning;       /* the sampler's, once subscribed */
    struct perfadapt__incidents *incidents; /* likewise; NULL: no record is kept */
    _Atomic uint32_t incident;              /* event that the app reported; 0 = none */
    struct perfadapt__subscription *subscription;
    struct perfadapt__stepper stepper;
    uint32_t quality_levels;

    struct { /* the render thread's */
        uint64_t number;
        bool running;
        int64_t begin_ns, last_end_ns;
        int64_t due_ns; /* of pacing */
        uint32_t quality;
        float render_scale;
    } frame;

    /* What the app said of device memory; PERFADAPT_NO_LIMIT = nothing. */
    _Atomic uint64_t gpu_memory_used, gpu_memory_budget;

    struct { /* the sampler thread's */
        struct perfadapt__tick_control control;
        struct perfadapt__frame_statistics frames; /* as last heard of */
        bool throttled, looked;                    /* the latter: once at least */
        int64_t asked_ns;
        int64_t gpu_total_ns;
        struct perfadapt__peers peers;
    } tick;
};

/* NULL, or of a parent process: every call does nothing. */
static inline bool perfadapt__is_inert(const perfadapt *session) {
    return !session || session->fork_depth != perfadapt__fork_depth();
}

static inline struct perfadapt__record_origin perfadapt__record_origin_of(const perfadapt *session) {
    const struct perfadapt__region_identity *identity = &session->stepper.region->identity;
    return (struct perfadapt__record_origin){.name = identity->name, .pid = identity->pid, .role = identity->role};
}

#endif
