/*
 * Reads a mapped region that another process writes, without trusting a word of it. SPDX-License-Identifier: MIT
 *
 * Everything is copied to local memory once and checked there. Only loads, within the bytes given.
 */
#ifndef PERFADAPT_PUBLISH_VIEW_H
#define PERFADAPT_PUBLISH_VIEW_H

#include "publish/region.h"

#include <perfadapt/monitor.h>
#include <stdbool.h>

/* One session as last read. */
struct perfadapt__view {
    struct perfadapt_app app;
    size_t frame_count;
    size_t frames_most;             /* that are read: the newest, up to PERFADAPT_FRAMES_MAX */
    struct perfadapt_frame *frames; /* oldest first; has room for as many */
};

/* Nothing known: every number unknown, `state` and `pid` as given. */
void perfadapt__view_clear(struct perfadapt__view *view, enum perfadapt_app_state state, int32_t pid);

/*
 * Takes the identity over into `app`. OK: a region of this layout, `bytes` hold all of it. VERSION: one of another
 * layout, nothing beyond the identity means anything. CORRUPT: not a region, or less than it says; `app` untouched.
 */
enum perfadapt_result perfadapt__view_identify(const void *memory, size_t bytes, struct perfadapt_app *app);

/* Whether the session was closed in order. */
bool perfadapt__view_closed(const struct perfadapt__region *region);

/*
 * Reads all of the session but its identity. A budget that cannot be read just now stays as it was. now_ns and
 * boottime_ns are the two clocks, not later than the call.
 */
void perfadapt__view_read(const struct perfadapt__region *region, int64_t now_ns, int64_t boottime_ns,
                          struct perfadapt__view *view);

/* The newest decisions, oldest first; of a ring that has wrapped, all but the oldest. */
size_t perfadapt__view_decisions(const struct perfadapt__region *region, size_t capacity,
                                 struct perfadapt_decision *out_decisions);

/* False where there is none yet or every retry collided. */
bool perfadapt__view_snapshot(const struct perfadapt__region *region, struct perfadapt_snapshot *out);

#endif
