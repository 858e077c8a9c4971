/*
 * What the configuration comes to, and which line of which file each value is from. SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_TOOLS_CONFIG_MERGED_H
#define PERFADAPT_TOOLS_CONFIG_MERGED_H

#include "config/layers.h"
#include "config/schema.h"

#define CONFIG_VALUE_TEXT 64

/* Where one key was given last. */
struct config_origin {
    char *path;     /* NULL: nowhere */
    char *section;  /* "machine Steam Deck" */
    unsigned line;  /* 0 unknown */
    unsigned order; /* later ones win: some keys stand for one setting */
};

enum config_source { CONFIG_FROM_FILE = 0, CONFIG_FROM_PRESET, CONFIG_FROM_DEFAULT };

/* What holds for one key. */
struct config_effect {
    const struct perfadapt__schema_row *row;
    const struct perfadapt__schema_row *given_as; /* the key that was used, which may be another; NULL by default */
    enum config_source source;
    const struct config_origin *origin; /* NULL by default */
    char value[CONFIG_VALUE_TEXT];      /* as a user would write it under `row`; "" by default */
};

struct config_warning {
    char *path;
    char *text;
    unsigned line; /* 0: of the file as a whole */
};

struct config_merged {
    struct perfadapt__layers layers;
    const char *preset;                       /* in force; layers.preset.preset is "" where nothing is known of it */
    struct config_origin *settings, *presets; /* one a row of the schema */
    struct config_warning *warnings;
    size_t warning_count;
    unsigned found; /* values so far */
    bool short_of_memory;
};

/*
 * `found` and `user` of the request are set here; the preset is as perfadapt__layers_read() has it. False where memory
 * is short; the struct is then empty.
 */
bool config_merged_read(struct perfadapt__layers_request *request, const char *preset_of_device,
                        struct config_merged *out_merged);
void config_merged_free(struct config_merged *merged);

/* What holds for the row: what files set, else what the preset says, else the default. */
struct config_effect config_merged_effect(const struct config_merged *merged, size_t index);

/* What the preset says for the row, whether files overrule it or not; false where it says nothing. */
bool config_merged_of_preset(const struct config_merged *merged, size_t index, struct config_effect *out_effect);

#endif
