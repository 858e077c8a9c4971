/* Lists of processors as the kernel writes them: "0-3,8". SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_DEVICE_CPU_LIST_H
#define PERFADAPT_DEVICE_CPU_LIST_H

#include "core/fs.h"

#define PERFADAPT__CPU_LIST_MAX 8192 /* the most that Linux is built for on any machine */

struct perfadapt__cpu_list {
    uint64_t bits[PERFADAPT__CPU_LIST_MAX / 64];
};

/* One line; an empty one is an empty list. False, and an empty list, where it is none; higher numbers are left out. */
bool perfadapt__cpu_list_parse(const char *text, struct perfadapt__cpu_list *out_list);

/* A file that is such a list, whole. */
bool perfadapt__cpu_list_read(const struct perfadapt__root *root, const char *path,
                              struct perfadapt__cpu_list *out_list);

bool perfadapt__cpu_list_has(const struct perfadapt__cpu_list *list, uint32_t number);
void perfadapt__cpu_list_add(struct perfadapt__cpu_list *list, uint32_t number);
uint32_t perfadapt__cpu_list_count(const struct perfadapt__cpu_list *list);
/* Leaves what is in both. */
void perfadapt__cpu_list_intersect(struct perfadapt__cpu_list *list, const struct perfadapt__cpu_list *other);

#endif
