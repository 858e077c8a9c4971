/* SPDX-License-Identifier: MIT */
#include "soak_search.h"

#include <math.h>

#include "soak_result.h"

static const double above_most = 0.05; /* of the time, at a level that holds */

void soak_search_init(struct soak_search *search, FILE *trace) {
    search->trace = trace;
    for (int i = 0; i < SCENE_LEVELS_MAX; i++)
        search->reached_c[i] = (double)NAN;
}

static bool try_rung(struct soak_bench *bench, struct soak_search *search, uint32_t rung, double seconds,
                     const char *what, struct soak_end *out_end) {
    char name[32];
    const struct soak_run run = {
        .decider = SOAK_PINNED, .rung = rung, .phases = {{SCENE_CONSTANT, seconds, false}}, .phase_count = 1};
    const uint32_t quality = bench->ladder.rungs[rung].quality;
    snprintf(name, sizeof name, "%s-%u", what, quality);
    if (!soak_run(bench, &run))
        return false;
    *out_end = soak_result_end(bench, seconds / 2);
    search->reached_c[rung] = out_end->temperature_most_c;
    soak_result_write_rows(search->trace, bench, name, 0, &run);
    printf("| %s | %u | %.3f | %.1f | %.1f | %.0f | %.2f |\n", what, quality, bench->ladder.rungs[rung].cost,
           out_end->temperature_most_c, out_end->temperature_c, out_end->power_w, out_end->busy);
    fflush(stdout);
    return true;
}

bool soak_search_best(struct soak_bench *bench, struct soak_search *search, double most_c, uint32_t *out_rung) {
    uint32_t low = 0; /* the answer lies between these two … */
    uint32_t high = bench->ladder.count - 1;
    while (low < high) { /* … where what was tried before has not said more */
        const uint32_t rung = (low + high) / 2;
        struct soak_end end;
        if (isnan(search->reached_c[rung]) && !try_rung(bench, search, rung, bench->options.probe_s, "try", &end))
            return false;
        if (search->reached_c[rung] <= most_c)
            high = rung;
        else
            low = rung + 1;
    }
    *out_rung = high;
    return true;
}

/* Without a meter the utilisation stands in: the allocator's table then is in the same unit. */
static void note_sustainable(struct soak_bench *bench, const struct soak_end *end) {
    bench->sustainable_w = isnan(end->power_w) ? end->busy : end->power_w;
}

bool soak_search_confirm(struct soak_bench *bench, struct soak_search *search, double most_c, uint32_t *rung) {
    struct soak_end end;
    for (int tries = 0; tries < 3; tries++) {
        if (!try_rung(bench, search, *rung, bench->options.confirm_s, "confirm", &end))
            return false;
        note_sustainable(bench, &end);
        if (end.temperature_most_c <= most_c || *rung + 1 >= bench->ladder.count)
            return true;
        ++*rung;
    }
    return true;
}

bool soak_search_again(struct soak_bench *bench, struct soak_search *search, double most_c, uint32_t *rung) {
    const double seconds = bench->options.probe_s;
    struct soak_end end;
    if (!try_rung(bench, search, *rung, seconds, "again", &end))
        return false;
    const bool hot = end.temperature_most_c > most_c;
    while (hot && end.temperature_most_c > most_c && *rung + 1 < bench->ladder.count)
        if (!try_rung(bench, search, ++*rung, seconds, "again", &end))
            return false;
    while (!hot && *rung > 0) {
        if (!try_rung(bench, search, *rung - 1, seconds, "again", &end))
            return false;
        if (end.temperature_most_c > most_c)
            break;
        --*rung;
    }
    return true;
}

bool soak_search_hold(struct soak_bench *bench, struct soak_search *search, double seconds, uint32_t *rung) {
    struct soak_end end;
    for (;; ++*rung) {
        if (!try_rung(bench, search, *rung, seconds, "hold", &end))
            return false;
        note_sustainable(bench, &end);
        if (!(soak_result_of(bench, 0, 0).above_share > above_most) || *rung + 1 >= bench->ladder.count)
            return true;
    }
}
