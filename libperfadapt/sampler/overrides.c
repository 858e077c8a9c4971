/* SPDX-License-Identifier: MIT */
#include "sampler/overrides.h"

#include "providers/provider.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <string.h>

void perfadapt__overrides_find(struct perfadapt__overrides *overrides, const struct perfadapt__sensor_map *map,
                               const struct perfadapt_snapshot *snapshot) {
    for (uint32_t i = 0; i < PERFADAPT_SENSORS_MAX; i++)
        overrides->notes[i] =
            i < snapshot->sensor_count ? perfadapt__sensor_map_find(map, snapshot->sensors[i].id) : NULL;
}

void perfadapt__overrides_apply(const struct perfadapt__overrides *overrides, struct perfadapt_snapshot *snapshot,
                                int64_t now_ns) {
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        const struct perfadapt__sensor_note *note = overrides->notes[i];
        struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        if (!note)
            continue;
        if (!isnan(note->limit_c)) {
            sensor->limit = perfadapt__metric_ok(note->limit_c, PERFADAPT_UNIT_CELSIUS, now_ns);
            sensor->limit_source = PERFADAPT_LIMIT_USER;
            sensor->limit_why = PERFADAPT_WHY_NONE;
        }
        if (note->ignore == 1) {
            sensor->temperature = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_UNSUPPORTED);
            sensor->why = PERFADAPT_WHY_IGNORED;
        }
    }
}

static void set_label(struct perfadapt_sensor *sensor, const char *label) {
    memset(sensor->label, 0, sizeof sensor->label);
    memcpy(sensor->label, label, strnlen(label, sizeof sensor->label - 1));
}

void perfadapt__overrides_restore_labels(struct perfadapt__overrides *overrides, struct perfadapt_snapshot *snapshot) {
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        if (!overrides->labels[i][0])
            continue;
        set_label(&snapshot->sensors[i], overrides->labels[i]);
        overrides->labels[i][0] = '\0';
    }
}

void perfadapt__overrides_rename(struct perfadapt__overrides *overrides, struct perfadapt_snapshot *snapshot) {
    _Static_assert(sizeof overrides->labels[0] == sizeof snapshot->sensors[0].label, "a label fits");
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        const struct perfadapt__sensor_note *note = overrides->notes[i];
        struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        if (!note || !note->label[0])
            continue;
        memcpy(overrides->labels[i], sensor->label, sizeof overrides->labels[i]);
        set_label(sensor, note->label);
    }
}
