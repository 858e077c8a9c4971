/* What lies in the files of the made-up machine. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_FAULTS_MACHINE_FILES_H
#define PERFADAPT_TESTS_FAULTS_MACHINE_FILES_H

#include <stddef.h>
#include <stdint.h>

/* A text at each level; the second one NULL where both are the same. */
struct machine_gauge {
    const char *path;
    const char *text[2];
};

/* A number that grows. */
struct machine_counter {
    const char *path;
    uint64_t start;
    uint64_t per_second[2]; /* at each level */
};

/* Made of more than one number: returns the length. `seconds` grows by one each second, `work` by
 * machine_load. */
struct machine_composition {
    const char *path;
    size_t (*write)(unsigned level, uint64_t seconds, uint64_t work, char *out, size_t capacity);
};

struct machine_link {
    const char *path;
    const char *target;
};

#define MACHINE_COUNTERS_MAX 64

/* Of the processors, in permille, at each level. */
extern const uint64_t machine_load[2];

extern const struct machine_gauge machine_gauges[];
extern const struct machine_counter machine_counters[];
extern const struct machine_composition machine_compositions[];
extern const struct machine_link machine_links[];
extern const size_t machine_gauge_count;
extern const size_t machine_counter_count;
extern const size_t machine_composition_count;
extern const size_t machine_link_count;

#endif
