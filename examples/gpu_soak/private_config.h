/* A configuration of one's own: a directory that is there while the program runs. SPDX-License-Identifier: MIT */
#ifndef GPU_SOAK_PRIVATE_CONFIG_H
#define GPU_SOAK_PRIVATE_CONFIG_H

#include <stdbool.h>

struct private_config {
    char directory[256]; /* for perfadapt_options.config_dir; "" = none */
};

/* Writes `text` as its perfadapt.ini. What failed is said on stderr. */
bool private_config_create(struct private_config *config, const char *text);
void private_config_remove(struct private_config *config);

#endif
