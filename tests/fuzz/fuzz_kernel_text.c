/*
 * Any bytes as what the kernel writes about processors, supplies and clients of GPUs: what is made of them must be within
 * bounds. SPDX-License-Identifier: MIT
 *
 * For libFuzzer; with -DREPLAY it has a main() of its own that replays the files named.
 */
#include "providers/cooling.h"
#include "providers/cpu_text.h"
#include "providers/fdinfo_text.h"
#include "providers/kernel_file.h"
#include "providers/raspberrypi.h"
#include "providers/supply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void check_word(const char *text, size_t capacity) {
    CHECK(memchr(text, '\0', capacity));
    for (; *text; text++)
        CHECK(*text > ' ' && *text <= '~' && *text != '/');
}

static void check_processor(const char *text, size_t length) {
    static const struct perfadapt__cpu_times nothing;
    struct perfadapt__cpu_times times;
    double value;
    if (perfadapt__cpu_text_times(text, &times) && perfadapt__cpu_text_busy(&nothing, &times, &value))
        CHECK(value >= 0 && value <= 1);
    uint32_t count;
    if (perfadapt__cpu_text_count(text, &count))
        CHECK(count > 0);
    int64_t kilohertz;
    if (perfadapt__kernel_file_number(text, (ssize_t)length, length + 2, &kilohertz) == PERFADAPT_WHY_NONE &&
        perfadapt__cpu_text_megahertz(kilohertz, &value))
        CHECK(value > 0 && value <= 20000);
    (void)perfadapt__raspberrypi_is_compatible(text, length, "raspberrypi,");
    enum perfadapt_sensor_role subject;
    if (perfadapt__cooling_subject(text, &subject))
        CHECK(subject <= PERFADAPT_SENSOR_GPU);
}

static void check_supply(const char *text) {
    struct perfadapt__supply supplies[2] = {{.kind = PERFADAPT__SUPPLY_BATTERY}, {.kind = PERFADAPT__SUPPLY_MAINS}};
    for (size_t i = 0; i < 2; i++) {
        double value;
        double full_wh;
        perfadapt__supply_parse(text, &supplies[i]);
        if (perfadapt__supply_charge(&supplies[i], &value, &full_wh))
            CHECK(value >= 0 && value <= 1 && (isnan(full_wh) || full_wh > 0));
        if (perfadapt__supply_watts(&supplies[i], &value))
            CHECK(value >= 0 && value < 1000);
    }
    const int on_ac = perfadapt__supply_on_ac(supplies, 2);
    CHECK(on_ac >= -1 && on_ac <= 1);
}

static void check_client(const char *text) {
    struct perfadapt__fdinfo info;
    const bool good = perfadapt__fdinfo_parse(text, &info);
    check_word(info.driver, sizeof info.driver);
    check_word(info.pdev, sizeof info.pdev);
    CHECK(!good || info.driver[0]);
    CHECK(info.engine_count <= PERFADAPT__FDINFO_ENGINES_MAX && info.region_count <= PERFADAPT__FDINFO_REGIONS_MAX);
    for (size_t i = 0; i < info.engine_count; i++) {
        CHECK(memchr(info.engines[i].name, '\0', sizeof info.engines[i].name));
        CHECK(info.engines[i].capacity >= 1);
        (void)perfadapt__fdinfo_engine_draws(info.engines[i].name);
    }
    double bytes;
    if (perfadapt__fdinfo_memory(&info, &bytes))
        CHECK(bytes >= 0 && !isinf(bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1); /* exact, so that a read behind the end is seen */
    CHECK(text);
    memcpy(text, data, size);
    text[size] = '\0';
    check_processor(text, size);
    check_supply(text);
    check_client(text);
    free(text);
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
