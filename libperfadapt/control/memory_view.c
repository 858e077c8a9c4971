/* SPDX-License-Identifier: MIT */
#include "control/memory_view.h"

#include <math.h> /* NAN only: no libm is linked */

#define SECOND INT64_C(1000000000)
#define MIB (1024.0 * 1024.0)

static const double largest_bytes = 1e18;
static const double full_critical = 70.0; /* ms per second: lmkd's and GLib's threshold for "act now" */
static const double calm_percent = 0.1;
static const double tight_share = 0.10, tight_most = 1536 * MIB;
static const double critical_share = 0.03, critical_most = 512 * MIB;
static const double plenty_share = 0.5;
static const double sudden_s = 3.0;
static const double sudden_most_s = 8.0; /* and by then nothing at all is left */
static const double steady_s = 60.0;
static const double own_share = 0.5; /* of a sudden fall, from which it is the process's own */
static const int64_t sudden_gap_ns = SECOND / 10;
static const int64_t steady_gap_ns = 2 * SECOND; /* a window of half a minute */

bool perfadapt__is_bytes(double bytes) {
    return bytes >= 0 && bytes <= largest_bytes;
}

static double smaller(double a, double b) {
    return a < b ? a : b;
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

/* --- Rooms --- */

static bool is_used_up(const struct perfadapt__memory_room *room, double bytes_per_s, double seconds) {
    return bytes_per_s > 0 && room->left - room->critical < bytes_per_s * seconds;
}

/* What is left after a few seconds of a sudden fall, or else after a minute of the process's own growth. */
static double forecast(const struct perfadapt__memory_room *room, double growth) {
    if (room->sudden)
        return larger(room->left - room->fall * sudden_s, 0);
    return growth > 0 ? larger(room->left - growth * steady_s, 0) : (double)NAN;
}

static struct perfadapt__memory_room make_room(struct perfadapt__trend *trend, double size, double left, double growth,
                                               int64_t now_ns) {
    perfadapt__trend_add(trend, left, sudden_gap_ns, now_ns);
    if (!perfadapt__is_bytes(left))
        return (struct perfadapt__memory_room){.forecast = (double)NAN};
    const bool sized = perfadapt__is_bytes(size) && size > 0;
    struct perfadapt__memory_room room = {
        .known = true,
        .left = sized ? smaller(left, size) : left,
        .least_left = perfadapt__trend_least(trend),
        .size = sized ? size : 0,
        .tight = sized ? smaller(tight_share * size, tight_most) : 0,
        .critical = sized ? smaller(critical_share * size, critical_most) : 0,
        .fall = -perfadapt__trend_sudden(trend),
        .plenty = sized && left > plenty_share * size,
    };
    /* Near the critical level everything is soon used up: then what moves by itself must not count. */
    const bool much = room.fall * sudden_most_s > room.left;
    room.sudden = !room.plenty && much && is_used_up(&room, room.fall, sudden_s);
    room.steady = is_used_up(&room, growth, steady_s);
    room.forecast = forecast(&room, growth);
    return room;
}

static double left_in_cgroup(const struct perfadapt__reading *reading) {
    const double limit = reading->cgroup_limit;
    const bool known = perfadapt__is_bytes(limit) && limit > 0 && perfadapt__is_bytes(reading->cgroup_current);
    return known ? larger(limit - reading->cgroup_current, 0) : (double)NAN;
}

const struct perfadapt__memory_room *perfadapt__memory_nearest(const struct perfadapt__memory_view *view) {
    const struct perfadapt__memory_room *nearest = NULL;
    for (int i = 0; i < PERFADAPT__ROOMS; i++)
        if (view->rooms[i].known && (!nearest || view->rooms[i].left < nearest->left))
            nearest = &view->rooms[i];
    return nearest;
}

/* --- Stalls --- */

/* With more than half of the machine's memory available, it is another cgroup that stalls, at a limit of its own. */
static struct perfadapt__stall own_stall(const struct perfadapt__memory_view *view) {
    const bool elsewhere = view->rooms[PERFADAPT__ROOM_MACHINE].plenty;
    const struct perfadapt__stall machine = elsewhere ? (struct perfadapt__stall){0} : view->machine;
    return (struct perfadapt__stall){
        .known = view->machine.known || view->cgroup.known,
        .some = larger(machine.some, view->cgroup.some),
        .full = larger(machine.full, view->cgroup.full),
        .newest_some = larger(machine.newest_some, view->cgroup.newest_some),
        .newest_full = larger(machine.newest_full, view->cgroup.newest_full),
    };
}

/* Averages that are not known are no stalls. */
static void judge_calm(struct perfadapt__memory_view *view, const struct perfadapt__reading *reading) {
    const bool own = reading->cgroup_memory.some_avg10 >= 0;
    const struct perfadapt__stall_reading *averages = own ? &reading->cgroup_memory : &reading->machine_memory;
    const bool elsewhere = view->plenty && !own;
    view->calm = elsewhere || !(averages->some_avg10 >= calm_percent);
    view->calm_long = elsewhere || (view->calm && !(averages->some_avg60 >= calm_percent));
}

struct perfadapt__memory_view perfadapt__memory_look(struct perfadapt__memory_past *past,
                                                     const struct perfadapt__reading *reading, int64_t now_ns) {
    perfadapt__trend_add(&past->resident, reading->resident, sudden_gap_ns, now_ns);
    perfadapt__trend_add(&past->resident_steadily, reading->resident, steady_gap_ns, now_ns);
    const double growth = perfadapt__trend_steady_rise(&past->resident_steadily);
    struct perfadapt__memory_view view = {
        .machine = perfadapt__stall_step(&past->machine, &reading->machine_memory, now_ns),
        .cgroup = perfadapt__stall_step(&past->cgroup, &reading->cgroup_memory, now_ns),
        .rooms = {make_room(&past->left[PERFADAPT__ROOM_MACHINE], reading->memory_total, reading->memory_available,
                            growth, now_ns),
                  make_room(&past->left[PERFADAPT__ROOM_CGROUP], reading->cgroup_limit, left_in_cgroup(reading), growth,
                            now_ns)},
        .resident = perfadapt__is_bytes(reading->resident) ? reading->resident : 0,
    };
    const struct perfadapt__memory_room *rooms = view.rooms;
    view.own = own_stall(&view);
    view.strained = view.own.some > PERFADAPT__STALL_FREE && view.own.newest_some > PERFADAPT__STALL_FREE;
    view.stuck = view.own.full > full_critical && view.own.newest_full > full_critical;
    view.plenty = (rooms[0].known || rooms[1].known) && (!rooms[0].known || rooms[0].plenty) &&
                  (!rooms[1].known || rooms[1].plenty);
    judge_calm(&view, reading);
    view.sudden = rooms[0].sudden || rooms[1].sudden;
    view.steady = rooms[0].steady || rooms[1].steady;
    const double fall = larger(rooms[0].sudden ? rooms[0].fall : 0, rooms[1].sudden ? rooms[1].fall : 0);
    view.growing = view.sudden && perfadapt__trend_sudden(&past->resident) > own_share * fall;
    return view;
}
