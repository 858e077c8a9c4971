/* SPDX-License-Identifier: MIT */
#include "profile/report.h"

#include "profile/gpuinfo.h"
#include "profile/mend.h"
#include "profile/profiles_file.h"
#include "profile/vulkaninfo.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By shape, the most particular first. */
static const struct profile_reader *const readers[] = {
    &profile_reader_profiles,
    &profile_reader_vulkaninfo,
    &profile_reader_gpuinfo,
};

#define READER_COUNT (sizeof readers / sizeof readers[0])

static bool fail(char reason[PROFILE_REASON_BYTES], const char *text) {
    snprintf(reason, PROFILE_REASON_BYTES, "%s", text);
    return false;
}

/* What people give it that is no report, and what to do then; NULL for anything else that is no JSON. */
static const char *advice(const char *text, size_t length, const json_error_t *error) {
    switch (json_error_code(error)) {
    case json_error_end_of_input_expected:
        return "; more than one document? A report describes one device";
    case json_error_premature_end_of_input:
        return "; cut short? Get the report again";
    default:
        break;
    }
    if ((size_t)error->position >= length)
        return "; cut short? Get the report again";
    const char first = text[strspn(text, " \t\r\n")];
    return first == '{' || first == '[' ? "" : "; of vulkaninfo's output, only that of --json is read";
}

/* Jansson quotes what it found: bytes of the file, which must not reach a terminal as they are. */
static json_t *parse(const char *text, size_t length, char reason[PROFILE_REASON_BYTES]) {
    json_error_t error;
    /* Integers as reals: 18446744073709551615 is a common limit and no json_int_t. Doubles are exact up to 8 PiB. */
    json_t *document = json_loadb(text, length, JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (document)
        return document;
    snprintf(reason, PROFILE_REASON_BYTES, "not JSON: line %d, column %d: %s%s", error.line, error.column, error.text,
             advice(text, length, &error));
    for (char *at = reason; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = ' ';
    return NULL;
}

/* PowerShell redirects into UTF-16. */
static bool is_utf16(const char *text, size_t length) {
    return length >= 2 &&
           (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0 || !text[0] || !text[1]);
}

static bool read_document(json_t *document, struct perfadapt_device *device, char reason[PROFILE_REASON_BYTES]) {
    for (size_t i = 0; i < READER_COUNT; i++)
        if (readers[i]->recognises(document)) {
            const char *why = readers[i]->read(document, device);
            return !why || fail(reason, why);
        }
    snprintf(reason, PROFILE_REASON_BYTES, "%s of another kind: what is understood is what `%s` writes, %s and %s%s",
             json_is_object(document) ? "JSON" : "a JSON value", readers[1]->name, readers[0]->name, readers[2]->name,
             json_is_array(document) ? ", one device each" : "");
    return false;
}

bool profile_report_parse(char *text, size_t length, struct perfadapt_device *out_device,
                          char out_reason[PROFILE_REASON_BYTES]) {
    *out_device = (struct perfadapt_device){.size = sizeof *out_device};
    if (is_utf16(text, length))
        return fail(out_reason, "not UTF-8 but UTF-16, or no text at all: iconv -f UTF-16 -t UTF-8 converts it");
    const size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (strspn(text + mark, " \t\r\n") == length - mark)
        return fail(out_reason, "empty; `vulkaninfo --json` writes a file of its own, VP_VULKANINFO_....json");
    profile_mend(text + mark, length - mark);
    json_t *document = parse(text + mark, length - mark, out_reason);
    if (!document)
        return false;
    const bool understood = read_document(document, out_device, out_reason);
    json_decref(document);
    return understood;
}

bool profile_report_read(const char *path, struct perfadapt_device *out_device, char out_reason[PROFILE_REASON_BYTES]) {
    size_t length;
    char *text = profile_file_read(path, &length, out_reason);
    if (!text)
        return false;
    const bool understood = profile_report_parse(text, length, out_device, out_reason);
    free(text);
    return understood;
}
