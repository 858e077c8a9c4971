/* Whose rows a file holds, and whose of them count: applications, GPUs. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_OWNERS_H
#define PERFADAPT_TOOLS_REPLAY_OWNERS_H

#include "replay/columns.h"

/* Told apart to choose one; rows of more count for none. */
#define REPLAY_OWNERS_MAX 32
#define REPLAY_OWNER_LABEL 96

struct replay_owner {
    uint64_t hash, rows;
    bool compositor;
    char label[REPLAY_OWNER_LABEL];
};

struct replay_owners {
    struct replay_owner owner[REPLAY_OWNERS_MAX];
    size_t count;
    size_t chosen;
};

/* Of the row at hand; 0 = the file tells of one alone. */
uint64_t replay_owners_hash(const struct replay_columns *columns, const struct replay_table *table);

/* The row at hand is one of those that are chosen by. */
void replay_owners_count(struct replay_owners *owners, const struct replay_columns *columns,
                         const struct replay_table *table);

/* Whoever has most rows; a compositor only where there is nobody else. */
void replay_owners_choose(struct replay_owners *owners);

const struct replay_owner *replay_owners_chosen(const struct replay_owners *owners);

#endif
