/* What is wrong in the file of the setup: collected while it is read, told afterwards. SPDX-License-Identifier: MIT */
#ifndef TUI_SETUP_PROBLEM_H
#define TUI_SETUP_PROBLEM_H

#include <stddef.h>
#include <stdio.h>

/* More are counted, and not kept: a file that is no setup at all has any number. */
#define SETUP_PROBLEMS_MAX 20
#define SETUP_PROBLEM_TEXT_MAX 160

struct setup_problem {
    int line; /* 0 = it is the file itself */
    char text[SETUP_PROBLEM_TEXT_MAX];
};

struct setup_problems {
    int count; /* also of those that are not kept */
    struct setup_problem items[SETUP_PROBLEMS_MAX];
};

void setup_problem_add(struct setup_problems *problems, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line for each, with the file's path. */
void setup_problems_print(const struct setup_problems *problems, const char *path, FILE *out);

/* The first and how many more there are, short enough for a screen; "" where there is none. */
void setup_problems_summary(const struct setup_problems *problems, const char *path, char *out, size_t capacity);

#endif
