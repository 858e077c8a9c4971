/* SPDX-License-Identifier: MIT */
#include "replay/owners.h"

#include "core/hash.h"
#include "replay/csv.h"

#include <string.h>

static const char *part_of(const struct replay_columns *columns, const struct replay_table *table, int role) {
    return replay_columns_cell(columns, table, (enum replay_role)role);
}

uint64_t replay_owners_hash(const struct replay_columns *columns, const struct replay_table *table) {
    uint64_t hash = PERFADAPT__HASH_START;
    bool any = false;
    for (int role = REPLAY_OWNER; role <= REPLAY_OWNER_DETAIL; role++) {
        const char *text = part_of(columns, table, role);
        any |= replay_columns_have(columns, (enum replay_role)role);
        hash = perfadapt__hash(hash, text, strlen(text) + 1);
    }
    return any ? hash : 0;
}

static void print_label(const struct replay_columns *columns, const struct replay_table *table,
                        char out_label[REPLAY_OWNER_LABEL]) {
    size_t length = 0;
    for (int role = REPLAY_OWNER; role <= REPLAY_OWNER_DETAIL; role++) {
        const char *text = part_of(columns, table, role);
        if (*text && length > 0 && length + 1 < REPLAY_OWNER_LABEL)
            out_label[length++] = ' ';
        for (; *text && length + 1 < REPLAY_OWNER_LABEL; text++)
            out_label[length++] = (char)(*text >= ' ' && *text <= '~' ? *text : '?');
    }
    out_label[length] = '\0';
}

void replay_owners_count(struct replay_owners *owners, const struct replay_columns *columns,
                         const struct replay_table *table) {
    const uint64_t hash = replay_owners_hash(columns, table);
    size_t i = 0;
    while (i < owners->count && owners->owner[i].hash != hash)
        i++;
    if (i == REPLAY_OWNERS_MAX)
        return;
    struct replay_owner *owner = &owners->owner[i];
    if (i == owners->count) {
        owners->count++;
        owner->hash = hash;
        owner->rows = 0;
        owner->compositor = replay_csv_is_compositor(part_of(columns, table, REPLAY_OWNER));
        print_label(columns, table, owner->label);
    }
    owner->rows++;
}

void replay_owners_choose(struct replay_owners *owners) {
    owners->chosen = 0;
    for (size_t i = 1; i < owners->count; i++) {
        const struct replay_owner *one = &owners->owner[i];
        const struct replay_owner *best = &owners->owner[owners->chosen];
        if (one->compositor == best->compositor ? one->rows > best->rows : best->compositor)
            owners->chosen = i;
    }
}

const struct replay_owner *replay_owners_chosen(const struct replay_owners *owners) {
    return &owners->owner[owners->chosen];
}
