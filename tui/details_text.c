/* What the page of details says of an app's budget and decisions. SPDX-License-Identifier: MIT */
#include "details_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app_text.h"
#include "decision_text.h"
#include "text.h"

enum { DECISIONS_SHOWN = 16 };

static void format_frame(int64_t frame_ns, char *out, size_t capacity) {
    if (frame_ns <= 0) {
        snprintf(out, capacity, "no limit");
    } else {
        snprintf(out, capacity, "%.1f ms (%.1f fps)", (double)frame_ns / 1e6, 1e9 / (double)frame_ns);
    }
}

static void format_time(int64_t limit_ns, char *out, size_t capacity) {
    if (limit_ns <= 0) {
        snprintf(out, capacity, "no limit");
    } else {
        snprintf(out, capacity, "%.1f ms", (double)limit_ns / 1e6);
    }
}

static void format_bytes(uint64_t bytes, char *out, size_t capacity) {
    if (bytes == PERFADAPT_NO_LIMIT) {
        snprintf(out, capacity, "no limit known");
    } else {
        text_bytes(out, capacity, (double)bytes);
    }
}

void details_text_identity(const struct model_app *of, struct sheet *out) {
    const struct perfadapt_app *app = &of->app;
    char pid[16];
    char age[24];
    char target[48];
    char fps[24];
    char p99[24];
    app_text_pid(of, pid, sizeof pid);
    text_duration(age, sizeof age, app->age_ns < 0 ? (double)NAN : (double)app->age_ns / 1e9);
    format_frame(app->target_frame_ns, target, sizeof target);
    sheet_heading(out, "App");
    sheet_add(out, "name", STYLE_STRONG, "%s", app->name);
    sheet_add(out, "pid", STYLE_NORMAL, "%s  open for %s", pid, age);
    sheet_add(out, "state", STYLE_NORMAL, "%s%s", perfadapt_app_state_name(app->state),
              app->simulated ? ", on simulated temperatures" : "");
    sheet_add(out, "role", STYLE_NORMAL, "%s", perfadapt_role_name(app->role));
    sheet_add(out, "library", STYLE_NORMAL, "%s", app->version[0] != '\0' ? app->version : "n/a");
    sheet_add(out, "aims at", STYLE_NORMAL, "%s", app->target_frame_ns > 0 ? target : "no frame time");
    app_text_fps(of, fps, sizeof fps);
    app_text_p99(of, p99, sizeof p99);
    sheet_add(out, "draws", STYLE_NORMAL, "%s fps, p99 %s ms", fps, p99);
}

/* Which signal set an output to what it is, as far as the decisions that are kept reach. */
static const char *set_by(const struct model *model, const struct model_app *of, enum decision_output output, char *out,
                          size_t capacity) {
    char clock[16];
    out[0] = '\0';
    for (size_t i = of->decision_count; i > 0; --i) {
        const struct perfadapt_decision *decision = &of->decisions[i - 1];
        if (decision_text_changed(decision, output)) {
            app_text_time(model, decision->timestamp_ns, clock, sizeof clock);
            snprintf(out, capacity, "  since %s: %s", clock, decision_text_signal(decision->signal));
            break;
        }
    }
    return out;
}

/* What half of the frames take at most, of what they may. */
static void add_work(const char *label, double taken_ms, int64_t allowed_ns, struct sheet *out) {
    char taken[24];
    char allowed[48];
    text_number(taken, sizeof taken, taken_ms, 1);
    format_time(allowed_ns, allowed, sizeof allowed);
    sheet_add(out, label, STYLE_NORMAL, allowed_ns > 0 ? "%s of %s" : "%s ms, %s", taken, allowed);
}

static void add_outputs(const struct model *model, const struct model_app *of, struct sheet *out) {
    const struct perfadapt_budget *budget = &of->app.budget;
    char text[48];
    char by[64];
    app_text_level(of, text, sizeof text);
    sheet_add(out, "quality", STYLE_STRONG, "%s%s", text, set_by(model, of, DECISION_QUALITY, by, sizeof by));
    sheet_add(out, "render scale", STYLE_NORMAL, "%.2f%s", (double)budget->render_scale,
              set_by(model, of, DECISION_SCALE, by, sizeof by));
    format_frame(budget->frame_ns, text, sizeof text);
    sheet_add(out, "frame", STYLE_NORMAL, "%s%s", text, set_by(model, of, DECISION_FRAME, by, sizeof by));
    add_work("CPU per frame", of->app.cpu_p50_ms, budget->cpu_ns, out);
    add_work("GPU per frame", of->app.gpu_p50_ms, budget->gpu_ns, out);
    sheet_add(out, "in flight", STYLE_NORMAL, "%" PRIu32 " frames%s", budget->frames_in_flight,
              set_by(model, of, DECISION_FLIGHT, by, sizeof by));
    sheet_add(out, "threads", STYLE_NORMAL, "%" PRIu32 " beside the render thread%s", budget->worker_threads,
              set_by(model, of, DECISION_THREADS, by, sizeof by));
    format_time(budget->dispatch_ns, text, sizeof text);
    sheet_add(out, "dispatch", STYLE_NORMAL, "%s%s", text, set_by(model, of, DECISION_DISPATCH, by, sizeof by));
    format_bytes(budget->memory_bytes, text, sizeof text);
    sheet_add(out, "memory", STYLE_NORMAL, "%s%s", text, set_by(model, of, DECISION_MEMORY, by, sizeof by));
    format_bytes(budget->gpu_memory_bytes, text, sizeof text);
    sheet_add(out, "GPU memory", STYLE_NORMAL, "%s", text);
}

static void format_throttle(int64_t time_ns, char *out, size_t capacity) {
    if (time_ns == PERFADAPT_THROTTLE_NOT_FORESEEN) {
        snprintf(out, capacity, "not foreseen");
    } else if (time_ns < 0) {
        snprintf(out, capacity, "n/a");
    } else {
        text_duration(out, capacity, (double)time_ns / 1e9);
    }
}

static void add_states(const struct perfadapt_budget *budget, struct sheet *out) {
    char throttle[48];
    format_throttle(budget->time_to_throttle_ns, throttle, sizeof throttle);
    if (isnan(budget->thermal_headroom)) {
        sheet_add(out, "heat", STYLE_NORMAL, "n/a (no sensor with a limit)");
    } else {
        sheet_add(out, "heat", STYLE_NORMAL, "%s, %.0f%% of the headroom used",
                  perfadapt_thermal_state_name(budget->thermal_state), 100 * (double)budget->thermal_headroom);
    }
    sheet_add(out, "throttling in", STYLE_NORMAL, "%s", throttle);
    sheet_add(out, "memory state", STYLE_NORMAL, "%s", perfadapt_memory_state_name(budget->memory_state));
    const bool waits = budget->bottleneck == PERFADAPT_BOTTLENECK_VSYNC;
    sheet_add(out, "bottleneck", STYLE_NORMAL, "%s%s", perfadapt_bottleneck_name(budget->bottleneck),
              waits ? ": a frame waits for its time" : "");
    sheet_add(out, "confidence", STYLE_NORMAL, "%.0f%%", 100 * (double)budget->confidence);
}

void details_text_budget(const struct model *model, const struct model_app *of, struct sheet *out) {
    char reason[160];
    sheet_heading(out, "Budget");
    if (of->app.state > PERFADAPT_APP_IDLE) {
        app_text_reason(of, reason, sizeof reason);
        sheet_add(out, "", STYLE_HOT, "n/a (%s)", reason);
        return;
    }
    if (of->app.budget.size == 0) {
        sheet_add(out, "", STYLE_HOT, "n/a (it could not be read)");
        return;
    }
    add_outputs(model, of, out);
    add_states(&of->app.budget, out);
}

static void add_reasons(uint32_t reasons, struct sheet *out) {
    static const struct {
        uint32_t bit;
        const char *word, *meaning;
    } all[] = {
        {PERFADAPT_REASON_FRAME_LATE, "frame-late", "frames take more than their time"},
        {PERFADAPT_REASON_FRAME_COST, "frame-cost", "the next better step would cost too much time"},
        {PERFADAPT_REASON_THERMAL, "thermal", "at the thermal target, or soon there"},
        {PERFADAPT_REASON_SENSOR_LOST, "sensor-lost", "a temperature that counted is not read any more"},
        {PERFADAPT_REASON_MEMORY, "memory", "memory is short"},
        {PERFADAPT_REASON_SETTLING, "settling", "better is possible, and waits a while"},
        {PERFADAPT_REASON_EVENT, "event", "the app reported a failure"},
        {PERFADAPT_REASON_POWER, "power", "the power policy"},
        {PERFADAPT_REASON_POLICY, "policy", "pinned by the configuration"},
        {PERFADAPT_REASON_YIELD, "yield", "an interactive session needs the machine"},
    };
    sheet_heading(out, "Why it is not higher");
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
        if ((reasons & all[i].bit) != 0) {
            sheet_add(out, all[i].word, STYLE_NORMAL, "%s", all[i].meaning);
        }
    }
    if (reasons == 0) {
        sheet_add(out, "", STYLE_NORMAL, "nothing holds it down");
    }
}

static void format_signal(uint32_t signal, double value, char *out, size_t capacity) {
    char number[32];
    if (isnan(value)) {
        snprintf(out, capacity, "n/a");
        return;
    }
    text_number(number, sizeof number, value, 1);
    switch (signal) {
    case PERFADAPT_SIGNAL_FRAME_TIME:
        snprintf(out, capacity, "%s ms", number);
        break;
    case PERFADAPT_SIGNAL_TEMPERATURE:
    case PERFADAPT_SIGNAL_SENSOR:
        snprintf(out, capacity, "%s °C", number);
        break;
    case PERFADAPT_SIGNAL_MEMORY_PRESSURE:
    case PERFADAPT_SIGNAL_GPU_BUSY:
    case PERFADAPT_SIGNAL_CPU_PRESSURE:
        snprintf(out, capacity, "%s %%", number);
        break;
    case PERFADAPT_SIGNAL_MEMORY_AVAILABLE:
    case PERFADAPT_SIGNAL_GPU_MEMORY:
        text_bytes(out, capacity, value);
        break;
    case PERFADAPT_SIGNAL_EVENT:
        snprintf(out, capacity, "%s", value >= 0 && value < 1000 ? perfadapt_event_name((uint32_t)value) : number);
        break;
    case PERFADAPT_SIGNAL_SESSION:
        perfadapt_reasons_text(value >= 0 && value < UINT32_MAX ? (uint32_t)value : 0, out, capacity);
        break;
    default:
        snprintf(out, capacity, "%s", number);
        break;
    }
}

/* A temperature is held below the sensor's limit, by a margin. */
static const char *limit_word(const struct perfadapt_decision *decision) {
    return decision->signal == PERFADAPT_SIGNAL_TEMPERATURE ? "target" : "limit";
}

/* Figures of a signal that is a number, with their limit; one of a list has neither limit nor forecast. */
static void add_figures(const struct perfadapt_decision *latest, struct sheet *out) {
    char text[136];
    format_signal(latest->signal, latest->value, text, sizeof text);
    sheet_add(out, "value", STYLE_NORMAL, "%s", text);
    format_signal(latest->signal, latest->limit, text, sizeof text);
    sheet_add(out, limit_word(latest), STYLE_NORMAL, "%s", text);
    format_signal(latest->signal, latest->forecast, text, sizeof text);
    sheet_add(out, "forecast", STYLE_NORMAL, "%s", text);
}

void details_text_evidence(const struct model *model, const struct model_app *of, struct sheet *out) {
    char clock[16];
    char text[DECISION_TEXT_MAX];
    if (of->app.state > PERFADAPT_APP_IDLE) {
        return;
    }
    sheet_heading(out, "Latest decision");
    if (of->decision_count == 0) {
        sheet_add(out, "", STYLE_NORMAL, "none yet");
    } else {
        const struct perfadapt_decision *latest = &of->decisions[of->decision_count - 1];
        app_text_time(model, latest->timestamp_ns, clock, sizeof clock);
        perfadapt_decision_text(latest, text, sizeof text);
        text[strcspn(text, ":(")] = '\0'; /* the changes; their evidence has lines of its own */
        sheet_add(out, "at", STYLE_NORMAL, "%s", clock);
        sheet_add(out, "what", STYLE_STRONG, "%s", text);
        sheet_add(out, "because of", STYLE_NORMAL, "%s", decision_text_signal(latest->signal));
        add_figures(latest, out);
    }
    if (of->app.budget.size != 0) {
        add_reasons(of->app.budget.reasons, out);
    }
}

/* "7->4", or what it stays at. */
static void format_step(bool moves, const char *from, const char *to, char *out, size_t capacity) {
    if (moves) {
        snprintf(out, capacity, "%s->%s", from, to);
    } else {
        snprintf(out, capacity, "%s", to);
    }
}

static void add_decision(const struct model *model, const struct perfadapt_decision *decision, struct sheet *out) {
    char clock[16];
    char from[32];
    char to[32];
    char level[72];
    char scale[72];
    char frame[72];
    char value[136];
    char limit[136];
    app_text_time(model, decision->timestamp_ns, clock, sizeof clock);
    snprintf(from, sizeof from, "%" PRIu32, decision->quality_from);
    snprintf(to, sizeof to, "%" PRIu32, decision->quality_to);
    format_step(decision_text_changed(decision, DECISION_QUALITY), from, to, level, sizeof level);
    text_number(from, sizeof from, (double)decision->render_scale_from, 2);
    text_number(to, sizeof to, (double)decision->render_scale_to, 2);
    format_step(decision_text_changed(decision, DECISION_SCALE), from, to, scale, sizeof scale);
    snprintf(from, sizeof from, "%.1f", (double)decision->frame_ns_from / 1e6);
    snprintf(to, sizeof to, "%.1f", (double)decision->frame_ns_to / 1e6);
    format_step(decision_text_changed(decision, DECISION_FRAME), from, to, frame, sizeof frame);
    format_signal(decision->signal, decision->value, value, sizeof value);
    format_signal(decision->signal, decision->limit, limit, sizeof limit);
    sheet_add(out, "", STYLE_NORMAL, "%-8s  %-7s  %-10s  %-11s  %s %s", clock, level, scale, frame,
              decision_text_signal(decision->signal), isnan(decision->value) ? "" : value);
    if (!isnan(decision->limit)) {
        sheet_append(out, ", %s %s", limit_word(decision), limit);
    }
}

void details_text_decisions(const struct model *model, const struct model_app *of, struct sheet *out) {
    if (of->decision_count == 0 || of->app.state > PERFADAPT_APP_IDLE) {
        return;
    }
    sheet_heading(out, "Decisions, newest first");
    sheet_add(out, "", STYLE_DIM, "%-8s  %-7s  %-10s  %-11s  %s", "TIME", "QUALITY", "SCALE", "FRAME ms", "BECAUSE OF");
    for (size_t i = of->decision_count; i > 0 && i + DECISIONS_SHOWN > of->decision_count; --i) {
        add_decision(model, &of->decisions[i - 1], out);
    }
}
