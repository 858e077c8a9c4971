/*
 * Environment variables, copied on the thread that opens a session. SPDX-License-Identifier: MIT
 *
 * A host may change its environment at any time, which getenv(3) on another thread does not survive: the sampler's never
 * asks for it. None is trusted where the program runs with more rights than its user (secure_getenv(3)).
 */
#ifndef PERFADAPT_CORE_VARIABLES_H
#define PERFADAPT_CORE_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

/* NULL = not set. */
struct perfadapt__variables {
    char *home;           /* HOME */
    char *cache_home;     /* XDG_CACHE_HOME */
    char *config_home;    /* XDG_CONFIG_HOME */
    char *state_home;     /* XDG_STATE_HOME */
    char *runtime_dir;    /* XDG_RUNTIME_DIR */
    char *pressure_watch; /* MEMORY_PRESSURE_WATCH */
    char *pressure_write; /* MEMORY_PRESSURE_WRITE */
};

/* What memory is too short for is as if unset. */
void perfadapt__variables_copy(struct perfadapt__variables *out_variables);
void perfadapt__variables_free(struct perfadapt__variables *variables);

/*
 * "/rest" of ours below `base`, as XDG_CACHE_HOME says, or below `in_home` ("/.cache") of the home directory. False where
 * there is no such place, or it does not fit.
 */
bool perfadapt__user_path(const char *base, const char *home, const char *in_home, const char *rest, char *out,
                          size_t capacity);

#endif
