/*
 * Any bytes as a table of devices, the first line as the device: what is taken is in its bounds.
 * SPDX-License-Identifier: MIT
 */
#include "device/families.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void check_number(double value) {
    CHECK(value >= 0 && value <= 1e9);
}

static void check_family(const struct perfadapt__family *family) {
    CHECK(memchr(family->name, '\0', sizeof family->name) && memchr(family->where, '\0', sizeof family->where));
    CHECK(memchr(family->deny, '\0', sizeof family->deny) && memchr(family->through, '\0', sizeof family->through));
    CHECK(memchr(family->broken, '\0', sizeof family->broken));
    CHECK(family->type <= PERFADAPT_DEVICE_CPU + 1);
    check_number(family->gflops);
    check_number(family->lanes_per_unit);
    check_number(family->units);
    check_number(family->clock_mhz);
    check_number(family->share);
    check_number(family->tier_least);
    check_number(family->tier_most);
    check_number(family->year);
    CHECK(!family->known || *family->name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct perfadapt_device device = {.vendor_id = 0x10de, .device_id = 0x2684, .driver_name = "NVIDIA"};
    struct perfadapt__family family = {.known = false};
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    const size_t named = newline ? (size_t)(newline - data) : 0;
    memcpy(device.name, data, named < sizeof device.name ? named : sizeof device.name - 1);
    const size_t length = size - named;
    char *text = malloc(length ? length : 1); /* of its own and without a NUL, so that the sanitizer sees its end */
    CHECK(text);
    memcpy(text, data + named, length);
    perfadapt__families_read(&device, "fuzz.ini", text, length, &family);
    check_family(&family);
    /* What is left out leaves nothing; what is read twice says the same. */
    CHECK(!*family.broken || (!*family.name && !*family.deny));
    struct perfadapt__family again = family;
    perfadapt__families_read(&device, "fuzz.ini", text, length, &again);
    CHECK(strcmp(again.name, family.name) == 0 && again.known == family.known && again.type == family.type);
    free(text);
    return 0;
}
