/*
 * One machine as sampled: a root directory, its providers and the snapshot they fill. SPDX-License-Identifier: MIT
 *
 * Made by whoever subscribes first, which only opens the root and copies environment variables; discovered, read and destroyed by the sampler thread.
 */
#ifndef PERFADAPT_SAMPLER_MACHINE_H
#define PERFADAPT_SAMPLER_MACHINE_H

#include "core/snapshot_copy.h"
#include "providers/registry.h"
#include "sampler/guard.h"
#include "sampler/overrides.h"
#include "sampler/roles.h"
#include "sampler/sampler.h"

struct perfadapt__machine {
    struct perfadapt__machine *next; /* the sampler's list */
    unsigned users;                  /* subscriptions; under the sampler's lock */
    char *sysroot, *simulate;        /* as subscribed; NULL = none */
    struct perfadapt__root root;
    struct perfadapt__variables variables; /* of the environment, when it was subscribed */
    struct perfadapt_log log;              /* the sampler's: hands lines on to a subscriber */
    const struct perfadapt__watch *watch;  /* the sampler's */
    bool discovered;                       /* the sampler thread's own from here on */
    bool asleep_known;                     /* that `asleep_ns` has been looked at */
    int64_t asleep_ns;                     /* the machine's sleep since boot */
    size_t provider_count;
    struct perfadapt__provider *providers[PERFADAPT__PROVIDERS_MAX];
    int64_t read_ns[PERFADAPT__PROVIDERS_MAX]; /* last read; 0 = never, or asked for at once */
    int64_t cost_ns[PERFADAPT__PROVIDERS_MAX]; /* of the last read */
    bool cool;
    struct perfadapt__roles_basis roles_basis; /* when roles were last given out */
    struct perfadapt__overrides overrides;
    struct perfadapt__seqlock lock; /* over the published copy */

    /* Room for more than most machines have: counted, and not written to before it is used. */
    struct perfadapt_snapshot snapshot;
    _Atomic uint64_t words[PERFADAPT__SNAPSHOT_WORDS];
    struct perfadapt__guard guard;
    struct perfadapt__gates gates;
    struct perfadapt__sensor_map map;
};

/* Opens the root; NOT_FOUND, PERMISSION, NO_MEMORY or SYSTEM. */
enum perfadapt_result perfadapt__machine_create(const char *sysroot, const char *simulate,
                                                struct perfadapt__machine **out_machine);
void perfadapt__machine_destroy(struct perfadapt__machine *machine);

bool perfadapt__machine_is(const struct perfadapt__machine *machine, const char *sysroot, const char *simulate);

/* Reads what is due and publishes; false where nothing was. */
bool perfadapt__machine_sample(struct perfadapt__machine *machine, const struct perfadapt__activity *activity,
                               int64_t now_ns);

/* When the next read is due. */
int64_t perfadapt__machine_due_ns(const struct perfadapt__machine *machine, const struct perfadapt__activity *activity);

/* All of it is to be read at the next sample. */
void perfadapt__machine_hurry(struct perfadapt__machine *machine);

/* The host has closed our descriptors, whose numbers may be its own by now: what was known is stale from here on, and
 * nothing is read, or closed, any more. */
void perfadapt__machine_lose(struct perfadapt__machine *machine);

/* A descriptor of the watch has something to tell: true where it is one of this machine's. */
bool perfadapt__machine_triggered(struct perfadapt__machine *machine, int fd, uint32_t events);

/* Any thread. */
bool perfadapt__machine_snapshot(const struct perfadapt__machine *machine, struct perfadapt_snapshot *out);

#endif
