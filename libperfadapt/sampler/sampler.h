/*
 * The one sampler thread of the process: when to read, what to read, who hears of it. SPDX-License-Identifier: MIT
 *
 * Started by the first subscriber, ended by the last; an end never waits for a read in progress: the thread owns its
 * memory and frees it when it gets there. Subscribers are called on the thread with the list locked, so that once
 * perfadapt__sampler_unsubscribe() has returned no call is under way. They must not block.
 */
#ifndef PERFADAPT_SAMPLER_SAMPLER_H
#define PERFADAPT_SAMPLER_SAMPLER_H

#include <perfadapt/perfadapt.h>
#include <perfadapt/snapshot.h>
#include <stdbool.h>

/* What a subscriber says of itself before each read. */
struct perfadapt__activity {
    bool frames_flow; /* a frame ended within the last 250 ms */
    bool near_limit;  /* its controller wants the temperatures faster */
    bool cool;        /* the machine's: every sensor that steers is far below its limit */
    double gpu_busy;  /* 0 … 1 since its last answer; NAN unknown */
};

struct perfadapt__subscriber {
    /* Mandatory; on the sampler thread. `snapshot` is valid during the call. */
    void (*sampled)(void *context, const struct perfadapt_snapshot *snapshot, int64_t now_ns);
    /* Optional; on the sampler thread, before each read. */
    struct perfadapt__activity (*activity)(void *context, int64_t now_ns);
    /* Optional: a descriptor polled for POLLIN (-1 = none), and what is called when it is readable. */
    int watch_fd;
    void (*watched)(void *context);
    void *context;
};

/*
 * Work for the sampler thread that may block, so that no lock is held for it: files of the configuration, a helper
 * process to start and to see to its end. It outlives its subscriber until it says that it is done.
 */
struct perfadapt__errand {
    /*
     * About once a second, and again soon where it returns true. `orphaned`: its subscriber is gone; false then ends
     * it, and never before.
     */
    bool (*run)(void *context, int64_t now_ns, bool orphaned);
    /* Frees the context, once, after the last run; on the sampler thread. */
    void (*finish)(void *context);
    void *context;
};

#define PERFADAPT__ERRANDS_MAX 2

struct perfadapt__sampler_options {
    const char *sysroot;  /* NULL = "/" */
    const char *simulate; /* NULL = the real sensors */
    const struct perfadapt_log *log;
    struct perfadapt__errand errands[PERFADAPT__ERRANDS_MAX]; /* those that have a `run`; their contexts are the
                                                                 sampler's once subscribed */
};

/* A subscription: the caller's handle, freed by unsubscribe. */
struct perfadapt__subscription;

/* Machines are told apart by sysroot and simulate; equal ones are sampled once, for all their subscribers.
 * NOT_FOUND or PERMISSION (sysroot), INVALID (simulate), NO_MEMORY, SYSTEM. */
enum perfadapt_result perfadapt__sampler_subscribe(const struct perfadapt__sampler_options *options,
                                                   const struct perfadapt__subscriber *subscriber,
                                                   struct perfadapt__subscription **out_subscription);

/* Returns within the time of one subscriber call, also while a read blocks. */
void perfadapt__sampler_unsubscribe(struct perfadapt__subscription **subscription);

/* The newest snapshot of the subscription's machine, lock-free; false where every retry collided. */
bool perfadapt__sampler_snapshot(const struct perfadapt__subscription *subscription, struct perfadapt_snapshot *out);

#endif
