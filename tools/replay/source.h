/*
 * A log as rows: its header found, its first rows looked through, what does not count left out.
 * SPDX-License-Identifier: MIT
 *
 * Memory is bounded whatever the file's size: the struct is all there is.
 */
#ifndef PERFADAPT_TOOLS_REPLAY_SOURCE_H
#define PERFADAPT_TOOLS_REPLAY_SOURCE_H

#include "replay/header.h"
#include "replay/owners.h"
#include "replay/problems.h"
#include "replay/survey.h"

struct replay_source {
    struct replay_header header;
    const char *only; /* COLUMN=VALUE or NULL */
    int only_cell;    /* -1 = no such choice */
    struct replay_problems problems;
    struct replay_traits traits;
    double period_factor, time_factor; /* of MangoHud's; 1 in others */
    struct replay_owners owners;
    bool restart;              /* a header stood before the next row */
    uint64_t rows;             /* that could be read */
    uint64_t others, made_up;  /* left out: of other owners or not chosen; made up by a driver */
    uint64_t cut;              /* a last row without its end */
    uint64_t wrong_starts;     /* rows before the others, at later times */
    size_t first_count, first; /* of `firsts`; the next to hand out */
    int failure;               /* errno of a read that failed; 0 = none */
    bool stopped;              /* at a line that has no end: what is behind it was not read */
    struct replay_row firsts[REPLAY_SURVEY_ROWS];
};

/*
 * Reads up to where the survey ends. False with a reason, "PATH:LINE: ...", where there is nothing to replay. `options`
 * holds for as long as the source.
 */
bool replay_source_open(struct replay_source *source, const struct replay_options *options, int fd,
                        const char *beginning, size_t count, char out_reason[DRIVE_REASON_MAX]);

/* False at the end, and where a read fails. */
bool replay_source_next(struct replay_source *source, struct replay_row *out_row);

#endif
