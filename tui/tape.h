/* Moments in a row, in memory or in a file, and the way to any of them. SPDX-License-Identifier: MIT
 *
 * A tape in memory holds the last TAPE_SECONDS in at most TAPE_BYTES_MAX, if not told otherwise; the oldest moments go, up to a key moment. */
#ifndef TUI_TAPE_H
#define TUI_TAPE_H

#include "moment.h"

#define TAPE_SECONDS 600
#define TAPE_BYTES_MAX (3 << 19) /* 1.5 MiB */
#define TAPE_NOTE_MAX 160        /* bytes of what is missing from a recording, in words */
#define TAPE_KEY_SECONDS 30      /* between key moments, so that none is far from the way back */

struct tape_entry {
    int64_t now_ns;
    uint64_t offset;      /* in the file */
    unsigned char *bytes; /* NULL = in the file */
    uint32_t length;
    bool key;
};

struct tape {
    int fd; /* -1 = in memory */
    size_t count;
    size_t capacity;
    struct tape_entry *entries; /* by time; the first is a key moment */
    size_t dropped;             /* that went before the first */
    size_t bytes;               /* of moments in memory */
    size_t bytes_max;           /* never more of them … */
    int64_t reach_seconds;      /* … and not from longer ago than this */
    int64_t key_ns;             /* of the newest key moment */
    bool key_wanted;            /* the next is to be one */
    bool newest_is_key;
    const char *end;       /* of a file that has lost its end, why: "cut off here"; NULL = it is whole */
    struct moment *before; /* the newest, which the next differs from */
    struct moment *now;
    struct delta_writer writer; /* the newest, as bytes */
};

/* Where one stands on a tape. */
struct tape_place {
    struct moment *moment; /* NULL = there is no memory */
    size_t number;         /* counted from the first there ever was; SIZE_MAX = nowhere yet */
    unsigned char *bytes;
    size_t capacity;
};

void tape_init(struct tape *tape);
void tape_finish(struct tape *tape);

/* Adds what the model shows, its bytes are then tape->writer's. False where there is no memory, or no room for so much:
 * that moment is missing, and the next is a key moment. */
bool tape_add(struct tape *tape, const struct model *model);

/* As tape_add(), but keeps nothing: for what is only written out. */
bool tape_encode(struct tape *tape, const struct model *model);

/* For readers of files: one more entry. False where there is no memory. */
bool tape_append(struct tape *tape, const struct tape_entry *entry);

/* Time of the newest and of the oldest moment; 0 where there is none. */
int64_t tape_newest_ns(const struct tape *tape);
int64_t tape_oldest_ns(const struct tape *tape);

/* Index of the newest moment that is not after now_ns, 0 where all are. */
size_t tape_find(const struct tape *tape, int64_t now_ns);

void tape_place_init(struct tape_place *place);
void tape_place_finish(struct tape_place *place);

/* Goes to the moment at an index below tape->count. False where it cannot be read: errno, or 0 for bytes that are none. */
bool tape_go(const struct tape *tape, struct tape_place *place, size_t index);

#endif
