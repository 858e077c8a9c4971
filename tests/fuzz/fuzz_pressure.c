/* Any bytes as pressure, cgroup, status and mount texts. SPDX-License-Identifier: MIT */
#include "providers/cgroup_text.h"
#include "providers/line_reader.h"
#include "providers/process_text.h"
#include "providers/psi_text.h"
#include "providers/systemd_pressure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static bool is_share(double value) {
    return isfinite(value) && value >= 0;
}

static void check_pressure(const char *text) {
    static const char *const keywords[] = {"some", "full"};
    for (size_t i = 0; i < 2; i++) {
        struct perfadapt__psi_line line;
        if (perfadapt__psi_parse(text, keywords[i], &line) == PERFADAPT__PSI_LINE)
            CHECK(is_share(line.avg10) && is_share(line.avg60) && is_share(line.avg300));
    }
}

static void check_numbers(const char *text) {
    uint64_t number;
    double processors;
    struct perfadapt__process_pages pages;
    if (perfadapt__cgroup_parse_bytes(text, &number) == PERFADAPT__CGROUP_VALUE)
        CHECK(number < UINT64_C(0x7fffffffffff0000));
    (void)perfadapt__cgroup_parse_key(text, "inactive_file", &number);
    (void)perfadapt__cgroup_parse_key(text, "oom_kill", &number);
    if (perfadapt__cgroup_parse_cpu_max(text, &processors) == PERFADAPT__CGROUP_VALUE)
        CHECK(processors > 0 && isfinite(processors));
    if (perfadapt__cgroup_parse_cfs(text, "100000\n", &processors) == PERFADAPT__CGROUP_VALUE)
        CHECK(processors > 0 && isfinite(processors));
    (void)perfadapt__process_parse_statm(text, &pages);
    if (perfadapt__process_parse_kib(text, "RssAnon:", &number) == PERFADAPT__PROCESS_FOUND)
        CHECK(number % 1024 == 0);
}

static void check_asked(const char *text) {
    struct perfadapt__systemd_pressure asked;
    perfadapt__systemd_pressure_parse("/x", text, &asked);
    CHECK(asked.length <= sizeof asked.text && !asked.wrong == !!asked.path[0]);
    perfadapt__systemd_pressure_parse(text, text, &asked);
    CHECK(asked.length <= sizeof asked.text && memchr(asked.path, '\0', sizeof asked.path));
}

static void check_line(const char *line, enum perfadapt__cgroup_hierarchy hierarchy) {
    struct perfadapt__cgroup_mount mount;
    char *membership = strdup(line); /* of their own, so that the sanitizer sees their ends */
    char *other = strdup(line);
    CHECK(membership && other);
    const char *path = perfadapt__cgroup_parse_membership(membership, hierarchy);
    CHECK(!path || path[0] == '/');
    if (perfadapt__cgroup_parse_mount(other, hierarchy, &mount)) {
        const char *below = perfadapt__cgroup_below_root(path ? path : "/a/b", mount.root);
        CHECK(!below || !*below || *below == '/');
    }
    free(membership);
    free(other);
}

/* What the reader gives is what the text has, line by line, but for those that are too long for it. */
static void check_lines(const char *text, size_t length) {
    static struct perfadapt__line_reader reader;
    const int fd = memfd_create("lines", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, text, length) == (ssize_t)length && lseek(fd, 0, SEEK_SET) == 0);
    perfadapt__line_reader_init(&reader, fd);
    size_t given = 0;
    for (char *line; (line = perfadapt__line_reader_next(&reader));) {
        CHECK(!strchr(line, '\n'));
        given += strlen(line) + 1;
        for (int hierarchy = PERFADAPT__CGROUP_V2; hierarchy <= PERFADAPT__CGROUP_V1_CPU; hierarchy++)
            check_line(line, (enum perfadapt__cgroup_hierarchy)hierarchy);
    }
    CHECK(given <= length + 1);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    CHECK(text);
    memcpy(text, data, size);
    text[size] = '\0';
    check_pressure(text);
    check_numbers(text);
    check_asked(text);
    check_lines(text, size);
    free(text);
    return 0;
}
