/* A list of remarks, broken into lines of 80 columns; what is unknown is told at its end. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SENSORS_LIST_H
#define PERFADAPT_TOOLS_SENSORS_LIST_H

#include <perfadapt/snapshot.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SENSORS_LIST_STATES 6 /* enum perfadapt_state */

struct sensors_list {
    FILE *stream;
    const char *title;
    size_t column;                          /* 0: nothing printed yet */
    char unknown[SENSORS_LIST_STATES][256]; /* names, by the state that tells why */
};

void sensors_list_begin(struct sensors_list *list, FILE *stream, const char *title);
void sensors_list_add(struct sensors_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* True where the metric has a value to tell; else its name is kept for the end. */
bool sensors_list_knows(struct sensors_list *list, const char *name, const struct perfadapt_metric *metric);
void sensors_list_unknown(struct sensors_list *list, const char *name, uint32_t state);

void sensors_list_end(struct sensors_list *list);

#endif
