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
static const double fluctuation = 1.1;   /* of what is used, by itself */
static const double above_stalls = 1.15; /* of what was left when stalls came */
static const double far_above_stalls = 1.5;
static const double reserve_most = 1.0 / 8; /* of a room */
/* What is told stays that much below what is left allows, so that small moves need not be passed on. */
static const double slack_of_more = 1.0 / 8; /* of what may be used more */
static const double slack_least = 1.0 / 64;  /* of what is used */
static const double raise_by_cut = 1.0 / 32;
static const double raise_by_left = 1.0 / 16;
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

static double floor_of(const struct perfadapt__memory_budget *budget, double share) {
    return larger(budget->used_bytes * share, least_bytes);
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
    const double left = nearest ? nearest->least_left : (double)NAN;
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
    const bool first = budget->bytes <= 0;
    /* Of what is used, where the process had no time yet to follow the last cut. */
    const bool again = !first && is_over(budget->cut_ns, cut_gap_ns, now_ns);
    const double base = again ? smaller(budget->bytes, view->resident) : view->resident;
    const double wanted = larger(base * (1.0 - share), floor_of(budget, floor_stalled));
    if (view->strained || view->stuck)
        remember_stalls(budget, view);
    budget->bytes = smaller(wanted, first ? view->resident : budget->bytes);
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

/* The share by which it may grow now; 0 = not. */
static double share_to_grow(struct perfadapt__memory_budget *budget, const struct perfadapt__memory_view *view,
                            int64_t now_ns) {
    if (budget->bytes <= 0 || !view->calm || !is_over(budget->grown_ns, grow_gap_ns, now_ns))
        return 0;
    if (view->plenty || !budget->stalled || has_room(budget, view, fast, far_above_stalls))
        return fast;
    if (!view->calm_long)
        return 0;
    if (has_room(budget, view, slowly, above_stalls))
        return slowly;
    const bool patient = is_over(budget->cut_ns, budget->patience_ns, now_ns);
    budget->tried |= patient ? 1u : 0u;
    return patient ? slowly : 0;
}

static void grow(struct perfadapt__memory_budget *budget, const struct perfadapt__memory_view *view, double share,
                 int64_t now_ns) {
    budget->bytes *= 1.0 + share;
    budget->grown_ns = now_ns;
    /* Grown past what the process uses: stalls no longer say anything. */
    if (budget->bytes > grown_enough * view->resident || budget->bytes > grown_enough * budget->used_bytes) {
        budget->bytes = 0;
        budget->stalled = budget->tried = 0;
    }
}

/* --- What is left --- */

/* 0 = nothing is known of it. */
static double allowed_bytes(const struct perfadapt__policy *policy, const struct perfadapt__memory_view *view) {
    double allowed = 0;
    for (int i = 0; i < PERFADAPT__ROOMS; i++) {
        const struct perfadapt__memory_room *room = &view->rooms[i];
        if (!room->known)
            continue;
        double reserve = policy->memory_reserve_bytes > 0 ? (double)policy->memory_reserve_bytes : 0;
        if (room->size > 0)
            reserve = smaller(reserve, reserve_most * room->size);
        double bytes = larger(view->resident + (room->left - reserve) / 2, 1);
        if (policy->memory_share > 0 && policy->memory_share < 1 && room->size > 0)
            bytes = smaller(bytes, policy->memory_share * room->size);
        allowed = allowed > 0 ? smaller(allowed, bytes) : bytes;
    }
    return allowed;
}

/* Never above what is allowed; below it by enough that not every move has to be told. */
static void tell(struct perfadapt__memory_budget *budget, double left_allows, double resident, bool may_raise) {
    const double told = (double)budget->told_bytes;
    /* What is left never asks for more than a fifth; no reason to raise what is told, or what is used by more than it
     * moves by itself. */
    const double least =
        smaller(smaller(floor_of(budget, floor_calm), told > 0 ? told : resident), resident * fluctuation);
    const double allowed = left_allows > 0 ? larger(left_allows, least) : 0;
    const bool by_cut = allowed <= 0 || (budget->bytes > 0 && budget->bytes < allowed);
    const double most = by_cut ? budget->bytes : allowed;
    const double slack = larger((allowed - resident) * slack_of_more, resident * slack_least);
    const double below = larger(allowed - slack, least);
    const double wanted = by_cut && (allowed <= 0 || most < below) ? most : below;
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
    const double less = share_to_cut(budget, view, now_ns);
    const double more = less < 0 ? share_to_grow(budget, view, now_ns) : 0;
    if (less >= 0)
        cut(budget, view, less, now_ns);
    if (more > 0)
        grow(budget, view, more, now_ns);
    tell(budget, allowed_bytes(policy, view), view->resident, !view->sudden && !view->steady);
}

bool perfadapt__memory_budget_is_lowest(const struct perfadapt__memory_budget *budget,
                                        const struct perfadapt__memory_view *view) {
    return view->resident <= 0 || (budget->bytes > 0 && budget->bytes <= 1.01 * floor_of(budget, floor_stalled));
}
