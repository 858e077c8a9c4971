/* What the configuration asks of sessions on this machine. SPDX-License-Identifier: MIT */
#include "policy.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/layers.h"
#include "config/reload.h"
#include "core/installed.h"
#include "device/bus.h"
#include "tuning/machine_facts.h"

struct policy_reader {
    struct perfadapt__root root;
    struct perfadapt__variables variables;
    struct perfadapt__machine_facts_store machine;
    char data_dir[PATH_MAX];
    struct perfadapt__layers_request request;
    struct perfadapt__reload *reload; /* NULL = read once */
    bool read;
};

static void prepare(struct policy_reader *reader, bool here) {
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    const size_t count = perfadapt__bus_read(&reader->root, gpus);
    perfadapt__machine_facts_read(&reader->root, gpus, count, &reader->machine);
    perfadapt__variables_copy(&reader->variables);
    const bool installed = perfadapt__data_dir(reader->data_dir, sizeof reader->data_dir);
    reader->request = (struct perfadapt__layers_request){.root = &reader->root,
                                                         .variables = here ? &reader->variables : NULL,
                                                         .data_dir = installed ? reader->data_dir : NULL,
                                                         .facts = &reader->machine.facts};
    reader->reload = perfadapt__reload_create(&reader->request);
}

struct policy_reader *policy_reader_open(const char *sysroot) {
    struct policy_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return NULL;
    }
    if (perfadapt__root_open(sysroot, &reader->root) != PERFADAPT_OK) {
        free(reader);
        return NULL;
    }
    prepare(reader, sysroot == NULL || strcmp(sysroot, "/") == 0);
    return reader;
}

void policy_reader_close(struct policy_reader *reader) {
    if (reader == NULL) {
        return;
    }
    perfadapt__reload_destroy(reader->reload);
    perfadapt__variables_free(&reader->variables);
    perfadapt__root_close(&reader->root);
    free(reader);
}

/* A word of the policy while the files are read. */
struct word {
    const char *key;
    char *out;
    bool given; /* by a file, which beats what a preset says */
};

/* Values come in the order in which they count, those of the preset last: of files the last one holds, and what the
 * preset says only where no file does. */
static void take(void *user, const char *path, unsigned line, const char *section, const char *key, const char *value) {
    struct word *words = user;
    const bool of_preset = strncmp(section != NULL ? section : "", "preset ", strlen("preset ")) == 0;
    (void)path;
    (void)line;
    for (struct word *word = words; key != NULL && word->key != NULL; ++word) {
        if (strcmp(key, word->key) == 0 && !(of_preset && word->given)) {
            snprintf(word->out, POLICY_WORD_MAX, "%s", value);
            word->given = word->given || !of_preset;
        }
    }
}

void policy_reader_refresh(struct policy_reader *reader, struct policy *policy) {
    struct perfadapt__layers layers;
    if (reader == NULL) {
        return;
    }
    const bool changed = reader->reload != NULL && perfadapt__reload_drain(reader->reload);
    if (reader->read && !changed) {
        return;
    }
    reader->read = true;
    *policy = (struct policy){.prefer = "framerate", .mode = "auto"};
    struct word words[] = {
        {.key = "policy.prefer", .out = policy->prefer}, {.key = "policy.mode", .out = policy->mode}, {.key = NULL}};
    reader->request.found = take;
    reader->request.user = words;
    perfadapt__layers_read(&reader->request, NULL, &layers);
}
