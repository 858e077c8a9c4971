/* SPDX-License-Identifier: MIT */
#include "providers/process_text.h"

#include "core/fs.h"

#include <string.h>

bool perfadapt__process_parse_statm(const char *text, struct perfadapt__process_pages *out_pages) {
    struct perfadapt__process_pages pages;
    uint64_t size;
    if (!perfadapt__fs_parse_u64(&text, &size) || !perfadapt__fs_parse_u64(&text, &pages.resident) ||
        !perfadapt__fs_parse_u64(&text, &pages.shared) || (*text != ' ' && *text != '\n' && *text))
        return false;
    *out_pages = pages;
    return true;
}

/* A number that ends the text may have been cut short: only one with its unit behind it counts. */
enum perfadapt__process_found perfadapt__process_parse_kib(const char *text, const char *key, uint64_t *out_bytes) {
    const size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0)
            continue;
        const char *at = line + length;
        uint64_t kib;
        if (!perfadapt__fs_parse_u64(&at, &kib) || strncmp(at, " kB", 3) != 0 || kib > UINT64_MAX / 1024)
            return PERFADAPT__PROCESS_BAD_LINE;
        *out_bytes = kib * 1024;
        return PERFADAPT__PROCESS_FOUND;
    }
    return PERFADAPT__PROCESS_NO_KEY;
}
