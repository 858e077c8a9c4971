/* SPDX-License-Identifier: MIT */
#include "sim/load_window.h"

static const double quartiles_per_deviation = 1.35;
static const double deviation_share = 0.1; /* of a new window: one that holds a jump says nothing of noise */
static const double deviation_most = 0.15;

void sim_load_window_add(struct sim_load_window *window, double work_ns) {
    if (window->count < SIM_LOAD_WINDOW_MOST)
        window->work_ns[window->count++] = work_ns;
    window->last3_ns[0] = window->last3_ns[1];
    window->last3_ns[1] = window->last3_ns[2];
    window->last3_ns[2] = work_ns;
}

/* Insertion: windows are short and nothing is allocated. */
static void sort(double *values, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        const double value = values[i];
        uint32_t j = i;
        for (; j > 0 && values[j - 1] > value; j--)
            values[j] = values[j - 1];
        values[j] = value;
    }
}

void sim_load_window_close(struct sim_load_window *window) {
    const uint32_t count = window->count;
    window->count = 0;
    if (count == 0)
        return;
    const double *work_ns = window->work_ns;
    sort(window->work_ns, count);
    window->median_ns = work_ns[count / 2];
    window->ninth_ns = work_ns[count * 9 / 10];
    const double middle_half_ns = work_ns[count * 3 / 4] - work_ns[count / 4];
    if (!(window->median_ns > 0))
        return;
    double deviation = middle_half_ns / quartiles_per_deviation / window->median_ns;
    deviation = deviation < deviation_most ? deviation : deviation_most;
    window->deviation += (window->has_deviation ? deviation_share : 1.0) * (deviation - window->deviation);
    window->has_deviation = true;
}

double sim_median3(double a, double b, double c) {
    const double low = a < b ? a : b;
    const double high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

double sim_load_window_recent_ns(const struct sim_load_window *window) {
    return sim_median3(window->last3_ns[0], window->last3_ns[1], window->last3_ns[2]);
}
