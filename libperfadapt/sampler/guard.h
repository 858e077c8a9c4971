/*
 * Judges what the sensors say: believable, how old, how fast it changes. SPDX-License-Identifier: MIT
 *
 * A reading is fresh when its timestamp differs from that of the last one judged; judging twice changes nothing.
 */
#ifndef PERFADAPT_SAMPLER_GUARD_H
#define PERFADAPT_SAMPLER_GUARD_H

#include "core/clock.h"

#include <perfadapt/snapshot.h>
#include <stdint.h>

#define PERFADAPT__GUARD_SAMPLES 8
#define PERFADAPT__TOO_OLD_NS (10 * PERFADAPT__NS_PER_S) /* of a reading, and of a claim beside it */

struct perfadapt__guard_sample {
    int64_t time_ns;
    double celsius;
};

struct perfadapt__guard_slot {
    struct perfadapt__guard_sample samples[PERFADAPT__GUARD_SAMPLES]; /* believed ones, oldest first */
    uint32_t count;
    uint32_t was_good;     /* 1: read and believed at least once */
    int64_t seen_ns;       /* timestamp of the last reading judged */
    int64_t good_since_ns; /* time of the last good reading, before that of the first look; 0 = never looked */
    double jumped_to_c;    /* a reading too far off to be believed before the next agrees; NAN = none */

    /* Since when it has shown the same, and how the load of the machine varied meanwhile. */
    double same_c;
    int64_t same_since_ns;
    double load_low, load_high;
};

struct perfadapt__guard {
    double load; /* of processors or GPU, whichever is busier, smoothed over half a minute; NAN unknown */
    int64_t load_ns;
    uint32_t slot_count; /* what is beyond has never been written to */
    struct perfadapt__guard_slot slots[PERFADAPT_SENSORS_MAX];
};

void perfadapt__guard_init(struct perfadapt__guard *guard);

/* The machine slept, by a clock that does not count it: what was seen before is nothing to compare with. */
void perfadapt__guard_resume(struct perfadapt__guard *guard);

/*
 * After every read: sets state and why of what is not to be believed; slope, headroom, steering, time to the limit and
 * confidence of what is. A sensor that cannot be what it seems becomes an ERROR without a time: as good as not there.
 */
void perfadapt__guard_judge(struct perfadapt__guard *guard, struct perfadapt_snapshot *snapshot, int64_t now_ns);

#endif
