/* SPDX-License-Identifier: MIT */
#include "core/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *name) {
    const char *value = secure_getenv(name);
    return value ? strdup(value) : NULL;
}

void perfadapt__variables_copy(struct perfadapt__variables *out_variables) {
    *out_variables = (struct perfadapt__variables){
        .home = copy("HOME"),
        .cache_home = copy("XDG_CACHE_HOME"),
        .config_home = copy("XDG_CONFIG_HOME"),
        .state_home = copy("XDG_STATE_HOME"),
        .runtime_dir = copy("XDG_RUNTIME_DIR"),
        .pressure_watch = copy("MEMORY_PRESSURE_WATCH"),
        .pressure_write = copy("MEMORY_PRESSURE_WRITE"),
    };
}

void perfadapt__variables_free(struct perfadapt__variables *variables) {
    free(variables->home);
    free(variables->cache_home);
    free(variables->config_home);
    free(variables->state_home);
    free(variables->runtime_dir);
    free(variables->pressure_watch);
    free(variables->pressure_write);
    *variables = (struct perfadapt__variables){0};
}

/* XDG Base Directory Specification: a path that is not absolute is to be ignored. */
bool perfadapt__user_path(const char *base, const char *home, const char *in_home, const char *rest, char *out,
                          size_t capacity) {
    const bool is_set = base && *base == '/';
    const char *below = is_set ? base : home;
    if (!below || *below != '/')
        return false;
    const int length = snprintf(out, capacity, "%s%s/perfadapt%s", below, is_set ? "" : in_home, rest);
    return length > 0 && (size_t)length < capacity;
}
