/* SPDX-License-Identifier: MIT */
#include "sensors/table.h"

#include "sensors/figure.h"

#include <math.h>
#include <string.h>

#define NAME_WIDTH 22
#define ROLE_WIDTH 10

/* More rows than these of sensors that neither steer nor have a role are only counted. */
static const size_t others_shown = 16;

static bool has_same_name(const struct perfadapt_sensor *one, const struct perfadapt_sensor *other) {
    return strcmp(one->chip, other->chip) == 0 && strcmp(one->label, other->label) == 0;
}

/* Two processors, two drives: their ids tell them apart, which are too long for a table. "" for one of its kind. */
static void number_of(const struct perfadapt_snapshot *snapshot, const struct perfadapt_sensor *sensor, char out[8]) {
    unsigned count = 0;
    unsigned number = 0;
    for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; i++) {
        const struct perfadapt_sensor *other = &snapshot->sensors[i];
        if (!has_same_name(sensor, other))
            continue;
        count++;
        number = other == sensor ? count : number;
    }
    out[0] = '\0';
    if (count > 1)
        snprintf(out, 8, " #%u", number % 100);
}

/* A zone's label is its number, which says nothing and is another after the next boot; its id is short. */
static bool is_nameless_zone(const struct perfadapt_sensor *sensor) {
    return strncmp(sensor->id, "zone/", 5) == 0 && strncmp(sensor->label, "thermal_zone", 12) == 0;
}

/* Names longer than the column lose their middle: both the chip and the end of the label tell sensors apart. */
static void name_of(const struct perfadapt_snapshot *snapshot, const struct perfadapt_sensor *sensor,
                    char out[NAME_WIDTH + 1]) {
    char number[8];
    char whole[sizeof sensor->id + sizeof sensor->chip];
    number_of(snapshot, sensor, number);
    if (is_nameless_zone(sensor))
        snprintf(whole, sizeof whole, "%s", sensor->id);
    else
        snprintf(whole, sizeof whole, "%s/%s%s", sensor->chip, sensor->label, number);
    const size_t length = strlen(whole);
    const size_t head = NAME_WIDTH / 2;
    if (length <= NAME_WIDTH)
        snprintf(out, NAME_WIDTH + 1, "%.*s", NAME_WIDTH, whole);
    else
        snprintf(out, NAME_WIDTH + 1, "%.*s~%s", (int)head, whole, whole + length - (NAME_WIDTH - head - 1));
}

static bool has_limit(const struct perfadapt_sensor *sensor) {
    return sensors_figure_known(&sensor->limit);
}

static void print_known(const struct perfadapt_sensor *sensor, FILE *stream) {
    char celsius[SENSORS_FIGURE];
    char limit[SENSORS_FIGURE];
    char headroom[SENSORS_FIGURE];
    char time[SENSORS_FIGURE];
    sensors_figure_number(sensor->temperature.value, 1, celsius);
    sensors_figure_number(has_limit(sensor) ? sensor->limit.value : (double)NAN, 1, limit);
    sensors_figure_number((double)sensor->headroom, 2, headroom);
    sensors_figure_time_to_limit(sensor->time_to_limit_ns, time);
    fprintf(stream, " %6s %7s %-9s %8s %9s\n", celsius, limit,
            has_limit(sensor) ? perfadapt_limit_source_name(sensor->limit_source) : "", headroom, time);
}

static void print_unknown(const struct perfadapt_sensor *sensor, FILE *stream) {
    char celsius[SENSORS_FIGURE] = "n/a";
    if (sensor->temperature.state == PERFADAPT_STATE_STALE)
        sensors_figure_number(sensor->temperature.value, 1, celsius);
    const uint32_t state = sensor->temperature.state;
    const char *why = sensor->why != PERFADAPT_WHY_NONE ? perfadapt_why_text(sensor->why) : perfadapt_state_name(state);
    fprintf(stream, " %s%s %s\n", celsius, state == PERFADAPT_STATE_STALE ? " stale:" : "", why);
}

static void print_row(const struct perfadapt_snapshot *snapshot, const struct perfadapt_sensor *sensor, FILE *stream) {
    char name[NAME_WIDTH + 1];
    name_of(snapshot, sensor, name);
    fprintf(stream, "%c%-*s %-*s", sensor->steers ? '*' : ' ', ROLE_WIDTH, perfadapt_sensor_role_name(sensor->role),
            NAME_WIDTH, name);
    if (sensors_figure_known(&sensor->temperature))
        print_known(sensor, stream);
    else
        print_unknown(sensor, stream);
    if (!has_limit(sensor) && sensor->limit_why != PERFADAPT_WHY_NONE)
        fprintf(stream, "%*s limit n/a: %s\n", ROLE_WIDTH + NAME_WIDTH + 2, "", perfadapt_why_text(sensor->limit_why));
}

/* The groups of the table, top down. */
enum group { GROUP_STEERS, GROUP_ROLE, GROUP_OTHER, GROUP_UNKNOWN, GROUP_COUNT };

static enum group group_of(const struct perfadapt_sensor *sensor) {
    if (sensor->steers)
        return GROUP_STEERS;
    if (sensor->role != PERFADAPT_SENSOR_OTHER)
        return GROUP_ROLE;
    return sensors_figure_known(&sensor->temperature) ? GROUP_OTHER : GROUP_UNKNOWN;
}

static void print_rows(const struct perfadapt_snapshot *snapshot, bool all, FILE *stream) {
    size_t others = 0;
    size_t hidden = 0;
    for (int group = 0; group < GROUP_COUNT; group++)
        for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; i++) {
            if ((int)group_of(&snapshot->sensors[i]) != group)
                continue;
            if (group < GROUP_OTHER || all || others++ < others_shown)
                print_row(snapshot, &snapshot->sensors[i], stream);
            else
                hidden++;
        }
    if (hidden > 0)
        fprintf(stream, " and %zu more; --all shows them\n", hidden);
}

void sensors_table_print(const struct perfadapt_snapshot *snapshot, const struct sensors_report_style *style,
                         FILE *stream) {
    if (snapshot->sensor_count == 0) {
        fputs("No temperature sensor was found: nothing is known of heat here.\n", stream);
        return;
    }
    fprintf(stream, " %-*s %-*s %s   limit from      headroom  to limit\n", ROLE_WIDTH, "role", NAME_WIDTH, "sensor",
            style->utf8 ? "    \302\260C" : "     C"); /* padded by hand: the sign has two bytes and one column */
    print_rows(snapshot, style->all, stream);
    if (snapshot->sensors_left_out > 0)
        fprintf(stream, " and %u more that have no room in a snapshot\n", (unsigned)snapshot->sensors_left_out);
    fputs("* steers. Headroom: 1 at the limit, 0 from 30 degrees below it.\n", stream);
}
