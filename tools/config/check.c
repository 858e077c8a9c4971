/* SPDX-License-Identifier: MIT */
#include "config/check.h"

#include "command.h"
#include "config/document.h"
#include "config/text.h"

#include <stdlib.h>
#include <string.h>

struct list {
    struct config_warning *warnings;
    size_t count;
    bool short_of_memory;
};

static void take(void *user, const char *path, unsigned line, const char *section, const char *key, const char *value) {
    struct list *list = user;
    (void)section;
    if (key) /* a value, and good */
        return;
    struct config_warning *grown = reallocarray(list->warnings, list->count + 1, sizeof *grown);
    if (!grown) {
        list->short_of_memory = true;
        return;
    }
    list->warnings = grown;
    grown[list->count] = (struct config_warning){.path = strdup(path), .text = strdup(value), .line = line};
    list->short_of_memory |= !grown[list->count].path || !grown[list->count].text;
    list->count++;
}

static void free_list(struct list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->warnings[i].path);
        free(list->warnings[i].text);
    }
    free(list->warnings);
}

static void print_lines(const struct list *list, FILE *stream) {
    for (size_t i = 0; i < list->count; i++) {
        config_text_place(list->warnings[i].path, list->warnings[i].line, stream);
        fputs(": ", stream);
        config_text_foreign(list->warnings[i].text, stream);
        fputc('\n', stream);
    }
}

static int print(const struct list *list, const char *path, bool readable, bool json, FILE *stream) {
    if (json && !config_document_print_check(path, readable, list->warnings, list->count, stream))
        return EXIT_CODE_ENVIRONMENT;
    /* Of a file that cannot be read nothing is known that belongs on standard output. */
    if (!json)
        print_lines(list, readable ? stream : stderr);
    if (!readable && list->count == 0)
        fprintf(stderr, "perfadapt config: %s: cannot be read\n", path);
    if (!readable)
        return EXIT_CODE_ENVIRONMENT;
    return list->count ? EXIT_CODE_CHECK : EXIT_CODE_OK;
}

static int check_one(const char *path, bool json, FILE *stream) {
    struct list list = {0};
    const bool readable = perfadapt__layers_check(path, take, &list);
    int code = EXIT_CODE_ENVIRONMENT;
    if (list.short_of_memory)
        fprintf(stderr, "perfadapt config: %s: no memory for its warnings\n", path);
    else
        code = print(&list, path, readable, json, stream);
    free_list(&list);
    return code;
}

/* The worst of all of them: a file that cannot be read is worse than one that is wrong. */
int config_check(char *const *files, bool json, FILE *stream) {
    int worst = EXIT_CODE_OK;
    for (; *files; files++) {
        const int code = check_one(*files, json, stream);
        worst = code > worst ? code : worst;
    }
    return worst;
}
