/* SPDX-License-Identifier: MIT */
#include "device/cpu_list.h"

#include <string.h>

#define WORDS (PERFADAPT__CPU_LIST_MAX / 64)

bool perfadapt__cpu_list_has(const struct perfadapt__cpu_list *list, uint32_t number) {
    return number < PERFADAPT__CPU_LIST_MAX && (list->bits[number / 64] >> number % 64 & 1) != 0;
}

void perfadapt__cpu_list_add(struct perfadapt__cpu_list *list, uint32_t number) {
    if (number < PERFADAPT__CPU_LIST_MAX)
        list->bits[number / 64] |= UINT64_C(1) << number % 64;
}

uint32_t perfadapt__cpu_list_count(const struct perfadapt__cpu_list *list) {
    uint32_t count = 0;
    for (size_t i = 0; i < WORDS; i++)
        for (uint64_t word = list->bits[i]; word; word &= word - 1)
            count++;
    return count;
}

void perfadapt__cpu_list_intersect(struct perfadapt__cpu_list *list, const struct perfadapt__cpu_list *other) {
    for (size_t i = 0; i < WORDS; i++)
        list->bits[i] &= other->bits[i];
}

static bool parse_range(const char **at, struct perfadapt__cpu_list *list) {
    uint64_t first;
    uint64_t last;
    if (!perfadapt__fs_parse_u64(at, &first))
        return false;
    last = first;
    if (**at == '-') {
        (*at)++;
        if (!perfadapt__fs_parse_u64(at, &last) || last < first)
            return false;
    }
    for (uint64_t i = first; i <= last && i < PERFADAPT__CPU_LIST_MAX; i++)
        perfadapt__cpu_list_add(list, (uint32_t)i);
    return true;
}

static bool parse_ranges(const char *at, struct perfadapt__cpu_list *list) {
    if (*at == '\n' || *at == '\0')
        return true;
    for (; parse_range(&at, list); at++)
        if (*at != ',')
            return *at == '\n' || *at == '\0';
    return false;
}

bool perfadapt__cpu_list_parse(const char *text, struct perfadapt__cpu_list *out_list) {
    *out_list = (struct perfadapt__cpu_list){0};
    if (parse_ranges(text, out_list))
        return true;
    *out_list = (struct perfadapt__cpu_list){0};
    return false;
}

bool perfadapt__cpu_list_read(const struct perfadapt__root *root, const char *path,
                              struct perfadapt__cpu_list *out_list) {
    char text[4100]; /* sysfs gives a page at most */
    const ssize_t length = perfadapt__fs_read_once(root, path, text, sizeof text);
    *out_list = (struct perfadapt__cpu_list){0};
    return length > 0 && (size_t)length + 1 < sizeof text && strlen(text) == (size_t)length &&
           perfadapt__cpu_list_parse(text, out_list);
}
