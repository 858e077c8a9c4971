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
#include "core/variables.h"
#include "core/watch.h"
#include "providers/gate.h"

#include <perfadapt/perfadapt.h>
#include <perfadapt/snapshot.h>

struct perfadapt__sensor_map;

/* Everything a provider may use. All of it outlives the provider. */
struct perfadapt__provider_environment {
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    const char *simulate;                         /* the fake provider's plant, NULL for the others */
    struct perfadapt__gates *gates;               /* of devices that may sleep: asked before each is touched */
    const struct perfadapt__watch *watch;         /* where descriptors are watched; NULL = nowhere */
    const struct perfadapt__variables *variables; /* of the environment, as it was; NULL = nothing is set */
    const struct perfadapt__sensor_map *map;      /* what the user has configured for single sensors; NULL = nothing */
    const char *nvml_library; /* tests: loaded instead of the system's, and under any root; NULL otherwise */
};

/* What is known at a read, beside the files. */
struct perfadapt__read_context {
    int64_t now_ns;   /* CLOCK_MONOTONIC */
    double gpu_busy;  /* 0 … 1 over the time since the last read, of this process's sessions; NAN unknown */
    bool frames_flow; /* a session of this process draws */
    bool resumed;     /* the machine slept since the last read: differences mean nothing, devices may be others */
};

struct perfadapt__provider {
    const struct perfadapt__provider_class *type; /* first member of every provider's own struct */
};

struct perfadapt__provider_class {
    const char *name;
    int64_t period_ns;      /* mandatory: time between reads while the machine is cool and nothing renders */
    int64_t fast_period_ns; /* mandatory: the same near a limit or, with `fast_with_frames`, while frames flow */
    bool fast_with_frames;
    bool slow_when_cool; /* half as often while nothing is warm and nobody renders */
    bool asks_devices;   /* a read may block for long: one that did is done less often */

    /* Mandatory. Discovers and opens; adds its sensors to the snapshot and sets the state of what it does not find.
     * Returns NULL where memory is short or the machine has none of it (after marking that in the snapshot). */
    struct perfadapt__provider *(*create)(const struct perfadapt__provider_environment *environment,
                                          struct perfadapt_snapshot *snapshot);
    /* Mandatory. */
    void (*destroy)(struct perfadapt__provider *provider);
    /* Mandatory. Reads everything once. Allocates nothing, logs only changes of state. */
    void (*read)(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                 struct perfadapt_snapshot *snapshot);
    /* Optional. A descriptor of environment->watch has something to tell (EPOLLPRI, EPOLLIN, EPOLLERR): true where it is
     * one of this provider's. It is then read at once. */
    bool (*triggered)(struct perfadapt__provider *provider, int fd, uint32_t events,
                      struct perfadapt_snapshot *snapshot);
};

/* A metric that was just read, and one that could not be. `metric` keeps an old value as STALE where it had one. */
struct perfadapt_metric perfadapt__metric_ok(double value, enum perfadapt_unit unit, int64_t now_ns);
struct perfadapt_metric perfadapt__metric_none(enum perfadapt_unit unit, enum perfadapt_state state);
void perfadapt__metric_fail(struct perfadapt_metric *metric, enum perfadapt_state state_without_value);

/* A fresh entry of snapshot->sensors with unknown temperature (INIT) and limit (UNSUPPORTED), or NULL where it is full
 * (counted in sensors_left_out). Texts are cut to fit and made printable. */
struct perfadapt_sensor *perfadapt__sensor_add(struct perfadapt_snapshot *snapshot, const char *id, const char *chip,
                                               const char *label);

/* Whether `word`, in small letters, is part of a driver's or firmware's name, in letters of any size. strcasestr() would go
 * by the locale. */
bool perfadapt__has_word(const char *name, const char *word);

/* It measures what a hand or a lap touches. */
bool perfadapt__sensor_is_skin(const struct perfadapt_sensor *sensor);

/*
 * The entry of snapshot->gpus with that id, made (INIT, every metric UNSUPPORTED) where there is none yet; NULL where
 * there is no room. `id` is the PCI address, or the platform device's name.
 */
struct perfadapt_gpu *perfadapt__gpu_find_or_add(struct perfadapt_snapshot *snapshot, const char *id,
                                                 const char *driver);

/* The GPU is not touched, or was: sets its state; what it measured is then ASLEEP, or kept. */
void perfadapt__gpu_state(struct perfadapt_gpu *gpu, enum perfadapt_state state, enum perfadapt_why why);

/* A new entry of snapshot->evidence (INIT, nothing claimed): its index, or -1 where there is no room. */
int perfadapt__evidence_add(struct perfadapt_snapshot *snapshot, enum perfadapt_sensor_role subject, const char *source,
                            const char *device);

/* What the source says now: `claims` has a bit 1 << enum perfadapt_throttling for each kind. Index -1 is ignored. */
void perfadapt__evidence_set(struct perfadapt_snapshot *snapshot, int index, uint32_t claims, const char *text,
                             int64_t now_ns);
/* It could not be asked, or was not. */
void perfadapt__evidence_none(struct perfadapt_snapshot *snapshot, int index, enum perfadapt_state state);

#define PERFADAPT__CLAIM(kind) (UINT32_C(1) << PERFADAPT_THROTTLING_##kind)

#endif
