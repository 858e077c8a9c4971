/* What the configuration asks of sessions on this machine. SPDX-License-Identifier: MIT */
#include "policy.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/layers.h"
#include "config/reload.h"
#include "config/schema.h"
#include "config/schema_text.h"
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

/* The key's value as a user would write it; what holds by default where it is not given. */
static void print_word(const struct perfadapt__settings *settings, const char *key, char out[POLICY_WORD_MAX]) {
    for (size_t i = 0; i < perfadapt__schema_count(); ++i) {
        const struct perfadapt__schema_row *row = perfadapt__schema_row(i);
        if (strcmp(row->key, key) == 0 && !perfadapt__schema_print(settings, row, out, POLICY_WORD_MAX)) {
            snprintf(out, POLICY_WORD_MAX, "%s", perfadapt__schema_text(i)->otherwise);
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
    perfadapt__layers_read(&reader->request, NULL, &layers);
    perfadapt__settings_merge(&layers.preset, &layers.settings); /* files beat the preset */
    print_word(&layers.preset, "policy.prefer", policy->prefer);
    print_word(&layers.preset, "policy.mode", policy->mode);
}
