/* SPDX-License-Identifier: MIT */
#include "soak_result.h"

#include <math.h>
#include <string.h>

static const char *load_name(const struct soak_run *run, uint32_t phase) {
    if (run->decider == SOAK_IDLE)
        return "idle";
    if (run->phases[phase].learning)
        return "learn";
    return run->phases[phase].load == SCENE_JUMP ? "jump" : "constant";
}

/* ---- a phase ---- */

struct window {
    const struct soak_row *first, *last; /* NULL: empty */
};

static struct window window_of(const struct soak_bench *bench, uint32_t phase, double after_s) {
    struct window window = {NULL, NULL};
    double start_s = (double)NAN;
    for (uint32_t i = 0; i < bench->row_count; i++) {
        const struct soak_row *row = &bench->rows[i];
        if (row->progress.phase != phase)
            continue;
        if (isnan(start_s))
            start_s = row->t_s;
        if (row->t_s < start_s + after_s)
            continue;
        window.first = window.first ? window.first : row;
        window.last = row;
    }
    return window;
}

static double rate(struct window window) {
    if (!window.first || window.last == window.first)
        return (double)NAN;
    return (window.last->progress.work - window.first->progress.work) / (window.last->t_s - window.first->t_s);
}

static double share_above(struct window window, double limit_c) {
    uint32_t known = 0;
    uint32_t above = 0;
    for (const struct soak_row *row = window.first; row && row <= window.last; row++) {
        known += isnan(row->figures.temperature_c) ? 0 : 1;
        above += row->figures.temperature_c > limit_c ? 1 : 0;
    }
    return known > 0 ? (double)above / known : (double)NAN;
}

static void take_extremes(struct window window, struct soak_result *result) {
    double sum_w = 0;
    uint32_t known = 0;
    result->temperature_most_c = result->memory_most_c = result->clock_least_mhz = (double)NAN;
    for (const struct soak_row *row = window.first; row && row <= window.last; row++) {
        const struct soak_figures *figures = &row->figures;
        result->temperature_most_c = fmax(result->temperature_most_c, figures->temperature_c); /* NAN is passed over */
        result->memory_most_c = fmax(result->memory_most_c, figures->memory_c);
        result->clock_least_mhz = fmin(result->clock_least_mhz, figures->clock_mhz);
        sum_w += isnan(figures->power_w) ? 0 : figures->power_w;
        known += isnan(figures->power_w) ? 0 : 1;
    }
    result->power_w = known > 0 ? sum_w / known : (double)NAN;
}

struct soak_result soak_result_of(const struct soak_bench *bench, uint32_t phase, double settle_s) {
    const struct window whole = window_of(bench, phase, 0);
    const struct window settled = window_of(bench, phase, settle_s);
    struct soak_result result = {
        .above_share = share_above(whole, bench->limit_c),
        .above_settled_share = share_above(settled, bench->limit_c + 1),
        .work_per_s = rate(whole),
        .settled_work_per_s = rate(settled),
        .changes_per_min = (double)NAN,
        .late_share = (double)NAN,
    };
    take_extremes(whole, &result);
    if (whole.first && whole.last > whole.first) {
        const struct soak_progress *from = &whole.first->progress;
        const struct soak_progress *to = &whole.last->progress;
        result.changes_per_min = 60 * (double)(to->switches - from->switches) / (whole.last->t_s - whole.first->t_s);
        result.late_share = (double)(to->late - from->late) / fmax(1, (double)(to->frames - from->frames));
    }
    return result;
}

struct soak_end soak_result_end(const struct soak_bench *bench, double seconds) {
    struct soak_end end = {(double)NAN, 0, 0, 0, 0};
    if (bench->row_count == 0)
        return (struct soak_end){(double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    const struct soak_row *last = &bench->rows[bench->row_count - 1];
    const struct soak_row *first = last;
    while (first > bench->rows && first[-1].t_s > last->t_s - seconds)
        first--;
    for (const struct soak_row *row = first; row <= last; row++) {
        end.temperature_most_c = fmax(end.temperature_most_c, row->figures.temperature_c);
        end.temperature_c += row->figures.temperature_c;
        end.power_w += row->figures.power_w;
        end.clock_mhz += row->figures.clock_mhz;
    }
    const double count = (double)(last - first + 1);
    end.temperature_c /= count;
    end.power_w /= count;
    end.clock_mhz /= count;
    end.busy = (last->progress.gpu_ns - first->progress.gpu_ns) * 1e-9 / (last->t_s - first->t_s);
    return end;
}

/* ---- on paper ---- */

void soak_result_write_head(FILE *file) {
    fputs("round,policy,load,t_s,limit_c,temperature_c,memory_c,power_w,clock_mhz,quality,weight,frames,late,gpu_s,"
          "work\n",
          file);
}

/* Empty where it is not known. */
static void write_number(FILE *file, double number, int decimals) {
    fputc(',', file);
    if (!isnan(number))
        fprintf(file, "%.*f", decimals, number);
}

void soak_result_write_rows(FILE *file, const struct soak_bench *bench, const char *name, uint32_t round,
                            const struct soak_run *run) {
    for (uint32_t i = 0; i < bench->row_count; i++) {
        const struct soak_row *row = &bench->rows[i];
        fprintf(file, "%u,%s,%s", round, name, load_name(run, row->progress.phase));
        write_number(file, row->t_s, 2);
        write_number(file, bench->limit_c, 1);
        write_number(file, row->figures.temperature_c, 1);
        write_number(file, row->figures.memory_c, 0);
        write_number(file, row->figures.power_w, 1);
        write_number(file, row->figures.clock_mhz, 0);
        write_number(file, row->progress.quality, 0);
        write_number(file, row->progress.weight, 2);
        write_number(file, (double)row->progress.frames, 0);
        write_number(file, (double)row->progress.late, 0);
        write_number(file, row->progress.gpu_ns * 1e-9, 3);
        write_number(file, row->progress.work, 3);
        fputc('\n', file);
    }
    fflush(file);
}

static void print_number(double number, int decimals) {
    if (isnan(number))
        printf(" - |");
    else
        printf(" %.*f |", decimals, number);
}

/* Mean over the rounds of what `name` did at that load. */
static double constant_rate(const struct soak_result *results, uint32_t count, enum scene_load load, bool settled) {
    double sum = 0;
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(results[i].name, "constant") != 0 || results[i].load != load)
            continue;
        sum += settled ? results[i].settled_work_per_s : results[i].work_per_s;
        found++;
    }
    return found > 0 ? sum / found : (double)NAN;
}

void soak_result_print(const struct soak_bench *bench, const struct soak_result *results, uint32_t count,
                       enum scene_load load) {
    const double whole = constant_rate(results, count, load, false);
    const double settled = constant_rate(results, count, load, true);
    printf("\n### %s load\n\n", load == SCENE_JUMP ? "Jumping" : "Constant");
    printf(
        "| policy | above the limit %% | above limit + 1 °C, settled %% | overshoot °C | work/s | of the best constant "
        "%% | the same, settled %% | changes/min | late frames %% | mean W | least MHz | memory °C |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < count; i++) {
        const struct soak_result *result = &results[i];
        if (result->load != load)
            continue;
        printf("| %s |", result->name);
        print_number(100 * result->above_share, 1);
        print_number(100 * result->above_settled_share, 1);
        print_number(fmax(0, result->temperature_most_c - bench->limit_c), 1);
        print_number(result->work_per_s, 2);
        print_number(100 * result->work_per_s / whole, 1);
        print_number(100 * result->settled_work_per_s / settled, 1);
        print_number(result->changes_per_min, 1);
        print_number(100 * result->late_share, 2);
        print_number(result->power_w, 0);
        print_number(result->clock_least_mhz, 0);
        print_number(result->memory_most_c, 0);
        printf("\n");
    }
}
