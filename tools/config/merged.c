/* SPDX-License-Identifier: MIT */
#include "config/merged.h"

#include <stdlib.h>
#include <string.h>

static const char preset_section[] = "preset ";

/* ---- collecting ---- */

static void add_warning(struct config_merged *merged, const char *path, unsigned line, const char *text) {
    struct config_warning *grown = reallocarray(merged->warnings, merged->warning_count + 1, sizeof *grown);
    if (!grown) {
        merged->short_of_memory = true;
        return;
    }
    merged->warnings = grown;
    struct config_warning *warning = &grown[merged->warning_count++];
    *warning = (struct config_warning){.path = strdup(path), .text = strdup(text), .line = line};
    merged->short_of_memory |= !warning->path || !warning->text;
}

static void set_origin(struct config_merged *merged, struct config_origin *origin, const char *path, unsigned line,
                       const char *section) {
    free(origin->path);
    free(origin->section);
    *origin = (struct config_origin){
        .path = strdup(path), .section = strdup(section), .line = line, .order = ++merged->found};
    merged->short_of_memory |= !origin->path || !origin->section;
}

static bool find_row(const char *key, size_t *out_index) {
    for (size_t i = 0; i < perfadapt__schema_count(); i++)
        if (strcmp(perfadapt__schema_row(i)->key, key) == 0) {
            *out_index = i;
            return true;
        }
    return false;
}

static void take(void *user, const char *path, unsigned line, const char *section, const char *key, const char *value) {
    struct config_merged *merged = user;
    size_t index;
    if (!key) {
        add_warning(merged, path, line, value);
        return;
    }
    if (!find_row(key, &index))
        return;
    const bool of_preset = strncmp(section, preset_section, sizeof preset_section - 1) == 0;
    set_origin(merged, of_preset ? &merged->presets[index] : &merged->settings[index], path, line, section);
}

static void free_origins(struct config_origin *origins) {
    for (size_t i = 0; origins && i < perfadapt__schema_count(); i++) {
        free(origins[i].path);
        free(origins[i].section);
    }
    free(origins);
}

void config_merged_free(struct config_merged *merged) {
    for (size_t i = 0; i < merged->warning_count; i++) {
        free(merged->warnings[i].path);
        free(merged->warnings[i].text);
    }
    free(merged->warnings);
    free_origins(merged->settings);
    free_origins(merged->presets);
    *merged = (struct config_merged){0};
}

bool config_merged_read(struct perfadapt__layers_request *request, const char *preset_of_device,
                        struct config_merged *out_merged) {
    struct config_merged *merged = out_merged;
    *merged = (struct config_merged){.settings = calloc(perfadapt__schema_count(), sizeof *merged->settings),
                                     .presets = calloc(perfadapt__schema_count(), sizeof *merged->presets)};
    request->found = take;
    request->user = merged;
    merged->short_of_memory = !merged->settings || !merged->presets;
    if (!merged->short_of_memory)
        perfadapt__layers_read(request, preset_of_device, &merged->layers);
    if (merged->short_of_memory) {
        config_merged_free(merged);
        return false;
    }
    const char *known = merged->layers.preset.preset;
    merged->preset = *known || !preset_of_device ? known : preset_of_device;
    return true;
}

/* ---- asking ---- */

/* The key that was given last of those that stand for the same setting; SIZE_MAX = none was. */
static size_t last_given(const struct config_origin *origins, size_t index) {
    const size_t offset = perfadapt__schema_row(index)->offset;
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < perfadapt__schema_count(); i++)
        if (perfadapt__schema_row(i)->offset == offset && origins[i].path &&
            (last == SIZE_MAX || origins[i].order > origins[last].order))
            last = i;
    return last;
}

static bool fill(const struct config_origin *origins, const struct perfadapt__settings *settings, size_t index,
                 enum config_source source, struct config_effect *effect) {
    const size_t given = last_given(origins, index);
    if (given == SIZE_MAX || !perfadapt__schema_print(settings, effect->row, effect->value, sizeof effect->value))
        return false;
    effect->source = source;
    effect->given_as = perfadapt__schema_row(given);
    effect->origin = &origins[given];
    return true;
}

struct config_effect config_merged_effect(const struct config_merged *merged, size_t index) {
    struct config_effect effect = {.row = perfadapt__schema_row(index), .source = CONFIG_FROM_DEFAULT};
    if (!fill(merged->settings, &merged->layers.settings, index, CONFIG_FROM_FILE, &effect) &&
        !fill(merged->presets, &merged->layers.preset, index, CONFIG_FROM_PRESET, &effect))
        *effect.value = '\0';
    return effect;
}

bool config_merged_of_preset(const struct config_merged *merged, size_t index, struct config_effect *out_effect) {
    *out_effect = (struct config_effect){.row = perfadapt__schema_row(index)};
    return fill(merged->presets, &merged->layers.preset, index, CONFIG_FROM_PRESET, out_effect);
}
