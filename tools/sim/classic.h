/* What systems do about heat today, by temperature alone. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_CLASSIC_H
#define PERFADAPT_TOOLS_SIM_CLASSIC_H

#include "sim/policy.h"

/* Linux' step_wise governor. */
struct sim_step_wise {
    double trip_c;
    double last_c;
    bool has_last;
    uint32_t rung;
};
void sim_step_wise_tick(struct sim_step_wise *governor, double temperature_c, uint32_t rungs);

/* Linux' power allocator ("IPA"): a PI controller hands out power, a table of powers makes it a rung. */
struct sim_power_allocator {
    double target_c;
    double sustainable_w;
    double idle_w, power_max_w;
    double error_sum_c; /* of readings over the target */
    uint32_t rung;
};
void sim_power_allocator_init(struct sim_power_allocator *allocator, const struct sim_rules *rules);
void sim_power_allocator_tick(struct sim_power_allocator *allocator, const struct sim_rules *rules,
                              const struct sim_tick *tick, uint32_t rung_now);

extern const struct sim_policy sim_none;
extern const struct sim_policy sim_bang_bang;
extern const struct sim_policy sim_step_wise;
extern const struct sim_policy sim_ipa;

#endif
