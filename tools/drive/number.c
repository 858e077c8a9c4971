/* SPDX-License-Identifier: MIT */
#include "drive/number.h"

#include "core/fs.h"

#include <strings.h>

bool drive_number_u64(const char *text, uint64_t *out_value) {
    uint64_t value;
    if (*text < '0' || *text > '9' || !perfadapt__fs_parse_u64(&text, &value) || *text)
        return false;
    *out_value = value;
    return true;
}

/* Down to INT64_MIN, where core/fs stops one before. */
bool drive_number_i64(const char *text, int64_t *out_value) {
    const bool negative = *text == '-';
    uint64_t magnitude;
    if (negative || *text == '+')
        text++;
    if (!drive_number_u64(text, &magnitude) || magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *out_value = negative && magnitude ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}

bool drive_number_is_nan(const char *text) {
    return strcasecmp(*text == '-' || *text == '+' ? text + 1 : text, "nan") == 0;
}
