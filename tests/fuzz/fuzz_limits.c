/* Any bytes as a file of learned limits: what is taken of them is in its bounds, and is read again as it was printed.
 * SPDX-License-Identifier: MIT */
#include "tuning/limits_text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static struct perfadapt__limits limits;
static struct perfadapt__limits again;

static void check_text(const char *text, size_t capacity) {
    CHECK(*text && memchr(text, '\0', capacity) && perfadapt__limits_can_hold(text));
}

static void check_log(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    (void)level;
    CHECK(perfadapt__limits_can_hold(message));
}

static void check_limit(const struct perfadapt__learned_limit *limit) {
    check_text(limit->sensor, sizeof limit->sensor);
    check_text(limit->machine, sizeof limit->machine);
    check_text(limit->learned, sizeof limit->learned);
    CHECK(limit->limit_dc >= PERFADAPT__LIMIT_LEAST_C * 10 && limit->limit_dc <= PERFADAPT__LIMIT_MOST_C * 10);
    CHECK(perfadapt__limits_find(&limits, limit->machine, limit->sensor));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char text[PERFADAPT__LIMITS_BYTES_MAX];
    const struct perfadapt_log log = {.write = check_log};
    const struct perfadapt__limits_wanted wanted = {
        .oldest = "2026-01-01", .today = "2026-02-01", .name = "fuzz", .log = &log};
    char *exact = malloc(size ? size : 1); /* of its own and without a NUL, so that the sanitizer sees its end */
    CHECK(exact);
    memcpy(exact, data, size);
    const bool may_be_replaced = perfadapt__limits_parse(exact, size, &wanted, &limits);
    free(exact);
    CHECK(may_be_replaced || limits.count == 0);
    CHECK(limits.count <= PERFADAPT__LIMITS_MAX);
    for (size_t i = 0; i < limits.count; i++)
        check_limit(&limits.list[i]);
    const size_t length = perfadapt__limits_print(&limits, text);
    CHECK(length < sizeof text && perfadapt__limits_parse(text, length, &wanted, &again));
    CHECK(again.count == limits.count);
    for (size_t i = 0; i < again.count; i++)
        CHECK(again.list[i].limit_dc == limits.list[i].limit_dc && again.list[i].times == limits.list[i].times &&
              strcmp(again.list[i].sensor, limits.list[i].sensor) == 0 &&
              strcmp(again.list[i].machine, limits.list[i].machine) == 0 &&
              strcmp(again.list[i].learned, limits.list[i].learned) == 0);
    return 0;
}
