/* SPDX-License-Identifier: MIT */
#include "providers/kernel_number.h"

#include "providers/kernel_file.h"
#include "providers/pause.h"

#include <stdarg.h>
#include <stdio.h>

void perfadapt__kernel_number_init(struct perfadapt__kernel_number *number) {
    *number = (struct perfadapt__kernel_number){.fd = -1};
}

void perfadapt__kernel_number_close(struct perfadapt__kernel_number *number) {
    perfadapt__kernel_file_close(&number->fd);
    perfadapt__kernel_number_init(number);
}

/* An offline processor answers BUSY or with nothing, a governor with "<unknown>": the next look may be better. */
static bool is_passing(enum perfadapt_why why) {
    return why == PERFADAPT_WHY_NONE || why == PERFADAPT_WHY_BUSY || why == PERFADAPT_WHY_EMPTY ||
           why == PERFADAPT_WHY_GARBAGE;
}

static void settle(struct perfadapt__kernel_number *number, enum perfadapt_why why, int64_t now_ns) {
    number->why = (uint32_t)why;
    if (is_passing(why)) {
        number->pause_ns = 0;
        return;
    }
    number->pause_ns = perfadapt__pause_next(number->pause_ns);
    number->retry_ns = now_ns + number->pause_ns;
}

enum perfadapt_why perfadapt__kernel_number_read(const struct perfadapt__root *root,
                                                 struct perfadapt__kernel_number *number, int64_t now_ns,
                                                 int64_t *out_value, const char *format, ...) {
    char path[320] = "";
    char text[32];
    if (number->pause_ns > 0 && now_ns < number->retry_ns)
        return (enum perfadapt_why)number->why;
    if (number->fd < 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(path, sizeof path, format, arguments);
        va_end(arguments);
    }
    const ssize_t length = perfadapt__kernel_file_read(root, path, &number->fd, text, sizeof text);
    const enum perfadapt_why why = perfadapt__kernel_file_number(text, length, sizeof text, out_value);
    settle(number, why, now_ns);
    return why;
}
