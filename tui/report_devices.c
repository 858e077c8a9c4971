/* Power, clocks, GPUs and throttling as text. SPDX-License-Identifier: MIT */
#include "report_devices.h"

#include <math.h>

#include "sensors.h"
#include "text.h"

/* "  power 21.0 of 28.0 W", or nothing where it is not known. */
static void write_pair(const char *name, const struct perfadapt_metric *value, const struct perfadapt_metric *most,
                       double scale, int decimals, const char *unit, FILE *out) {
    const double known = sensors_value(value) * scale;
    const double limit = most == NULL ? (double)NAN : sensors_value(most) * scale;
    if (isnan(known) && isnan(limit)) {
        return;
    }
    char texts[2][24];
    text_number(texts[0], sizeof texts[0], known, decimals);
    text_number(texts[1], sizeof texts[1], limit, decimals);
    fprintf(out, "  %s %s%s%s %s", name, texts[0], isnan(limit) ? "" : " of ", isnan(limit) ? "" : texts[1], unit);
}

static void write_verdict(const struct perfadapt_throttle *throttle, int64_t now_ns, FILE *out) {
    fprintf(out, "  throttling %s", perfadapt_throttling_name(throttle->verdict));
    if (throttle->verdict > PERFADAPT_THROTTLING_NONE && throttle->since_ns > 0) {
        char duration[24];
        text_duration(duration, sizeof duration, fmax((double)(now_ns - throttle->since_ns) / 1e9, 0));
        fprintf(out, " for %s", duration);
    }
}

static void write_processor(const struct perfadapt_snapshot *snapshot, FILE *out) {
    const struct perfadapt_processor *cpu = &snapshot->processor;
    fputs("  cpu", out);
    write_pair("clock", &cpu->clock, &cpu->clock_max, 1, 0, "MHz", out);
    write_pair("busy", &cpu->busy, NULL, 100, 0, "%", out);
    write_pair("package", &snapshot->power.package_power, NULL, 1, 1, "W", out);
    if (!isnan(sensors_value(&cpu->quota))) {
        write_pair("quota", &cpu->quota, &cpu->online, 1, 1, "processors", out);
    }
    write_verdict(&cpu->throttle, snapshot->timestamp_ns, out);
    fputs("\n", out);
}

static void write_gpu(const struct perfadapt_gpu *gpu, int64_t now_ns, FILE *out) {
    fprintf(out, "  gpu %s %s  %s", gpu->id, gpu->name[0] != '\0' ? gpu->name : gpu->driver,
            gpu->state == PERFADAPT_STATE_OK ? "awake" : perfadapt_state_name(gpu->state));
    if (gpu->why != PERFADAPT_WHY_NONE) {
        fprintf(out, " (%s)", perfadapt_why_text(gpu->why));
    }
    if (gpu->state != PERFADAPT_STATE_ASLEEP) {
        write_pair("busy", &gpu->busy, NULL, 100, 0, "%", out);
        write_pair("clock", &gpu->clock, &gpu->clock_max, 1, 0, "MHz", out);
        write_pair("power", &gpu->power, &gpu->power_limit, 1, 1, "W", out);
        write_pair("memory", &gpu->memory_used, &gpu->memory_total, 1.0 / 1048576, 0, "MiB", out);
        write_verdict(&gpu->throttle, now_ns, out);
    }
    fputs("\n", out);
}

static void write_power(const struct perfadapt_power *power, FILE *out) {
    const double mains = sensors_value(&power->on_ac);
    fprintf(out, "  source %s", isnan(mains) ? "n/a" : mains > 0 ? "mains" : "battery");
    write_pair("battery", &power->battery, NULL, 100, 0, "%", out);
    write_pair("drawn", &power->battery_power, NULL, 1, 1, "W", out);
    fprintf(out, "  profile %s\n", power->profile_state == PERFADAPT_STATE_OK ? power->profile : "n/a");
}

static void write_mask(const char *name, uint32_t mask, FILE *out) {
    fprintf(out, "  %s", name);
    for (uint32_t kind = PERFADAPT_THROTTLING_UNKNOWN; kind <= PERFADAPT_THROTTLING_POLICY; ++kind) {
        if ((mask >> kind & 1U) != 0) {
            fprintf(out, " %s", perfadapt_throttling_name(kind));
        }
    }
    fputs(mask == 0 ? " nothing" : "", out);
}

static void write_evidence(const struct perfadapt_evidence *evidence, FILE *out) {
    fprintf(out, "  throttle %s %s", evidence->source, evidence->device);
    if (evidence->state == PERFADAPT_STATE_OK) {
        write_mask("claims", evidence->claims, out);
        write_mask("believed", evidence->believed, out);
        fprintf(out, "%s%s", evidence->text[0] != '\0' ? "  " : "", evidence->text);
    } else {
        fprintf(out, "  n/a (%s)", perfadapt_state_name(evidence->state));
    }
    fputs("\n", out);
}

void report_devices_write(const struct perfadapt_snapshot *snapshot, FILE *out) {
    fputs("power and clocks\n", out);
    write_processor(snapshot, out);
    write_power(&snapshot->power, out);
    for (uint32_t i = 0; i < sensors_gpu_count(snapshot); ++i) {
        write_gpu(&snapshot->gpus[i], snapshot->timestamp_ns, out);
    }
    for (uint32_t i = 0; i < snapshot->evidence_count && i < PERFADAPT_EVIDENCE_MAX; ++i) {
        write_evidence(&snapshot->evidence[i], out);
    }
}
