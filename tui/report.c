/* One sample as text. SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <math.h>

#include "limiter.h"
#include "report_devices.h"
#include "sensors.h"
#include "text.h"

enum { DECISIONS_SHOWN = 5 };

static const char *const resources[PERFADAPT_RESOURCE_COUNT] = {"cpu",        "memory",    "io", "cgroup memory",
                                                                "cgroup cpu", "cgroup io", "irq"};

static void write_limiter(const struct perfadapt_snapshot *snapshot, FILE *out) {
    struct limiter limiter;
    char text[512];
    limiter_find(snapshot, &limiter);
    limiter_text(&limiter, text, sizeof text);
    fprintf(out, "%s%s", limiter.count > 0 ? "limited by: " : "", text);
    if (limiter.count > 0 && limiter.reasons[0].proof[0] != '\0') {
        fprintf(out, "  (%s)", limiter.reasons[0].proof);
    }
    fputs("\n", out);
}

/* As on the screen: where the machine has no sensor that steers, that of apps which simulate theirs. */
static void write_state(const struct model *model, FILE *out) {
    bool simulated = false;
    const struct perfadapt_sensor *nearest = sensors_nearest_or_simulated(model, &simulated);
    char name[80];
    if (nearest == NULL) {
        fprintf(out, "state %s\n", perfadapt_thermal_state_name(PERFADAPT_THERMAL_UNKNOWN));
        return;
    }
    sensors_name(nearest, name, sizeof name);
    fprintf(out, "state %s%s: %.1f °C to the limit of %s\n", perfadapt_thermal_state_name(sensors_state(nearest)),
            simulated ? " (simulated)" : "", sensors_left_c(nearest), name);
}

static void write_head(const struct model *model, FILE *out) {
    char clock[16];
    text_clock(clock, sizeof clock, model->realtime_ns);
    fprintf(out, "perfadapt-top " PERFADAPT_VERSION_STRING "  host %s  %s\n", model->host, clock);
    write_state(model, out);
    if (model->policy.prefer[0] != '\0') {
        fprintf(out, "policy: prefer %s, mode %s\n", model->policy.prefer, model->policy.mode);
    }
    if (model_has_snapshot(model)) {
        write_limiter(&model->snapshot, out);
    }
}

static void write_sensor(const struct model_sensor *shown, FILE *out) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    char name[80];
    char value[24];
    char limit[24];
    char slope[24];
    sensors_name(sensor, name, sizeof name);
    text_number(value, sizeof value, sensors_value(&sensor->temperature), 1);
    text_number(limit, sizeof limit, sensors_value(&sensor->limit), 1);
    if (isnan(sensor->slope_c_per_s)) {
        snprintf(slope, sizeof slope, "n/a");
    } else {
        snprintf(slope, sizeof slope, "%+.1f/min", sensor->slope_c_per_s * 60);
    }
    fprintf(out, "  %c %-10s %-28s %6s °C  limit %6s (%s)  slope %s", sensors_letter(sensors_state(sensor)),
            perfadapt_sensor_role_name(sensor->role), name, value, limit,
            perfadapt_limit_source_name(sensor->limit_source), slope);
    if (sensor->temperature.state != PERFADAPT_STATE_OK) {
        fprintf(out, "  (%s)", sensors_why(sensor));
    }
    if (shown->simulated) {
        fprintf(out, "  simulated (%" PRId32 ")", shown->pid);
    }
    fputs(sensor->steers ? "\n" : "  shown only\n", out);
}

static void write_sensors(const struct model *model, FILE *out) {
    fputs("temperatures\n", out);
    if (model->sensor_count == 0) {
        fprintf(out, "  n/a (%s)\n", model_has_snapshot(model) ? "no temperature sensor found" : "not read");
    }
    for (size_t i = 0; i < model->sensor_count; ++i) {
        write_sensor(&model->sensors[i], out);
    }
}

static void write_stall(const char *name, const char *kind, const struct perfadapt_stall *stall, FILE *out) {
    char averages[3][24];
    text_percent(averages[0], sizeof averages[0], sensors_value(&stall->avg10));
    text_percent(averages[1], sizeof averages[1], sensors_value(&stall->avg60));
    text_percent(averages[2], sizeof averages[2], sensors_value(&stall->avg300));
    fprintf(out, "  %-14s %-4s %6s %6s %6s", name, kind, averages[0], averages[1], averages[2]);
    if (stall->avg10.state != PERFADAPT_STATE_OK) {
        fprintf(out, "  (%s)", perfadapt_state_name(stall->avg10.state));
    }
    fputs("\n", out);
}

static bool is_unsupported(const struct perfadapt_stall *stall) {
    return stall->avg10.state == PERFADAPT_STATE_UNSUPPORTED;
}

/* What the machine does not have is named in one line: most have no more than three of them. */
static void write_unsupported(const struct perfadapt_pressure *pressure, FILE *out) {
    const char *between = "  not supported here: ";
    for (int i = 0; i < PERFADAPT_RESOURCE_COUNT; ++i) {
        const bool some = i != PERFADAPT_RESOURCE_IRQ && is_unsupported(&pressure[i].some);
        const bool full = i != PERFADAPT_RESOURCE_CPU && is_unsupported(&pressure[i].full);
        const bool neither = (some || i == PERFADAPT_RESOURCE_IRQ) && (full || i == PERFADAPT_RESOURCE_CPU);
        if (some || full) {
            fprintf(out, "%s%s%s", between, resources[i], neither ? "" : some ? " some" : " full");
            between = ", ";
        }
    }
    fputs(between[0] == ',' ? "\n" : "", out);
}

static void write_stalls(const struct perfadapt_pressure *pressure, FILE *out) {
    for (int i = 0; i < PERFADAPT_RESOURCE_COUNT; ++i) {
        if (i != PERFADAPT_RESOURCE_IRQ && !is_unsupported(&pressure[i].some)) {
            write_stall(resources[i], "some", &pressure[i].some, out);
        }
        if (i != PERFADAPT_RESOURCE_CPU && !is_unsupported(&pressure[i].full)) {
            write_stall(resources[i], "full", &pressure[i].full, out);
        }
    }
    write_unsupported(pressure, out);
}

static void write_pressure(const struct model *model, FILE *out) {
    char available[24];
    char total[24];
    fputs("pressure: time stalled over 10, 60 and 300 s\n", out);
    write_stalls(model->snapshot.pressure, out);
    fprintf(out, "  memory trigger: %s\n", perfadapt_state_name(model->snapshot.psi_trigger));
    text_bytes(available, sizeof available, sensors_value(&model->snapshot.memory.available));
    text_bytes(total, sizeof total, sensors_value(&model->snapshot.memory.total));
    fprintf(out, "  memory available: %s of %s\n", available, total);
}

/* "  p50 16.71 ms", "  gpu n/a": what is not known has no unit. */
static void write_figure(const char *name, double value, int decimals, const char *unit, FILE *out) {
    char text[24];
    text_number(text, sizeof text, value, decimals);
    fprintf(out, "  %s %s%s", name, text, isnan(value) ? "" : unit);
}

static void write_frame_times(const struct perfadapt_app *app, FILE *out) {
    fputs("  ", out);
    write_figure("fps", app->fps, 1, "", out);
    write_figure("p50", app->period_p50_ms, 2, " ms", out);
    write_figure("p99", app->period_p99_ms, 2, " ms", out);
    write_figure("max", app->period_max_ms, 2, " ms", out);
    write_figure("1% low", app->low_1_percent_fps, 1, " fps", out);
    write_figure("cpu", app->cpu_p50_ms, 2, " ms", out);
    write_figure("gpu", app->gpu_p50_ms, 2, " ms", out);
    fprintf(out, "  late %" PRIu32 "/%" PRIu32 "  frames %" PRIu64 "\n", app->frames_late, app->frames_counted,
            app->frames_total);
}

static void write_budget(const struct perfadapt_budget *budget, FILE *out) {
    char reasons[160];
    perfadapt_reasons_text(budget->reasons, reasons, sizeof reasons);
    fprintf(out, "    budget quality %" PRIu32 "/%" PRIu32 "  scale %.2f  frame %.2f ms  %" PRIu32 " in flight",
            budget->quality, budget->quality_levels - 1, (double)budget->render_scale, (double)budget->frame_ns / 1e6,
            budget->frames_in_flight);
    fprintf(out, "  thermal %s  memory %s  bottleneck %s  why %s\n",
            perfadapt_thermal_state_name(budget->thermal_state), perfadapt_memory_state_name(budget->memory_state),
            perfadapt_bottleneck_name(budget->bottleneck), reasons);
}

static void write_decisions(const struct model *model, const struct model_app *of, FILE *out) {
    const size_t skipped = of->decision_count > DECISIONS_SHOWN ? of->decision_count - DECISIONS_SHOWN : 0;
    for (size_t i = skipped; i < of->decision_count; ++i) {
        char clock[16];
        char text[DECISION_TEXT_MAX];
        text_clock(clock, sizeof clock, model->realtime_ns - (model->now_ns - of->decisions[i].timestamp_ns));
        decision_text_event(&of->decisions[i], text, sizeof text);
        fprintf(out, "    %s %s\n", clock, text);
    }
}

static void write_app(const struct model *model, const struct model_app *of, FILE *out) {
    const struct perfadapt_app *app = &of->app;
    char pid[16] = "n/a";
    if (app->pid > 0) {
        snprintf(pid, sizeof pid, "%" PRId32, app->pid);
    }
    fprintf(out, "  %s %s  %s", pid, app->name, perfadapt_app_state_name(app->state));
    if (app->state > PERFADAPT_APP_IDLE) {
        fputs("\n", out);
        return;
    }
    fprintf(out, "  %s%s\n", perfadapt_role_name(app->role), app->simulated ? "  simulated temperatures" : "");
    write_frame_times(app, out);
    if (app->budget.size != 0) {
        write_budget(&app->budget, out);
    }
    write_decisions(model, of, out);
}

void report_write(const struct model *model, FILE *out) {
    write_head(model, out);
    if (model->snapshot_result != PERFADAPT_ERROR_UNSUPPORTED) {
        write_sensors(model, out);
        write_pressure(model, out);
    }
    if (model_has_snapshot(model)) {
        report_devices_write(&model->snapshot, out);
    }
    fputs("apps\n", out);
    const char *error = model_sessions_error(model);
    if (error != NULL) {
        fprintf(out, "  %s\n", error);
    } else if (model->apps.count == 0) {
        fputs("  no app with a budget found: start one that uses libperfadapt, as this user\n", out);
    }
    for (size_t i = 0; i < model->apps.count; ++i) {
        write_app(model, &model->apps.items[i], out);
    }
    if (model->apps_left_out > 0) {
        fprintf(out, "  %zu more are there and left out: no more than %d are looked at\n", model->apps_left_out,
                SESSION_DIRECTORY_WATCHED_MAX);
    }
}
