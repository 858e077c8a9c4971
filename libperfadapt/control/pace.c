/* SPDX-License-Identifier: MIT */
#include "control/pace.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

static const int64_t late_patience_ns = 2 * SECOND;
static const int64_t calm_patience_ns = 5 * SECOND;
static const double calm_share = 0.92; /* of the shorter interval, before it is gone back to */

void perfadapt__pace_init(struct perfadapt__pace *pace) {
    memset(pace, 0, sizeof *pace);
}

/* The shortest interval of the ladder that holds `cpu_ns`; the longest where none does. */
static int64_t interval_for(const struct perfadapt__ladder *ladder, double cpu_ns) {
    int64_t interval_ns = ladder->rungs[0].frame_ns;
    for (uint32_t i = 0; i < ladder->count && cpu_ns > PERFADAPT__LATE_RATIO * (double)interval_ns; i++)
        interval_ns = ladder->rungs[i].frame_ns;
    return interval_ns;
}

/* Since when a condition has held; 0 while it does not. */
static bool held_for(int64_t *since_ns, bool holds, int64_t now_ns, int64_t patience_ns) {
    if (!holds)
        *since_ns = 0;
    else if (!*since_ns)
        *since_ns = now_ns ? now_ns : 1;
    return holds && now_ns - *since_ns >= patience_ns;
}

void perfadapt__pace_step(struct perfadapt__pace *pace, const struct perfadapt__ladder *ladder,
                          const struct perfadapt__frame_statistics *frames, int64_t now_ns,
                          struct perfadapt__caps *caps) {
    const int64_t target_ns = ladder->rungs[0].frame_ns;
    const int64_t slowest_ns = ladder->rungs[ladder->count - 1].frame_ns;
    if (slowest_ns <= target_ns) {
        perfadapt__pace_init(pace); /* another policy may have taken the slower intervals away */
    } else if ((frames->gpu_known || pace->pace_ns) && frames->cpu_ns > 0) {
        const int64_t now_at_ns = pace->pace_ns ? pace->pace_ns : target_ns;
        const int64_t longer_ns = interval_for(ladder, frames->cpu_ns);
        const int64_t shorter_ns = interval_for(ladder, frames->cpu_ns / calm_share);
        if (held_for(&pace->late_since_ns, longer_ns > now_at_ns, now_ns, late_patience_ns))
            pace->pace_ns = longer_ns;
        else if (held_for(&pace->calm_since_ns, shorter_ns < now_at_ns, now_ns, calm_patience_ns))
            pace->pace_ns = shorter_ns > target_ns ? shorter_ns : 0;
    }
    caps->pace_ns = pace->pace_ns;
}
