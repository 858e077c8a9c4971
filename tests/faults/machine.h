/*
 * A made-up laptop: a root directory with every kernel file that the sampler may read, written by hand, cool and at
 * ease. Each file can be broken and put back. SPDX-License-Identifier: MIT
 *
 * The machine has two levels, a little apart in every figure, so that a source that still reads an old file shows.
 */
#ifndef PERFADAPT_TESTS_FAULTS_MACHINE_H
#define PERFADAPT_TESTS_FAULTS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

struct machine;

#define MACHINE_LEVELS 2

#define MACHINE_FAULT_MAP(X)                                                                                           \
    X(MISSING, "missing")                                                                                              \
    X(EMPTY, "empty")                                                                                                  \
    X(FLICKER, "empty every other second")                                                                             \
    X(CUT, "cut in half")                                                                                              \
    X(GARBAGE, "garbage")                                                                                              \
    X(COLD, "-273200")                                                                                                 \
    X(HOT, "65261800")                                                                                                 \
    X(BYTES_FF, "4096 bytes of 0xff")                                                                                  \
    X(NOT_A_NUMBER, "nan")                                                                                             \
    X(DIGITS, "400 digits")                                                                                            \
    X(DIRECTORY, "a directory")                                                                                        \
    X(UNREADABLE, "unreadable")

enum machine_fault {
#define MACHINE_FAULT_ENUMERATOR(name, text) MACHINE_FAULT_##name,
    MACHINE_FAULT_MAP(MACHINE_FAULT_ENUMERATOR)
#undef MACHINE_FAULT_ENUMERATOR
        MACHINE_FAULTS
};

/* How content gets into a file: the kernel changes what an open descriptor reads; a device that returns is a new file. */
enum machine_way { MACHINE_IN_PLACE, MACHINE_NEW_FILE, MACHINE_WAYS };

const char *machine_fault_name(enum machine_fault fault);

/* In a new directory below $TMPDIR or /tmp, at level 0. Ends the test where that fails. */
struct machine *machine_create(void);
void machine_destroy(struct machine *machine); /* NULL is nothing */

const char *machine_root(const struct machine *machine);
size_t machine_file_count(const struct machine *machine);
const char *machine_file_path(const struct machine *machine, size_t index); /* below the root: "/proc/stat" */
size_t machine_file_find(const struct machine *machine, const char *path);

/* A second passes: counters go on. */
void machine_step(struct machine *machine);
/* Every gauge takes the other figure, and counters the other rate. */
void machine_set_level(struct machine *machine, unsigned level);
unsigned machine_level(const struct machine *machine);

/* New content of one file, from now on at any level. */
void machine_text(struct machine *machine, const char *path, const char *text);

/* False where the fault makes no sense for the file, for the way, or for the user that runs this: nothing is changed. */
bool machine_break(struct machine *machine, size_t index, enum machine_fault fault, enum machine_way way);
/* As it would be without the fault: of the current level and time. */
void machine_heal(struct machine *machine, size_t index, enum machine_way way);

#endif
