/* `perfadapt replay` of logs that others wrote. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_IMPORT_H
#define PERFADAPT_TOOLS_REPLAY_IMPORT_H

#include "replay/options.h"

/* `beginning` is what has been read of `fd` before. Returns the exit code. */
int replay_import(const struct replay_options *options, int fd, const char *beginning, size_t count);

#endif
