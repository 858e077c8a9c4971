/* Where the rows of a log begin, and what its columns are. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_HEADER_H
#define PERFADAPT_TOOLS_REPLAY_HEADER_H

#include "replay/columns.h"
#include "replay/mangohud.h"
#include "replay/options.h"

struct replay_header {
    struct replay_table table;
    struct replay_columns columns;
    struct replay_mangohud mangohud;
    const char *path;
    enum replay_format wanted, format; /* found: MANGOHUD or CSV */
    bool held;                         /* the table's row at hand has been looked at and is the next one */
};

/* Reads the header, or takes that of the options. False with a reason, "PATH:LINE: ...". */
bool replay_header_read(struct replay_header *header, const struct replay_options *options,
                        char out_reason[DRIVE_REASON_MAX]);

/* Whether the cells at hand begin a header once more, as where logs were put one behind another. */
bool replay_header_again(const struct replay_header *header);

/* Reads on from such cells. False where no header follows; the old one then holds. */
bool replay_header_read_again(struct replay_header *header);

/* A line that is no row: blank, or a remark. */
bool replay_header_skips(const char *text);

#endif
