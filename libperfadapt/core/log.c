/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

void perfadapt__log(const struct perfadapt_log *log, enum perfadapt_log_level level, const char *format, ...) {
    if (!log || !log->write)
        return;
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    log->write(log->user_data, level, line);
}
