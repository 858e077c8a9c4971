/* Moments in a row. SPDX-License-Identifier: MIT */
#include "tape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t second_ns = 1000000000;

void tape_init(struct tape *tape) {
    *tape = (struct tape){.fd = -1, .key_wanted = true, .bytes_max = TAPE_BYTES_MAX, .reach_seconds = TAPE_SECONDS};
}

void tape_finish(struct tape *tape) {
    for (size_t i = 0; i < tape->count; ++i) {
        free(tape->entries[i].bytes);
    }
    free(tape->entries);
    moment_destroy(tape->before);
    moment_destroy(tape->now);
    delta_writer_finish(&tape->writer);
    if (tape->fd >= 0) {
        close(tape->fd);
    }
    tape_init(tape);
}

bool tape_append(struct tape *tape, const struct tape_entry *entry) {
    if (tape->count == tape->capacity) {
        const size_t capacity = tape->capacity * 2 + 64;
        struct tape_entry *grown = realloc(tape->entries, capacity * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        tape->entries = grown;
        tape->capacity = capacity;
    }
    tape->entries[tape->count++] = *entry;
    return true;
}

static bool prepare(struct tape *tape) {
    tape->before = tape->before != NULL ? tape->before : moment_create();
    tape->now = tape->now != NULL ? tape->now : moment_create();
    return tape->before != NULL && tape->now != NULL;
}

bool tape_encode(struct tape *tape, const struct model *model) {
    if (!prepare(tape) || !moment_copy_model(tape->now, model)) {
        tape->key_wanted = true;
        return false;
    }
    tape->newest_is_key = tape->key_wanted || model->now_ns - tape->key_ns >= TAPE_KEY_SECONDS * second_ns;
    if (tape->newest_is_key) {
        moment_clear(tape->before);
        tape->key_ns = model->now_ns;
    }
    delta_writer_begin(&tape->writer);
    moment_encode(&tape->writer, tape->before, tape->now);
    tape->key_wanted = tape->writer.failed;
    struct moment *const recycled = tape->before;
    tape->before = tape->now;
    tape->now = recycled;
    return !tape->writer.failed;
}

/* Index of the key moment after the first; what is before it goes together, as it cannot be read without the first. */
static size_t second_key(const struct tape *tape) {
    size_t index = 1;
    while (index < tape->count && !tape->entries[index].key) {
        ++index;
    }
    return index;
}

static void drop(struct tape *tape, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        tape->bytes -= tape->entries[i].length;
        free(tape->entries[i].bytes);
    }
    memmove(tape->entries, tape->entries + count, (tape->count - count) * sizeof *tape->entries);
    tape->count -= count;
    tape->dropped += count;
}

static void drop_old(struct tape *tape, int64_t now_ns, size_t length) {
    while (tape->count > 0) {
        const size_t second = second_key(tape);
        const bool reaches =
            second < tape->count && now_ns - tape->entries[second].now_ns >= tape->reach_seconds * second_ns;
        if (!reaches && tape->bytes + length <= tape->bytes_max) {
            return;
        }
        drop(tape, second);
    }
}

bool tape_add(struct tape *tape, const struct model *model) {
    if (!tape_encode(tape, model)) {
        return false;
    }
    drop_old(tape, model->now_ns, tape->writer.length);
    unsigned char *bytes = tape->writer.length <= tape->bytes_max ? malloc(tape->writer.length) : NULL;
    const struct tape_entry entry = {
        .now_ns = model->now_ns, .bytes = bytes, .length = (uint32_t)tape->writer.length, .key = tape->newest_is_key};
    /* Where its key moment had to go, a difference is nothing to begin with. */
    if (bytes == NULL || (tape->count == 0 && !entry.key) || !tape_append(tape, &entry)) {
        free(bytes);
        tape->key_wanted = true;
        return false;
    }
    memcpy(bytes, tape->writer.bytes, tape->writer.length);
    tape->bytes += tape->writer.length;
    return true;
}

int64_t tape_newest_ns(const struct tape *tape) {
    return tape->count == 0 ? 0 : tape->entries[tape->count - 1].now_ns;
}

int64_t tape_oldest_ns(const struct tape *tape) {
    return tape->count == 0 ? 0 : tape->entries[0].now_ns;
}

size_t tape_find(const struct tape *tape, int64_t now_ns) {
    size_t low = 0;
    size_t high = tape->count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (tape->entries[middle].now_ns <= now_ns) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void tape_place_init(struct tape_place *place) {
    *place = (struct tape_place){.moment = moment_create(), .number = SIZE_MAX};
}

void tape_place_finish(struct tape_place *place) {
    moment_destroy(place->moment);
    free(place->bytes);
    *place = (struct tape_place){.number = SIZE_MAX};
}

static const unsigned char *fetch(const struct tape *tape, struct tape_place *place, const struct tape_entry *entry) {
    if (entry->bytes != NULL) {
        return entry->bytes;
    }
    if (entry->length > place->capacity) {
        unsigned char *grown = realloc(place->bytes, entry->length);
        if (grown == NULL) {
            return NULL;
        }
        place->bytes = grown;
        place->capacity = entry->length;
    }
    const ssize_t length = pread(tape->fd, place->bytes, entry->length, (off_t)entry->offset);
    if (length >= 0 && (size_t)length != entry->length) {
        errno = 0; /* cut since it was opened */
    }
    return length == (ssize_t)entry->length ? place->bytes : NULL;
}

static bool step(const struct tape *tape, struct tape_place *place, size_t index) {
    const struct tape_entry *entry = &tape->entries[index];
    const unsigned char *bytes = fetch(tape, place, entry);
    if (bytes == NULL) {
        return false;
    }
    if (entry->key) {
        moment_clear(place->moment);
    }
    errno = 0;
    return moment_decode(place->moment, bytes, entry->length);
}

bool tape_go(const struct tape *tape, struct tape_place *place, size_t index) {
    size_t key = index;
    while (key > 0 && !tape->entries[key].key) {
        --key;
    }
    const bool known = place->number != SIZE_MAX && place->number >= tape->dropped + key;
    size_t at = known && place->number <= tape->dropped + index ? place->number - tape->dropped + 1 : key;
    for (; at <= index; ++at) {
        if (place->moment == NULL || !step(tape, place, at)) {
            place->number = SIZE_MAX;
            return false;
        }
        place->number = tape->dropped + at;
    }
    return true;
}
