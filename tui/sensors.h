/* Temperatures and pressure in the order they are shown, and what to say of them. SPDX-License-Identifier: MIT */
#ifndef TUI_SENSORS_H
#define TUI_SENSORS_H

#include "model.h"

/* After every model_refresh(): fills model->sensors, from the machine's snapshot and those of simulated sessions, with
 * their histories, and model->stalls, the share of time lost to each resource second by second. */
void sensors_collect(struct model *model);

/* The value of a metric that can be shown, NAN where it is not known. */
double sensors_value(const struct perfadapt_metric *metric);

/* Degrees to the limit, NAN where either is not known. */
double sensors_left_c(const struct perfadapt_sensor *sensor);

/* How near a sensor is to its limit. */
enum perfadapt_thermal_state sensors_state(const struct perfadapt_sensor *sensor);

/* The sensor of the machine, or of simulated ones, nearest to its limit among those that steer, or NULL. */
const struct perfadapt_sensor *sensors_nearest(const struct model *model, bool simulated);

/* The machine's, or where it has none the simulated ones'. */
const struct perfadapt_sensor *sensors_nearest_or_simulated(const struct model *model, bool *out_simulated);

/* Of two the one nearer to its limit; one that does not steer or is not known never is. `nearest` may be NULL. */
const struct perfadapt_sensor *sensors_nearer(const struct perfadapt_sensor *nearest,
                                              const struct perfadapt_sensor *other);

/* Why a temperature is not there or not new: "permission denied", "asleep". */
const char *sensors_why(const struct perfadapt_sensor *sensor);

/* One letter a state, so that none is told by colour alone: C W H ! and ? */
char sensors_letter(enum perfadapt_thermal_state state);

/* Seconds to the limit at the present slope; NAN where it does not rise or is not known. */
double sensors_seconds_left(const struct perfadapt_sensor *sensor);

/* How many of snapshot->gpus can be looked at. */
uint32_t sensors_gpu_count(const struct perfadapt_snapshot *snapshot);

/* What it is of, and of which GPU where there are several: "gpu 1", "gpu1mem"; 7 columns at most. */
void sensors_role_of(const struct perfadapt_snapshot *snapshot, const struct perfadapt_sensor *sensor, char *out,
                     size_t capacity);

/* As shown: "coretemp/Package id 0". */
void sensors_name(const struct perfadapt_sensor *sensor, char *out, size_t capacity);

/* A role as it is shown, in seven characters at most: "gpu mem". */
const char *sensors_role(const struct perfadapt_sensor *sensor);

/* The highest value of one of the slots of `slot_s` seconds that a graph is made of, `back` of them before the present
 * one; NAN where there is none. Slots begin at whole multiples of their length: a graph moves by slots, not with each
 * second, and what it shows of the past stays as it is. */
double sensors_slot(const struct history *history, int64_t now_ns, double slot_s, int back);

#endif
