/* SPDX-License-Identifier: MIT */
#include "sim/together.h"

#include "sim/json.h"
#include "sim/shared.h"

static void print_head(const struct sim_cell *cell) {
    printf("%s, %s, %s, seed %llu: an interactive session beside a background and an export one\n\n", cell->plant->name,
           cell->scene->name, sim_variant_names[cell->variant], (unsigned long long)cell->seed);
    printf("%-10s %9s %7s %7s %7s %6s %6s %6s | %7s %6s %7s | %7s %6s %7s %7s %7s\n", "company", "throttl.%", "over.C",
           "late%", "effQ", "sw/min", "p50ms", "p99ms", "bg fps", "GPU%", "yield%", "exp fps", "GPU%", "yield%", "/min",
           "ms");
}

static void print_row(enum sim_company company, const struct sim_shared_result *result) {
    const struct sim_result *r = &result->interactive;
    const struct sim_other *background = &result->background;
    const struct sim_other *export = &result->export;
    printf("%-10s %9.4f %7.2f %7.3f %7.3f %6.2f %6.2f %6.2f |", sim_company_names[company], r->throttled_percent,
           r->overshoot_c, r->late_percent, r->quality, r->switches_per_min, r->p50_ms, r->p99_ms);
    if (company == SIM_ALONE) {
        printf("\n");
        return;
    }
    printf(" %7.2f %6.1f %7.1f | %7.2f %6.1f %7.1f %7.2f %7.0f\n", background->frames_per_s,
           100 * background->gpu_share, background->yielded_percent, export->frames_per_s, 100 * export->gpu_share,
           export->yielded_percent, export->yields_per_min, 1000 * export->slowest_yield_s);
}

static bool run_all(const struct sim_cell *cell, bool json, char message[SIM_MESSAGE_MAX]) {
    if (!json)
        print_head(cell);
    for (int company = 0; company < SIM_COMPANIES; company++) {
        struct sim_shared_result result;
        if (!sim_shared_run(cell, (enum sim_company)company, &result)) {
            snprintf(message, SIM_MESSAGE_MAX, "out of memory");
            return false;
        }
        if (json)
            sim_json_shared(cell, (enum sim_company)company, &result);
        else
            print_row((enum sim_company)company, &result);
    }
    return true;
}

bool sim_together(const struct sim_options *options, const struct sim_conditions *conditions,
                  char message[SIM_MESSAGE_MAX]) {
    struct sim_plant plant;
    struct sim_scene scene;
    if (!sim_plant_load(options->plant, &plant, message) ||
        !sim_scene_create(&scene, options->scene, options->duration_s, options->seed, message))
        return false;
    const struct sim_cell cell = {
        .conditions = conditions,
        .plant = &plant,
        .nominal = &plant,
        .scene = &scene,
        .variant = options->variant,
        .seed = options->seed,
    };
    const bool good = run_all(&cell, options->json, message);
    sim_scene_destroy(&scene);
    return good;
}
