/* Moments: into bytes and back, on a tape, in a file that is cut and damaged. SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "checksum.h"
#include "document.h"
#include "moment.h"
#include "recorder.h"
#include "tape.h"
#include "tape_file.h"

static const int64_t second_ns = 1000000000;
static const int64_t start_ns = 5000000000;
static uint64_t seed = 1;

static uint32_t random_below(uint32_t limit) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % limit;
}

static struct perfadapt_metric metric(double value, uint32_t unit, int64_t now_ns) {
    return (struct perfadapt_metric){.value = value, .timestamp_ns = now_ns, .unit = unit, .state = PERFADAPT_STATE_OK};
}

static void make_sensor(struct perfadapt_sensor *sensor, unsigned index, int64_t now_ns) {
    snprintf(sensor->id, sizeof sensor->id, "pci-0000:00:%02x.0/chip%u/temp%u", index, index, index);
    snprintf(sensor->chip, sizeof sensor->chip, "chip%u", index);
    snprintf(sensor->label, sizeof sensor->label, "temp%u", index);
    sensor->role = PERFADAPT_SENSOR_GPU;
    sensor->steers = 1;
    sensor->temperature = metric(40 + random_below(400) / 8.0, PERFADAPT_UNIT_CELSIUS, now_ns - 1000);
    sensor->limit = metric(95, PERFADAPT_UNIT_CELSIUS, now_ns - 1000);
    sensor->limit_source = PERFADAPT_LIMIT_CRIT;
    sensor->headroom = (float)(random_below(100) / 100.0);
    sensor->slope_c_per_s = (random_below(1000) - 500.0) / 997;
    sensor->steering_c = sensor->temperature.value;
    sensor->time_to_limit_ns = PERFADAPT_THROTTLE_NOT_FORESEEN;
    sensor->confidence = 1;
}

static void make_snapshot(struct perfadapt_snapshot *snapshot, uint32_t sensors, int64_t now_ns) {
    snapshot->size = sizeof *snapshot;
    snapshot->generation++;
    snapshot->timestamp_ns = now_ns - 1000;
    snapshot->sensor_count = sensors;
    for (unsigned i = 0; i < sensors; ++i) {
        make_sensor(&snapshot->sensors[i], i, now_ns);
    }
    for (unsigned i = 0; i < PERFADAPT_RESOURCE_COUNT; ++i) {
        struct perfadapt_stall *some = &snapshot->pressure[i].some;
        some->avg10 = metric(random_below(1000) / 100.0, PERFADAPT_UNIT_PERCENT, now_ns - 1000);
        some->avg60 = metric(random_below(1000) / 100.0, PERFADAPT_UNIT_PERCENT, now_ns - 1000);
        some->avg300 = metric(random_below(1000) / 100.0, PERFADAPT_UNIT_PERCENT, now_ns - 1000);
        some->total = metric(some->total.value + random_below(90000), PERFADAPT_UNIT_MICROSECONDS, now_ns - 1000);
    }
    snapshot->memory.available = metric(4e9 + random_below(1000000) * 4096.0, PERFADAPT_UNIT_BYTES, now_ns - 1000);
}

static void add_decision(struct model_app *of, int64_t now_ns) {
    if (of->decision_count == PERFADAPT_DECISIONS_MAX) {
        --of->decision_count;
        memmove(of->decisions, of->decisions + 1, of->decision_count * sizeof *of->decisions);
    }
    of->app.budget.generation++;
    of->decisions[of->decision_count++] = (struct perfadapt_decision){.generation = of->app.budget.generation,
                                                                      .timestamp_ns = now_ns - 5000,
                                                                      .quality_from = 3,
                                                                      .quality_to = 2,
                                                                      .render_scale_from = 1,
                                                                      .render_scale_to = 1,
                                                                      .frames_in_flight_from = 2,
                                                                      .frames_in_flight_to = 2,
                                                                      .worker_threads_from = 4,
                                                                      .worker_threads_to = 4,
                                                                      .signal = PERFADAPT_SIGNAL_TEMPERATURE,
                                                                      .value = 80,
                                                                      .limit = 85,
                                                                      .forecast = (double)NAN};
}

static void make_app(struct model_app *of, unsigned index, int64_t now_ns) {
    struct perfadapt_app *app = &of->app;
    app->size = sizeof *app;
    app->key = index + 1;
    app->pid = (int32_t)(1000 + index);
    snprintf(app->name, sizeof app->name, "app%u", index);
    snprintf(app->version, sizeof app->version, "0.1.0");
    app->age_ns = now_ns - start_ns + 1;
    app->frames_total += 60;
    app->frames_counted = 599;
    double *const numbers[] = {&app->fps, &app->period_p50_ms, &app->period_p99_ms, &app->period_max_ms,
                               &app->cpu_p50_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
        *numbers[i] = 16 + random_below(100000) / 30011.0;
    }
    app->low_1_percent_fps = 50;
    app->gpu_p50_ms = (double)NAN;
    app->budget.size = sizeof app->budget;
    app->budget.quality_levels = 5;
    app->budget.render_scale = 1;
    app->budget.frames_in_flight = 2;
    app->budget.worker_threads = 4;
    if (random_below(4) == 0) {
        add_decision(of, now_ns);
    }
}

enum { GPU_FRAMES_LATE = 2 };

static void make_frames(struct model *model, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        if (model->frame_count == 600) {
            --model->frame_count;
            memmove(model->frames, model->frames + 1, model->frame_count * sizeof *model->frames);
        }
        const struct perfadapt_frame *last = model->frame_count > 0 ? &model->frames[model->frame_count - 1] : NULL;
        const int64_t period_ns = 16600000 + random_below(200000);
        model->frames[model->frame_count] =
            (struct perfadapt_frame){.number = last != NULL ? last->number + 1 : 1,
                                     .end_ns = last != NULL ? last->end_ns + period_ns : start_ns,
                                     .period_ns = last != NULL ? period_ns : -1,
                                     .cpu_ns = 3000000 + random_below(900000),
                                     .gpu_ns = -1,
                                     .quality = 3,
                                     .render_scale = 1};
        ++model->frame_count;
        if (model->frame_count > GPU_FRAMES_LATE) { /* the GPU's time comes after the frame */
            model->frames[model->frame_count - 1 - GPU_FRAMES_LATE].gpu_ns = 5000000 + random_below(900000);
        }
    }
}

/* The next second of a session that was made up. */
static void make_moment(struct model *model, int64_t now_ns, size_t apps) {
    model->now_ns = now_ns;
    model->realtime_ns = INT64_C(1700000000000000000) + now_ns;
    model->self_percent = random_below(1000) / 999.0;
    model->snapshot_result = PERFADAPT_OK;
    model->frames_of = 1;
    snprintf(model->host, sizeof model->host, "made-up");
    make_snapshot(&model->snapshot, 8, now_ns);
    CHECK(model_apps_reserve(&model->apps, apps));
    model->apps.count = apps;
    for (unsigned i = 0; i < apps; ++i) {
        make_app(&model->apps.items[i], i, now_ns);
    }
    if (apps > 1) {
        struct model_app *simulated = &model->apps.items[1];
        simulated->simulated =
            simulated->simulated != NULL ? simulated->simulated : calloc(1, sizeof *simulated->simulated);
        make_snapshot(simulated->simulated, 2, now_ns);
    }
    make_frames(model, 60);
}

static bool same_document(const struct model *a, const struct model *b) {
    struct json texts[2];
    json_init(&texts[0]);
    json_init(&texts[1]);
    document_write(a, &texts[0]);
    document_write(b, &texts[1]);
    const bool same = texts[0].length == texts[1].length && !texts[0].failed &&
                      memcmp(texts[0].text, texts[1].text, texts[0].length) == 0;
    json_finish(&texts[0]);
    json_finish(&texts[1]);
    return same && a->frame_count == b->frame_count &&
           memcmp(a->frames, b->frames, a->frame_count * sizeof *a->frames) == 0;
}

static void test_checksum(void) {
    CHECK(checksum_add(0, "123456789", 9) == UINT32_C(0xcbf43926));
    CHECK(checksum_add(checksum_add(0, "1234", 4), "56789", 5) == UINT32_C(0xcbf43926));
}

static void test_words(void) {
    struct delta_writer writer = {0};
    for (int round = 0; round < 2000; ++round) {
        uint64_t before[40];
        uint64_t now[40];
        for (int i = 0; i < 40; ++i) {
            before[i] = (uint64_t)random_below(UINT32_MAX) << random_below(40);
            const uint64_t other = (uint64_t)random_below(UINT32_MAX) << random_below(40);
            now[i] = random_below(3) == 0 ? other : random_below(2) == 0 ? before[i] : before[i] + UINT64_C(1000000007);
        }
        struct delta_reader reader;
        delta_writer_begin(&writer);
        delta_put(&writer, before, now, sizeof now);
        delta_reader_begin(&reader, writer.bytes, writer.length);
        delta_take(&reader, before, sizeof before);
        CHECK(!reader.failed && reader.at == reader.end && memcmp(before, now, sizeof now) == 0);
    }
    delta_writer_finish(&writer);
}

/* Any moment of a tape is what it was, from wherever one comes. */
static void test_places(void) {
    enum { MOMENTS = 100 };
    static struct model *kept[MOMENTS];
    struct model *model = model_create_empty();
    struct model *shown = model_create_empty();
    struct tape tape;
    struct tape_place place;
    tape_init(&tape);
    tape_place_init(&place);
    for (int i = 0; i < MOMENTS; ++i) {
        make_moment(model, start_ns + i * second_ns, i < 40 ? 3 : i < 60 ? 1 : 4);
        CHECK(tape_add(&tape, model));
        struct moment *copy = moment_create();
        kept[i] = model_create_empty();
        CHECK(moment_copy_model(copy, model) && moment_show(copy, kept[i]));
        moment_destroy(copy);
    }
    CHECK(tape.count == MOMENTS && tape_find(&tape, start_ns + 50 * second_ns + 1) == 50);
    CHECK(tape_find(&tape, 0) == 0 && tape_find(&tape, INT64_MAX) == MOMENTS - 1);
    CHECK(tape.entries[0].key && !tape.entries[1].key && tape.entries[30].key && tape.entries[90].key);
    for (int i = 0; i < 300; ++i) {
        const size_t index = i < MOMENTS ? (size_t)i : random_below(MOMENTS);
        CHECK(tape_go(&tape, &place, index) && moment_show(place.moment, shown));
        CHECK(same_document(shown, kept[index]));
    }
    for (int i = 0; i < MOMENTS; ++i) {
        model_destroy(kept[i]);
    }
    tape_place_finish(&place);
    tape_finish(&tape);
    model_destroy(model);
    model_destroy(shown);
}

static long resident_kb(void) {
    long pages[2] = {0, 0};
    FILE *file = fopen("/proc/self/statm", "r");
    const int read = file != NULL ? fscanf(file, "%ld %ld", &pages[0], &pages[1]) : 0;
    if (file != NULL) {
        fclose(file);
    }
    return read == 2 ? pages[1] * (sysconf(_SC_PAGESIZE) / 1024) : 0;
}

static void test_bounds(size_t apps, int moments) {
    const long before_kb = resident_kb();
    struct model *model = model_create_empty();
    struct tape tape;
    tape_init(&tape);
    for (int i = 0; i < moments; ++i) {
        make_moment(model, start_ns + i * second_ns, apps);
        CHECK(tape_add(&tape, model));
        CHECK(tape.bytes <= TAPE_BYTES_MAX && tape.entries[0].key);
    }
    const int64_t reach_s = (tape_newest_ns(&tape) - tape_oldest_ns(&tape)) / second_ns;
    CHECK(reach_s < TAPE_SECONDS + 2 * TAPE_KEY_SECONDS);
    CHECK(apps > 2 || reach_s >= TAPE_SECONDS);
    CHECK(tape.dropped + tape.count == (size_t)moments);
    printf("%zu apps: %zu moments, %zu bytes, %zu a moment, reach %d s, resident +%ld kB\n", apps, tape.count,
           tape.bytes, tape.bytes / tape.count, (int)reach_s, resident_kb() - before_kb);
    tape_finish(&tape);
    model_destroy(model);
}

static bool write_file(const char *path, const unsigned char *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    const bool written = file != NULL && fwrite(bytes, 1, length, file) == length;
    return file != NULL && fclose(file) == 0 && written;
}

/* Number of moments that can be shown; every one of a damaged file is one that was recorded. */
static size_t open_and_count(const char *path, struct model **kept, size_t kept_count, char *note) {
    struct tape tape;
    struct tape_place place;
    if (!tape_file_open(path, &tape, note)) {
        CHECK(note[0] != '\0');
        return 0;
    }
    struct model *shown = model_create_empty();
    tape_place_init(&place);
    for (size_t i = 0; i < tape.count; ++i) {
        size_t same = 0;
        CHECK(tape_go(&tape, &place, i) && moment_show(place.moment, shown));
        while (same < kept_count && kept[same]->now_ns != shown->now_ns) {
            ++same;
        }
        CHECK(same < kept_count && same_document(shown, kept[same]));
    }
    const size_t count = tape.count;
    model_destroy(shown);
    tape_place_finish(&place);
    tape_finish(&tape);
    return count;
}

static size_t record_file(const char *path, struct model **kept, int moments, unsigned char *bytes, size_t capacity) {
    struct recorder recorder;
    struct tape tape;
    struct model *model = model_create_empty();
    tape_init(&tape);
    CHECK(recorder_start(&recorder, path, false));
    for (int i = 0; i < moments; ++i) {
        make_moment(model, start_ns + i * 20 * second_ns, 1);
        CHECK(tape_encode(&tape, model) && recorder_write(&recorder, &tape, model->now_ns));
        struct moment *copy = moment_create();
        kept[i] = model_create_empty();
        CHECK(moment_copy_model(copy, model) && moment_show(copy, kept[i]));
        moment_destroy(copy);
    }
    recorder_stop(&recorder);
    tape_finish(&tape);
    model_destroy(model);
    FILE *file = fopen(path, "rb");
    const size_t length = file != NULL ? fread(bytes, 1, capacity, file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    return length;
}

static void test_file(const char *path) {
    enum { MOMENTS = 4 };
    static unsigned char bytes[1 << 17];
    struct model *kept[MOMENTS];
    struct stat status;
    char note[TAPE_NOTE_MAX];
    const size_t length = record_file(path, kept, MOMENTS, bytes, sizeof bytes);
    CHECK(length > 0 && length < sizeof bytes);
    CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
    CHECK(open_and_count(path, kept, MOMENTS, note) == MOMENTS && note[0] == '\0');
    size_t most = 0;
    for (size_t cut = 0; cut < length; cut += cut < 200 ? 1 : 13) {
        CHECK(truncate(path, 0) == 0 && write_file(path, bytes, cut));
        const size_t count = open_and_count(path, kept, MOMENTS, note);
        CHECK(count < MOMENTS && count >= most);
        most = count;
    }
    CHECK(most == MOMENTS - 1);
    for (size_t i = 0; i < length; i += i < 200 ? 1 : 17) {
        bytes[i] ^= (unsigned char)(1U << (i % 8));
        CHECK(write_file(path, bytes, length));
        const size_t count = open_and_count(path, kept, MOMENTS, note);
        /* The reserved word of the header is under its checksum as well. */
        CHECK(count < MOMENTS && note[0] != '\0');
        bytes[i] ^= (unsigned char)(1U << (i % 8));
    }
    for (int i = 0; i < MOMENTS; ++i) {
        model_destroy(kept[i]);
    }
}

static void test_full_disk(void) {
    struct recorder recorder;
    struct tape tape;
    struct model *model = model_create_empty();
    tape_init(&tape);
    make_moment(model, start_ns, 1);
    if (recorder_start(&recorder, "/dev/full", false)) {
        CHECK(tape_encode(&tape, model) && !recorder_write(&recorder, &tape, start_ns) && recorder.fd == -1);
    }
    CHECK(!recorder_start(&recorder, "/dev/full", true)); /* it is there */
    tape_finish(&tape);
    model_destroy(model);
}

int main(void) {
    char path[] = "/tmp/perfadapt-tape-XXXXXX";
    const int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    test_checksum();
    test_words();
    test_places();
    test_bounds(2, 700);
    test_bounds(40, 700);
    test_file(path);
    test_full_disk();
    unlink(path);
    printf("%d failed\n", failures);
    return failures == 0 ? 0 : 1;
}
