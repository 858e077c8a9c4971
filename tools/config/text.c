/* SPDX-License-Identifier: MIT */
#include "config/text.h"

#include "config/schema_text.h"

#include <string.h>

static const char preset_prefix[] = "preset.";

void config_text_foreign(const char *text, FILE *stream) {
    for (; *text; text++)
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, stream);
}

void config_text_place(const char *path, unsigned line, FILE *stream) {
    config_text_foreign(path, stream);
    if (line)
        fprintf(stream, ":%u", line);
}

/* ---- one value ---- */

static const char *name_of(const struct perfadapt__schema_row *row) {
    return strchr(row->key, '.') + 1;
}

/* A line of its own: behind a value it might be taken for a part of it, and lines must not be long. */
static void print_origin(const struct config_effect *effect, const char *preset, FILE *stream) {
    fputs("# ", stream);
    if (effect->source == CONFIG_FROM_PRESET)
        fprintf(stream, "preset %s: ", preset);
    config_text_place(effect->origin->path, effect->origin->line, stream);
    if (strchr(effect->origin->section, ' ') && effect->source == CONFIG_FROM_FILE) {
        fputs(" [", stream);
        config_text_foreign(effect->origin->section, stream);
        fputc(']', stream);
    }
    if (effect->given_as != effect->row)
        fprintf(stream, ", as %s", effect->given_as->key);
    fputc('\n', stream);
}

/* What no file sets stands in a comment: else it would be more than files say. */
static void print_effect(const struct config_effect *effect, const char *otherwise, const char *preset, FILE *stream) {
    if (effect->source == CONFIG_FROM_DEFAULT) {
        fprintf(stream, "# default: %s\n;%s =\n", otherwise, name_of(effect->row));
        return;
    }
    print_origin(effect, preset, stream);
    fprintf(stream, "%s%s = %s\n", effect->source == CONFIG_FROM_FILE ? "" : ";", name_of(effect->row), effect->value);
}

/* ---- sections ---- */

static bool is_of_presets(const struct perfadapt__schema_row *row) {
    return strncmp(row->key, preset_prefix, sizeof preset_prefix - 1) == 0;
}

/* The length of "thermal" in "thermal.limit_c". */
static int section_length(const struct perfadapt__schema_row *row) {
    return (int)(strchr(row->key, '.') - row->key);
}

static bool is_same_section(const struct perfadapt__schema_row *one, const struct perfadapt__schema_row *other) {
    return section_length(one) == section_length(other) &&
           strncmp(one->key, other->key, (size_t)section_length(one)) == 0;
}

static void print_sections(const struct config_merged *merged, FILE *stream) {
    const struct perfadapt__schema_row *last = NULL;
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        const struct config_effect effect = config_merged_effect(merged, i);
        if (is_of_presets(effect.row))
            continue;
        if (!last || !is_same_section(last, effect.row))
            fprintf(stream, "\n[%.*s]\n", section_length(effect.row), effect.row->key);
        last = effect.row;
        print_effect(&effect, perfadapt__schema_text(i)->otherwise, merged->preset, stream);
    }
}

/* ---- the preset ---- */

static bool has_other_name(const struct perfadapt__schema_row *row) {
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        const struct perfadapt__schema_row *other = perfadapt__schema_row(i);
        if (other->offset == row->offset && !is_of_presets(other))
            return true;
    }
    return false;
}

/* [machine NAME] and [app NAME] may set what else presets alone say. There is no other place for it than the preset. */
static bool print_in_preset(const struct config_merged *merged, size_t index, FILE *stream) {
    const struct config_effect effect = config_merged_effect(merged, index);
    if (effect.source != CONFIG_FROM_FILE || has_other_name(effect.row))
        return false;
    if (effect.given_as == effect.row) {
        print_origin(&effect, merged->preset, stream);
        fprintf(stream, "%s = %s\n", name_of(effect.row), effect.value);
    }
    return true;
}

static void print_of_preset(const struct config_merged *merged, size_t index, FILE *stream) {
    struct config_effect said;
    if (!config_merged_of_preset(merged, index, &said) || said.given_as != said.row)
        return;
    const struct config_effect effect = config_merged_effect(merged, index);
    fputs("# ", stream);
    config_text_place(said.origin->path, said.origin->line, stream);
    if (effect.source == CONFIG_FROM_FILE) {
        fputs("; overruled by ", stream);
        config_text_place(effect.origin->path, effect.origin->line, stream);
    }
    fprintf(stream, "\n%s = %s\n", is_of_presets(said.row) ? name_of(said.row) : said.row->key, said.value);
}

static void print_preset(const struct config_merged *merged, FILE *stream) {
    fprintf(stream, "\n[preset %s]\n", merged->preset);
    for (size_t i = 0; i < perfadapt__schema_count(); i++)
        if (!print_in_preset(merged, i, stream))
            print_of_preset(merged, i, stream);
}

void config_text_print(const struct config_merged *merged, const char *app, const char *why, FILE *stream) {
    fputs("# What holds on this machine", stream);
    if (app) {
        fputs(" for ", stream);
        config_text_foreign(app, stream);
    }
    fputs(", and where each value is from. What begins with \";\" is not set by a file:\n"
          "# it is what the preset says, or what holds otherwise. An app's own wishes come between preset and files.\n",
          stream);
    fprintf(stream, "# Preset %s: %s.\n", merged->preset, why);
    print_sections(merged, stream);
    print_preset(merged, stream);
}
