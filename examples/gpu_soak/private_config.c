/* SPDX-License-Identifier: MIT */
#include "private_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void file_path(const struct private_config *config, char out[300]) {
    snprintf(out, 300, "%s/perfadapt.ini", config->directory);
}

static bool complain(const char *path) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, path, strerror(errno));
    return false;
}

bool private_config_create(struct private_config *config, const char *text) {
    const char *temporary = getenv("TMPDIR");
    const char *parent = temporary && *temporary ? temporary : "/tmp";
    char path[300];
    const int length = snprintf(config->directory, sizeof config->directory, "%s/gpu_soak-XXXXXX", parent);
    if (length < 0 || (size_t)length >= sizeof config->directory || !mkdtemp(config->directory)) {
        config->directory[0] = '\0';
        return complain(parent);
    }
    file_path(config, path);
    FILE *file = fopen(path, "we");
    const bool written = file && fputs(text, file) >= 0;
    const bool closed = file && fclose(file) == 0;
    if (written && closed)
        return true;
    complain(path);
    private_config_remove(config);
    return false;
}

void private_config_remove(struct private_config *config) {
    char path[300];
    if (!config->directory[0])
        return;
    file_path(config, path);
    unlink(path);
    rmdir(config->directory);
    config->directory[0] = '\0';
}
