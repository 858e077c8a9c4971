/* SPDX-License-Identifier: MIT */
#include "providers/thermometer.h"

#include "core/clock.h"
#include "providers/pause.h"

#include <math.h> /* NAN and isnan only: no libm is linked */

static const int64_t shown_only_ns = 900 * PERFADAPT__NS_PER_MS;

/* Millidegrees. What a hand touches throttles near 45 °C; a die whose limit is said to be below 50 °C has none. */
static const int64_t skin_lowest = 30000;
static const int64_t lowest_limit = 50000;
static const int64_t highest_limit = 130000;

static const int64_t largest_converted = 1000000000;

void perfadapt__thermometer_configure(struct perfadapt__thermometer *thermometer,
                                      const struct perfadapt__sensor_note *note) {
    thermometer->scale = note && !isnan(note->scale) ? note->scale : 1;
    thermometer->offset_c = note && !isnan(note->offset_c) ? note->offset_c : 0;
}

/* Beyond these no file tells a temperature, and a product might not fit. */
int64_t perfadapt__thermometer_convert(const struct perfadapt__thermometer *thermometer, int64_t millidegrees) {
    const bool as_it_is =
        thermometer->scale >= 1 && thermometer->scale <= 1 && thermometer->offset_c >= 0 && thermometer->offset_c <= 0;
    if (as_it_is || millidegrees < -largest_converted || millidegrees > largest_converted)
        return millidegrees;
    const double converted = thermometer->scale * (double)millidegrees + 1000 * thermometer->offset_c;
    return (int64_t)(converted + (converted < 0 ? -0.5 : 0.5));
}

/* What is wrong with the content may be right at the next read; what the device refuses is asked for less and less. */
static bool calls_for_pause(enum perfadapt_why why) {
    return why == PERFADAPT_WHY_MISSING || why == PERFADAPT_WHY_DENIED || why == PERFADAPT_WHY_IO_ERROR ||
           why == PERFADAPT_WHY_VANISHED;
}

static int64_t period_of(const struct perfadapt_sensor *sensor, int64_t cost_ns) {
    const int64_t least_ns = sensor->steers ? 0 : shown_only_ns;
    const int64_t slow_ns = perfadapt__pause_after(cost_ns);
    return slow_ns > least_ns ? slow_ns : least_ns;
}

void perfadapt__thermometer_settle(struct perfadapt__thermometer *thermometer, struct perfadapt_sensor *sensor,
                                   enum perfadapt_why why, int64_t millidegrees, int64_t now_ns, int64_t cost_ns) {
    sensor->why = (uint32_t)why;
    if (why == PERFADAPT_WHY_NONE)
        sensor->temperature = perfadapt__metric_ok(
            (double)perfadapt__thermometer_convert(thermometer, millidegrees) / 1000, PERFADAPT_UNIT_CELSIUS, now_ns);
    else
        perfadapt__metric_fail(&sensor->temperature, PERFADAPT_STATE_ERROR);
    if (calls_for_pause(why)) {
        thermometer->pause_ns = perfadapt__pause_next(thermometer->pause_ns);
        thermometer->due_ns = now_ns + thermometer->pause_ns;
    } else {
        thermometer->pause_ns = 0;
        thermometer->due_ns = now_ns + period_of(sensor, cost_ns);
    }
}

void perfadapt__thermometer_asleep(struct perfadapt_sensor *sensor, enum perfadapt_why why) {
    sensor->temperature = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_ASLEEP);
    sensor->why = (uint32_t)why;
}

bool perfadapt__thermometer_limit(struct perfadapt_sensor *sensor, int64_t millidegrees,
                                  enum perfadapt_limit_source source, int64_t now_ns) {
    const int64_t lowest = perfadapt__sensor_is_skin(sensor) ? skin_lowest : lowest_limit;
    if (millidegrees < lowest || millidegrees > highest_limit) {
        sensor->limit_why = PERFADAPT_WHY_LIMIT;
        return false;
    }
    sensor->limit = perfadapt__metric_ok((double)millidegrees / 1000, PERFADAPT_UNIT_CELSIUS, now_ns);
    sensor->limit_source = (uint32_t)source;
    return true;
}
