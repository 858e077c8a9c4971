/* SPDX-License-Identifier: MIT */
#include "control/load.h"

#include <string.h>

static const uint32_t works_least = 5; /* fewer say nothing of a spread */
static const double spread_first = 0.05;
static const double spread_most = 0.15;
static const double spread_share = 0.1;          /* of a second: one that holds a jump says little of ordinary frames */
static const double quartiles_per_spread = 1.35; /* of a normal distribution */
static const double ninth_decile = 1.28;         /* likewise */
static const double mean_s = 60.0;
static const double peak_fade = 0.15;      /* of its height over the present, a second */
static const double ramping = 0.97;        /* a clock below this share of the highest can still rise … */
static const double ramp_patience_s = 4.0; /* … but one that has not in this time under load will not */
static const double busy_enough = 0.8;
static const double clock_fall_s = 1.0;
static const double share_least = 0.01;

/* exp(-h / 60 s) */
static const double kept[PERFADAPT__HORIZONS] = {0.9983, 0.9917, 0.9835, 0.9672, 0.9512, 0.9355, 0.92,
                                                 0.8752, 0.8465, 0.7165, 0.6065, 0.3679, 0.1353};

void perfadapt__load_init(struct perfadapt__load *load) {
    memset(load, 0, sizeof *load);
    load->unit = 1.0;
    load->clock = load->full = 1.0;
    load->spread = spread_first;
}

/* Insertion into order: at most PERFADAPT__WORKS, mostly near their places. */
static void sort(float *values, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        const float value = values[i];
        uint32_t j = i;
        for (; j > 0 && values[j - 1] > value; j--)
            values[j] = values[j - 1];
        values[j] = value;
    }
}

static uint32_t take_new(struct perfadapt__load *load, const struct perfadapt__frame_statistics *frames,
                         float *out_works) {
    if (frames->works < load->works)
        load->works = 0; /* CPU times have given way to GPU times */
    const uint64_t fresh = frames->works - load->works;
    const uint32_t count = fresh < PERFADAPT__WORKS ? (uint32_t)fresh : PERFADAPT__WORKS;
    if (count < works_least)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        out_works[i] = frames->work_ns[(frames->works - 1 - i) % PERFADAPT__WORKS];
    load->works = frames->works;
    return count;
}

static void convert(struct perfadapt__load *load, double unit) {
    const double factor = unit / load->unit;
    load->middle_ns *= factor;
    load->mean_ns *= factor;
    load->peak_ns *= factor;
    load->unit = unit;
}

/* A GPU that idles down makes every frame look expensive, and heats less by the time. Where its clock is known, and free
 * to rise, cost is counted in cycles; a clock that stays low under load for seconds is the full one. A rise counts at
 * once; some drivers tell the clock of the very moment, which is low between any two frames: so a fall counts slowly. */
void perfadapt__load_judge_clock(struct perfadapt__load *load, const struct perfadapt__frame_statistics *frames,
                                 const struct perfadapt__reading *reading, double seconds) {
    const double share = reading->clock_mhz / reading->clock_max_mhz;
    const bool free_to_rise = share > share_least && reading->throttle <= PERFADAPT_THROTTLING_NONE;
    const bool loaded = frames->gpu_ns > busy_enough * frames->period_ns;
    const bool low = free_to_rise && share < ramping * load->full;
    load->slow_s = low && loaded ? load->slow_s + seconds : 0;
    if ((low && load->slow_s >= ramp_patience_s) || (free_to_rise && share > load->full))
        load->full = share < 1.0 ? share : 1.0;
    const double now = low && share < ramping * load->full ? share / load->full : 1.0;
    load->clock += (now > load->clock ? 1.0 : seconds / (clock_fall_s + seconds)) * (now - load->clock);
}

void perfadapt__load_step(struct perfadapt__load *load, const struct perfadapt__frame_statistics *frames,
                          double seconds) {
    float works[PERFADAPT__WORKS];
    convert(load, frames->unit);
    const uint32_t count = take_new(load, frames, works);
    if (!count)
        return;
    sort(works, count);
    const double middle = (double)works[count / 2];
    const double between = (double)works[count * 3 / 4] - (double)works[count / 4];
    const double spread = middle > 0 ? between / quartiles_per_spread / middle : 0;
    load->spread += spread_share * ((spread < spread_most ? spread : spread_most) - load->spread);
    load->middle_ns = middle;
    const double ninth = (double)works[count * 9 / 10] / (1.0 + ninth_decile * load->spread);
    const double peak = ninth > middle ? ninth : middle;
    const double fade = peak_fade * seconds < 1.0 ? peak_fade * seconds : 1.0;
    const double held = load->peak_ns - fade * load->peak_ns;
    load->peak_ns = peak > held ? peak : held;
    load->mean_ns += load->known ? seconds / (mean_s + seconds) * (middle - load->mean_ns) : middle;
    load->known = true;
}

double perfadapt__load_ahead_ns(const struct perfadapt__load *load, double work_ns, enum perfadapt__horizon horizon) {
    return load->mean_ns + (work_ns - load->mean_ns) * kept[horizon];
}
