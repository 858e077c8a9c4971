/* SPDX-License-Identifier: MIT */
#include "config/layers.h"

#include "config/layer_files.h"
#include "config/layer_text.h"
#include "config/text_file.h"

#include <fcntl.h>
#include <math.h> /* NAN only: no libm is linked */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
    const struct perfadapt__layers_request *request;
    struct perfadapt__layers *layers;
    struct perfadapt__layer_places places;
    struct perfadapt__layer_files files;
    const char *preset_path; /* where policy.preset was set last; NULL = nowhere */
    unsigned preset_line;
};

/* ---- files ---- */

/* What is no file: a link to nowhere is worth a word, one to /dev/null says no more than that another drop-in is not to be
 * read. */
static bool is_lost(const struct perfadapt__layer_file *file, bool is_known) {
    char target[16];
    ssize_t length;
    if (file->place->root)
        length = perfadapt__fs_readlink(file->place->root, file->path, target, sizeof target);
    else
        length = readlink(file->path, target, sizeof target);
    return (is_known || length > 0) && !(length == 9 && memcmp(target, "/dev/null", 9) == 0);
}

static void warn_unused(const struct perfadapt__layers_request *request, const char *path, const char *why) {
    char text[PERFADAPT__TEXT_FILE_WHY + 32];
    snprintf(text, sizeof text, "%s; the file is not used", why);
    perfadapt__layers_warn(request, path, 0, "", text);
}

static struct perfadapt__text_file read_file(const struct perfadapt__layer_place *place, const char *path) {
    return perfadapt__text_file_read(perfadapt__layer_open(place->root, path, O_RDONLY), PERFADAPT__LAYER_BYTES_MAX,
                                     place->trust);
}

static void take_file(struct reader *reader, struct perfadapt__layer_file *entry) {
    struct perfadapt__text_file file = read_file(entry->place, entry->path);
    if (!file.text) {
        if (is_lost(entry, *file.why || entry->listed))
            warn_unused(reader->request, entry->path, *file.why ? file.why : "leads nowhere");
        return;
    }
    struct perfadapt__layer_text text = {
        .request = reader->request, .path = entry->path, .text = file.text, .length = file.length};
    const bool whole = perfadapt__layer_text_survey(&text);
    if (whole)
        perfadapt__layer_text_apply(&text, &reader->layers->settings);
    if (text.preset_line > 0) {
        reader->preset_path = entry->path;
        reader->preset_line = text.preset_line;
    }
    if (whole && text.has_presets) { /* which preset it is to be is known only after the last file */
        entry->text = file.text;
        entry->length = file.length;
    } else {
        free(file.text);
    }
}

/* ---- presets ---- */

static void take_preset_file(struct reader *reader, struct perfadapt__preset_search *search) {
    const struct perfadapt__layer_place *place = &reader->places.list[PERFADAPT__PLACE_DATA];
    char path[PATH_MAX];
    if (!place->path || snprintf(path, sizeof path, "%s/presets/%s.ini", place->path, search->name) >= PATH_MAX)
        return;
    struct perfadapt__text_file file = read_file(place, path);
    struct perfadapt__layer_text text = {
        .request = reader->request, .path = path, .preset = search->name, .text = file.text, .length = file.length};
    search->known |= file.text || *file.why;
    if (file.text && perfadapt__layer_text_survey(&text))
        perfadapt__layer_text_apply(&text, &reader->layers->preset);
    else if (*file.why)
        warn_unused(reader->request, path, file.why);
    free(file.text);
}

static void take_preset_sections(struct reader *reader, struct perfadapt__preset_search *search) {
    for (size_t i = 0; i < reader->files.count; i++) {
        const struct perfadapt__layer_file *file = &reader->files.list[i];
        struct perfadapt__layer_text text = {
            .request = reader->request, .path = file->path, .text = file->text, .length = file->length};
        if (file->text)
            perfadapt__layer_text_preset(&text, search, &reader->layers->preset);
    }
}

static void offer_preset_files(struct reader *reader, struct perfadapt__preset_search *search) {
    const struct perfadapt__layer_place *place = &reader->places.list[PERFADAPT__PLACE_DATA];
    struct perfadapt__layer_files files = {0};
    if (place->path)
        perfadapt__layer_files_add(&files, reader->request, place, "presets", 0);
    for (size_t i = 0; i < files.count; i++) {
        files.list[i].path[strlen(files.list[i].path) - strlen(".ini")] = '\0';
        perfadapt__preset_search_offer(search, files.list[i].name);
    }
    perfadapt__layer_files_free(&files);
}

static void warn_unknown(struct reader *reader, struct perfadapt__preset_search *search, const char *path,
                         unsigned line) {
    char text[160];
    offer_preset_files(reader, search);
    perfadapt__nearest_tell(&search->nearest, "preset", text, sizeof text);
    perfadapt__layers_warn(reader->request, path, line, "policy", text);
}

static bool take_preset(struct reader *reader, const char *name, const char *path, unsigned line) {
    struct perfadapt__preset_search search = {.name = name};
    perfadapt__nearest_init(&search.nearest, name);
    take_preset_file(reader, &search);
    take_preset_sections(reader, &search);
    if (search.known)
        snprintf(reader->layers->preset.preset, sizeof reader->layers->preset.preset, "%s", name);
    else
        warn_unknown(reader, &search, path, line);
    return search.known;
}

static void take_preset_of(struct reader *reader, const char *preset) {
    const char *data_dir = reader->request->data_dir;
    struct perfadapt__settings *settings = &reader->layers->preset;
    take_preset(reader, preset ? preset : PERFADAPT__PRESET_OF_UNKNOWN, data_dir ? data_dir : "presets", 0);
    if (!preset)
        settings->target_ns = settings->frames_in_flight = settings->worker_threads = (double)NAN;
}

/* ---- whole ---- */

void perfadapt__layers_read(const struct perfadapt__layers_request *request, const char *preset,
                            struct perfadapt__layers *out_layers) {
    struct reader *reader = calloc(1, sizeof *reader); /* holds a path: too much for a small stack */
    char *chosen = out_layers->settings.preset;
    perfadapt__settings_init(&out_layers->preset);
    perfadapt__settings_init(&out_layers->settings);
    if (!reader)
        return;
    reader->request = request;
    reader->layers = out_layers;
    perfadapt__layer_places_find(request, &reader->places);
    perfadapt__layer_files_find(request, &reader->places, &reader->files);
    for (size_t i = 0; i < reader->files.count; i++)
        take_file(reader, &reader->files.list[i]);
    const bool asked = *chosen && strcmp(chosen, "auto") != 0;
    const bool known = asked && take_preset(reader, chosen, reader->preset_path, reader->preset_line);
    if (asked && !known)
        memcpy(chosen, "auto", sizeof "auto");
    if (!known && (!preset || *preset))
        take_preset_of(reader, preset);
    perfadapt__layer_files_free(&reader->files);
    free(reader);
}
