/* What a reading says of memory: stalls, what is left, and how fast it goes. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_MEMORY_VIEW_H
#define PERFADAPT_CONTROL_MEMORY_VIEW_H

#include "control/reading.h"
#include "control/stall.h"
#include "control/trend.h"

#include <stdbool.h>

/* Milliseconds of stall per second that are taken as normal (senpai: 10 ms per 6 s). */
#define PERFADAPT__STALL_FREE (10.0 / 6.0)

enum perfadapt__room_of { PERFADAPT__ROOM_MACHINE, PERFADAPT__ROOM_CGROUP, PERFADAPT__ROOMS };

struct perfadapt__memory_room {
    bool known;
    double left, size;      /* bytes; size 0 = unknown */
    double least_left;      /* within the last second or two */
    double tight, critical; /* levels of what is left */
    double fall;            /* of what is left, in the last second, bytes per second; below 0 = it rises */
    bool plenty;            /* more than half of it is left */
    bool sudden;            /* … and about to be gone, at the pace of the last second */
    bool steady;            /* … and used up within a minute, at the process's steady growth */
    double forecast;        /* bytes left then; NAN = neither falls */
};

struct perfadapt__memory_view {
    struct perfadapt__stall machine, cgroup;
    struct perfadapt__stall own; /* what giving memory back can help against */
    struct perfadapt__memory_room rooms[PERFADAPT__ROOMS];
    double resident; /* bytes; 0 = unknown */
    bool strained;   /* own stalls beyond what is normal, and still */
    bool stuck;      /* all tasks stalled, beyond what can be waited for, and still */
    bool plenty;     /* in every room that is known, and one is */
    bool calm;       /* no own stalls on average over 10 s */
    bool calm_long;  /* … and over 60 s */
    bool sudden;     /* in any of the rooms */
    bool steady;
    bool growing; /* sudden, and it is the process itself that takes it */
};

/* What a view needs of the past. Zeroed memory has none. */
struct perfadapt__memory_past {
    struct perfadapt__stall_window machine, cgroup;
    struct perfadapt__trend left[PERFADAPT__ROOMS];
    struct perfadapt__trend resident, resident_steadily;
};

/* 0 … 1e18; NAN is none. */
bool perfadapt__is_bytes(double bytes);

/* The room with the least left; NULL = neither is known. */
const struct perfadapt__memory_room *perfadapt__memory_nearest(const struct perfadapt__memory_view *view);

/* `now_ns` is positive and never goes back. */
struct perfadapt__memory_view perfadapt__memory_look(struct perfadapt__memory_past *past,
                                                     const struct perfadapt__reading *reading, int64_t now_ns);

#endif
