/* `perfadapt replay` of the library's own recordings. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_RECORDING_H
#define PERFADAPT_TOOLS_REPLAY_RECORDING_H

#include "replay/options.h"

#include <stdio.h>

/* Bytes that every recording begins with. */
#define REPLAY_RECORDING_MAGIC "PERFADRC"
#define REPLAY_RECORDING_MAGIC_BYTES 8

/* `file` stands at its beginning, and need not be one that can be rewound. Returns the exit code. */
int replay_recording(const struct replay_options *options, FILE *file, const char *path);

#endif
