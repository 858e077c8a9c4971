/* What reads one format of reports. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_READER_H
#define PERFADAPT_TOOLS_PROFILE_READER_H

#include <jansson.h>
#include <perfadapt/profile.h>
#include <stdbool.h>

struct profile_reader {
    const char *name; /* as people know the format */
    /* True where the document has this format's shape; versions are not asked for: what is there is taken. */
    bool (*recognises)(const json_t *document);
    /* Fills `device`, which is all unknown. NULL, or why there is no device in it. */
    const char *(*read)(json_t *document, struct perfadapt_device *device);
};

#endif
