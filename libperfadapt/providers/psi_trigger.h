/*
 * Who wakes us when memory stalls: the service manager, the own cgroup or the machine. SPDX-License-Identifier: MIT
 *
 * The first that takes the request is used, in that order. Its descriptor is in the sampler's epoll and nowhere else: an
 * event is consumed by the first poll. Where there is none, polling of the totals has to do.
 */
#ifndef PERFADAPT_PROVIDERS_PSI_TRIGGER_H
#define PERFADAPT_PROVIDERS_PSI_TRIGGER_H

#include "providers/provider.h"
#include "providers/systemd_pressure.h"

struct perfadapt__psi_trigger {
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    const struct perfadapt__watch *watch; /* NULL: nobody waits, and nothing is set */
    struct perfadapt__systemd_pressure asked;
    int fd;
    bool is_stream;   /* a FIFO or socket of the service manager: input is thrown away */
    bool resting;     /* taken out of the epoll for the time being */
    bool woken;       /* since the last read */
    int64_t woken_ns; /* of the last read that an event brought; 0 = none yet */
    bool lost;        /* had one, or descriptors were short: set again at retry_ns */
    int64_t retry_ns; /* 0 = to be set at the next look */
    int64_t pause_ns;
    bool complained;
};

/* Looks at systemd's variables where the root is "/". Sets nothing yet. */
void perfadapt__psi_trigger_init(struct perfadapt__psi_trigger *trigger,
                                 const struct perfadapt__provider_environment *environment);
void perfadapt__psi_trigger_finish(struct perfadapt__psi_trigger *trigger);

/* Sets it, in place of the one before. `cgroup_file` is the own cgroup's memory.pressure; NULL = not known. */
void perfadapt__psi_trigger_set(struct perfadapt__psi_trigger *trigger, const char *cgroup_file,
                                struct perfadapt_snapshot *snapshot);

/* True where it is time to set it again. */
bool perfadapt__psi_trigger_is_due(struct perfadapt__psi_trigger *trigger, int64_t now_ns);

/* True where the descriptor is its own. */
bool perfadapt__psi_trigger_event(struct perfadapt__psi_trigger *trigger, int fd, uint32_t events,
                                  struct perfadapt_snapshot *snapshot);

/*
 * At each read. While frames flow the totals are read ten times a second, which is sooner than a trigger: it rests. So
 * does one that fires more than ten times a second, until the next read that it did not bring about.
 */
void perfadapt__psi_trigger_pace(struct perfadapt__psi_trigger *trigger, const struct perfadapt__read_context *context,
                                 struct perfadapt_snapshot *snapshot);

#endif
