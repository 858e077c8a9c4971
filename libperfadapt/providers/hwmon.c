/* SPDX-License-Identifier: MIT */
#include "providers/hwmon.h"

#include "config/sensor_map.h"
#include "core/clock.h"
#include "core/log.h"
#include "providers/hwmon_input.h"
#include "providers/kernel_file.h"
#include "providers/pause.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHIPS_MAX 64
#define INPUTS_PER_CHIP_MAX 48

static const int64_t discovery_pause_ns = 10 * PERFADAPT__NS_PER_S;
static const int64_t rescan_period_ns = 30 * PERFADAPT__NS_PER_S; /* a directory listing: what was plugged in */

/* coretemp sends an interrupt to the core to read its register, and keeps the value for a second anyway. */
static const int64_t coretemp_period_ns = 950 * PERFADAPT__NS_PER_MS;

struct chip {
    struct perfadapt__hwmon_chip identity;
    struct perfadapt__gate *gate; /* NULL = there are too many: never touched */
    size_t head;                  /* index of the first entry of this chip: inputs found later have one of their own */
    size_t first;                 /* of its inputs */
    size_t count;
    bool limits_known; /* a sleeping chip is not asked for them */
    bool is_coretemp;
    bool is_amdgpu;
    bool avoided; /* none of its inputs is read */
    bool gone;
    int64_t retry_ns; /* while gone: next look for it */
    int64_t pause_ns;
};

struct hwmon {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    struct perfadapt__gates *gates;
    const struct perfadapt__sensor_map *map;
    struct chip chips[CHIPS_MAX];
    size_t chip_count;
    size_t input_count;
    bool starved;        /* since it was last cleared, an open failed for want of descriptors */
    bool discovered;     /* every chip was looked at */
    int64_t discover_ns; /* when they are looked at again; 0 = not set */
    struct perfadapt__hwmon_input
        inputs[PERFADAPT_SENSORS_MAX]; /* those that there are not have never been written to */
};

/* What could not be opened for want of descriptors may well be there. */
static bool is_there(struct hwmon *self, ssize_t result) {
    self->starved |= perfadapt__kernel_file_is_shortage(result);
    return result >= 0;
}

static struct perfadapt_sensor *sensor_of(struct perfadapt_snapshot *snapshot,
                                          const struct perfadapt__hwmon_input *input) {
    return &snapshot->sensors[input->thermometer.sensor];
}

/* ---- limits ---- */

static void find_limits(struct hwmon *self, struct chip *chip, struct perfadapt_snapshot *snapshot) {
    self->starved = false;
    for (size_t i = chip->first; i < chip->first + chip->count && !self->starved; i++)
        if (!self->inputs[i].left_alone)
            self->starved |= perfadapt__hwmon_input_limit(self->root, &chip->identity, &self->inputs[i],
                                                          sensor_of(snapshot, &self->inputs[i])) < 0;
    chip->limits_known = !self->starved;
}

/* Users set tempN_max, and what could not be read may be readable now. What the driver states is constant. */
static bool may_change_limits(const struct hwmon *self, const struct chip *chip,
                              const struct perfadapt_snapshot *snapshot) {
    for (size_t i = chip->first; i < chip->first + chip->count; i++) {
        const struct perfadapt_sensor *sensor = &snapshot->sensors[self->inputs[i].thermometer.sensor];
        if (sensor->limit_source == PERFADAPT_LIMIT_MAX || sensor->limit_why != PERFADAPT_WHY_NONE)
            return true;
    }
    return false;
}

/* ---- discovery ---- */

static void read_label(struct hwmon *self, const struct chip *chip, uint32_t number, char *out, size_t capacity) {
    self->starved |= perfadapt__hwmon_input_label(self->root, &chip->identity, number, out, capacity) < 0;
}

static bool id_is_taken(const struct perfadapt_snapshot *snapshot, const char *id) {
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        if (strcmp(snapshot->sensors[i].id, id) == 0)
            return true;
    return false;
}

/* Labels need not differ: then the input's name stands in for the label, then its count in the list. */
static void choose_id(const struct perfadapt_snapshot *snapshot, const struct chip *chip, uint32_t number,
                      const char *label, char *out, size_t capacity) {
    perfadapt__hwmon_chip_id(&chip->identity, label, out, capacity);
    if (!id_is_taken(snapshot, out))
        return;
    char name[24];
    snprintf(name, sizeof name, "temp%u", (unsigned)number);
    perfadapt__hwmon_chip_id(&chip->identity, name, out, capacity);
    for (unsigned i = 2; id_is_taken(snapshot, out) && i <= PERFADAPT_SENSORS_MAX; i++) {
        snprintf(name, sizeof name, "temp%u#%u", (unsigned)number, i);
        perfadapt__hwmon_chip_id(&chip->identity, name, out, capacity);
    }
}

static void leave_alone(struct perfadapt__hwmon_input *input, struct perfadapt_sensor *sensor, enum perfadapt_why why) {
    input->left_alone = true;
    sensor->temperature.state = sensor->limit.state = PERFADAPT_STATE_UNSUPPORTED;
    sensor->why = (uint32_t)why;
}

static void add_input(struct hwmon *self, struct chip *chip, uint32_t number, struct perfadapt_snapshot *snapshot) {
    char label[sizeof snapshot->sensors[0].label];
    char id[sizeof snapshot->sensors[0].id];
    read_label(self, chip, number, label, sizeof label);
    choose_id(snapshot, chip, number, label, id, sizeof id);
    struct perfadapt_sensor *sensor = perfadapt__sensor_add(snapshot, id, chip->identity.name, label);
    if (!sensor)
        return;
    sensor->limit.state = PERFADAPT_STATE_INIT;
    struct perfadapt__hwmon_input *input = &self->inputs[self->input_count++];
    *input = perfadapt__hwmon_input_make(&chip->identity, number, label, snapshot->sensor_count - 1);
    const struct perfadapt__sensor_note *note = self->map ? perfadapt__sensor_map_find(self->map, sensor->id) : NULL;
    perfadapt__thermometer_configure(&input->thermometer, note);
    if (note && note->ignore == 1)
        leave_alone(input, sensor, PERFADAPT_WHY_IGNORED);
    else if (perfadapt__hwmon_chip_avoid(chip->identity.name) && !(note && note->read == 1))
        leave_alone(input, sensor, PERFADAPT_WHY_AVOIDED);
    chip->count++;
}

static bool is_package_label(const char *label) {
    return strncmp(label, "Package id", 10) == 0 || strncmp(label, "Physical id", 11) == 0;
}

/* Each core's own input would cost an interrupt on that core; the package's is the highest of them. */
static size_t keep_package(struct hwmon *self, const struct chip *chip, uint32_t *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char label[32];
        read_label(self, chip, numbers[i], label, sizeof label);
        if (!is_package_label(label))
            continue;
        numbers[0] = numbers[i];
        return 1;
    }
    return count > 0 ? 1 : 0;
}

/* In this entry of the chip or in an earlier one. */
static bool has_input(const struct hwmon *self, const struct chip *chip, uint32_t number) {
    for (size_t i = 0; i < self->chip_count; i++) {
        const struct chip *part = &self->chips[i];
        for (size_t k = part->first; part->head == chip->head && k < part->first + part->count; k++)
            if (self->inputs[k].number == number)
                return true;
    }
    return false;
}

static void add_inputs(struct hwmon *self, struct chip *chip, struct perfadapt_snapshot *snapshot) {
    uint32_t numbers[INPUTS_PER_CHIP_MAX];
    const ssize_t found = perfadapt__kernel_directory_numbers(self->root, chip->identity.directory, "temp", "_input",
                                                              numbers, INPUTS_PER_CHIP_MAX);
    size_t count = is_there(self, found) ? (size_t)found : 0;
    if (chip->is_coretemp)
        count = keep_package(self, chip, numbers, count);
    for (size_t i = 0; i < count; i++)
        if (!has_input(self, chip, numbers[i]))
            add_input(self, chip, numbers[i], snapshot);
}

/* A label that could not be read would change the id for good: the chip is then added another time. */
static void add_inputs_or_none(struct hwmon *self, struct chip *chip, struct perfadapt_snapshot *snapshot) {
    const uint32_t sensor_count = snapshot->sensor_count;
    const uint32_t left_out = snapshot->sensors_left_out;
    add_inputs(self, chip, snapshot);
    if (!self->starved)
        return;
    snapshot->sensor_count = sensor_count;
    snapshot->sensors_left_out = left_out;
    self->input_count = chip->first;
    chip->count = 0;
}

static bool is_left_alone(const struct hwmon *self, const struct chip *chip) {
    for (size_t i = chip->first; i < chip->first + chip->count; i++)
        if (!self->inputs[i].left_alone)
            return false;
    const char *reason = perfadapt__hwmon_chip_avoid(chip->identity.name);
    if (reason)
        perfadapt__log(self->log, PERFADAPT_LOG_DEBUG, "hwmon: %s is left alone: %s", chip->identity.name, reason);
    return true;
}

static void find_gate(struct hwmon *self, struct chip *chip) {
    chip->gate =
        perfadapt__gates_find(self->gates, chip->identity.device, perfadapt__hwmon_chip_is_gpu(chip->identity.name));
}

static enum perfadapt__gate_answer ask_gate(const struct hwmon *self, const struct chip *chip, bool in_use,
                                            int64_t now_ns) {
    return chip->gate ? perfadapt__gate_ask(self->root, chip->gate, in_use, now_ns) : PERFADAPT__GATE_FAULTY;
}

/* Under this number or, while it was away, under another. */
static bool is_listed(const struct hwmon *self, const struct perfadapt__hwmon_chip *identity) {
    for (size_t i = 0; i < self->chip_count; i++)
        if (perfadapt__hwmon_chip_same(&self->chips[i].identity, identity) &&
            (self->chips[i].gone || strcmp(self->chips[i].identity.directory, identity->directory) == 0))
            return true;
    return false;
}

/* The inputs of `identity` that are not listed yet; `head` is the chip's first entry. False where descriptors were short. */
static bool add_entry(struct hwmon *self, const struct perfadapt__hwmon_chip *identity, size_t head,
                      struct perfadapt_snapshot *snapshot) {
    if (self->chip_count == CHIPS_MAX || self->input_count == PERFADAPT_SENSORS_MAX)
        return true;
    struct chip *chip = &self->chips[self->chip_count];
    *chip = (struct chip){.identity = *identity, .head = head, .first = self->input_count};
    chip->is_coretemp = strcmp(chip->identity.name, "coretemp") == 0;
    chip->is_amdgpu = strcmp(chip->identity.name, "amdgpu") == 0;
    add_inputs_or_none(self, chip, snapshot);
    if (chip->count == 0)
        return !self->starved;
    self->chip_count++;
    chip->avoided = is_left_alone(self, chip);
    if (chip->avoided)
        return true;
    find_gate(self, chip);
    if (ask_gate(self, chip, false, 0) == PERFADAPT__GATE_OPEN)
        find_limits(self, chip, snapshot);
    return true;
}

/* The kernel makes chips of thermal zones: to read both costs the device twice, and a chip with a zone for each core has
 * more of them than a snapshot has room for. The zone tells more: where cooling starts. */
static bool is_zone_again(struct hwmon *self, const struct perfadapt__hwmon_chip *identity) {
    const char *zone = strstr(identity->device, "/thermal/thermal_zone");
    char path[96];
    char type[32];
    if (!zone)
        return false;
    snprintf(path, sizeof path, "/sys/class%s/type", zone);
    return is_there(self, perfadapt__fs_read_once(self->root, path, type, sizeof type));
}

static bool add_chip(struct hwmon *self, uint32_t number, struct perfadapt_snapshot *snapshot) {
    struct perfadapt__hwmon_chip identity;
    self->starved = false;
    if (!is_there(self, perfadapt__hwmon_chip_describe(self->root, number, &identity)))
        return !self->starved;
    if (is_zone_again(self, &identity) || self->starved)
        return !self->starved;
    return is_listed(self, &identity) || add_entry(self, &identity, self->chip_count, snapshot);
}

/* An input whose file was not there when the chip was found. */
static bool add_late_inputs(struct hwmon *self, struct perfadapt_snapshot *snapshot) {
    const size_t count = self->chip_count;
    self->starved = false;
    for (size_t i = 0; i < count; i++)
        if (self->chips[i].head == i && !self->chips[i].gone && !add_entry(self, &self->chips[i].identity, i, snapshot))
            return false;
    return true;
}

static bool has_number(const struct hwmon *self, uint32_t number) {
    char directory[64];
    snprintf(directory, sizeof directory, PERFADAPT__HWMON_CLASS "/hwmon%u", (unsigned)number);
    const size_t length = strlen(directory);
    for (size_t i = 0; i < self->chip_count; i++) {
        const char *own = self->chips[i].identity.directory;
        if (!self->chips[i].gone && strncmp(own, directory, length) == 0 && (own[length] == '\0' || own[length] == '/'))
            return true;
    }
    return false;
}

/* What is not listed yet. Stops where descriptors run short, to go on another time: the order of chips decides on ids. */
static void discover(struct hwmon *self, struct perfadapt_snapshot *snapshot) {
    uint32_t numbers[CHIPS_MAX];
    const ssize_t count =
        perfadapt__kernel_directory_numbers(self->root, PERFADAPT__HWMON_CLASS, "hwmon", "", numbers, CHIPS_MAX);
    if (count < 0)
        return;
    self->discovered = false;
    for (ssize_t i = 0; i < count && self->chip_count < CHIPS_MAX; i++)
        if (!has_number(self, numbers[i]) && !add_chip(self, numbers[i], snapshot))
            return;
    self->discovered = add_late_inputs(self, snapshot);
}

/* Drivers that leave for the sleep are back with the machine: no pause is waited for. */
static void look_for_lost(struct hwmon *self) {
    for (size_t i = 0; i < self->chip_count; i++)
        self->chips[i].retry_ns = 0;
    for (size_t i = 0; i < self->input_count; i++)
        if (self->inputs[i].thermometer.pause_ns > 0)
            self->inputs[i].thermometer.due_ns = 0;
}

static void discover_again(struct hwmon *self, const struct perfadapt__read_context *context,
                           struct perfadapt_snapshot *snapshot) {
    if (context->resumed)
        look_for_lost(self);
    if ((self->discover_ns != 0 && context->now_ns >= self->discover_ns) || context->resumed) {
        discover(self, snapshot);
        for (size_t i = 0; i < self->chip_count; i++)
            self->chips[i].limits_known &= !may_change_limits(self, &self->chips[i], snapshot);
        self->discover_ns = 0;
    }
    if (self->discover_ns == 0)
        self->discover_ns = context->now_ns + (self->discovered ? rescan_period_ns : discovery_pause_ns);
}

/* ---- chips that go and come back ---- */

static void close_chip(struct hwmon *self, struct chip *chip) {
    for (size_t i = chip->first; i < chip->first + chip->count; i++)
        perfadapt__hwmon_input_close(&self->inputs[i]);
    if (chip->gate)
        perfadapt__gate_forget(chip->gate);
}

/* What is never read cannot fail either. */
static void fail_inputs(const struct hwmon *self, const struct chip *chip, enum perfadapt_why why,
                        struct perfadapt_snapshot *snapshot) {
    for (size_t i = chip->first; i < chip->first + chip->count; i++) {
        if (self->inputs[i].left_alone)
            continue;
        struct perfadapt_sensor *sensor = sensor_of(snapshot, &self->inputs[i]);
        sensor->why = (uint32_t)why;
        perfadapt__metric_fail(&sensor->temperature, PERFADAPT_STATE_ERROR);
    }
}

static void lose_chip(struct hwmon *self, struct chip *chip, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    if (!chip->gone)
        perfadapt__log(self->log, PERFADAPT_LOG_INFO, "hwmon: %s is gone", chip->identity.name);
    close_chip(self, chip);
    chip->gone = true;
    chip->pause_ns = perfadapt__pause_next(chip->pause_ns);
    chip->retry_ns = now_ns + chip->pause_ns;
    fail_inputs(self, chip, PERFADAPT_WHY_VANISHED, snapshot);
}

static bool is_in_use(const struct hwmon *self, const struct chip *by, const char *directory) {
    for (size_t i = 0; i < self->chip_count; i++)
        if (!self->chips[i].gone && self->chips[i].head != by->head &&
            strcmp(self->chips[i].identity.directory, directory) == 0)
            return true;
    return false;
}

/* The same chip may be back under another number. */
static bool find_again(struct hwmon *self, struct chip *chip) {
    uint32_t numbers[CHIPS_MAX];
    const ssize_t count =
        perfadapt__kernel_directory_numbers(self->root, PERFADAPT__HWMON_CLASS, "hwmon", "", numbers, CHIPS_MAX);
    for (ssize_t i = 0; i < count; i++) {
        struct perfadapt__hwmon_chip found;
        if (perfadapt__hwmon_chip_describe(self->root, numbers[i], &found) != 0 ||
            is_in_use(self, chip, found.directory) || !perfadapt__hwmon_chip_same(&found, &chip->identity))
            continue;
        chip->identity = found;
        find_gate(self, chip);
        return true;
    }
    return false;
}

static bool is_back(struct hwmon *self, struct chip *chip, int64_t now_ns) {
    if (now_ns < chip->retry_ns)
        return false;
    if (!find_again(self, chip)) {
        chip->pause_ns = perfadapt__pause_next(chip->pause_ns);
        chip->retry_ns = now_ns + chip->pause_ns;
        return false;
    }
    perfadapt__log(self->log, PERFADAPT_LOG_INFO, "hwmon: %s is back", chip->identity.name);
    chip->gone = false;
    chip->limits_known = false;
    for (size_t i = chip->first; i < chip->first + chip->count; i++)
        self->inputs[i].thermometer.due_ns = 0;
    return true;
}

/* Tells a chip that is gone from one of which a single input is. */
static bool is_still_there(const struct hwmon *self, const struct chip *chip) {
    static const char prefix[] = PERFADAPT__HWMON_CLASS "/hwmon";
    const char *digits = chip->identity.directory + sizeof prefix - 1;
    uint64_t number;
    struct perfadapt__hwmon_chip found;
    if (!perfadapt__fs_parse_u64(&digits, &number))
        return false;
    const int error = perfadapt__hwmon_chip_describe(self->root, (uint32_t)number, &found);
    return perfadapt__kernel_file_is_shortage(error) ||
           (error == 0 && perfadapt__hwmon_chip_same(&found, &chip->identity));
}

/* ---- reading ---- */

/* False where it turned out that the whole chip is gone. */
static bool read_input(struct hwmon *self, struct chip *chip, struct perfadapt__hwmon_input *input, int64_t now_ns,
                       struct perfadapt_snapshot *snapshot) {
    struct perfadapt_sensor *sensor = sensor_of(snapshot, input);
    const int64_t started_ns = perfadapt__now_ns();
    int64_t millidegrees = 0;
    bool denied = false;
    const enum perfadapt_why why =
        perfadapt__hwmon_input_read(self->root, &chip->identity, input, &millidegrees, &denied);
    /* amdgpu since Linux 6.13: the device went to sleep after its status was read. */
    if (denied && chip->is_amdgpu) {
        perfadapt__thermometer_asleep(sensor, PERFADAPT_WHY_NONE);
        return true;
    }
    if ((why == PERFADAPT_WHY_VANISHED || why == PERFADAPT_WHY_MISSING) && !is_still_there(self, chip)) {
        lose_chip(self, chip, now_ns, snapshot);
        return false;
    }
    perfadapt__thermometer_settle(&input->thermometer, sensor, why, millidegrees, now_ns,
                                  perfadapt__now_ns() - started_ns);
    if (why == PERFADAPT_WHY_NONE)
        chip->pause_ns = 0;
    if (chip->is_coretemp && input->thermometer.due_ns < now_ns + coretemp_period_ns)
        input->thermometer.due_ns = now_ns + coretemp_period_ns;
    return true;
}

static void put_to_sleep(struct hwmon *self, const struct chip *chip, enum perfadapt_why why,
                         struct perfadapt_snapshot *snapshot) {
    for (size_t i = chip->first; i < chip->first + chip->count; i++)
        if (!self->inputs[i].left_alone)
            perfadapt__thermometer_asleep(sensor_of(snapshot, &self->inputs[i]), why);
}

static void refuse_chip(struct hwmon *self, const struct chip *chip, struct perfadapt_snapshot *snapshot) {
    fail_inputs(self, chip, chip->gate ? (enum perfadapt_why)chip->gate->faulty_why : PERFADAPT_WHY_BUSY, snapshot);
}

static bool is_due(const struct hwmon *self, const struct chip *chip, int64_t now_ns) {
    for (size_t i = chip->first; i < chip->first + chip->count; i++)
        if (!self->inputs[i].left_alone && now_ns >= self->inputs[i].thermometer.due_ns)
            return true;
    return false;
}

static void read_awake(struct hwmon *self, struct chip *chip, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    if (!chip->limits_known)
        find_limits(self, chip, snapshot);
    for (size_t i = chip->first; i < chip->first + chip->count; i++) {
        struct perfadapt__hwmon_input *input = &self->inputs[i];
        if (!input->left_alone && now_ns >= input->thermometer.due_ns &&
            !read_input(self, chip, input, now_ns, snapshot))
            return;
    }
}

static void read_chip(struct hwmon *self, struct chip *chip, const struct perfadapt__read_context *context,
                      struct perfadapt_snapshot *snapshot) {
    const int64_t now_ns = context->now_ns;
    if (chip->avoided)
        return;
    if (chip->gone ? !is_back(self, chip, now_ns) : !is_due(self, chip, now_ns))
        return;
    switch (ask_gate(self, chip, context->frames_flow, now_ns)) {
    case PERFADAPT__GATE_OPEN:
        read_awake(self, chip, now_ns, snapshot);
        break;
    case PERFADAPT__GATE_ASLEEP:
        put_to_sleep(self, chip, PERFADAPT_WHY_NONE, snapshot);
        break;
    case PERFADAPT__GATE_RESTING:
        put_to_sleep(self, chip, PERFADAPT_WHY_RESTING, snapshot);
        break;
    case PERFADAPT__GATE_FAULTY:
        refuse_chip(self, chip, snapshot);
        break;
    case PERFADAPT__GATE_GONE:
        lose_chip(self, chip, now_ns, snapshot);
        break;
    }
}

static void hwmon_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                       struct perfadapt_snapshot *snapshot) {
    struct hwmon *self = (struct hwmon *)provider;
    discover_again(self, context, snapshot);
    for (size_t i = 0; i < self->chip_count; i++)
        read_chip(self, &self->chips[i], context, snapshot);
}

/* ---- life ---- */

static void hwmon_destroy(struct perfadapt__provider *provider) {
    struct hwmon *self = (struct hwmon *)provider;
    for (size_t i = 0; i < self->chip_count; i++)
        close_chip(self, &self->chips[i]);
    free(self);
}

static struct perfadapt__provider *hwmon_create(const struct perfadapt__provider_environment *environment,
                                                struct perfadapt_snapshot *snapshot) {
    /* Where there is no class, as in most containers, nothing is plugged in either. */
    const int directory = perfadapt__root_openat(environment->root, PERFADAPT__HWMON_CLASS, O_RDONLY | O_DIRECTORY);
    if (directory >= 0)
        close(directory);
    const bool absent = directory < 0 && !perfadapt__kernel_file_is_shortage(directory);
    struct hwmon *self = absent ? NULL : malloc(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, offsetof(struct hwmon, inputs));
    self->base.type = &perfadapt__hwmon_provider;
    self->root = environment->root;
    self->log = environment->log;
    self->gates = environment->gates;
    self->map = environment->map;
    discover(self, snapshot);
    return &self->base;
}

const struct perfadapt__provider_class perfadapt__hwmon_provider = {
    .name = "hwmon",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 100 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = false,
    .slow_when_cool = true,
    .create = hwmon_create,
    .destroy = hwmon_destroy,
    .read = hwmon_read,
};
