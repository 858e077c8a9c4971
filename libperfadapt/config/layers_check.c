/* One file by itself: for tools, not in the library. SPDX-License-Identifier: MIT */
#include "config/layer_files.h"
#include "config/layer_text.h"
#include "config/text_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* The presets' own folder tells which kind of file it is. */
static bool is_preset_path(const char *path) {
    static const char folder[] = "presets/";
    const char *name = strrchr(path, '/');
    const size_t length = name ? (size_t)(name + 1 - path) : 0;
    const size_t folder_length = sizeof folder - 1;
    return length >= folder_length && memcmp(path + length - folder_length, folder, folder_length) == 0 &&
           (length == folder_length || path[length - folder_length - 1] == '/');
}

bool perfadapt__layers_check(const char *path, perfadapt__layers_found *found, void *user) {
    const struct perfadapt__layers_request request = {.found = found, .user = user};
    const int fd = perfadapt__layer_open(NULL, path, O_RDONLY);
    struct perfadapt__text_file file = perfadapt__text_file_read(fd, PERFADAPT__LAYER_BYTES_MAX, false);
    struct perfadapt__layer_text text = {.request = &request,
                                         .path = path,
                                         .preset = is_preset_path(path) ? "" : NULL,
                                         .text = file.text,
                                         .length = file.length};
    const bool read = file.text;
    if (read)
        perfadapt__layer_text_survey(&text);
    else
        perfadapt__layers_warn(&request, path, 0, "", *file.why ? file.why : "there is no such file");
    free(file.text);
    return read;
}
