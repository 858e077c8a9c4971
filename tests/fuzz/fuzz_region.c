/*
 * Any bytes as a region: what a reader makes of them must be bounded and printable. SPDX-License-Identifier: MIT
 *
 * For libFuzzer; with -DREPLAY it has a main() of its own that replays the files named.
 */
#include "publish/view.h"

#include "core/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

static struct perfadapt_frame frames[PERFADAPT_FRAMES_MAX];
static struct perfadapt__view view = {.frames_most = PERFADAPT_FRAMES_MAX, .frames = frames};
static struct perfadapt_decision decisions[PERFADAPT_DECISIONS_MAX];
static struct perfadapt_snapshot snapshot;

static void check_text(const char *text, size_t capacity) {
    CHECK(memchr(text, '\0', capacity));
    for (; *text; text++)
        CHECK((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void check_identity(const void *memory, size_t bytes) {
    struct perfadapt_app app = {.size = sizeof app};
    const enum perfadapt_result result = perfadapt__view_identify(memory, bytes, &app);
    CHECK(result == PERFADAPT_OK || result == PERFADAPT_ERROR_VERSION || result == PERFADAPT_ERROR_CORRUPT);
    CHECK(result != PERFADAPT_OK || bytes >= sizeof(struct perfadapt__region));
    check_text(app.name, sizeof app.name);
    check_text(app.version, sizeof app.version);
    CHECK(app.role <= PERFADAPT_ROLE_EXPORT && app.pid >= 0 && app.target_frame_ns >= 0);
}

static void check_budget(const struct perfadapt_budget *budget) {
    if (!budget->size)
        return;
    CHECK(budget->quality < budget->quality_levels && budget->quality_levels <= 32);
    CHECK(budget->frame_ns >= 0 && budget->time_to_throttle_ns >= PERFADAPT_THROTTLE_UNKNOWN);
    CHECK(!isinf(budget->render_scale) && !isinf(budget->thermal_headroom) && budget->confidence >= 0);
    CHECK(budget->thermal_state <= PERFADAPT_THERMAL_CRITICAL && budget->bottleneck <= PERFADAPT_BOTTLENECK_MEMORY);
}

static void check_frames(void) {
    CHECK(view.frame_count <= PERFADAPT_FRAMES_MAX && view.app.frames_counted <= view.frame_count);
    CHECK(view.app.frames_late <= view.app.frames_counted);
    CHECK(!isinf(view.app.fps) && !isinf(view.app.low_1_percent_fps) && !(view.app.period_max_ms < 0));
    for (size_t i = 0; i < view.frame_count; i++)
        CHECK(view.frames[i].period_ns >= -1 && view.frames[i].gpu_ns >= -1 && view.frames[i].number != 0);
}

static void check_decisions(const struct perfadapt__region *region, size_t capacity) {
    const size_t count = perfadapt__view_decisions(region, capacity, decisions);
    CHECK(count <= capacity);
    for (size_t i = 0; i < count; i++) {
        char text[256];
        perfadapt_decision_text(&decisions[i], text, sizeof text);
        check_text(text, sizeof text);
    }
}

static void check_throttle(const struct perfadapt_throttle *throttle) {
    CHECK(throttle->verdict <= PERFADAPT_THROTTLING_POLICY && throttle->subject <= PERFADAPT_SENSOR_SKIN);
    check_text(throttle->proof, sizeof throttle->proof);
}

static void check_devices(void) {
    CHECK(snapshot.gpu_count <= PERFADAPT_GPUS_MAX && snapshot.evidence_count <= PERFADAPT_EVIDENCE_MAX);
    for (size_t i = 0; i < snapshot.gpu_count; i++) {
        const struct perfadapt_gpu *gpu = &snapshot.gpus[i];
        check_text(gpu->id, sizeof gpu->id);
        check_text(gpu->driver, sizeof gpu->driver);
        check_text(gpu->name, sizeof gpu->name);
        check_throttle(&gpu->throttle);
        CHECK(gpu->power.state <= PERFADAPT_STATE_ERROR && !isinf(gpu->power.value) && !(gpu->power.value < 0));
    }
    for (size_t i = 0; i < snapshot.evidence_count; i++) {
        const struct perfadapt_evidence *evidence = &snapshot.evidence[i];
        check_text(evidence->source, sizeof evidence->source);
        check_text(evidence->device, sizeof evidence->device);
        check_text(evidence->text, sizeof evidence->text);
        CHECK(evidence->claims < 1u << 6 && evidence->believed < 1u << 6);
    }
    check_text(snapshot.power.profile, sizeof snapshot.power.profile);
    check_throttle(&snapshot.processor.throttle);
    check_throttle(&snapshot.throttle);
}

static void check_snapshot(const struct perfadapt__region *region) {
    if (!perfadapt__view_snapshot(region, &snapshot))
        return;
    CHECK(snapshot.sensor_count <= PERFADAPT_SENSORS_MAX && snapshot.psi_trigger <= PERFADAPT_STATE_ERROR);
    for (size_t i = 0; i < snapshot.sensor_count; i++) {
        const struct perfadapt_sensor *sensor = &snapshot.sensors[i];
        check_text(sensor->id, sizeof sensor->id);
        check_text(sensor->chip, sizeof sensor->chip);
        check_text(sensor->label, sizeof sensor->label);
        CHECK(sensor->temperature.state <= PERFADAPT_STATE_ERROR && !isinf(sensor->temperature.value));
        CHECK(sensor->confidence >= 0 && sensor->confidence <= 1);
        CHECK(sensor->time_to_limit_ns >= PERFADAPT_THROTTLE_UNKNOWN);
    }
    check_devices();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    void *exact = malloc(size ? size : 1); /* so that a read behind the end is seen */
    struct perfadapt__region *region = calloc(1, sizeof *region);
    CHECK(exact && region);
    memcpy(exact, data, size);
    check_identity(exact, size);
    memcpy(region, data, size < sizeof *region ? size : sizeof *region);
    perfadapt__view_clear(&view, PERFADAPT_APP_IDLE, 1);
    perfadapt__view_read(region, 100 * PERFADAPT__NS_PER_S, 100 * PERFADAPT__NS_PER_S, &view);
    CHECK(view.app.state <= PERFADAPT_APP_TORN && view.app.age_ns >= -1 && view.app.silent_ns >= -1);
    check_budget(&view.app.budget);
    check_frames();
    check_decisions(region, PERFADAPT_DECISIONS_MAX);
    check_decisions(region, 3);
    check_snapshot(region);
    free(region);
    free(exact);
    return 0;
}

#ifdef REPLAY
#include <stdio.h>

int main(int argc, char **argv) {
    static uint8_t bytes[1 << 20];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file)
            return EXIT_FAILURE;
        LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof bytes, file));
        fclose(file);
    }
    return EXIT_SUCCESS;
}
#endif
