/* Names that firmware and drivers give, made fit to be shown and compared. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_DEVICE_NAME_H
#define PERFADAPT_DEVICE_NAME_H

#include "core/fs.h"

/*
 * Up to the first NUL or line end, at most `length` bytes: what is not printable ASCII becomes '?', blanks at the ends
 * go, several in a row become one ("Intel(R) Core(TM) i7   CPU"). Cut to fit.
 */
void perfadapt__name_copy(const char *from, size_t length, char *out, size_t capacity);

/* The first line of a file; "" where there is none. */
void perfadapt__name_read(const struct perfadapt__root *root, const char *path, char *out, size_t capacity);

#endif
