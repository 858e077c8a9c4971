/*
 * What the service manager asks of its services about memory pressure. Pure. SPDX-License-Identifier: MIT
 *
 * systemd's protocol (systemd.io/MEMORY_PRESSURE): $MEMORY_PRESSURE_WATCH names what is to be watched, "/dev/null" asks
 * to leave it alone; $MEMORY_PRESSURE_WRITE, in base64, is what is to be written into it first.
 */
#ifndef PERFADAPT_PROVIDERS_SYSTEMD_PRESSURE_H
#define PERFADAPT_PROVIDERS_SYSTEMD_PRESSURE_H

#include <stdbool.h>
#include <stddef.h>

#define PERFADAPT__SYSTEMD_WATCH "MEMORY_PRESSURE_WATCH"
#define PERFADAPT__SYSTEMD_WRITE "MEMORY_PRESSURE_WRITE"
#define PERFADAPT__SYSTEMD_PATH_MAX 1024
#define PERFADAPT__SYSTEMD_TEXT_MAX 512

struct perfadapt__systemd_pressure {
    bool off;                                        /* no pressure is to be waited for */
    char path[PERFADAPT__SYSTEMD_PATH_MAX];          /* "" = nothing was asked */
    unsigned char text[PERFADAPT__SYSTEMD_TEXT_MAX]; /* may hold NULs */
    size_t length;
    const char *wrong_variable; /* NULL = nothing is wrong; else nothing counts as asked */
    const char *wrong;
};

/* The two variables' values; NULL = not set. */
void perfadapt__systemd_pressure_parse(const char *watch, const char *write,
                                       struct perfadapt__systemd_pressure *out_asked);

/* Decodes base64 with its padding; blanks and newlines are skipped. False where it is none, or does not fit. */
bool perfadapt__base64_decode(const char *text, unsigned char *out, size_t capacity, size_t *out_length);

#endif
