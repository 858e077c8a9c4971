/* SPDX-License-Identifier: MIT */
#include "device/name.h"

void perfadapt__name_copy(const char *from, size_t length, char *out, size_t capacity) {
    size_t used = 0;
    bool blank = false;
    for (size_t i = 0; i < length && from[i] && from[i] != '\n'; i++) {
        if (from[i] == ' ' || from[i] == '\t' || from[i] == '\r') {
            blank = used > 0;
            continue;
        }
        if (used + blank + 1 >= capacity)
            break;
        if (blank)
            out[used++] = ' ';
        blank = false;
        out[used++] = from[i] > ' ' && from[i] <= '~' ? from[i] : '?';
    }
    out[used] = '\0';
}

void perfadapt__name_read(const struct perfadapt__root *root, const char *path, char *out, size_t capacity) {
    char text[256];
    const ssize_t length = perfadapt__fs_read_once(root, path, text, sizeof text);
    perfadapt__name_copy(text, length > 0 ? (size_t)length : 0, out, capacity);
}
