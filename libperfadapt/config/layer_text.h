/* One file of a configuration: what it says, and what of it holds here. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONFIG_LAYER_TEXT_H
#define PERFADAPT_CONFIG_LAYER_TEXT_H

#include "config/layers.h"
#include "config/nearest.h"

#include <stdbool.h>

#define PERFADAPT__LAYER_MACHINES_MAX 16

struct perfadapt__layer_text {
    const struct perfadapt__layers_request *request;
    const char *path;
    const char *preset; /* whose file it is; NULL = a layer's */
    const char *text;
    size_t length;

    /* What the survey has found. */
    bool has_plain, has_apps, has_presets;
    size_t machine_count;
    unsigned machines[PERFADAPT__LAYER_MACHINES_MAX]; /* lines of the [machine NAME] that are this one */
    /* Where policy.preset was set last; 0 = nowhere. */
    unsigned preset_line;
};

/* Looks at every section and warns of whatever is wrong, once. False where the file is broken: it is to be dropped. */
bool perfadapt__layer_text_survey(struct perfadapt__layer_text *text);

/* After the survey: plain sections, then those of the machine, then those of the app. */
void perfadapt__layer_text_apply(struct perfadapt__layer_text *text, struct perfadapt__settings *settings);

#define PERFADAPT__PRESET_NAME 32

/* A preset by its name, and where it has none, the nearest that there is. */
struct perfadapt__preset_search {
    const char *name;
    bool known;
    struct perfadapt__nearest nearest;
    char found[PERFADAPT__PRESET_NAME]; /* what `nearest` has found */
};

void perfadapt__preset_search_offer(struct perfadapt__preset_search *search, const char *name);

/* After the survey: the sections [preset NAME]. */
void perfadapt__layer_text_preset(struct perfadapt__layer_text *text, struct perfadapt__preset_search *search,
                                  struct perfadapt__settings *settings);

#endif
