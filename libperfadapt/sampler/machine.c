/* SPDX-License-Identifier: MIT */
#include "sampler/machine.h"

#include "core/clock.h"
#include "core/metrics.h"
#include "sampler/schedule.h"
#include "sampler/throttle.h"

#include <stdlib.h>
#include <string.h>

static const unsigned snapshot_retries = 64;
/* Subscribers hear at least this often, also of a machine that has nothing to read. */
static const int64_t beat_ns = INT64_C(1000000000);
static const int64_t coalesce_ns = INT64_C(10000000);
static const int64_t resumed_after_ns = INT64_C(500000000);

static void mark_init(struct perfadapt_metric *metric, enum perfadapt_unit unit) {
    *metric = perfadapt__metric_none(unit, PERFADAPT_STATE_INIT);
}

static void mark_unread(struct perfadapt_snapshot *snapshot) {
    memset(snapshot, 0, offsetof(struct perfadapt_snapshot, gpus));
    snapshot->sensor_count = snapshot->sensors_left_out = 0;
    snapshot->size = sizeof *snapshot;
    perfadapt__metrics_of_snapshot(snapshot, mark_init);
}

static void publish(struct perfadapt__machine *machine) {
    perfadapt__snapshot_store(&machine->lock, machine->words, &machine->snapshot);
}

enum perfadapt_result perfadapt__machine_create(const char *sysroot, const char *simulate,
                                                struct perfadapt__machine **out_machine) {
    struct perfadapt__machine *machine = malloc(sizeof *machine);
    if (!machine)
        return PERFADAPT_ERROR_NO_MEMORY;
    memset(machine, 0, offsetof(struct perfadapt__machine, snapshot));
    machine->map.count = 0;
    perfadapt__guard_init(&machine->guard);
    perfadapt__gates_init(&machine->gates, &machine->root);
    machine->root.fd = -1;
    machine->sysroot = sysroot ? strdup(sysroot) : NULL;
    machine->simulate = simulate ? strdup(simulate) : NULL;
    perfadapt__variables_copy(&machine->variables);
    enum perfadapt_result result = PERFADAPT_ERROR_NO_MEMORY;
    if ((machine->sysroot || !sysroot) && (machine->simulate || !simulate))
        result = perfadapt__root_open(sysroot, &machine->root);
    if (result) {
        perfadapt__machine_destroy(machine);
        return result;
    }
    mark_unread(&machine->snapshot);
    publish(machine);
    *out_machine = machine;
    return PERFADAPT_OK;
}

void perfadapt__machine_destroy(struct perfadapt__machine *machine) {
    for (size_t i = 0; i < machine->provider_count; i++)
        machine->providers[i]->type->destroy(machine->providers[i]);
    perfadapt__gates_finish(&machine->gates);
    perfadapt__root_close(&machine->root);
    free(machine->sysroot);
    free(machine->simulate);
    perfadapt__variables_free(&machine->variables);
    free(machine);
}

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool perfadapt__machine_is(const struct perfadapt__machine *machine, const char *sysroot, const char *simulate) {
    return same_text(machine->sysroot, sysroot) && same_text(machine->simulate, simulate);
}

static void assign_roles(struct perfadapt__machine *machine, int64_t now_ns) {
    perfadapt__overrides_find(&machine->overrides, &machine->map, &machine->snapshot);
    perfadapt__overrides_apply(&machine->overrides, &machine->snapshot, now_ns);
    perfadapt__overrides_restore_labels(&machine->overrides, &machine->snapshot);
    perfadapt__roles_assign(&machine->snapshot, &machine->overrides);
    perfadapt__overrides_rename(&machine->overrides, &machine->snapshot);
    machine->roles_basis = perfadapt__roles_basis(&machine->snapshot);
}

static void discover(struct perfadapt__machine *machine, int64_t now_ns) {
    const struct perfadapt__provider_environment environment = {.root = &machine->root,
                                                                .log = &machine->log,
                                                                .simulate = machine->simulate,
                                                                .gates = &machine->gates,
                                                                .watch = machine->watch,
                                                                .variables = &machine->variables,
                                                                .map = &machine->map};
    perfadapt__sensor_map_load(&machine->map, &machine->root, &machine->variables, &machine->log);
    machine->provider_count =
        perfadapt__providers_create(&environment, &machine->snapshot, machine->providers, PERFADAPT__PROVIDERS_MAX);
    assign_roles(machine, now_ns);
    machine->discovered = true;
}

static int64_t due_ns(const struct perfadapt__machine *machine, size_t i, const struct perfadapt__activity *activity) {
    if (machine->read_ns[i] == 0)
        return 0;
    struct perfadapt__activity now = *activity;
    now.cool = machine->cool;
    return perfadapt__schedule_due_ns(machine->providers[i]->type, &now, machine->read_ns[i], machine->cost_ns[i]);
}

static void read_provider(struct perfadapt__machine *machine, size_t i, const struct perfadapt__read_context *context) {
    const int64_t started_ns = perfadapt__now_ns();
    machine->providers[i]->type->read(machine->providers[i], context, &machine->snapshot);
    machine->cost_ns[i] = perfadapt__now_ns() - started_ns;
    machine->read_ns[i] = context->now_ns;
}

/* Headroom is 0 at 30 °C below a limit. Where no limit is known nothing is known to be cool. */
static bool is_cool(const struct perfadapt_snapshot *snapshot) {
    bool known = false;
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        const struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        if (!sensor->steers || sensor->temperature.state == PERFADAPT_STATE_ASLEEP)
            continue;
        if (!(sensor->headroom <= 0))
            return false;
        known = true;
    }
    return known;
}

/* Some are found late, by hot-plug or because descriptors were short, and so are limits; others turn out not to be what
 * they seem. */
static void judge(struct perfadapt__machine *machine, int64_t now_ns) {
    perfadapt__overrides_apply(&machine->overrides, &machine->snapshot, now_ns);
    perfadapt__guard_judge(&machine->guard, &machine->snapshot, now_ns);
    const struct perfadapt__roles_basis basis = perfadapt__roles_basis(&machine->snapshot);
    if (!perfadapt__roles_basis_same(&basis, &machine->roles_basis))
        assign_roles(machine, now_ns);
    perfadapt__throttle_judge(&machine->snapshot, now_ns);
    machine->cool = is_cool(&machine->snapshot);
}

/* CLOCK_BOOTTIME goes on through a suspend, CLOCK_MONOTONIC does not. */
static bool has_slept(struct perfadapt__machine *machine) {
    const int64_t now_ns = perfadapt__now_ns(); /* not the sample's, which may have waited for its turn */
    const int64_t asleep_ns = perfadapt__boottime_ns() - now_ns;
    const bool slept = machine->asleep_known && asleep_ns - machine->asleep_ns > resumed_after_ns;
    machine->asleep_known = true;
    machine->asleep_ns = asleep_ns;
    if (slept)
        perfadapt__machine_hurry(machine);
    return slept;
}

bool perfadapt__machine_sample(struct perfadapt__machine *machine, const struct perfadapt__activity *activity,
                               int64_t now_ns) {
    const bool first = !machine->discovered;
    if (first)
        discover(machine, now_ns);
    const struct perfadapt__read_context context = {.now_ns = now_ns,
                                                    .gpu_busy = activity->gpu_busy,
                                                    .frames_flow = activity->frames_flow,
                                                    .resumed = has_slept(machine)};
    if (context.resumed)
        perfadapt__guard_resume(&machine->guard);
    /* What is due in a moment is read along: one wake-up instead of two. */
    const int64_t soon_ns = now_ns + coalesce_ns;
    bool read = first || soon_ns - machine->snapshot.timestamp_ns >= beat_ns;
    for (size_t i = 0; i < machine->provider_count; i++) {
        if (due_ns(machine, i, activity) > soon_ns)
            continue;
        read_provider(machine, i, &context);
        read = true;
    }
    if (!read)
        return false;
    judge(machine, now_ns);
    machine->snapshot.generation++;
    machine->snapshot.timestamp_ns = now_ns;
    publish(machine);
    return true;
}

int64_t perfadapt__machine_due_ns(const struct perfadapt__machine *machine,
                                  const struct perfadapt__activity *activity) {
    int64_t earliest = machine->discovered ? machine->snapshot.timestamp_ns + beat_ns : 0;
    for (size_t i = 0; i < machine->provider_count; i++) {
        const int64_t due = due_ns(machine, i, activity);
        earliest = due < earliest ? due : earliest;
    }
    return earliest;
}

void perfadapt__machine_hurry(struct perfadapt__machine *machine) {
    memset(machine->read_ns, 0, sizeof machine->read_ns);
}

static void mark_stale(struct perfadapt_metric *metric, enum perfadapt_unit unit) {
    (void)unit;
    if (metric->state == PERFADAPT_STATE_OK)
        metric->state = PERFADAPT_STATE_STALE;
}

void perfadapt__machine_lose(struct perfadapt__machine *machine) {
    machine->discovered = true;
    machine->provider_count = 0; /* they stay in memory: to free one is to close its files */
    perfadapt__metrics_of_snapshot(&machine->snapshot, mark_stale);
    for (uint32_t i = 0; i < machine->snapshot.sensor_count; i++)
        mark_stale(&machine->snapshot.sensors[i].temperature, PERFADAPT_UNIT_CELSIUS);
}

bool perfadapt__machine_triggered(struct perfadapt__machine *machine, int fd, uint32_t events) {
    for (size_t i = 0; i < machine->provider_count; i++) {
        struct perfadapt__provider *provider = machine->providers[i];
        if (!provider->type->triggered || !provider->type->triggered(provider, fd, events, &machine->snapshot))
            continue;
        machine->read_ns[i] = 0;
        return true;
    }
    return false;
}

bool perfadapt__machine_snapshot(const struct perfadapt__machine *machine, struct perfadapt_snapshot *out) {
    if (!perfadapt__seqlock_read(&machine->lock, machine->words, out, sizeof *out, snapshot_retries))
        return false;
    perfadapt__snapshot_trim(out);
    return true;
}
