/* SPDX-License-Identifier: MIT */
#include "providers/systemd_pressure.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four digits make three bytes; a group of two or three digits, filled up with "=", ends the text. */
bool perfadapt__base64_decode(const char *text, unsigned char *out, size_t capacity, size_t *out_length) {
    uint32_t group = 0;
    size_t in_group = 0;
    size_t padding = 0;
    size_t length = 0;
    for (; *text; text++) {
        if (strchr(" \t\r\n", *text))
            continue;
        const char *digit = strchr(digits, *text);
        if (*text == '=' ? in_group < 2 : !digit || padding > 0)
            return false;
        padding += *text == '=';
        group = group << 6 | (*text == '=' ? 0 : (uint32_t)(digit - digits));
        if (++in_group < 4)
            continue;
        const size_t bytes = 3 - padding;
        if (length + bytes > capacity)
            return false;
        for (size_t i = 0; i < bytes; i++)
            out[length++] = (unsigned char)(group >> (16 - 8 * i));
        group = 0;
        in_group = 0;
        if (padding > 0) /* only blanks may follow */
            return (*out_length = length, text[1 + strspn(text + 1, " \t\r\n")] == '\0');
    }
    *out_length = length;
    return in_group == 0;
}

static void refuse(struct perfadapt__systemd_pressure *asked, const char *variable, const char *wrong) {
    *asked = (struct perfadapt__systemd_pressure){.wrong_variable = variable, .wrong = wrong};
}

void perfadapt__systemd_pressure_parse(const char *watch, const char *write,
                                       struct perfadapt__systemd_pressure *out_asked) {
    *out_asked = (struct perfadapt__systemd_pressure){0};
    if (!watch)
        return;
    if (strcmp(watch, "/dev/null") == 0) {
        out_asked->off = true;
        return;
    }
    if (watch[0] != '/') {
        refuse(out_asked, PERFADAPT__SYSTEMD_WATCH, "not an absolute path");
        return;
    }
    if (strlen(watch) >= sizeof out_asked->path) {
        refuse(out_asked, PERFADAPT__SYSTEMD_WATCH, "too long a path");
        return;
    }
    if (write && !perfadapt__base64_decode(write, out_asked->text, sizeof out_asked->text, &out_asked->length)) {
        refuse(out_asked, PERFADAPT__SYSTEMD_WRITE, "no base64 of at most 512 bytes");
        return;
    }
    memcpy(out_asked->path, watch, strlen(watch) + 1);
}
