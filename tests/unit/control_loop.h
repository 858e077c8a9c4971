/* A session's control without a session: both halves in one thread, before a device that is made up. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_CONTROL_LOOP_H
#define PERFADAPT_TESTS_CONTROL_LOOP_H

#include "control/decider.h"
#include "control/tick.h"

#include <perfadapt/perfadapt.h>
#include <stdbool.h>
#include <stdint.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

enum {
    LOOP_ALL_OUTPUTS = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_RENDER_SCALE | PERFADAPT_OUTPUT_FRAME_NS,
    LOOP_WAITING = 8
};

/* Heats with the GPU's load. Without gains its temperature stands where the test puts it. */
struct loop_plant {
    double ambient_c;
    double gain_c[2], pole_s[2], heat_c[2];
    double throttle_c; /* its clock falls above; NAN = never */
};

struct loop {
    struct perfadapt__decider decider;
    struct perfadapt__tick_control tick;
    struct perfadapt__reading reading; /* the next tick's; time, the first sensor and busy are filled in */
    int64_t now_ns, ticked_ns, tick_gap_ns;
    uint64_t frame;  /* number of the last one */
    uint64_t random; /* state of the generator */
    struct perfadapt__frame_input waiting[LOOP_WAITING];
    int gpu_late; /* GPU times come this many frames later; below 0 = never */
    double cpu_ms;
    double noise;         /* frames cost more or less by up to this share */
    double cost_exponent; /* the true costs are the hint's to this power */
    double clock;         /* of the GPU, relative to its best */
    double other_busy;    /* others' share of the GPU; told only where it is not 0 */
    double busy_ns;       /* own, since the last tick */
    bool throttled;
    double temperature_c; /* NAN = there is no sensor */
    double quantum_c;     /* the sensor's step */
    double limit_c;       /* that it states */
    double remembered_c;  /* of it, from an earlier session; NAN = nothing */
    uint32_t sensor_state;
    int64_t sensor_stopped_ns; /* it repeats what it read then; 0 = it works */
    struct loop_plant plant;
    uint32_t decisions, unexplained; /* budgets that changed what the app is to do; of them without evidence */
    uint32_t rises, falls;           /* of the rung in force */
};

/* 60 Hz, costs falling by 0.86 from level to level, everything allowed that `outputs` names. */
struct perfadapt__policy loop_policy(uint32_t levels, uint32_t outputs);

/* A device without a sensor, at 1000 s. */
void loop_init(struct loop *loop, const struct perfadapt__policy *policy);
void loop_init_simple(struct loop *loop, uint32_t levels, uint32_t outputs);

/* At the best rung, with a sensor that is cool. */
struct loop loop_cool(uint32_t levels, uint32_t outputs);

/* A sensor that stands at that temperature, its limit 85 °C. */
void loop_set_temperature(struct loop *loop, double temperature_c);

/* A device that settles at ambient + gain under full load: 60 % of it in seconds, the rest in a minute. */
void loop_set_plant(struct loop *loop, double ambient_c, double gain_c);

/* A frame of `work_ms` at the best rung and the best clock, drawn as the budget says. Ticks come when they are due. */
void loop_frame(struct loop *loop, double work_ms);
void loop_run(struct loop *loop, double work_ms, double seconds);

void loop_tick(struct loop *loop);
void loop_step(struct loop *loop, const struct perfadapt__frame_input *input);
void loop_report(struct loop *loop, enum perfadapt_event event, int64_t value);
void loop_hold(struct loop *loop, bool hold);

/* What a frame as the budget says truly costs, relative to one at the best rung. */
double loop_true_cost(const struct loop *loop);

static inline const struct perfadapt_budget *loop_budget(const struct loop *loop) {
    return &loop->decider.arbiter.budget;
}

/* Steele, Lea, Flood: SplitMix64 (OOPSLA 2014). The same numbers everywhere. */
static inline uint64_t loop_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 … 1 */
static inline double loop_random_share(uint64_t *state) {
    return (double)(loop_random(state) >> 11) * 0x1p-53;
}

#endif
