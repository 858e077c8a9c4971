/* SPDX-License-Identifier: MIT */
#include "replay/mangohud.h"

#include "config/number.h"
#include "replay/median.h"
#include "replay/survey.h"

#include <math.h> /* NAN and isnan only */
#include <string.h>
#include <strings.h>

static const double gib = 1073741824;

/* frametime and elapsed are taken as they stand: their units are told by replay_mangohud_units(). */
const struct replay_name replay_mangohud_names[] = {
    {"elapsed", REPLAY_TIME, 1},
    {"frametime", REPLAY_PERIOD, 1},
    {"fps", REPLAY_FPS, 1},
    {"gpu_temp", REPLAY_TEMPERATURE, 1},
    {"cpu_temp", REPLAY_CPU_TEMPERATURE, 1},
    {"gpu_load", REPLAY_BUSY, 0.01},
    {"gpu_power", REPLAY_POWER, 1},
    {"gpu_core_clock", REPLAY_CLOCK, 1},
    {"gpu_vram_used", REPLAY_GPU_MEMORY_USED, gib},
    {"ram_used", REPLAY_MEMORY_USED, gib},
    {"process_rss", REPLAY_RESIDENT, gib},
};
const size_t replay_mangohud_name_count = sizeof replay_mangohud_names / sizeof replay_mangohud_names[0];

const char replay_mangohud_first_header[] = "fps,cpu_load,gpu_load,elapsed";

void replay_mangohud_init(struct replay_mangohud *mangohud) {
    memset(mangohud, 0, sizeof *mangohud);
    mangohud->memory_bytes = (double)NAN;
}

static bool is(const struct replay_table *table, unsigned cell, const char *word) {
    return cell < table->cell_count && strcasecmp(table->cells[cell], word) == 0;
}

/* "v1": of the log's form, not of MangoHud. */
static bool is_version(const struct replay_table *table) {
    const char *text = table->cells[0];
    return table->cell_count == 1 && text[0] == 'v' && text[1] >= '0' && text[1] <= '9' &&
           !text[1 + strspn(text + 1, "0123456789")];
}

static bool is_rule(const struct replay_table *table) {
    return strncmp(table->cells[0], "-----", 5) == 0;
}

static bool names_machine(const struct replay_table *table) {
    return is(table, 0, "os") && is(table, 1, "cpu") && is(table, 2, "gpu");
}

bool replay_mangohud_begins(const struct replay_table *table) {
    return names_machine(table) || is_version(table) || is_rule(table);
}

static void copy(const char *text, char out_text[REPLAY_MANGOHUD_TEXT]) {
    size_t length = 0;
    for (; text[length] && length + 1 < REPLAY_MANGOHUD_TEXT; length++)
        out_text[length] = (char)(text[length] >= ' ' && text[length] <= '~' ? text[length] : '?');
    out_text[length] = '\0';
}

/* os,cpu,gpu,ram,...: a name with a comma in it shifts what is behind, and ram is then no number. KiB. */
static void take_machine(struct replay_mangohud *mangohud, const struct replay_table *table) {
    double kib;
    if (table->cell_count < 4)
        return;
    copy(table->cells[1], mangohud->cpu);
    copy(table->cells[2], mangohud->gpu);
    if (perfadapt__number_parse(table->cells[3], &kib) && kib >= 1024)
        mangohud->memory_bytes = kib * 1024;
}

bool replay_mangohud_take(struct replay_mangohud *mangohud, const struct replay_table *table) {
    if (mangohud->version_follows) {
        mangohud->version_follows = false;
        copy(table->cells[0], mangohud->version);
        return true;
    }
    if (mangohud->machine_follows) {
        mangohud->machine_follows = false;
        take_machine(mangohud, table);
        return true;
    }
    mangohud->version_follows = is_version(table);
    mangohud->machine_follows = names_machine(table);
    const bool taken = mangohud->version_follows || mangohud->machine_follows || is_rule(table);
    mangohud->seen |= taken;
    return taken;
}

bool replay_mangohud_is_header(const struct replay_columns *columns) {
    return replay_columns_find(columns, "fps", 3) >= 0 &&
           (replay_columns_find(columns, "cpu_load", 8) >= 0 || replay_columns_find(columns, "gpu_load", 8) >= 0);
}

/* ---- units ---- */

static double product(const struct replay_row *row) {
    return row->value[REPLAY_PERIOD] > 0 && row->value[REPLAY_FPS] > 0
               ? row->value[REPLAY_PERIOD] * row->value[REPLAY_FPS]
               : (double)NAN;
}

static double period_of(const struct replay_row *rows, size_t count) {
    double periods[REPLAY_MEDIAN_MAX];
    size_t found = 0;
    for (size_t i = 0; i < count && found < REPLAY_MEDIAN_MAX; i++)
        if (rows[i].value[REPLAY_PERIOD] > 0)
            periods[found++] = rows[i].value[REPLAY_PERIOD];
    return replay_median(periods, found);
}

/* The boundaries are the geometric means of what is told apart. */
static double period_factor(const struct replay_row *rows, size_t count) {
    double products[REPLAY_MEDIAN_MAX];
    size_t found = 0;
    for (size_t i = 0; i < count && found < REPLAY_MEDIAN_MAX; i++)
        if (!isnan(product(&rows[i])))
            products[found++] = product(&rows[i]);
    if (found > 0)
        return replay_median(products, found) < 31622.8 ? 1e6 : 1e3;
    return replay_survey_step(rows, count) < 31622.8 * period_of(rows, count) ? 1e3 : 1e6;
}

void replay_mangohud_units(const struct replay_row *rows, size_t count, double *out_period_factor,
                           double *out_time_factor) {
    static const double five_seconds_us = 5e6; /* 0.5 wrote ten rows a second, or as few as it was told */
    const double period = period_of(rows, count);
    const double step = replay_survey_step(rows, count);
    *out_period_factor = period_factor(rows, count);
    if (isnan(period))
        *out_time_factor = step < five_seconds_us ? 1e3 : 1;
    else
        *out_time_factor = step < 0.01 * period * *out_period_factor ? 1e3 : 1;
}

/* ---- zeros ---- */

void replay_mangohud_forget_zeros(struct replay_mangohud *mangohud, struct replay_row *row) {
    for (int role = REPLAY_TEMPERATURE; role < REPLAY_THROTTLE; role++) {
        double *value = &row->value[role];
        const bool may_be_zero = role == REPLAY_BUSY || role == REPLAY_POWER || role == REPLAY_CLOCK;
        if (*value > 0)
            mangohud->awake |= UINT32_C(1) << role;
        else if (!may_be_zero || !(mangohud->awake >> role & 1))
            *value = (double)NAN;
    }
}
