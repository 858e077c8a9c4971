/* What one second of frames says about the scene: GPU work at the best level, free of hitches. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_LOAD_WINDOW_H
#define PERFADAPT_TOOLS_SIM_LOAD_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_LOAD_WINDOW_MOST 512

struct sim_load_window {
    double work_ns[SIM_LOAD_WINDOW_MOST];
    uint32_t count;
    double last3_ns[3]; /* newest last */
    /* Of the last window that had frames: */
    double median_ns;
    double deviation; /* of one frame's work, relative; from the middle half, smoothed */
    bool has_deviation;
    double ninth_ns; /* nine of ten frames had less */
};

void sim_load_window_add(struct sim_load_window *window, double work_ns);
void sim_load_window_close(struct sim_load_window *window);
double sim_load_window_recent_ns(const struct sim_load_window *window); /* median of the last three */

double sim_median3(double a, double b, double c);

#endif
