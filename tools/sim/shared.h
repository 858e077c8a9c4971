/*
 * An interactive session beside a background and an export one on the same machine. SPDX-License-Identifier: MIT
 *
 * The GPU divides its time equally among the frames that are under way, so that frames take longer where several want
 * it; what all do heats the one device. Each session has a controller of its own, ticking as in the library, and knows of
 * the others what the library would: how busy the whole GPU is, and the reasons in the interactive one's budget.
 */
#ifndef PERFADAPT_TOOLS_SIM_SHARED_H
#define PERFADAPT_TOOLS_SIM_SHARED_H

#include "sim/run.h"

enum sim_company {
    SIM_ALONE,    /* the interactive session alone */
    SIM_YIELDING, /* the others give way */
    SIM_STUBBORN, /* policy.yield=off */
    SIM_COMPANIES
};
extern const char *const sim_company_names[SIM_COMPANIES];

/* NAN where there is no such session. */
struct sim_other {
    double frames_per_s;
    double gpu_share;       /* of the device's time */
    double yielded_percent; /* of the time */
    double yields_per_min;  /* how often it gave way */
    double slowest_yield_s; /* from the need of the interactive session to the minimum, the longest; NAN never */
};

struct sim_shared_result {
    struct sim_result interactive;
    struct sim_other background, export;
};

/* The scene is the interactive session's. False: out of memory. */
bool sim_shared_run(const struct sim_cell *cell, enum sim_company company, struct sim_shared_result *out_result);

#endif
