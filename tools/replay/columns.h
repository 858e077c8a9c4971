/* Which column of a file is what: by its name, its unit by the name or beside it. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_COLUMNS_H
#define PERFADAPT_TOOLS_REPLAY_COLUMNS_H

#include "replay/table.h"
#include "replay/value.h"

/* What a row can tell. */
enum replay_role {
    REPLAY_TIME = 0,
    REPLAY_PERIOD = 1, /* from the end of one frame to that of the next */
    REPLAY_FPS = 2,
    REPLAY_CPU = 3,
    REPLAY_GPU = 4,
    REPLAY_PRESENT = 5, /* spent in the call that presents */
    REPLAY_TEMPERATURE = 6,
    REPLAY_CPU_TEMPERATURE = 7,
    REPLAY_LIMIT = 8,
    REPLAY_MARGIN = 9, /* from the temperature to the limit */
    REPLAY_BUSY = 10,
    REPLAY_POWER = 11,
    REPLAY_CLOCK = 12,
    REPLAY_CLOCK_MAX = 13,
    REPLAY_MEMORY_SOME = 14,
    REPLAY_MEMORY_FULL = 15,
    REPLAY_MEMORY_AVAILABLE = 16,
    REPLAY_MEMORY_TOTAL = 17,
    REPLAY_MEMORY_USED = 18,
    REPLAY_GPU_MEMORY_USED = 19,
    REPLAY_GPU_MEMORY_BUDGET = 20,
    REPLAY_RESIDENT = 21,
    REPLAY_ON_AC = 22,
    REPLAY_THROTTLE = 23,   /* text or bits, as are all from here on */
    REPLAY_FRAME_TYPE = 24, /* of the app, or made up by a driver */
    REPLAY_OWNER = 25,      /* whose row it is: an application, a GPU */
    REPLAY_OWNER_PART = 26, /* more of it */
    REPLAY_OWNER_DETAIL = 27,
    REPLAY_ROLES = 28
};

/* Names are in lower case. The first that a file has of those of one role counts. */
struct replay_name {
    const char *name;
    enum replay_role role;
    double factor; /* to the kind's own unit where the file states none; 0 = it has to */
};

#define REPLAY_COLUMN_NAME 48

struct replay_columns {
    unsigned count;
    char names[REPLAY_CELLS_MAX][REPLAY_COLUMN_NAME]; /* printable */
    int cell[REPLAY_ROLES];                           /* -1 = the file has none */
    double factor[REPLAY_ROLES];
};

extern const enum replay_kind replay_kinds[REPLAY_ROLES];

/* From the cells of a header. How many roles were found. */
unsigned replay_columns_match(struct replay_columns *columns, const struct replay_table *table,
                              const struct replay_name *names, size_t name_count);

bool replay_columns_have(const struct replay_columns *columns, enum replay_role role);

/* The file's name of the column; "" where it has none. */
const char *replay_columns_name(const struct replay_columns *columns, enum replay_role role);

/* The row's cell; "" where there is none. */
const char *replay_columns_cell(const struct replay_columns *columns, const struct replay_table *table,
                                enum replay_role role);

/* The column that the file calls so, in any case; -1 = none. */
int replay_columns_find(const struct replay_columns *columns, const char *name, size_t length);

#endif
