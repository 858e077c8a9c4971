/* SPDX-License-Identifier: MIT */
#include "sensors/report.h"

#include "sensors/figure.h"
#include "sensors/list.h"
#include "sensors/table.h"

#include <string.h>

/* ---- pieces of lines ---- */

static void add_number(struct sensors_list *list, const char *name, const struct perfadapt_metric *metric, int decimals,
                       const char *unit) {
    char figure[SENSORS_FIGURE];
    if (!sensors_list_knows(list, name, metric))
        return;
    sensors_figure_number(metric->value, decimals, figure);
    sensors_list_add(list, "%s %s%s%s", name, figure, *unit ? " " : "", unit);
}

static void add_percent(struct sensors_list *list, const char *name, const struct perfadapt_metric *ratio) {
    char figure[SENSORS_FIGURE];
    if (!sensors_list_knows(list, name, ratio))
        return;
    sensors_figure_number(100 * ratio->value, 0, figure);
    sensors_list_add(list, "%s %s %%", name, figure);
}

/* "clock 800 of 2700 MHz"; the whole is told only where both are known. */
static void add_of(struct sensors_list *list, const char *name, const struct perfadapt_metric *part,
                   const char *whole_name, const struct perfadapt_metric *whole, int decimals, const char *unit) {
    char figure[SENSORS_FIGURE];
    char of[SENSORS_FIGURE];
    if (!sensors_list_knows(list, name, part))
        return;
    sensors_figure_number(part->value, decimals, figure);
    if (!sensors_list_knows(list, whole_name, whole)) {
        sensors_list_add(list, "%s %s %s", name, figure, unit);
        return;
    }
    sensors_figure_number(whole->value, decimals, of);
    sensors_list_add(list, "%s %s of %s %s", name, figure, of, unit);
}

static void add_bytes_of(struct sensors_list *list, const char *name, const struct perfadapt_metric *part,
                         const struct perfadapt_metric *whole) {
    char figure[SENSORS_FIGURE];
    char of[SENSORS_FIGURE];
    if (!sensors_list_knows(list, name, part))
        return;
    sensors_figure_bytes(part->value, figure);
    if (!sensors_figure_known(whole)) {
        sensors_list_add(list, "%s %s", name, figure);
        return;
    }
    sensors_figure_bytes(whole->value, of);
    sensors_list_add(list, "%s %s of %s", name, figure, of);
}

static void add_verdict(struct sensors_list *list, const struct perfadapt_throttle *throttle) {
    sensors_list_add(list, "throttling %s", perfadapt_throttling_name(throttle->verdict));
}

/* ---- devices ---- */

static bool knows_nothing(const struct perfadapt_gpu *gpu) {
    return !sensors_figure_known(&gpu->busy) && !sensors_figure_known(&gpu->power) &&
           !sensors_figure_known(&gpu->clock) && !sensors_figure_known(&gpu->memory_used) &&
           !sensors_figure_known(&gpu->memory_total);
}

static void add_state(struct sensors_list *list, const struct perfadapt_gpu *gpu) {
    if (gpu->why != PERFADAPT_WHY_NONE)
        sensors_list_add(list, "%s: %s", perfadapt_state_name(gpu->state), perfadapt_why_text(gpu->why));
    else if (gpu->state != PERFADAPT_STATE_OK)
        sensors_list_add(list, "%s", perfadapt_state_name(gpu->state));
}

static void print_gpu(const struct perfadapt_gpu *gpu, FILE *stream) {
    struct sensors_list list;
    fprintf(stream, "GPU         %s %s%s%s\n", gpu->id, gpu->driver[0] ? gpu->driver : "no driver",
            gpu->name[0] ? " " : "", gpu->name);
    sensors_list_begin(&list, stream, "");
    add_state(&list, gpu);
    if (knows_nothing(gpu)) {
        sensors_list_add(&list, "n/a: its load, power, clock and memory");
        sensors_list_end(&list);
        return;
    }
    add_percent(&list, "busy", &gpu->busy);
    add_of(&list, "power", &gpu->power, "power limit", &gpu->power_limit, 1, "W");
    add_of(&list, "clock", &gpu->clock, "highest clock", &gpu->clock_max, 0, "MHz");
    add_bytes_of(&list, "memory", &gpu->memory_used, &gpu->memory_total);
    add_bytes_of(&list, "system memory", &gpu->shared_used, &gpu->shared_total);
    add_verdict(&list, &gpu->throttle);
    sensors_list_end(&list);
}

static void print_gpus(const struct perfadapt_snapshot *snapshot, FILE *stream) {
    if (snapshot->gpu_count == 0)
        fputs("GPU         none was found\n", stream);
    for (uint32_t i = 0; i < snapshot->gpu_count && i < PERFADAPT_GPUS_MAX; i++)
        print_gpu(&snapshot->gpus[i], stream);
}

static void print_cpu(const struct perfadapt_processor *processor, FILE *stream) {
    struct sensors_list list;
    char figure[SENSORS_FIGURE];
    sensors_list_begin(&list, stream, "CPU");
    add_percent(&list, "busy", &processor->busy);
    add_of(&list, "clock", &processor->clock, "highest clock", &processor->clock_max, 0, "MHz");
    if (sensors_figure_known(&processor->clock_limit) && sensors_figure_known(&processor->clock_max) &&
        processor->clock_limit.value < processor->clock_max.value)
        add_number(&list, "held to", &processor->clock_limit, 0, "MHz");
    add_number(&list, "online", &processor->online, 0, "");
    if (sensors_figure_known(&processor->quota)) /* most have none: that is not worth a word */
        add_number(&list, "quota", &processor->quota, 1, "");
    if (sensors_list_knows(&list, "time throttled", &processor->throttled)) {
        sensors_figure_seconds(processor->throttled.value / 1e6, figure);
        sensors_list_add(&list, "throttled for %s since boot", figure);
    }
    add_verdict(&list, &processor->throttle);
    sensors_list_end(&list);
}

static void print_power(const struct perfadapt_power *power, FILE *stream) {
    struct sensors_list list;
    sensors_list_begin(&list, stream, "Power");
    if (sensors_list_knows(&list, "source", &power->on_ac))
        sensors_list_add(&list, "%s", power->on_ac.value != 0 ? "on AC" : "on battery");
    add_percent(&list, "battery", &power->battery);
    add_number(&list, "battery drain", &power->battery_power, 1, "W");
    add_number(&list, "packages", &power->package_power, 1, "W");
    if (power->profile_state == PERFADAPT_STATE_OK)
        sensors_list_add(&list, "profile %s", power->profile);
    else
        sensors_list_unknown(&list, "profile", power->profile_state);
    sensors_list_end(&list);
}

/* ---- pressure and memory ---- */

static void add_stall(struct sensors_list *list, const char *name, const char *who, const struct perfadapt_stall *stall,
                      bool all) {
    char figures[3][SENSORS_FIGURE];
    if (!sensors_figure_known(&stall->avg10))
        return;
    sensors_figure_number(stall->avg10.value, 1, figures[0]);
    sensors_figure_number(stall->avg60.value, 1, figures[1]);
    sensors_figure_number(stall->avg300.value, 1, figures[2]);
    if (all)
        sensors_list_add(list, "%s %s %s/%s/%s %%", name, who, figures[0], figures[1], figures[2]);
    else
        sensors_list_add(list, "%s %s %s %%", name, who, figures[0]);
}

static void print_pressure(const struct perfadapt_snapshot *snapshot, bool all, FILE *stream) {
    static const struct {
        const char *name;
        enum perfadapt_resource resource;
        bool always;
    } lines[] = {
        {"cpu", PERFADAPT_RESOURCE_CPU, true},
        {"memory", PERFADAPT_RESOURCE_MEMORY, true},
        {"io", PERFADAPT_RESOURCE_IO, true},
        {"irq", PERFADAPT_RESOURCE_IRQ, false},
        {"cgroup cpu", PERFADAPT_RESOURCE_CGROUP_CPU, false},
        {"cgroup memory", PERFADAPT_RESOURCE_CGROUP_MEMORY, false},
        {"cgroup io", PERFADAPT_RESOURCE_CGROUP_IO, false},
    };
    struct sensors_list list;
    sensors_list_begin(&list, stream, "Pressure");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct perfadapt_pressure *pressure = &snapshot->pressure[lines[i].resource];
        if (!lines[i].always && !all)
            continue;
        if (!sensors_figure_known(&pressure->some.avg10) && !sensors_figure_known(&pressure->full.avg10)) {
            sensors_list_unknown(&list, lines[i].name, pressure->some.avg10.state);
            continue;
        }
        add_stall(&list, lines[i].name, "some", &pressure->some, all);
        if (lines[i].resource != PERFADAPT_RESOURCE_CPU) /* of the whole machine it means nothing, and is 0 */
            add_stall(&list, lines[i].name, "full", &pressure->full, all);
    }
    sensors_list_end(&list);
}

static void print_memory(const struct perfadapt_memory *memory, FILE *stream) {
    struct sensors_list list;
    sensors_list_begin(&list, stream, "Memory");
    add_bytes_of(&list, "available", &memory->available, &memory->total);
    if (!sensors_figure_known(&memory->available) && sensors_figure_known(&memory->total)) {
        char figure[SENSORS_FIGURE];
        sensors_figure_bytes(memory->total.value, figure);
        sensors_list_add(&list, "total %s", figure);
    }
    if (!sensors_figure_known(&memory->swap_total) || memory->swap_total.value > 0)
        add_bytes_of(&list, "swap free", &memory->swap_free, &memory->swap_total);
    else
        sensors_list_add(&list, "no swap");
    add_bytes_of(&list, "cgroup uses", &memory->cgroup_current, &memory->cgroup_limit);
    sensors_list_end(&list);
}

/* ---- throttling ---- */

static void claims_text(uint32_t bits, char *out, size_t capacity) {
    size_t length = 0;
    snprintf(out, capacity, "nothing");
    for (uint32_t kind = 0; kind < 32 && length < capacity; kind++)
        if (bits & UINT32_C(1) << kind)
            length += (size_t)snprintf(out + length, capacity - length, "%s%s", length ? "+" : "",
                                       perfadapt_throttling_name(kind));
}

/* What the source says, then what of it is believed where that is less. */
static void print_evidence(const struct perfadapt_evidence *evidence, FILE *stream) {
    struct sensors_list list;
    char claims[96];
    char believed[96];
    sensors_list_begin(&list, stream, "");
    sensors_list_add(&list, "%s%s%s", evidence->source, evidence->device[0] ? " " : "", evidence->device);
    if (evidence->state != PERFADAPT_STATE_OK) {
        sensors_list_add(&list, "n/a: %s", perfadapt_state_name(evidence->state));
        sensors_list_end(&list);
        return;
    }
    claims_text(evidence->claims, claims, sizeof claims);
    claims_text(evidence->believed, believed, sizeof believed);
    if (evidence->text[0])
        sensors_list_add(&list, "\"%s\"", evidence->text);
    sensors_list_add(&list, "says %s", claims);
    if (evidence->claims != evidence->believed)
        sensors_list_add(&list, "believed: %s", believed);
    sensors_list_end(&list);
}

static void print_throttle(const struct perfadapt_snapshot *snapshot, FILE *stream) {
    const struct perfadapt_throttle *throttle = &snapshot->throttle;
    fprintf(stream, "Throttling  %s", perfadapt_throttling_name(throttle->verdict));
    if (throttle->verdict > PERFADAPT_THROTTLING_NONE && throttle->subject != PERFADAPT_SENSOR_OTHER)
        fprintf(stream, " (%s)", perfadapt_sensor_role_name(throttle->subject));
    fputc('\n', stream);
    if (throttle->proof[0]) {
        struct sensors_list list;
        sensors_list_begin(&list, stream, "  proof");
        sensors_list_add(&list, "%s", throttle->proof);
        sensors_list_end(&list);
    }
    if (snapshot->evidence_count == 0)
        fputs("  evidence  no source tells\n", stream);
    else
        fputs("  evidence\n", stream);
    for (uint32_t i = 0; i < snapshot->evidence_count && i < PERFADAPT_EVIDENCE_MAX; i++)
        print_evidence(&snapshot->evidence[i], stream);
}

void sensors_report_print(const struct perfadapt_snapshot *snapshot, const struct sensors_report_style *style,
                          FILE *stream) {
    sensors_table_print(snapshot, style, stream);
    fputc('\n', stream);
    print_gpus(snapshot, stream);
    print_cpu(&snapshot->processor, stream);
    print_power(&snapshot->power, stream);
    print_pressure(snapshot, style->all, stream);
    print_memory(&snapshot->memory, stream);
    print_throttle(snapshot, stream);
}
