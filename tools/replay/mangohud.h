/*
 * Logs of MangoHud, of all its versions. SPDX-License-Identifier: MIT
 *
 * Before the header stand the machine's names with theirs, and with log_versioning a version and rules. Since 0.6
 * `elapsed` is in ns and `frametime` in us, since 0.7 `frametime` is in ms; 0.5 had `elapsed` in us and no `frametime`,
 * the versions before it no header either. Sensors that are not there read 0.
 */
#ifndef PERFADAPT_TOOLS_REPLAY_MANGOHUD_H
#define PERFADAPT_TOOLS_REPLAY_MANGOHUD_H

#include "replay/row.h"

#define REPLAY_MANGOHUD_TEXT 64

extern const struct replay_name replay_mangohud_names[];
extern const size_t replay_mangohud_name_count;
/* What the versions without a header wrote. */
extern const char replay_mangohud_first_header[];

struct replay_mangohud {
    bool seen; /* something only MangoHud writes */
    bool version_follows, machine_follows;
    char version[REPLAY_MANGOHUD_TEXT], gpu[REPLAY_MANGOHUD_TEXT], cpu[REPLAY_MANGOHUD_TEXT]; /* "" = unknown */
    double memory_bytes;                                                                      /* NAN = unknown */
    uint32_t awake; /* by role: has read more than 0 */
};

void replay_mangohud_init(struct replay_mangohud *mangohud);

/* Takes a line before the header; false where it is none of those. */
bool replay_mangohud_take(struct replay_mangohud *mangohud, const struct replay_table *table);

/* The line begins what stands before a header: a log behind a log. */
bool replay_mangohud_begins(const struct replay_table *table);

/* A header of MangoHud's, whatever stood before it. */
bool replay_mangohud_is_header(const struct replay_columns *columns);

/*
 * ns of one `frametime` and of one `elapsed`. frametime x fps is 1000 of ms and 1e6 of us; without fps, a step of
 * `elapsed` tells. `elapsed` is in us where rows would else come a hundred times as fast as frames.
 */
void replay_mangohud_units(const struct replay_row *rows, size_t count, double *out_period_factor,
                           double *out_time_factor);

/* A sensor that reads 0 is not there, until it has read anything else; 0 degrees and 0 bytes are never meant. */
void replay_mangohud_forget_zeros(struct replay_mangohud *mangohud, struct replay_row *row);

#endif
