/* What the slow step (heat, memory, load) allows the fast step (frames): the sampler thread's word to the render thread. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_CAPS_H
#define PERFADAPT_CONTROL_CAPS_H

#include "control/curve.h"
#include "control/poles.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/monitor.h>
#include <stdint.h>

/* What a decision rests on; the same as in struct perfadapt_decision. */
struct perfadapt__evidence {
    uint64_t signal; /* enum perfadapt_signal */
    double value;
    double limit;
    double forecast;
};

/* For what another preset or other settings have moved. */
static inline struct perfadapt__evidence perfadapt__policy_evidence(void) {
    return (struct perfadapt__evidence){PERFADAPT_SIGNAL_POLICY, (double)NAN, (double)NAN, (double)NAN};
}

/*
 * The heat that the fast step may spend: a linear model of the sensor that is nearest to its target. At rest it is
 * a sustainable utilisation, its distance to the target a bucket of energy; the fast step knows the utilisation of each
 * frame at once, a die may be 15 °C hotter before the next tick.
 */
struct perfadapt__heat_cap {
    double gain_c[PERFADAPT__POLES]; /* °C per unit of busy, per pole; all 0 = no cap from heat */
    double base_c;                   /* temperature without any load, as it is now */
    double target_c;                 /* steer to it */
    double last_resort_c;            /* by how much the target is higher where the frame rate would have to give way */
    double doubt[PERFADAPT__POLES][PERFADAPT__POLES]; /* covariance of the gains, °C² */
    struct perfadapt__curve curve;                    /* busy is taken through it before it heats anything */
    double other_busy;                                /* of the GPU, by others … */
    double other[PERFADAPT__POLES];                   /* … and through each pole */
};

/* A multiple of 8 bytes without padding, so that it travels through a seqlock as words. */
struct perfadapt__caps {
    uint64_t generation;   /* grows with every tick that changed something */
    uint64_t drops_seen;   /* drops of the fast step that `rung` takes into account */
    uint32_t rung;         /* the best rung that frame costs, heat and the dwell time allow */
    uint32_t rung_reasons; /* of enum perfadapt_reason: why it is not better */
    uint32_t memory_rung;  /* the best that memory allows */
    uint32_t power_rung;   /* the best that the power policy allows */
    uint32_t hold;         /* 1: nothing may get better until this clears */
    uint32_t reasons;      /* that stand behind other outputs, or are told whatever the rung */
    uint32_t frames_in_flight;
    uint32_t worker_threads;
    uint32_t thermal_state;
    uint32_t memory_state;
    uint32_t throttled;  /* 1: frames take longer for the clock's sake, and tell nothing of costs */
    uint32_t yield_rung; /* the best that is left where another session needs the machine */
    uint64_t memory_bytes;
    uint64_t gpu_memory_bytes;
    int64_t time_to_throttle_ns;
    int64_t pace_ns; /* frame_ns is at least this: the CPU does not manage more, others need it; 0 = no such cap */
    float thermal_headroom;
    float confidence; /* of what the tick knows: heat and memory, 0 … 0.7 */
    double busy;      /* of the whole GPU in the last second, as the driver tells; NAN unknown */
    double spread;    /* of the work from frame to frame, relative: one standard deviation */
    double clock;     /* what a GPU time of now takes at the full clock, relative, where the GPU idles down; else 1 */
    struct perfadapt__evidence choice; /* for `rung` */
    struct perfadapt__evidence memory;
    struct perfadapt__evidence power;
    struct perfadapt__evidence knobs; /* for the last move of frames in flight or worker threads */
    struct perfadapt__evidence yield;
    struct perfadapt__heat_cap heat;
};

#endif
