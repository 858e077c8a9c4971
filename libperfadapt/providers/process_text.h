/* The texts of /proc/self/{statm,status,smaps_rollup}. Pure. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_PROCESS_TEXT_H
#define PERFADAPT_PROVIDERS_PROCESS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

struct perfadapt__process_pages {
    uint64_t resident;
    uint64_t shared;
};

bool perfadapt__process_parse_statm(const char *text, struct perfadapt__process_pages *out_pages);

enum perfadapt__process_found {
    PERFADAPT__PROCESS_FOUND = 0,
    PERFADAPT__PROCESS_NO_KEY = 1,
    PERFADAPT__PROCESS_BAD_LINE = 2
};

/* Bytes of the line "<key> <number> kB"; the key with its colon. */
enum perfadapt__process_found perfadapt__process_parse_kib(const char *text, const char *key, uint64_t *out_bytes);

#endif
