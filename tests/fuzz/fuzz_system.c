/*
 * Any bytes as an EDID, a list of processors, and the files that say what a machine is: what is made of them must be
 * within bounds, and its texts fit to be shown. SPDX-License-Identifier: MIT
 *
 * For libFuzzer. The first byte chooses the file that the rest becomes.
 */
#include "device/bus.h"
#include "device/cpu_list.h"
#include "device/edid.h"
#include "device/form_names.h"
#include "device/name.h"
#include "device/system.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t capacity) {
    CHECK(memchr(text, '\0', capacity));
    for (; *text; text++)
        CHECK(*text >= ' ' && *text <= '~');
}

static void check_parts(const uint8_t *data, size_t size) {
    char *exact = malloc(size + 1); /* so that a read behind the end is seen */
    CHECK(exact);
    memcpy(exact, data, size);
    exact[size] = '\0';
    struct perfadapt__cpu_list list;
    if (!perfadapt__cpu_list_parse(exact, &list))
        CHECK(perfadapt__cpu_list_count(&list) == 0);
    for (size_t capacity = 1; capacity <= 64; capacity += 21) {
        char name[64];
        perfadapt__name_copy(exact, size, name, capacity);
        check_text(name, capacity);
    }
    (void)perfadapt__form_by_tree(exact, size);
    (void)perfadapt__identity_is_placeholder(exact);
    free(exact);
    const uint32_t refresh_mhz = perfadapt__edid_refresh_mhz(data, size);
    CHECK(refresh_mhz == 0 || (refresh_mhz >= 10000 && refresh_mhz <= 1000000));
}

/* ---- as a file of a machine ---- */

static const char *const files[] = {
    "proc/cpuinfo",
    "proc/meminfo",
    "proc/self/status",
    "proc/self/cgroup",
    "proc/self/mountinfo",
    "proc/device-tree/compatible",
    "sys/class/dmi/id/sys_vendor",
    "sys/class/dmi/id/chassis_type",
    "sys/class/drm/card0-eDP-1/edid",
    "sys/class/power_supply/BAT0/type",
    "sys/devices/cpu_atom/cpus",
    "sys/devices/system/cpu/cpu0/cpu_capacity",
    "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq",
    "sys/devices/system/cpu/cpu1/cpufreq/cpuinfo_max_freq",
    "sys/devices/system/cpu/cpu0/topology/core_cpus_list",
    "sys/devices/system/cpu/online",
    "sys/bus/pci/devices/0000:01:00.0/class",
    "sys/bus/pci/devices/0000:01:00.0/vendor",
    "sys/class/drm/card0/device/uevent",
};
#define FILE_COUNT (sizeof files / sizeof files[0])

static void put(const char *in, const char *file, const void *bytes, size_t length) {
    char path[256];
    CHECK((size_t)snprintf(path, sizeof path, "%s/%s", in, file) < sizeof path);
    for (char *slash = path + strlen(in) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, bytes, length) == (ssize_t)length);
    close(fd);
}

static void put_usual(const char *in, const char *file) {
    const char *text = strstr(file, "class") && strstr(file, "pci") ? "0x030000\n"
                       : strstr(file, "cpu")                        ? "0-1\n"
                                                                    : "1\n";
    put(in, file, text, strlen(text));
}

static char directory[] = "/tmp/fuzz_system-XXXXXX";

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void clean_up(void) {
    nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *machine(void) {
    static bool made;
    if (made)
        return directory;
    CHECK(mkdtemp(directory));
    CHECK(atexit(clean_up) == 0);
    for (size_t i = 0; i < FILE_COUNT; i++)
        put_usual(directory, files[i]);
    put(directory, "sys/class/drm/card0-eDP-1/status", "connected\n", 10);
    made = true;
    return directory;
}

static void check_machine(const char *in) {
    struct perfadapt__root root;
    struct perfadapt_system system;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    CHECK(perfadapt__root_open(in, &root) == PERFADAPT_OK);
    perfadapt__system_read(&root, &system);
    const size_t count = perfadapt__bus_read(&root, gpus);
    perfadapt__root_close(&root);
    check_text(system.vendor, sizeof system.vendor);
    check_text(system.device_tree, sizeof system.device_tree);
    check_text(system.processor, sizeof system.processor);
    CHECK(system.form <= PERFADAPT_FORM_VIRTUAL && system.core_kind_count <= PERFADAPT_CORE_KINDS_MAX);
    for (uint32_t i = 0; i < system.core_kind_count; i++)
        CHECK(system.core_kinds[i].cores > 0 && system.core_kinds[i].threads >= system.core_kinds[i].cores &&
              system.core_kinds[i].capacity <= 1024);
    CHECK(count <= PERFADAPT__BUS_GPUS_MAX);
    for (size_t i = 0; i < count; i++) {
        check_text(gpus[i].driver, sizeof gpus[i].driver);
        check_text(gpus[i].compatible, sizeof gpus[i].compatible);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_parts(data, size);
    if (size == 0)
        return 0;
    const char *file = files[data[0] % FILE_COUNT];
    put(machine(), file, data + 1, size - 1);
    check_machine(machine());
    put_usual(machine(), file);
    return 0;
}
