/* A check that tells where it failed and lets the test go on. SPDX-License-Identifier: MIT */
#ifndef TESTS_TUI_CHECK_H
#define TESTS_TUI_CHECK_H

#include <stdio.h>

static int failures; /* a test program ends with 1 where there is any */

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            ++failures;                                                                                                \
        }                                                                                                              \
    } while (0)

#endif
