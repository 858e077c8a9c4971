/* SPDX-License-Identifier: MIT */
#include "sampler/roles.h"

#include "providers/provider.h"
#include "providers/thermal_zone.h"

#include <stdbool.h>
#include <string.h>

/* What a sensor may stand for, and how well: the lowest rank wins. Rank 0: for nothing. */
struct claim {
    enum perfadapt_sensor_role role;
    unsigned rank;
};

/* Names as drivers and device trees write them; NULL as a label is any. Where a chip is in the list more than once the
 * first line that fits counts. */
struct rule {
    enum perfadapt_sensor_role role;
    unsigned rank;
    const char *chip;
    const char *label; /* a prefix */
};

static const struct rule chip_rules[] = {
    {PERFADAPT_SENSOR_CPU, 1, "coretemp", "Package id"},
    {PERFADAPT_SENSOR_CPU, 1, "coretemp", "Physical id"},
    {PERFADAPT_SENSOR_CPU, 2, "coretemp", NULL},
    /* Tctl is raised by up to 27 °C on some first generation parts, to make fans turn faster; Tdie is the die. */
    {PERFADAPT_SENSOR_CPU, 3, "k10temp", "Tdie"},
    {PERFADAPT_SENSOR_CPU, 4, "k10temp", "Tctl"},
    {PERFADAPT_SENSOR_CPU, 3, "zenpower", "Tdie"},
    {PERFADAPT_SENSOR_CPU, 4, "zenpower", "Tctl"},
    {PERFADAPT_SENSOR_CPU, 5, "k10temp", "temp1"},
    {PERFADAPT_SENSOR_CPU, 5, "k8temp", NULL},
    {PERFADAPT_SENSOR_CPU, 5, "via_cputemp", NULL},
    {PERFADAPT_SENSOR_CPU, 7, "cpu_thermal", NULL},
    {PERFADAPT_SENSOR_GPU, 1, "amdgpu", "junction"},
    {PERFADAPT_SENSOR_GPU, 2, "amdgpu", "edge"},
    {PERFADAPT_SENSOR_GPU_MEMORY, 1, "amdgpu", "mem"},
    {PERFADAPT_SENSOR_GPU, 1, "xe", "pkg"},
    {PERFADAPT_SENSOR_GPU_MEMORY, 2, "xe", "vram_"}, /* single channels: only where there is no whole */
    {PERFADAPT_SENSOR_GPU_MEMORY, 1, "xe", "vram"},
    {PERFADAPT_SENSOR_GPU, 2, "xe", "temp"},
    {PERFADAPT_SENSOR_GPU, 1, "i915", "pkg"},
    {PERFADAPT_SENSOR_GPU, 2, "i915", "temp"},
    {PERFADAPT_SENSOR_GPU, 1, "nvidia", "gpu"},
    {PERFADAPT_SENSOR_GPU_MEMORY, 1, "nvidia", "memory"},
    {PERFADAPT_SENSOR_GPU, 1, "nouveau", NULL},
    {PERFADAPT_SENSOR_GPU, 1, "radeon", NULL},
};

/* Zones state the trip at which cooling starts; the hwmon chips made of them only the critical one. Their types are the
 * names of nodes in a device tree, and every vendor has its own: "cpu-thermal", "CPU-therm", "cpu_thermal_zone" are one
 * word and two ways to end it. Compared is what is left of that: lower case, '-' for '_', no ending. */
struct zone_rule {
    enum perfadapt_sensor_role role;
    unsigned rank;
    const char *word;
    bool is_prefix; /* whatever follows: "cpu0", "cpu-little1", "cpu0-0-top", "cpuss1" */
};

/* Zones of the same rank stand side by side: the hottest of several cores or clusters is the one that counts. Those of
 * the whole chip, often a corner of it that stays cool, count where its processors have none. */
static const struct zone_rule zone_rules[] = {
    {PERFADAPT_SENSOR_CPU, 6, "cpu", false},       {PERFADAPT_SENSOR_CPU, 8, "x86-pkg-temp", false},
    {PERFADAPT_SENSOR_CPU, 9, "cpu", true},        {PERFADAPT_SENSOR_CPU, 9, "bcpu", false},
    {PERFADAPT_SENSOR_CPU, 9, "mcpu", false},      {PERFADAPT_SENSOR_CPU, 9, "bigcore", true},
    {PERFADAPT_SENSOR_CPU, 9, "littlecore", true}, {PERFADAPT_SENSOR_CPU, 9, "big", false},
    {PERFADAPT_SENSOR_CPU, 9, "little", false},    {PERFADAPT_SENSOR_CPU, 10, "cluster", true},
    {PERFADAPT_SENSOR_CPU, 11, "soc", false},      {PERFADAPT_SENSOR_CPU, 11, "package", false},
    {PERFADAPT_SENSOR_CPU, 11, "imx", false},      {PERFADAPT_SENSOR_CPU, 11, "exynos", false},
    {PERFADAPT_SENSOR_GPU, 9, "gpu", false},       {PERFADAPT_SENSOR_GPU, 10, "gpu", true},
    {PERFADAPT_SENSOR_GPU, 10, "g3d", false},
};

static bool is_zone(const struct perfadapt_sensor *sensor) {
    return strncmp(sensor->id, PERFADAPT__THERMAL_ZONE_ID, sizeof PERFADAPT__THERMAL_ZONE_ID - 1) == 0;
}

static struct claim claim_of_chip(const struct perfadapt_sensor *sensor) {
    for (size_t i = 0; i < sizeof chip_rules / sizeof chip_rules[0]; i++) {
        const struct rule *rule = &chip_rules[i];
        if (strcmp(sensor->chip, rule->chip) == 0 &&
            (!rule->label || strncmp(sensor->label, rule->label, strlen(rule->label)) == 0))
            return (struct claim){rule->role, rule->rank};
    }
    return (struct claim){PERFADAPT_SENSOR_OTHER, 0};
}

static void cut_ending(char *word, const char *ending) {
    const size_t length = strlen(word);
    const size_t ending_length = strlen(ending);
    if (length > ending_length && strcmp(word + length - ending_length, ending) == 0)
        word[length - ending_length] = '\0';
}

static void plain_word(const char *type, char *out, size_t capacity) {
    size_t i = 0;
    for (; i + 1 < capacity && type[i]; i++)
        out[i] = (char)(type[i] == '_' ? '-' : type[i] >= 'A' && type[i] <= 'Z' ? type[i] - 'A' + 'a' : type[i]);
    out[i] = '\0';
    cut_ending(out, "-zone");
    cut_ending(out, "-thermal");
    cut_ending(out, "-therm");
}

static struct claim claim_of_zone(const struct perfadapt_sensor *sensor) {
    char word[sizeof sensor->chip];
    plain_word(sensor->chip, word, sizeof word);
    for (size_t i = 0; i < sizeof zone_rules / sizeof zone_rules[0]; i++) {
        const struct zone_rule *rule = &zone_rules[i];
        if (rule->is_prefix ? strncmp(word, rule->word, strlen(rule->word)) == 0 : strcmp(word, rule->word) == 0)
            return (struct claim){rule->role, rule->rank};
    }
    return (struct claim){PERFADAPT_SENSOR_OTHER, 0};
}

static struct claim claim_by_words(const struct perfadapt_sensor *sensor) {
    const char *text = is_zone(sensor) ? sensor->chip : sensor->label;
    if (perfadapt__sensor_is_skin(sensor))
        return (struct claim){PERFADAPT_SENSOR_SKIN, 1};
    if (perfadapt__has_word(text, "board") || strcmp(text, "SYSTIN") == 0)
        return (struct claim){PERFADAPT_SENSOR_BOARD, 1};
    return (struct claim){PERFADAPT_SENSOR_OTHER, 0};
}

/* acpitz has no rule: it may be anything, and on many machines it never changes. */
static struct claim claim_of(const struct perfadapt_sensor *sensor) {
    if (sensor->simulated)
        return (struct claim){PERFADAPT_SENSOR_GPU, 1};
    const struct claim words = claim_by_words(sensor);
    if (is_zone(sensor)) /* "cpu-skin-therm" is skin beside the processor */
        return words.rank > 0 ? words : claim_of_zone(sensor);
    const struct claim claim = claim_of_chip(sensor);
    return claim.rank > 0 ? claim : words;
}

/* As good as not there: ignored, never read, stuck, or 0 beside warmer ones. */
static bool is_out(const struct perfadapt_sensor *sensor) {
    return sensor->temperature.state == PERFADAPT_STATE_UNSUPPORTED || sensor->why == PERFADAPT_WHY_STUCK ||
           sensor->why == PERFADAPT_WHY_ZERO;
}

static bool may_have_limit(const struct perfadapt_sensor *sensor) {
    return sensor->limit.state == PERFADAPT_STATE_OK || sensor->limit.state == PERFADAPT_STATE_INIT;
}

/* Where the device sits; a zone is its own device. */
static const char *device_of(const struct perfadapt_sensor *sensor) {
    const char *at = strchr(sensor->id, '@');
    return at ? at + 1 : sensor->id;
}

/* A sensor that can steer goes before a better one that cannot. */
static unsigned weight_of(const struct claim *claim, const struct perfadapt_sensor *sensor) {
    return claim->rank + (may_have_limit(sensor) ? 0 : 100) + (is_out(sensor) ? 200 : 0);
}

/* CPUs are ranked over the whole machine: a package's other sources are other kinds of sensors elsewhere. Graphics
 * devices each have their own; zones, which belong to no device, only where no device has a sensor. */
static bool competes(const struct claim *mine, const struct perfadapt_sensor *sensor, const struct claim *theirs,
                     const struct perfadapt_sensor *other) {
    if (theirs->rank == 0 || mine->role != theirs->role)
        return false;
    if (mine->role == PERFADAPT_SENSOR_SKIN || mine->role == PERFADAPT_SENSOR_BOARD)
        return false;
    return mine->role == PERFADAPT_SENSOR_CPU || is_zone(sensor) || strcmp(device_of(sensor), device_of(other)) == 0;
}

/* Of equals on one device the first is taken; equals on different devices are several packages. */
static bool beats(const struct claim *theirs, const struct perfadapt_sensor *other, const struct claim *mine,
                  const struct perfadapt_sensor *sensor) {
    const unsigned other_weight = weight_of(theirs, other);
    const unsigned weight = weight_of(mine, sensor);
    if (other_weight != weight)
        return other_weight < weight;
    return other < sensor && strcmp(device_of(sensor), device_of(other)) == 0;
}

static bool is_chosen(const struct perfadapt_snapshot *snapshot, const struct claim *claims, uint32_t index) {
    const struct perfadapt_sensor *sensor = &snapshot->sensors[index];
    if (claims[index].rank == 0)
        return false;
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        const struct perfadapt_sensor *other = &snapshot->sensors[i];
        if (i != index && competes(&claims[index], sensor, &claims[i], other) &&
            beats(&claims[i], other, &claims[index], sensor))
            return false;
    }
    return true;
}

/* Rank 0 is for nothing, and those of the list begin with 1: the user's are moved up behind a gap. */
static struct claim claim_by_user(const struct perfadapt__sensor_note *note, struct claim found) {
    if (found.rank > 0)
        found.rank += 1;
    if (!note || note->role == PERFADAPT__NOTE_UNSET)
        return found;
    const bool none = note->role == PERFADAPT_SENSOR_OTHER;
    return (struct claim){(enum perfadapt_sensor_role)note->role, none ? 0 : 1};
}

void perfadapt__roles_assign(struct perfadapt_snapshot *snapshot, const struct perfadapt__overrides *overrides) {
    struct claim claims[PERFADAPT_SENSORS_MAX];
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        claims[i] = claim_by_user(overrides ? overrides->notes[i] : NULL, claim_of(&snapshot->sensors[i]));
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        const bool chosen = is_chosen(snapshot, claims, i);
        sensor->role = chosen ? (uint32_t)claims[i].role : PERFADAPT_SENSOR_OTHER;
        sensor->steers =
            chosen && claims[i].role != PERFADAPT_SENSOR_BOARD && may_have_limit(sensor) && !is_out(sensor);
    }
}

struct perfadapt__roles_basis perfadapt__roles_basis(const struct perfadapt_snapshot *snapshot) {
    _Static_assert(PERFADAPT_SENSORS_MAX <= 64, "a bit for each");
    struct perfadapt__roles_basis basis = {.sensor_count = snapshot->sensor_count};
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        basis.may_have_limit |= (uint64_t)may_have_limit(&snapshot->sensors[i]) << i;
        basis.out |= (uint64_t)is_out(&snapshot->sensors[i]) << i;
    }
    return basis;
}

bool perfadapt__roles_basis_same(const struct perfadapt__roles_basis *one, const struct perfadapt__roles_basis *other) {
    return one->sensor_count == other->sensor_count && one->may_have_limit == other->may_have_limit &&
           one->out == other->out;
}
