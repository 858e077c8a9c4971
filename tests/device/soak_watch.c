/* SPDX-License-Identifier: MIT */
#include "soak_watch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "machine.h"
#include "stats.h"

static struct soak_figures read_figures(const struct soak_watch *watch) {
    if (!watch->session)
        return soak_nvml_read();
    const struct machine machine = machine_read(watch->session, &watch->pci);
    return (struct soak_figures){
        .temperature_c = machine.temperature_c,
        .memory_c = (double)NAN,
        .power_w = machine.power_w,
        .clock_mhz = machine.clock_mhz,
    };
}

static bool add_row(struct soak_watch *watch) {
    const struct soak_figures figures = read_figures(watch);
    pthread_mutex_lock(&watch->mutex);
    if (watch->count < SOAK_ROWS_MAX)
        watch->rows[watch->count++] = (struct soak_row){
            .t_s = (double)(clock_ns() - watch->start_ns) * 1e-9,
            .figures = figures,
            .progress = watch->progress,
        };
    const bool stop = watch->stop;
    pthread_mutex_unlock(&watch->mutex);
    return !stop;
}

static void *sample(void *argument) {
    struct soak_watch *watch = argument;
    int64_t due_ns = watch->start_ns;
    while (add_row(watch)) {
        due_ns += (int64_t)(SOAK_SAMPLE_S * 1e9);
        const struct timespec due = {.tv_sec = due_ns / 1000000000, .tv_nsec = due_ns % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    return NULL;
}

bool soak_watch_start(struct soak_watch *watch, const perfadapt *session, const struct perfadapt_pci_address *pci,
                      struct soak_row *rows) {
    *watch = (struct soak_watch){.session = session, .pci = *pci, .rows = rows, .start_ns = clock_ns()};
    pthread_mutex_init(&watch->mutex, NULL);
    const int error = pthread_create(&watch->thread, NULL, sample, watch);
    if (error != 0)
        fprintf(stderr, "soak_bench: pthread_create: %s\n", strerror(error));
    return error == 0;
}

void soak_watch_stop(struct soak_watch *watch) {
    pthread_mutex_lock(&watch->mutex);
    watch->stop = true;
    pthread_mutex_unlock(&watch->mutex);
    pthread_join(watch->thread, NULL);
    pthread_mutex_destroy(&watch->mutex);
}

void soak_watch_tell(struct soak_watch *watch, const struct soak_progress *progress) {
    pthread_mutex_lock(&watch->mutex);
    watch->progress = *progress;
    pthread_mutex_unlock(&watch->mutex);
}

bool soak_watch_newest(struct soak_watch *watch, struct soak_row *out_row) {
    pthread_mutex_lock(&watch->mutex);
    const bool any = watch->count > 0;
    if (any)
        *out_row = watch->rows[watch->count - 1];
    pthread_mutex_unlock(&watch->mutex);
    return any;
}

double soak_watch_power_w(struct soak_watch *watch, double seconds) {
    double sum_w = 0;
    uint32_t known = 0;
    pthread_mutex_lock(&watch->mutex);
    for (uint32_t i = watch->count; i-- > 0 && watch->rows[i].t_s > watch->rows[watch->count - 1].t_s - seconds;) {
        const double power_w = watch->rows[i].figures.power_w;
        sum_w += isnan(power_w) ? 0 : power_w;
        known += isnan(power_w) ? 0 : 1;
    }
    pthread_mutex_unlock(&watch->mutex);
    return known > 0 ? sum_w / known : (double)NAN;
}
