/* SPDX-License-Identifier: MIT */
#include "control/memory_budget.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/budget.h>

#define SECOND INT64_C(1000000000)

static const double least_bytes = 16.0 * 1024 * 1024;
static const double cut_divisor = 20.0;
static const double cut_least = 0.01;
static const double cut_most = 0.25;
static const double cut_at_once = 0.20;
static const double floor_stalled = 0.5; /* of what was used: below it an app cannot go by freeing caches */
static const double floor_calm = 0.8;
static const double followed = 1.05;
static const double slowly = 0.01;
static const double fast = 0.08;
static const double grown_enough = 1.1;
static const double above_stalls = 1.15; /* of what was left when stalls came */
static const double far_above_stalls = 1.5;
static const double reserve_most = 1.0 / 8; /* of a room */
static const double slack = 1.0 / 16;       /* told is that much below what is left allows: small moves stay within */
static const double raise_by_cut = 1.0 / 16;
static const double raise_by_left = 1.0 / 8;
static const int64_t cut_gap_ns = 2 * SECOND;
static const int64_t follow_ns = 6 * SECOND;
static const int64_t sudden_gap_ns = 6 * SECOND;
static const int64_t grow_gap_ns = 6 * SECOND;
static const int64_t patience_least_ns = 300 * SECOND;
static const int64_t patience_most_ns = 4800 * SECOND;

static double smaller(double a, double b) {
    return a < b ? a : b;
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

static bool is_over(int64_t since_ns, int64_t gap_ns, int64_t now_ns) {
    return !since_ns || now_ns - since_ns >= gap_ns;
}

/* By that share of what was used when the shortage began, and never more than is used now. */
static double floor_of(const struct perfadapt__memory_budget *budget, const struct perfadapt__memory_view *view,
                       double share) {
    return smaller(larger(budget->used_bytes * share, least_bytes), view->resident);
}

/* --- What stalls leave --- */

/* The share to be cut now; below 0 = none, 0 = to what is used. */
static double share_to_cut(const struct perfadapt__memory_budget *budget, const struct perfadapt__memory_view *view,
                           int64_t now_ns) {
    const double excess = view->own.some / PERFADAPT__STALL_FREE / cut_divisor;
    const double share = larger(smaller(excess * excess, cut_most), cut_least);
    if (view->stuck && is_over(budget->cut_at_once_ns, cut_gap_ns, now_ns))
        return larger(share, cut_at_once);
    if (view->sudden && is_over(budget->cut_at_once_ns, sudden_gap_ns, now_ns))
        return view->growing ? 0 : cut_at_once;
    if (!view->strained || !is_over(budget->cut_ns, cut_gap_ns, now_ns))
        return -1;
    const bool following = budget->bytes > 0 && view->resident > followed * budget->bytes;
    return following && !is_over(budget->cut_ns, follow_ns, now_ns) ? -1 : share;
}

static void remember_stalls(struct perfadapt__memory_budget *budget, const struct perfadapt__memory_view *view) {
    const struct perfadapt__memory_room *nearest = perfadapt__memory_nearest(view);
    const double left = nearest ? nearest->left : (double)NAN;
    if (!budget->stalled || !(budget->stalled_left > left))
        budget->stalled_left = left;
    if (!budget->stalled)
        budget->patience_ns = patience_least_ns;
    else if (budget->tried && budget->patience_ns < patience_most_ns)
        budget->patience_ns *= 2;
    budget->stalled = 1;
    budget->tried = 0;
}

static void cut(struct perfadapt__memory_budget *budget, const struct perfadapt__memory_view *view, double share,
                int64_t now_ns) {
    const double least = floor_of(budget, view, floor_stalled);
    const bool first = budget->bytes <= 0 || budget->bytes > view->resident;
    /* Of what is used, where that could not follow the last cut yet. */
    const bool again = !first && is_over(budget->cut_ns, cut_gap_ns, now_ns);
    const double wanted = larger((again ? budget->bytes : view->resident) * (1.0 - share), least);
    if (view->strained || view->stuck)
        remember_stalls(budget, view);
    if (first || wanted < budget->bytes)
        budget->bytes = wanted;
    if (view->stuck || view->sudden)
        budget->cut_at_once_ns = now_ns;
    budget->cut_ns = budget->grown_ns = now_ns;
}

/* That much more would leave more than `factor` times what was left when stalls came. */
static bool has_room(const struct perfadapt__memory_budget *budget, const struct perfadapt__memory_view *view,
                     double share, double factor) {
    const struct perfadapt__memory_room *nearest = perfadapt__memory_nearest(view);
    return nearest && nearest->left - share * budget->bytes > factor * budget->stalled_left;
}

static void grow(struct perfadapt__memory_budget *budget, const struct perfadapt__memory_view *view, int64_t now_ns) {
    budget->grown_ns = now_ns;
    if (view->plenty || !budget->stalled || has_room(budget, view, fast, far_above_stalls)) {
        budget->bytes *= 1.0 + fast;
    } else if (has_room(budget, view, slowly, above_stalls)) {
        budget->bytes *= 1.0 + slowly;
    } else if (is_over(budget->cut_ns, budget->patience_ns, now_ns)) {
        budget->bytes *= 1.0 + slowly;
        budget->tried = 1;
    }
    /* Grown past what the process uses: stalls no longer say anything. */
    if (budget->bytes > grown_enough * view->resident || budget->bytes > grown_enough * budget->used_bytes) {
        budget->bytes = 0;
        budget->stalled = budget->tried = 0;
    }
}

/* --- What is left --- */

/* 0 = nothing is known of it. */
static double allowed_bytes(const struct perfadapt__memory_budget *budget, const struct perfadapt__policy *policy,
                            const struct perfadapt__memory_view *view) {
    double allowed = 0;
    for (int i = 0; i < PERFADAPT__ROOMS; i++) {
        const struct perfadapt__memory_room *room = &view->rooms[i];
        if (!room->known)
            continue;
        double reserve = policy->memory_reserve_bytes > 0 ? (double)policy->memory_reserve_bytes : 0;
        if (room->size > 0)
            reserve = smaller(reserve, reserve_most * room->size);
        const double bytes = larger(view->resident + (room->left - reserve) / 2, 1);
        allowed = allowed > 0 ? smaller(allowed, bytes) : bytes;
    }
    return allowed > 0 ? larger(allowed, floor_of(budget, view, floor_calm)) : 0;
}

/* Never above what is allowed; below it by enough that not every move has to be told. */
static void tell(struct perfadapt__memory_budget *budget, double allowed, double least, bool may_raise) {
    const bool by_cut = allowed <= 0 || (budget->bytes > 0 && budget->bytes < allowed);
    const double most = by_cut ? budget->bytes : allowed;
    const double below = larger(allowed * (1.0 - slack), least);
    const double wanted = by_cut && (allowed <= 0 || most < below) ? most : below;
    const double told = (double)budget->told_bytes;
    if (most <= 0)
        budget->told_bytes = PERFADAPT_NO_LIMIT;
    else if (budget->told_bytes == 0 || told > most ||
             (may_raise && wanted > told * (1.0 + (by_cut ? raise_by_cut : raise_by_left))))
        budget->told_bytes = (uint64_t)larger(wanted, 1);
}

void perfadapt__memory_budget_step(struct perfadapt__memory_budget *budget, const struct perfadapt__policy *policy,
                                   const struct perfadapt__memory_view *view, bool tight, int64_t now_ns) {
    if (view->resident <= 0) {
        budget->bytes = 0;
        tell(budget, 0, 0, true);
        return;
    }
    if (budget->bytes <= 0)
        budget->used_bytes = tight ? larger(budget->used_bytes, view->resident) : view->resident;
    const double share = share_to_cut(budget, view, now_ns);
    if (share >= 0)
        cut(budget, view, share, now_ns);
    else if (budget->bytes > 0 && view->calm && is_over(budget->grown_ns, grow_gap_ns, now_ns))
        grow(budget, view, now_ns);
    tell(budget, allowed_bytes(budget, policy, view), floor_of(budget, view, floor_calm),
         !view->sudden && !view->steady);
}

bool perfadapt__memory_budget_is_lowest(const struct perfadapt__memory_budget *budget,
                                        const struct perfadapt__memory_view *view) {
    return view->resident <= 0 ||
           (budget->bytes > 0 && budget->bytes <= 1.01 * larger(budget->used_bytes * floor_stalled, least_bytes));
}
