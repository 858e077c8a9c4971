/* The best constant level, found by trying. SPDX-License-Identifier: MIT */
#ifndef SOAK_SEARCH_H
#define SOAK_SEARCH_H

#include <stdio.h>

#include "soak_run.h"

struct soak_search {
    double reached_c[SCENE_LEVELS_MAX]; /* highest reading at the end of a try, per rung; NAN: not tried */
    FILE *trace;
};

void soak_search_init(struct soak_search *search, FILE *trace);

/* The best rung that ends no hotter than that, or the lowest. False: a run failed. */
bool soak_search_best(struct soak_bench *bench, struct soak_search *search, double most_c, uint32_t *out_rung);

/* Runs that rung for longer, and lower ones until one holds; its power and utilisation are the truth for the rivals. */
bool soak_search_confirm(struct soak_bench *bench, struct soak_search *search, double most_c, uint32_t *rung);

/* Looks again from `rung` on: lower while it is too hot, else higher until it is. A card is not the same minutes later.
 * To be held by soak_search_hold(), which has the truth for the rivals. */
bool soak_search_again(struct soak_bench *bench, struct soak_search *search, double most_c, uint32_t *rung);

/* Holds that rung for `seconds`, and lower ones until one is above the limit for hardly any of them: what a few seconds
 * have shown may not last. */
bool soak_search_hold(struct soak_bench *bench, struct soak_search *search, double seconds, uint32_t *rung);

#endif
