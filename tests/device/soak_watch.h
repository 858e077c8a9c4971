/* A thread that looks at the thermometer ten times a second, and what a run did meanwhile. SPDX-License-Identifier: MIT */
#ifndef SOAK_WATCH_H
#define SOAK_WATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "soak_nvml.h"

#define SOAK_ROWS_MAX 36000 /* an hour */
#define SOAK_SAMPLE_S 0.1

/* What the render thread has done so far. */
struct soak_progress {
    uint32_t phase; /* free for the caller: a load */
    uint32_t quality;
    double weight;
    uint64_t frames, late, switches;
    double work;   /* in frames of the best quality */
    double gpu_ns; /* of the frames whose times are known */
};

struct soak_row {
    double t_s; /* since the watch began */
    struct soak_figures figures;
    struct soak_progress progress;
};

struct soak_watch {
    pthread_t thread;
    pthread_mutex_t mutex;
    bool stop;
    int64_t start_ns;
    const perfadapt *session; /* whose snapshot is read instead of NVML; NULL: NVML */
    struct perfadapt_pci_address pci;
    struct soak_progress progress;
    struct soak_row *rows;
    uint32_t count;
};

/* `rows` has room for SOAK_ROWS_MAX of them and outlives the watch. */
bool soak_watch_start(struct soak_watch *watch, const perfadapt *session, const struct perfadapt_pci_address *pci,
                      struct soak_row *rows);
void soak_watch_stop(struct soak_watch *watch);

/* For the render thread. */
void soak_watch_tell(struct soak_watch *watch, const struct soak_progress *progress);
/* The newest row; false: there is none yet. */
bool soak_watch_newest(struct soak_watch *watch, struct soak_row *out_row);
/* Mean power of the last so many seconds; NAN unknown. */
double soak_watch_power_w(struct soak_watch *watch, double seconds);

#endif
