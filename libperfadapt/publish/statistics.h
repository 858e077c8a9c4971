/* Frame statistics: pure functions from frames to what perfadapt-top shows of them. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PUBLISH_STATISTICS_H
#define PERFADAPT_PUBLISH_STATISTICS_H

#include <perfadapt/monitor.h>
#include <stddef.h>

/*
 * Fills frames_counted … gpu_p50_ms of `app` from at most PERFADAPT_FRAMES_MAX frames in any order; those that ended
 * more than 10 s before now_ns are left out. Late is a period beyond 1.05 x frame_ns; frame_ns 0: none is.
 * Percentiles are nearest ranks. Unknown durations (-1) are left out of what they are part of.
 */
void perfadapt__statistics_fill(const struct perfadapt_frame *frames, size_t count, int64_t now_ns, int64_t frame_ns,
                                struct perfadapt_app *app);

#endif
