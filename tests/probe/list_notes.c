/* What the library makes of this machine's sensors and its sensor map, a line each. SPDX-License-Identifier: MIT */
#include "config/sensor_map.h"
#include "providers/hwmon.h"
#include "providers/thermal_zone.h"

#include <stdio.h>

static void print_line(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    (void)level;
    printf("log %s\n", message);
}

/* The ids are the provider's; destroying it closes what it opened and leaves the snapshot. */
static void discover(const struct perfadapt__provider_environment *environment,
                     const struct perfadapt__provider_class *type, struct perfadapt_snapshot *snapshot) {
    struct perfadapt__provider *provider = type->create(environment, snapshot);
    if (provider)
        type->destroy(provider);
}

int main(void) {
    static struct perfadapt__root root;
    static struct perfadapt__gates gates;
    static struct perfadapt__sensor_map map;
    static struct perfadapt_snapshot snapshot;
    const struct perfadapt_log log = {.write = print_line};
    if (perfadapt__root_open(NULL, &root) != PERFADAPT_OK)
        return 3;
    perfadapt__gates_init(&gates, &root);
    const struct perfadapt__provider_environment environment = {.root = &root, .log = NULL, .gates = &gates};
    discover(&environment, &perfadapt__hwmon_provider, &snapshot);
    discover(&environment, &perfadapt__thermal_zone_provider, &snapshot);
    struct perfadapt__variables variables;
    perfadapt__variables_copy(&variables);
    perfadapt__sensor_map_load(&map, &root, &variables, &log);
    perfadapt__variables_free(&variables);
    for (uint32_t i = 0; i < snapshot.sensor_count; i++)
        printf("sensor %s\n", snapshot.sensors[i].id);
    for (size_t i = 0; i < map.count; i++)
        printf("note %s\t%s\t%.9f\t%.9f\t%d\n", map.notes[i].id, map.notes[i].label, map.notes[i].scale,
               map.notes[i].offset_c, map.notes[i].ignore);
    perfadapt__gates_finish(&gates);
    perfadapt__root_close(&root);
    return 0;
}
