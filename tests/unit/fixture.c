/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void count_line(void *user_data, enum perfadapt_log_level level, const char *message) {
    struct fixture *fixture = user_data;
    (void)level;
    fixture->logged++;
    snprintf(fixture->last_line, sizeof fixture->last_line, "%s", message);
}

int fixture_setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const char *temporary = getenv("TMPDIR");
    if (!fixture)
        return -1;
    snprintf(fixture->path, sizeof fixture->path, "%s/perfadapt-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(fixture->path) || perfadapt__root_open(fixture->path, &fixture->root) != PERFADAPT_OK)
        return -1;
    fixture->log = (struct perfadapt_log){.write = count_line, .user_data = fixture};
    perfadapt__gates_init(&fixture->gates, &fixture->root);
    if (!perfadapt__watch_init(&fixture->watch))
        return -1;
    fixture->environment = (struct perfadapt__provider_environment){
        .root = &fixture->root, .log = &fixture->log, .gates = &fixture->gates, .watch = &fixture->watch};
    fixture->snapshot.size = sizeof fixture->snapshot;
    *state = fixture;
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static int open_for_removal(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)walk;
    return type == FTW_D || type == FTW_DNR ? chmod(path, 0700) : 0;
}

static void remove_tree(const char *path) {
    nftw(path, open_for_removal, 16, FTW_PHYS);
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int fixture_teardown(void **state) {
    struct fixture *fixture = *state;
    fixture_feed(fixture);
    if (fixture->provider)
        fixture->provider->type->destroy(fixture->provider);
    perfadapt__gates_finish(&fixture->gates);
    perfadapt__watch_finish(&fixture->watch);
    perfadapt__root_close(&fixture->root);
    remove_tree(fixture->path);
    free(fixture);
    return 0;
}

static void full_path(const struct fixture *fixture, const char *path, char *out, size_t capacity) {
    assert_true((size_t)snprintf(out, capacity, "%s%s", fixture->path, path) < capacity);
}

static void make_directories(char *path, size_t from) {
    for (char *slash = path + from + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

static void place(const struct fixture *fixture, const char *path, char *out, size_t capacity) {
    full_path(fixture, path, out, capacity);
    make_directories(out, strlen(fixture->path));
}

void fixture_bytes(struct fixture *fixture, const char *path, const void *bytes, size_t length) {
    char full[1024];
    place(fixture, path, full, sizeof full);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void fixture_file(struct fixture *fixture, const char *path, const char *text) {
    fixture_bytes(fixture, path, text, strlen(text));
}

void fixture_directory(struct fixture *fixture, const char *path) {
    char full[1024];
    place(fixture, path, full, sizeof full);
    assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
}

void fixture_link(struct fixture *fixture, const char *path, const char *target) {
    char full[1024];
    place(fixture, path, full, sizeof full);
    assert_int_equal(symlink(target, full), 0);
}

void fixture_mode(struct fixture *fixture, const char *path, unsigned mode) {
    char full[1024];
    full_path(fixture, path, full, sizeof full);
    assert_int_equal(chmod(full, (mode_t)mode), 0);
}

void fixture_move(struct fixture *fixture, const char *from, const char *to) {
    char full_from[1024];
    char full_to[1024];
    full_path(fixture, from, full_from, sizeof full_from);
    place(fixture, to, full_to, sizeof full_to);
    assert_int_equal(rename(full_from, full_to), 0);
}

void fixture_remove(struct fixture *fixture, const char *path) {
    char full[1024];
    full_path(fixture, path, full, sizeof full);
    remove_tree(full);
}

/* Version control keeps links of recorded trees as files that hold the target. */
static void copy_file(struct fixture *fixture, const char *from, const char *path) {
    char bytes[8192];
    const int fd = open(from, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const ssize_t length = read(fd, bytes, sizeof bytes - 1);
    assert_true(length >= 0);
    close(fd);
    bytes[length] = '\0';
    if (strncmp(bytes, "../", 3) != 0) {
        fixture_bytes(fixture, path, bytes, (size_t)length);
        return;
    }
    bytes[strcspn(bytes, "\n")] = '\0';
    fixture_link(fixture, path, bytes);
}

void fixture_copy(struct fixture *fixture, const char *from, const char *path) {
    DIR *directory = opendir(from);
    assert_non_null(directory);
    fixture_directory(fixture, path);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char source[1024];
        char target[1024];
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_true((size_t)snprintf(source, sizeof source, "%s/%s", from, entry->d_name) < sizeof source);
        assert_true((size_t)snprintf(target, sizeof target, "%s/%s", path, entry->d_name) < sizeof target);
        assert_int_equal(lstat(source, &status), 0);
        if (S_ISDIR(status.st_mode))
            fixture_copy(fixture, source, target);
        else if (S_ISREG(status.st_mode))
            copy_file(fixture, source, target);
    }
    closedir(directory);
}

void fixture_create(struct fixture *fixture, const struct perfadapt__provider_class *type) {
    fixture->provider = type->create(&fixture->environment, &fixture->snapshot);
}

void fixture_read(struct fixture *fixture, int64_t now_ms) {
    const struct perfadapt__read_context context = {.now_ns = now_ms * 1000000, .gpu_busy = (double)NAN};
    assert_non_null(fixture->provider);
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
}

struct perfadapt_sensor *fixture_sensor(struct fixture *fixture, const char *id) {
    for (uint32_t i = 0; i < fixture->snapshot.sensor_count; i++)
        if (strcmp(fixture->snapshot.sensors[i].id, id) == 0)
            return &fixture->snapshot.sensors[i];
    return NULL;
}

void fixture_starve(struct fixture *fixture, unsigned spare) {
    struct rlimit limit;
    const int lowest_free = fcntl(0, F_DUPFD_CLOEXEC, 0);
    assert_true(lowest_free >= 0);
    close(lowest_free);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    fixture->descriptors = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)lowest_free + spare;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

void fixture_feed(struct fixture *fixture) {
    struct rlimit limit;
    if (fixture->descriptors == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = fixture->descriptors;
    fixture->descriptors = 0;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void fixture_beside(const char *name, char *out, size_t capacity) {
    char program[400];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(length > 0);
    program[length] = '\0';
    *strrchr(program, '/') = '\0';
    assert_true(snprintf(out, capacity, "%s/../share/%s", program, name) < (int)capacity);
}

const char *fixture_profiles(void) {
    static char path[512];
    fixture_beside("perfadapt", path, sizeof path);
    return path;
}

bool fixture_is_plain_user(void) {
    return geteuid() != 0;
}

void assert_metric(const struct perfadapt_metric *metric, enum perfadapt_state state, double value) {
    assert_int_equal(metric->state, state);
    if (metric->value < value || metric->value > value || isnan(metric->value))
        fail_msg("%.17g is not %.17g", metric->value, value);
}

void assert_unknown(const struct perfadapt_metric *metric, enum perfadapt_state state) {
    assert_int_equal(metric->state, state);
    assert_true(isnan(metric->value));
}
