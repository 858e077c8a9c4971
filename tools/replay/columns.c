/* SPDX-License-Identifier: MIT */
#include "replay/columns.h"

#include <string.h>
#include <strings.h>

const enum replay_kind replay_kinds[REPLAY_ROLES] = {
    [REPLAY_TIME] = REPLAY_KIND_TIME,
    [REPLAY_PERIOD] = REPLAY_KIND_TIME,
    [REPLAY_FPS] = REPLAY_KIND_PLAIN,
    [REPLAY_CPU] = REPLAY_KIND_TIME,
    [REPLAY_GPU] = REPLAY_KIND_TIME,
    [REPLAY_PRESENT] = REPLAY_KIND_TIME,
    [REPLAY_TEMPERATURE] = REPLAY_KIND_HEAT,
    [REPLAY_CPU_TEMPERATURE] = REPLAY_KIND_HEAT,
    [REPLAY_LIMIT] = REPLAY_KIND_HEAT,
    [REPLAY_MARGIN] = REPLAY_KIND_HEAT,
    [REPLAY_BUSY] = REPLAY_KIND_SHARE,
    [REPLAY_POWER] = REPLAY_KIND_POWER,
    [REPLAY_CLOCK] = REPLAY_KIND_CLOCK,
    [REPLAY_CLOCK_MAX] = REPLAY_KIND_CLOCK,
    [REPLAY_MEMORY_SOME] = REPLAY_KIND_TIME,
    [REPLAY_MEMORY_FULL] = REPLAY_KIND_TIME,
    [REPLAY_MEMORY_AVAILABLE] = REPLAY_KIND_BYTES,
    [REPLAY_MEMORY_TOTAL] = REPLAY_KIND_BYTES,
    [REPLAY_MEMORY_USED] = REPLAY_KIND_BYTES,
    [REPLAY_GPU_MEMORY_USED] = REPLAY_KIND_BYTES,
    [REPLAY_GPU_MEMORY_BUDGET] = REPLAY_KIND_BYTES,
    [REPLAY_RESIDENT] = REPLAY_KIND_BYTES,
    [REPLAY_ON_AC] = REPLAY_KIND_PLAIN,
    [REPLAY_THROTTLE] = REPLAY_KIND_TEXT,
    [REPLAY_FRAME_TYPE] = REPLAY_KIND_TEXT,
    [REPLAY_OWNER] = REPLAY_KIND_TEXT,
    [REPLAY_OWNER_PART] = REPLAY_KIND_TEXT,
    [REPLAY_OWNER_DETAIL] = REPLAY_KIND_TEXT,
};

/* A header's cell, parted: "power.draw [W]" is power.draw in W, as is "Power.Draw (w)". */
struct heading {
    const char *name, *unit;
    size_t length, unit_length; /* 0 = no unit */
};

static struct heading part(const char *text) {
    struct heading heading = {.name = text, .length = strcspn(text, "[(")};
    if (text[heading.length]) {
        heading.unit = text + heading.length + 1;
        heading.unit_length = strcspn(heading.unit, "])");
    }
    while (heading.length > 0 && text[heading.length - 1] == ' ')
        heading.length--;
    return heading;
}

static bool is(const struct heading *heading, const char *name, size_t length) {
    return strlen(name) == length && strncasecmp(heading->name, name, length) == 0;
}

/* The factor where the heading is of this name, 0 where it is not. "power_mw" is a "power" in mW. */
static double fits(const struct heading *heading, const struct replay_name *name) {
    const enum replay_kind kind = replay_kinds[name->role];
    if (is(heading, name->name, heading->length)) {
        const double own = heading->unit_length ? replay_unit(heading->unit, heading->unit_length, kind) : 0;
        return own > 0 ? own : name->factor;
    }
    for (size_t i = heading->length; i-- > 0;)
        if (heading->name[i] == '_')
            return is(heading, name->name, i) ? replay_unit(heading->name + i + 1, heading->length - i - 1, kind) : 0;
    return 0;
}

static void match(struct replay_columns *columns, const struct replay_table *table, const struct replay_name *name) {
    for (unsigned i = 0; i < table->cell_count; i++) {
        const struct heading heading = part(table->cells[i]);
        const double factor = fits(&heading, name);
        if (!(factor > 0))
            continue;
        columns->cell[name->role] = (int)i;
        columns->factor[name->role] = factor;
        return;
    }
}

static void copy_name(const char *cell, char out_name[REPLAY_COLUMN_NAME]) {
    size_t length = 0;
    for (; cell[length] && length + 1 < REPLAY_COLUMN_NAME; length++)
        out_name[length] = (char)(cell[length] >= ' ' && cell[length] <= '~' ? cell[length] : '?');
    out_name[length] = '\0';
}

unsigned replay_columns_match(struct replay_columns *columns, const struct replay_table *table,
                              const struct replay_name *names, size_t name_count) {
    unsigned found = 0;
    columns->count = table->cell_count;
    for (unsigned i = 0; i < table->cell_count; i++)
        copy_name(table->cells[i], columns->names[i]);
    for (int role = 0; role < REPLAY_ROLES; role++)
        columns->cell[role] = -1;
    for (size_t i = 0; i < name_count; i++)
        if (columns->cell[names[i].role] < 0)
            match(columns, table, &names[i]);
    for (int role = 0; role < REPLAY_ROLES; role++)
        found += columns->cell[role] >= 0;
    return found;
}

bool replay_columns_have(const struct replay_columns *columns, enum replay_role role) {
    return columns->cell[role] >= 0;
}

const char *replay_columns_name(const struct replay_columns *columns, enum replay_role role) {
    return columns->cell[role] >= 0 ? columns->names[columns->cell[role]] : "";
}

const char *replay_columns_cell(const struct replay_columns *columns, const struct replay_table *table,
                                enum replay_role role) {
    const int cell = columns->cell[role];
    return cell < 0 || (unsigned)cell >= table->cell_count ? "" : table->cells[cell];
}

int replay_columns_find(const struct replay_columns *columns, const char *name, size_t length) {
    for (unsigned i = 0; i < columns->count; i++)
        if (strlen(columns->names[i]) == length && strncasecmp(columns->names[i], name, length) == 0)
            return (int)i;
    return -1;
}
