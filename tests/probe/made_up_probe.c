/*
 * perfadapt-probe with drivers made up in their manifests: all of the program but the Vulkan loader.
 * SPDX-License-Identifier: MIT
 *
 * Beside "ICD", a manifest's "do" says how its driver behaves: "crash", "exit", "hang", "garbage", "kill the probe",
 * "leave", or a VkResult; "devices" what it tells of. Each driver that is asked leaves a file named after its manifest
 * in $MADE_UP_MARKS: what must not be there proves that no driver was loaded.
 */
#include "probe/icds.h"
#include "probe/process.h"
#include "probe/run.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void leave_mark(const char *manifest) {
    char path[2048];
    const char *marks = getenv("MADE_UP_MARKS");
    snprintf(path, sizeof path, "%s/%s", marks ? marks : "/nowhere", probe_base_name(manifest));
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0)
        return;
    dprintf(fd, "nice %d\n", getpriority(PRIO_PROCESS, 0));
    close(fd);
}

static _Noreturn void sleep_for_ever(void) {
    for (;;)
        pause();
}

static void behave(const char *how) {
    if (strcmp(how, "crash") == 0) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    } else if (strcmp(how, "exit") == 0) {
        exit(1);
    } else if (strcmp(how, "hang") == 0 || strcmp(how, "kill the probe") == 0) {
        if (strcmp(how, "hang") != 0)
            kill(getppid(), SIGKILL);
        sleep_for_ever();
    } else if (strcmp(how, "garbage") == 0) {
        for (int fd = 3; fd < 32; fd++)
            dprintf(fd, "\x7f"
                        "ELF");
    } else if (strcmp(how, "leave") == 0 && fork() == 0) {
        sleep_for_ever();
    }
}

static uint32_t number_of(const json_t *object, const char *key) {
    return (uint32_t)json_integer_value(json_object_get(object, key));
}

static void fill(const json_t *made, struct perfadapt_device *device) {
    const char *name = json_string_value(json_object_get(made, "name"));
    const json_t *bus = json_object_get(made, "bus");
    *device = (struct perfadapt_device){.size = sizeof *device,
                                        .type = number_of(made, "type"),
                                        .vendor_id = number_of(made, "vendor_id"),
                                        .device_id = number_of(made, "device_id"),
                                        .api_version = 3U << 12 | 1U << 22 | 275,
                                        .pci = {.known = bus != NULL, .bus = (uint32_t)json_integer_value(bus)},
                                        .compute_units = number_of(made, "compute_units"),
                                        .heap_count = 1,
                                        .heaps = {{.bytes = UINT64_MAX, .flags = 1}},
                                        .memory_type_count = 1,
                                        .memory_types = {{.flags = 0x17, .heap = 0}},
                                        .features = PERFADAPT_DEVICE_HAS_PRESENT_ID | UINT64_C(1) << 60,
                                        .features_known = 1,
                                        .timestamp_known = 1,
                                        .timestamp_period_ns = 38.4F};
    snprintf(device->name, sizeof device->name, "%s", name ? name : "");
}

static int enumerate(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                     size_t reason_bytes) {
    const char *manifest = getenv("VK_DRIVER_FILES");
    json_t *root = manifest ? json_load_file(manifest, 0, NULL) : NULL;
    const json_t *how = json_object_get(root, "do");
    const json_t *devices = json_object_get(root, "devices");
    *out_count = 0;
    leave_mark(manifest ? manifest : "none");
    if (json_is_integer(how)) {
        snprintf(reason, reason_bytes, "as made up");
        return (int)json_integer_value(how);
    }
    if (json_is_string(how))
        behave(json_string_value(how));
    for (size_t i = 0; i < json_array_size(devices) && i < capacity; i++)
        fill(json_array_get(devices, i), &out[(*out_count)++]);
    json_decref(root);
    return 0;
}

int main(int argc, char **argv) {
    struct probe_options options;
    probe_process_streams();
    const int code = probe_options_parse(argc, argv, &options);
    if (code >= 0)
        return code;
    if (!probe_process_prepare(options.timeout_s))
        return probe_fail("timer", strerror(errno));
    return probe_run(&options, enumerate);
}
