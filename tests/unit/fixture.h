/* A root directory made for one test, and removed after it. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_FIXTURE_H
#define PERFADAPT_TESTS_FIXTURE_H

#include "core/fs.h"
#include "providers/provider.h"

#include <perfadapt/snapshot.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    char path[128];
    struct perfadapt__root root;
    struct perfadapt__gates gates;
    struct perfadapt__watch watch;
    struct perfadapt__provider_environment environment;
    struct perfadapt_snapshot snapshot;
    struct perfadapt__provider *provider;
    struct perfadapt_log log;
    unsigned logged;           /* lines */
    char last_line[512];       /* the last of them */
    unsigned long descriptors; /* the soft limit before fixture_starve; 0 = as it was */
};

/* As cmocka wants them: *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Each makes the directories above what it makes; texts go into files as they are. */
void fixture_file(struct fixture *fixture, const char *path, const char *text);
void fixture_bytes(struct fixture *fixture, const char *path, const void *bytes, size_t length);
void fixture_directory(struct fixture *fixture, const char *path);
void fixture_link(struct fixture *fixture, const char *path, const char *target);
void fixture_mode(struct fixture *fixture, const char *path, unsigned mode);
void fixture_move(struct fixture *fixture, const char *from, const char *to);
/* A file, a link, or a directory with all in it. */
void fixture_remove(struct fixture *fixture, const char *path);
/* A copy of a directory from outside. A file whose text starts with "../" becomes the link that it records. */
void fixture_copy(struct fixture *fixture, const char *from, const char *path);

/* Creates the provider into fixture->provider; reads at a time in milliseconds. */
void fixture_create(struct fixture *fixture, const struct perfadapt__provider_class *type);
void fixture_read(struct fixture *fixture, int64_t now_ms);

/* The sensor of that id, or NULL. */
struct perfadapt_sensor *fixture_sensor(struct fixture *fixture, const char *id);

/* The process may open `spare` more descriptors; fixture_feed, or the teardown, ends that. */
void fixture_starve(struct fixture *fixture, unsigned spare);
void fixture_feed(struct fixture *fixture);

bool fixture_is_plain_user(void);

/*
 * Files of this tree that lie beside this program's directory, wherever both were copied to: not every user can read
 * the tree itself.
 */
void fixture_beside(const char *name, char *out, size_t capacity);
const char *fixture_profiles(void); /* profiles/ */

void assert_metric(const struct perfadapt_metric *metric, enum perfadapt_state state, double value);
void assert_unknown(const struct perfadapt_metric *metric, enum perfadapt_state state);

#endif
