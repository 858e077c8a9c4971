/* What the user has said of single sensors. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "sampler/overrides.h"
#include "sampler/roles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FREE_ID "nct6793/CPUTIN@platform/nct6775.656"
#define CPU_ID "k10temp/Tdie@pci0000:00/0000:00:18.3"

struct machine {
    struct perfadapt_snapshot snapshot;
    struct perfadapt__sensor_map map;
    struct perfadapt__overrides overrides;
};

static struct perfadapt__sensor_note *note_of(struct machine *machine, const char *id) {
    struct perfadapt__sensor_note *note = &machine->map.notes[machine->map.count++];
    *note = (struct perfadapt__sensor_note){.role = PERFADAPT__NOTE_UNSET,
                                            .limit_c = (double)NAN,
                                            .scale = (double)NAN,
                                            .offset_c = (double)NAN,
                                            .ignore = -1,
                                            .read = -1};
    memcpy(note->id, id, strlen(id) + 1);
    return note;
}

static void set_label(struct perfadapt__sensor_note *note, const char *label) {
    memset(note->label, 0, sizeof note->label);
    memcpy(note->label, label, strlen(label));
}

static void assign(struct machine *machine) {
    perfadapt__overrides_find(&machine->overrides, &machine->map, &machine->snapshot);
    perfadapt__overrides_restore_labels(&machine->overrides, &machine->snapshot);
    perfadapt__roles_assign(&machine->snapshot, &machine->overrides);
    perfadapt__overrides_rename(&machine->overrides, &machine->snapshot);
}

static int setup(void **state) {
    struct machine *machine = calloc(1, sizeof *machine);
    if (!machine)
        return -1;
    perfadapt__sensor_add(&machine->snapshot, CPU_ID, "k10temp", "Tdie");
    perfadapt__sensor_add(&machine->snapshot, FREE_ID, "nct6793", "CPUTIN");
    for (uint32_t i = 0; i < machine->snapshot.sensor_count; i++)
        machine->snapshot.sensors[i].limit = perfadapt__metric_ok(80, PERFADAPT_UNIT_CELSIUS, 1);
    *state = machine;
    return 0;
}

static int teardown(void **state) {
    free(*state);
    return 0;
}

static void expect(const struct machine *machine, uint32_t index, const char *label, enum perfadapt_sensor_role role) {
    const struct perfadapt_sensor *sensor = &machine->snapshot.sensors[index];
    assert_string_equal(sensor->label, label);
    assert_int_equal(sensor->role, role);
    assert_int_equal(sensor->steers, role != PERFADAPT_SENSOR_OTHER);
}

/* However often roles are given out: a name is for people. */
static void test_a_name_gives_no_role(void **state) {
    struct machine *machine = *state;
    set_label(note_of(machine, FREE_ID), "skin of the case");
    for (unsigned pass = 0; pass < 3; pass++) {
        assign(machine);
        expect(machine, 0, "Tdie", PERFADAPT_SENSOR_CPU);
        expect(machine, 1, "skin of the case", PERFADAPT_SENSOR_OTHER);
    }
}

static void test_a_name_takes_no_role(void **state) {
    struct machine *machine = *state;
    set_label(note_of(machine, CPU_ID), "Ryzen");
    for (unsigned pass = 0; pass < 3; pass++) {
        assign(machine);
        expect(machine, 0, "Ryzen", PERFADAPT_SENSOR_CPU);
        expect(machine, 1, "CPUTIN", PERFADAPT_SENSOR_OTHER);
    }
}

static void test_a_name_goes_with_a_role(void **state) {
    struct machine *machine = *state;
    struct perfadapt__sensor_note *note = note_of(machine, FREE_ID);
    set_label(note, "Lid");
    note->role = PERFADAPT_SENSOR_SKIN;
    for (unsigned pass = 0; pass < 2; pass++) {
        assign(machine);
        expect(machine, 0, "Tdie", PERFADAPT_SENSOR_CPU);
        expect(machine, 1, "Lid", PERFADAPT_SENSOR_SKIN);
    }
}

static void test_limit_and_ignore(void **state) {
    struct machine *machine = *state;
    note_of(machine, CPU_ID)->limit_c = 77;
    note_of(machine, FREE_ID)->ignore = 1;
    assign(machine);
    perfadapt__overrides_apply(&machine->overrides, &machine->snapshot, 1);
    assert_metric(&machine->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 77);
    assert_int_equal(machine->snapshot.sensors[0].limit_source, PERFADAPT_LIMIT_USER);
    assert_unknown(&machine->snapshot.sensors[1].temperature, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(machine->snapshot.sensors[1].why, PERFADAPT_WHY_IGNORED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_name_gives_no_role),
        TEST(test_a_name_takes_no_role),
        TEST(test_a_name_goes_with_a_role),
        TEST(test_limit_and_ignore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
