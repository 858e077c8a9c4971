/* What a run is judged by. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_METRICS_H
#define PERFADAPT_TOOLS_SIM_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "control/ladder.h"
#include "sim/scene.h"

#define SIM_FRAME_BINS 25000 /* of 0.01 ms */

/* NAN where unknown. */
struct sim_result {
    uint64_t frames;
    double throttled_percent; /* of the time: the clock below its full one */
    double overshoot_c;       /* highest die temperature above the target */
    double late_percent;      /* of frames: longer than 1.05 x their rung's time */
    double quality;           /* mean over time, late frames count as 0 */
    double quality_share;     /* of the clairvoyant's in the same cell */
    double late_clairvoyant_percent, overshoot_clairvoyant_c;
    double switches_per_min;
    uint64_t switches, flips;  /* flip: a switch back within 30 s */
    double settling_s;         /* the scene's step to the last switch that answers it */
    double p50_ms, p99_ms;     /* frame times */
    double low_percentile_fps; /* "1 % low" as MangoHud has it: of the slowest 1 %, the fastest */
    double low_mean_fps;       /* and as others do: the mean of the slowest 1 % */
    double stutter_percent;    /* of frames: off the one before by more than half their rung's time */
    double power_w, temperature_c, temperature_max_c; /* mean, mean and highest of the die */
};

struct sim_metrics {
    const struct perfadapt__ladder *ladder;
    double settle_from_s, settle_to_s;
    double rung_quality[PERFADAPT__RUNGS_MAX];
    double late_s[PERFADAPT__RUNGS_MAX]; /* a frame of that rung is late beyond this */
    uint64_t frames, late, stutters, switches, flips;
    double time_s, throttled_s, quality_s, energy_j, heat_cs, temperature_max_c;
    double frame_before_s;
    double switched_s, settled_s;
    uint32_t rung;
    int direction; /* of the last switch */
    bool has_rung;
    uint32_t bins[SIM_FRAME_BINS];
};

void sim_metrics_init(struct sim_metrics *metrics, const struct perfadapt__ladder *ladder, const double *true_cost,
                      const struct sim_scene *scene);

/* A rung as the next frame uses it. */
void sim_metrics_rung(struct sim_metrics *metrics, uint32_t rung, double now_s);

struct sim_metrics_frame {
    uint32_t rung;
    double frame_s;
    double clock;
    double power_w;
    double die_c;
};
void sim_metrics_frame(struct sim_metrics *metrics, const struct sim_metrics_frame *frame);

void sim_metrics_finish(const struct sim_metrics *metrics, double target_c, struct sim_result *out_result);

#endif
