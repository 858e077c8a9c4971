/* SPDX-License-Identifier: MIT */
#include "replay/recording.h"

#include "command.h"

int replay_recording(const struct replay_options *options, FILE *file, const char *path) {
    (void)options;
    (void)file;
    fprintf(stderr, "perfadapt replay: %s: recordings are not supported by this build\n", path);
    return EXIT_CODE_ENVIRONMENT;
}
