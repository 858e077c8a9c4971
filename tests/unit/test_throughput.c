/*
 * Tiers and scores against public figures of single-precision throughput, with the models that the tables have and
 * without: what a device that nobody has written down is worth. SPDX-License-Identifier: MIT
 */
#include "device/judge.h"

#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_DIR fixture_profiles()
#define ROWS_MAX 512

struct row {
    struct perfadapt_device device;
    bool recent; /* a card of the last three generations */
    double gflops;
    struct perfadapt_profile profile;
};

static struct row rows[ROWS_MAX];
static size_t row_count;

/* ---- the table ---- */

static uint32_t type_of(char letter) {
    switch (letter) {
    case 'i':
        return PERFADAPT_DEVICE_INTEGRATED;
    case 'v':
        return PERFADAPT_DEVICE_VIRTUAL;
    case 'c':
        return PERFADAPT_DEVICE_CPU;
    default:
        return PERFADAPT_DEVICE_DISCRETE;
    }
}

static uint64_t next_number(char **text, int base) {
    char *field = strsep(text, ";\n");
    assert_non_null(field);
    return strtoull(field, NULL, base);
}

static void read_row(char *line) {
    struct row *row = &rows[row_count++];
    assert_true(row_count <= ROWS_MAX);
    *row = (struct row){.device = {.size = sizeof row->device}};
    snprintf(row->device.name, sizeof row->device.name, "%s", strsep(&line, ";"));
    row->device.vendor_id = (uint32_t)next_number(&line, 0);
    row->device.device_id = (uint32_t)next_number(&line, 0);
    const char letter = *strsep(&line, ";");
    row->device.type = type_of(letter);
    row->recent = letter == 'r';
    row->device.compute_units = (uint32_t)next_number(&line, 10);
    row->device.heap_count = row->device.memory_type_count = 1;
    row->device.heaps[0] = (struct perfadapt_heap){.bytes = next_number(&line, 10) << 20, .flags = 1};
    row->device.memory_types[0].flags = letter == 'd' || letter == 'r' ? 1 : 7;
    row->gflops = (double)next_number(&line, 10);
}

static int read_table(void **state) {
    (void)state;
    char line[512];
    fixture_beside("throughput.csv", line, sizeof line);
    FILE *file = fopen(line, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (*line != '#')
            read_row(line);
    fclose(file);
    return 0;
}

static void judge_all(const char *data_dir) {
    for (size_t i = 0; i < row_count; i++) {
        rows[i].profile.size = sizeof rows[i].profile;
        assert_int_equal(perfadapt_judge(&rows[i].device, NULL, data_dir, &rows[i].profile), PERFADAPT_OK);
    }
}

/* ---- ranks ---- */

/* Average ranks, for ties. */
static void rank(const double *values, size_t count, double *out_ranks) {
    for (size_t i = 0; i < count; i++) {
        double below = 0;
        double equal = 0;
        for (size_t j = 0; j < count; j++) {
            below += values[j] < values[i];
            equal += !(values[j] < values[i]) && !(values[j] > values[i]);
        }
        out_ranks[i] = below + (equal + 1) / 2;
    }
}

static double spearman(const double *left, const double *right, size_t count) {
    static double ranks[2][ROWS_MAX];
    rank(left, count, ranks[0]);
    rank(right, count, ranks[1]);
    const double mean = ((double)count + 1) / 2;
    double product = 0;
    double squares[2] = {0, 0};
    for (size_t i = 0; i < count; i++) {
        product += (ranks[0][i] - mean) * (ranks[1][i] - mean);
        for (size_t side = 0; side < 2; side++)
            squares[side] += (ranks[side][i] - mean) * (ranks[side][i] - mean);
    }
    return product / sqrt(squares[0] * squares[1]);
}

struct correlation {
    double tier, score;
    size_t count;
};

/* Of real GPUs: what is software has no figure. */
static struct correlation correlate(const char *label) {
    static double figures[ROWS_MAX];
    static double tiers[ROWS_MAX];
    static double scores[ROWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].device.type == PERFADAPT_DEVICE_CPU)
            continue;
        figures[count] = rows[i].gflops;
        tiers[count] = rows[i].profile.tier;
        scores[count++] = rows[i].profile.score;
    }
    const struct correlation result = {spearman(tiers, figures, count), spearman(scores, figures, count), count};
    print_message("%s: %zu devices, rank correlation of tier %.3f, of score %.3f\n", label, count, result.tier,
                  result.score);
    return result;
}

/* ---- the tests ---- */

static void test_ranks_of_ties(void **state) {
    (void)state;
    const double values[] = {3, 1, 3, 7};
    const double same[] = {30, 10, 30, 70};
    const double reverse[] = {-3, -1, -3, -7};
    double ranks[4];
    rank(values, 4, ranks);
    assert_true(ranks[0] > 2.4 && ranks[0] < 2.6 && ranks[3] > 3.9);
    assert_true(spearman(values, same, 4) > 0.999);
    assert_true(spearman(values, reverse, 4) < -0.999);
}

static void test_follows_public_figures(void **state) {
    (void)state;
    judge_all(DATA_DIR);
    const struct correlation found = correlate("with the models");
    assert_true(found.count >= 120);
    assert_true(found.tier >= 0.95);
    assert_true(found.score >= 0.98);
}

/* The bounds that hold whatever the figure is. */
static void check_bounds(void) {
    for (size_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        const uint32_t tier = row->profile.tier;
        if (row->device.type == PERFADAPT_DEVICE_CPU ? tier != 0 : tier < 1 || tier > 5)
            fail_msg("%s: tier %u", row->device.name, tier);
        if (row->device.type == PERFADAPT_DEVICE_INTEGRATED && tier > 3)
            fail_msg("%s: integrated, and tier %u", row->device.name, tier);
        if (row->recent && tier < 3)
            fail_msg("%s: a card of the last three generations, and tier %u", row->device.name, tier);
    }
}

static void test_keeps_the_bounds(void **state) {
    (void)state;
    judge_all(DATA_DIR);
    check_bounds();
}

/* Each figure within a factor: a table with a digit lost would still rank well among two hundred. */
static void test_is_near_each_figure(void **state) {
    (void)state;
    judge_all(DATA_DIR);
    for (size_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        if (row->device.type == PERFADAPT_DEVICE_CPU)
            continue;
        const double times = row->profile.score / row->gflops;
        if (!(times > 0.6 && times < 1.7))
            fail_msg("%s: %.0f GFLOP/s, published %.0f", row->device.name, row->profile.score, row->gflops);
        assert_string_not_equal(row->profile.family, "");
    }
}

/* Reports of some kinds have a name and a vendor, and neither a number, nor a type, nor heaps. */
static void test_names_are_enough(void **state) {
    (void)state;
    for (size_t i = 0; i < row_count; i++) {
        struct perfadapt_device *device = &rows[i].device;
        const uint32_t type = device->type;
        device->device_id = device->heap_count = device->memory_type_count = 0;
        device->type = PERFADAPT_DEVICE_OTHER;
        rows[i].profile.size = sizeof rows[i].profile;
        assert_int_equal(perfadapt_judge(device, NULL, DATA_DIR, &rows[i].profile), PERFADAPT_OK);
        device->type = type;
    }
    const struct correlation found = correlate("names alone");
    check_bounds();
    assert_true(found.tier >= 0.94);
    assert_true(found.score >= 0.97);
    row_count = 0;
    read_table(state);
}

/* profiles/devices without the files of single models: then with numbers that nobody knows as well. */
static void copy_architectures(struct fixture *fixture, char *out_dir, size_t capacity) {
    static const char *const files[] = {"amd",    "apple",  "arm",      "broadcom", "imagination", "intel",
                                        "nvidia", "others", "qualcomm", "samsung",  "software",    "virtual"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char from[600];
        char to[64];
        static char text[1 << 18];
        snprintf(from, sizeof from, "%s/devices/%s.ini", DATA_DIR, files[i]);
        snprintf(to, sizeof to, "/data/devices/%s.ini", files[i]);
        FILE *file = fopen(from, "r");
        assert_non_null(file);
        const size_t length = fread(text, 1, sizeof text, file);
        fclose(file);
        fixture_bytes(fixture, to, text, length);
    }
    snprintf(out_dir, capacity, "%s/data", fixture->path);
}

static void test_devices_that_are_not_in_the_tables(void **state) {
    char data_dir[256];
    copy_architectures(*state, data_dir, sizeof data_dir);
    judge_all(data_dir);
    check_bounds();
    struct correlation found = correlate("without the models");
    assert_true(found.tier >= 0.9);
    assert_true(found.score >= 0.93);
    for (size_t i = 0; i < row_count; i++)
        rows[i].device.device_id = rows[i].device.device_id ? 0xfff7 : 0;
    judge_all(data_dir);
    check_bounds();
    found = correlate("without the models, unknown numbers");
    assert_true(found.tier >= 0.88);
    row_count = 0;
    read_table(state);
}

/* Neither numbers nor names nor files: from what the driver tells alone. Of use, no more; and no bound is broken. */
static void test_estimates(void **state) {
    (void)state;
    judge_all("/nonexistent");
    for (size_t i = 0; i < row_count; i++) {
        const struct perfadapt_profile *profile = &rows[i].profile;
        assert_true(rows[i].device.type != PERFADAPT_DEVICE_CPU || profile->tier == 0);
        assert_true(rows[i].device.type == PERFADAPT_DEVICE_DISCRETE || profile->tier <= 2);
        assert_true(profile->tier <= 3);
    }
    assert_true(correlate("without any table").tier >= 0.6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_of_ties),
        cmocka_unit_test(test_follows_public_figures),
        cmocka_unit_test(test_keeps_the_bounds),
        cmocka_unit_test(test_is_near_each_figure),
        cmocka_unit_test(test_names_are_enough),
        cmocka_unit_test_setup_teardown(test_devices_that_are_not_in_the_tables, fixture_setup, fixture_teardown),
        cmocka_unit_test(test_estimates),
    };
    return cmocka_run_group_tests(tests, read_table, NULL);
}
