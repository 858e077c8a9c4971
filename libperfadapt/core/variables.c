/* SPDX-License-Identifier: MIT */
#include "core/variables.h"

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
        .pressure_watch = copy("MEMORY_PRESSURE_WATCH"),
        .pressure_write = copy("MEMORY_PRESSURE_WRITE"),
    };
}

void perfadapt__variables_free(struct perfadapt__variables *variables) {
    free(variables->home);
    free(variables->cache_home);
    free(variables->config_home);
    free(variables->pressure_watch);
    free(variables->pressure_write);
    *variables = (struct perfadapt__variables){0};
}
