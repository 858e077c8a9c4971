/* Hands messages to the host's callback. Formats into a fixed buffer; allocates nothing. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_LOG_H
#define PERFADAPT_CORE_LOG_H

#include <perfadapt/perfadapt.h>

/* Writes one line. `log` may be NULL. Never pass a floating point value: printf would print it by the host's locale. */
void perfadapt__log(const struct perfadapt_log *log, enum perfadapt_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
