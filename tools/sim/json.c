/* SPDX-License-Identifier: MIT */
#include "sim/json.h"

#include <math.h>
#include <stdio.h>

static void print_string(const char *key, const char *text) {
    printf(",\"%s\":", key);
    if (!text) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            printf("\\u%04x", (unsigned)(unsigned char)*c);
        else
            putchar(*c);
    }
    putchar('"');
}

static void print_number(const char *key, double number) {
    if (isfinite(number))
        printf(",\"%s\":%.6g", key, number);
    else
        printf(",\"%s\":null", key);
}

static void print_count(const char *key, unsigned long long count) {
    printf(",\"%s\":%llu", key, count);
}

static void open_object(const char *kind) {
    fputs("{\"schema\":\"perfadapt.sim/1\"", stdout);
    print_string("kind", kind);
}

static void print_cell(const struct sim_job *job) {
    print_string("plant", job ? job->plant.name : NULL);
    print_string("scene", job ? job->scene : NULL);
}

static void print_frames(const struct sim_result *result) {
    print_count("frames", result->frames);
    print_number("frame_p50_ms", result->p50_ms);
    print_number("frame_p99_ms", result->p99_ms);
    print_number("low_1_percent_percentile_fps", result->low_percentile_fps);
    print_number("low_1_percent_mean_fps", result->low_mean_fps);
    print_number("stutter_percent", result->stutter_percent);
    print_number("late_percent", result->late_percent);
    print_number("late_clairvoyant_percent", result->late_clairvoyant_percent);
}

static void print_heat(const struct sim_batch *batch, const struct sim_job *job, const struct sim_result *result) {
    print_number("limit_c", job->plant.soft_c);
    print_number("target_c", job->plant.soft_c - batch->conditions->margin_c);
    printf(",\"holdable\":%s", job->holdable ? "true" : "false");
    print_number("throttled_percent", result->throttled_percent);
    print_number("overshoot_c", result->overshoot_c);
    print_number("overshoot_clairvoyant_c", result->overshoot_clairvoyant_c);
    print_number("temperature_max_c", result->temperature_max_c);
    print_number("temperature_mean_c", result->temperature_c);
    print_number("power_mean_w", result->power_w);
}

void sim_json_result(const struct sim_batch *batch, const struct sim_job *job, size_t policy) {
    const struct sim_result *result = &job->results[policy];
    open_object("cell");
    print_cell(job);
    print_string("variant", sim_variant_names[job->variant]);
    print_string("policy", batch->policies[policy]->name);
    print_count("seed", job->seed);
    print_number("duration_s", batch->duration_s);
    print_heat(batch, job, result);
    print_frames(result);
    print_number("eff_quality", result->quality);
    print_number("eff_quality_share", result->quality_share);
    print_count("switches", result->switches);
    print_number("switches_per_min", result->switches_per_min);
    print_count("flips", result->flips);
    print_number("settling_s", result->settling_s);
    puts("}");
}

void sim_json_miss(const char *policy, const struct sim_job *job, enum sim_variant variant,
                   const struct sim_miss *miss) {
    open_object("miss");
    print_cell(job);
    print_string("variant", sim_variant_names[variant]);
    print_string("policy", policy);
    print_string("what", miss->what);
    print_number("value", miss->value);
    print_number("target", miss->target);
    puts("}");
}

void sim_json_summary(const char *policy, enum sim_variant variant, const struct sim_summary *summary) {
    open_object("summary");
    print_string("variant", sim_variant_names[variant]);
    print_string("policy", policy);
    print_count("cells", summary->cells);
    print_number("throttled_mean_percent", summary->throttled_percent.mean);
    print_number("throttled_worst_percent", summary->throttled_percent.worst);
    print_number("overshoot_worst_c", summary->overshoot_c.worst);
    print_number("late_mean_percent", summary->late_percent.mean);
    print_number("eff_quality_share_mean", summary->quality_share.mean);
    print_number("eff_quality_share_worst", summary->quality_share.worst);
    print_number("switches_mean_per_min", summary->switches_per_min.mean);
    print_number("switches_worst_per_min", summary->switches_per_min.worst);
    puts("}");
}

static void print_other(const char *name, const struct sim_other *other) {
    char key[64];
    const struct {
        const char *what;
        double number;
    } numbers[] = {
        {"fps", other->frames_per_s},
        {"gpu_share", other->gpu_share},
        {"yielded_percent", other->yielded_percent},
        {"yields_per_min", other->yields_per_min},
        {"slowest_yield_s", other->slowest_yield_s},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        snprintf(key, sizeof key, "%s_%s", name, numbers[i].what);
        print_number(key, numbers[i].number);
    }
}

void sim_json_shared(const struct sim_cell *cell, enum sim_company company, const struct sim_shared_result *result) {
    open_object("together");
    print_string("plant", cell->plant->name);
    print_string("scene", cell->scene->name);
    print_string("variant", sim_variant_names[cell->variant]);
    print_string("company", sim_company_names[company]);
    print_count("seed", cell->seed);
    print_number("duration_s", cell->scene->duration_s);
    print_number("throttled_percent", result->interactive.throttled_percent);
    print_number("overshoot_c", result->interactive.overshoot_c);
    print_number("late_percent", result->interactive.late_percent);
    print_number("eff_quality", result->interactive.quality);
    print_number("switches_per_min", result->interactive.switches_per_min);
    print_number("frame_p50_ms", result->interactive.p50_ms);
    print_number("frame_p99_ms", result->interactive.p99_ms);
    print_other("background", &result->background);
    print_other("export", &result->export);
    puts("}");
}
