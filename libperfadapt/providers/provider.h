/*
 * What every provider is: a source of readings behind one small table of functions. SPDX-License-Identifier: MIT
 *
 * A provider reads one kind of kernel file below the root and writes into its own part of the snapshot. It runs on the
 * sampler thread alone, keeps its files open, judges nothing (plausibility, roles and limits of what it read are the
 * sampler's) and knows no other provider. What the machine does not have is UNSUPPORTED with a NAN value; what is there
 * and cannot be read is ERROR, or STALE with the last good value and its timestamp.
 */
#ifndef PERFADAPT_PROVIDERS_PROVIDER_H
#define PERFADAPT_PROVIDERS_PROVIDER_H

#include "core/fs.h"

#include <perfadapt/perfadapt.h>
#include <perfadapt/snapshot.h>

/* Everything a provider may use. The root and the log outlive it. */
struct perfadapt__provider_environment {
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    const char *simulate; /* the fake provider's plant, NULL for the others */
};

/* What is known at a read, beside the files. */
struct perfadapt__read_context {
    int64_t now_ns;  /* CLOCK_MONOTONIC */
    double gpu_busy; /* 0 … 1 over the time since the last read, of this process's sessions; NAN unknown */
};

struct perfadapt__provider {
    const struct perfadapt__provider_class *type; /* first member of every provider's own struct */
};

struct perfadapt__provider_class {
    const char *name;
    int64_t period_ns;      /* mandatory: time between reads while the machine is cool and nothing renders */
    int64_t fast_period_ns; /* mandatory: the same near a limit or, with `fast_with_frames`, while frames flow */
    bool fast_with_frames;

    /* Mandatory. Discovers and opens; adds its sensors to the snapshot and sets the state of what it does not find.
     * Returns NULL where memory is short or the machine has none of it (after marking that in the snapshot). */
    struct perfadapt__provider *(*create)(const struct perfadapt__provider_environment *environment,
                                          struct perfadapt_snapshot *snapshot);
    /* Mandatory. */
    void (*destroy)(struct perfadapt__provider *provider);
    /* Mandatory. Reads everything once. Allocates nothing, logs only changes of state. */
    void (*read)(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                 struct perfadapt_snapshot *snapshot);
    /* Optional. A descriptor to poll for POLLPRI that asks for a read at once; -1 = none. Asked before every poll. */
    int (*trigger_fd)(const struct perfadapt__provider *provider);
    /* Optional. What poll said of that descriptor (POLLPRI, POLLERR, POLLNVAL). */
    void (*triggered)(struct perfadapt__provider *provider, short events, struct perfadapt_snapshot *snapshot);
};

/* A metric that was just read, and one that could not be. `metric` keeps an old value as STALE where it had one. */
struct perfadapt_metric perfadapt__metric_ok(double value, enum perfadapt_unit unit, int64_t now_ns);
struct perfadapt_metric perfadapt__metric_none(enum perfadapt_unit unit, enum perfadapt_state state);
void perfadapt__metric_fail(struct perfadapt_metric *metric, enum perfadapt_state state_without_value);

/* A fresh entry of snapshot->sensors with unknown temperature (INIT) and limit (UNSUPPORTED), or NULL where it is full
 * (counted in sensors_left_out). Texts are cut to fit and made printable. */
struct perfadapt_sensor *perfadapt__sensor_add(struct perfadapt_snapshot *snapshot, const char *id, const char *chip,
                                               const char *label);

#endif
