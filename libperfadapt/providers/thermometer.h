/* One temperature input that is read again and again: its file, and when it is due. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_THERMOMETER_H
#define PERFADAPT_PROVIDERS_THERMOMETER_H

#include "config/sensor_map.h"
#include "providers/provider.h"

struct perfadapt__thermometer {
    uint32_t sensor;  /* index into snapshot->sensors */
    int input_fd;     /* millidegrees; -1 = not open */
    int64_t due_ns;   /* not before */
    int64_t pause_ns; /* length of the last pause after an error; 0 = none */
    double scale;     /* °C = scale * what the file says in °C + offset_c */
    double offset_c;
};

/* What the user has configured for it; NULL = nothing. */
void perfadapt__thermometer_configure(struct perfadapt__thermometer *thermometer,
                                      const struct perfadapt__sensor_note *note);

/* Millidegrees as the file says them -> as they are meant. */
int64_t perfadapt__thermometer_convert(const struct perfadapt__thermometer *thermometer, int64_t millidegrees);

/*
 * Writes a reading (why NONE) or what is wrong with it into the sensor, and sets when it is due again: at once where it
 * steers, after about a second where it is shown only, after a hundred times what it took where that was long, after a growing pause where the
 * device does not answer. `cost_ns` is how long the read took.
 */
void perfadapt__thermometer_settle(struct perfadapt__thermometer *thermometer, struct perfadapt_sensor *sensor,
                                   enum perfadapt_why why, int64_t millidegrees, int64_t now_ns, int64_t cost_ns);

/* The sensor's device sleeps (why NONE), or is left alone (RESTING), and was not asked. */
void perfadapt__thermometer_asleep(struct perfadapt_sensor *sensor, enum perfadapt_why why);

/* Sets the sensor's limit where it is one that a device can have (50 … 130 °C, skin from 30 °C); false, and
 * limit_why, where it is not. */
bool perfadapt__thermometer_limit(struct perfadapt_sensor *sensor, int64_t millidegrees,
                                  enum perfadapt_limit_source source, int64_t now_ns);

#endif
