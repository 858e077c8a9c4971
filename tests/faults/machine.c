/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include "machine_files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES_MAX 512
#define BYTES_MAX 4096

/* Content below this is one figure or word, and its first half would be another one that is just as good. */
static const size_t shortest_to_cut = 64;

struct file {
    char path[256];
    unsigned char bytes[BYTES_MAX]; /* as it is to be */
    size_t length;
    size_t written; /* length of what lies in the file */
    int fd;         /* of the file as it lies there; -1 = not open */
    bool pinned;    /* its content does not follow the level */
    bool broken;
    bool flickers;
    bool dark; /* while it flickers: empty now */
};

struct machine {
    char root[128];
    struct file files[FILES_MAX];
    size_t count;
    unsigned level;
    uint64_t seconds;
    uint64_t work;                           /* permille of the processors, summed up */
    uint64_t counters[MACHINE_COUNTERS_MAX]; /* by index of machine_counters[] */
};

const char *machine_fault_name(enum machine_fault fault) {
#define MACHINE_FAULT_NAME(name, text) [MACHINE_FAULT_##name] = (text),
    static const char *const names[MACHINE_FAULTS] = {MACHINE_FAULT_MAP(MACHINE_FAULT_NAME)};
#undef MACHINE_FAULT_NAME
    return names[fault];
}

const char *machine_root(const struct machine *machine) {
    return machine->root;
}

size_t machine_file_count(const struct machine *machine) {
    return machine->count;
}

const char *machine_file_path(const struct machine *machine, size_t index) {
    return machine->files[index].path;
}

unsigned machine_level(const struct machine *machine) {
    return machine->level;
}

size_t machine_file_find(const struct machine *machine, const char *path) {
    size_t index = 0;
    while (index < machine->count && strcmp(machine->files[index].path, path) != 0)
        index++;
    if (index == machine->count)
        fail_msg("the machine has no %s", path);
    return index;
}

/* ---- on the disk ---- */

static void full_path(const struct machine *machine, const char *path, char *out, size_t capacity) {
    assert_true((size_t)snprintf(out, capacity, "%s%s", machine->root, path) < capacity);
}

static void make_directories(const struct machine *machine, char *full) {
    for (char *slash = full + strlen(machine->root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

static void close_file(struct file *file) {
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* Same inode: whoever has it open reads the new content. */
static void write_in_place(const struct machine *machine, struct file *file, const void *bytes, size_t length) {
    char full[512];
    full_path(machine, file->path, full, sizeof full);
    if (file->fd < 0)
        file->fd = open(full, O_WRONLY | O_CLOEXEC);
    assert_true(file->fd >= 0);
    assert_int_equal(pwrite(file->fd, bytes, length, 0), (ssize_t)length);
    if (length != file->written)
        assert_int_equal(ftruncate(file->fd, (off_t)length), 0);
    file->written = length;
}

/* Another inode, put there in one step: whoever has the old one open holds a deleted file. */
static void write_new_file(const struct machine *machine, struct file *file, const void *bytes, size_t length,
                           mode_t mode) {
    char full[512];
    char fresh[520];
    full_path(machine, file->path, full, sizeof full);
    make_directories(machine, full);
    snprintf(fresh, sizeof fresh, "%s.new", full);
    close_file(file);
    file->fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(file->fd >= 0);
    assert_int_equal(write(file->fd, bytes, length), (ssize_t)length);
    assert_int_equal(fchmod(file->fd, mode), 0);
    assert_int_equal(rename(fresh, full), 0);
    file->written = length;
    close_file(file);
}

static void remove_file(const struct machine *machine, struct file *file) {
    char full[512];
    full_path(machine, file->path, full, sizeof full);
    close_file(file);
    assert_int_equal(remove(full), 0); /* a directory too */
}

static void make_link(const struct machine *machine, const char *path, const char *target) {
    char full[512];
    full_path(machine, path, full, sizeof full);
    make_directories(machine, full);
    assert_int_equal(symlink(target, full), 0);
}

/* What /proc/self/fd/7 leads to. Only root may make one: for others the link leads nowhere. */
static void make_device(const struct machine *machine, const char *path, unsigned major_number, unsigned minor_number) {
    char full[512];
    full_path(machine, path, full, sizeof full);
    make_directories(machine, full);
    if (mknod(full, S_IFCHR | 0600, makedev(major_number, minor_number)) != 0)
        assert_true(errno == EPERM || errno == EACCES);
}

/* ---- content ---- */

static struct file *add_file(struct machine *machine, const char *path) {
    assert_true(machine->count < FILES_MAX);
    struct file *file = &machine->files[machine->count++];
    *file = (struct file){.fd = -1};
    assert_true((size_t)snprintf(file->path, sizeof file->path, "%s", path) < sizeof file->path);
    return file;
}

static void set_bytes(const struct machine *machine, struct file *file, const void *bytes, size_t length) {
    const bool same = file->length == length && memcmp(file->bytes, bytes, length) == 0;
    assert_true(length <= sizeof file->bytes);
    memcpy(file->bytes, bytes, length);
    file->length = length;
    if (!same && !file->broken)
        write_in_place(machine, file, bytes, length);
}

static void set_text(const struct machine *machine, struct file *file, const char *text) {
    if (!file->pinned)
        set_bytes(machine, file, text, strlen(text));
}

static void write_gauges(struct machine *machine) {
    for (size_t i = 0; i < machine_gauge_count; i++)
        if (machine_gauges[i].text[1] || machine->files[i].length == 0)
            set_text(machine, &machine->files[i],
                     machine_gauges[i].text[machine_gauges[i].text[1] ? machine->level : 0]);
}

/* The files of counters lie behind those of gauges, then the compositions. */
static void write_counters(struct machine *machine) {
    char text[BYTES_MAX];
    struct file *file = &machine->files[machine_gauge_count];
    for (size_t i = 0; i < machine_counter_count; i++, file++) {
        snprintf(text, sizeof text, "%llu\n", (unsigned long long)machine->counters[i]);
        set_text(machine, file, text);
    }
    for (size_t i = 0; i < machine_composition_count; i++, file++) {
        const size_t length =
            machine_compositions[i].write(machine->level, machine->seconds, machine->work, text, sizeof text);
        if (!file->pinned)
            set_bytes(machine, file, text, length);
    }
}

static void flicker(struct machine *machine) {
    for (size_t i = 0; i < machine->count; i++) {
        struct file *file = &machine->files[i];
        if (!file->flickers)
            continue;
        file->dark = !file->dark;
        write_in_place(machine, file, file->bytes, file->dark ? 0 : file->length);
    }
}

void machine_step(struct machine *machine) {
    machine->seconds++;
    machine->work += machine_load[machine->level];
    for (size_t i = 0; i < machine_counter_count; i++)
        machine->counters[i] += machine_counters[i].per_second[machine->level];
    write_counters(machine);
    flicker(machine);
}

void machine_set_level(struct machine *machine, unsigned level) {
    assert_true(level < MACHINE_LEVELS);
    machine->level = level;
    write_gauges(machine);
    write_counters(machine);
}

void machine_text(struct machine *machine, const char *path, const char *text) {
    struct file *file = &machine->files[machine_file_find(machine, path)];
    file->pinned = false;
    set_text(machine, file, text);
    file->pinned = true;
}

/* ---- faults ---- */

struct content {
    const void *bytes;
    size_t length;
};

static struct content content_of(const struct file *file, enum machine_fault fault) {
    static char digits[400];
    static unsigned char bytes_ff[4096];
    memset(digits, '9', sizeof digits);
    memset(bytes_ff, 0xff, sizeof bytes_ff);
    switch (fault) {
    case MACHINE_FAULT_CUT:
        return (struct content){file->bytes, file->length / 2};
    case MACHINE_FAULT_GARBAGE:
        return (struct content){"\033[31m%n\t ;= {garbage}\n", 23};
    case MACHINE_FAULT_COLD:
        return (struct content){"-273200\n", 8};
    case MACHINE_FAULT_HOT:
        return (struct content){"65261800\n", 9};
    case MACHINE_FAULT_BYTES_FF:
        return (struct content){bytes_ff, sizeof bytes_ff};
    case MACHINE_FAULT_NOT_A_NUMBER:
        return (struct content){"nan\n", 4};
    case MACHINE_FAULT_DIGITS:
        return (struct content){digits, sizeof digits};
    default:
        return (struct content){"", 0};
    }
}

static bool makes_sense(const struct file *file, enum machine_fault fault, enum machine_way way) {
    switch (fault) {
    case MACHINE_FAULT_MISSING:
    case MACHINE_FAULT_DIRECTORY:
        return way == MACHINE_NEW_FILE;
    case MACHINE_FAULT_UNREADABLE: /* root reads everything */
        return way == MACHINE_NEW_FILE && geteuid() != 0;
    case MACHINE_FAULT_FLICKER:
        return way == MACHINE_IN_PLACE;
    case MACHINE_FAULT_CUT:
        return file->length >= shortest_to_cut;
    default:
        return true;
    }
}

bool machine_break(struct machine *machine, size_t index, enum machine_fault fault, enum machine_way way) {
    struct file *file = &machine->files[index];
    char full[512];
    if (!makes_sense(file, fault, way))
        return false;
    const struct content content = content_of(file, fault);
    file->broken = true;
    file->flickers = file->dark = fault == MACHINE_FAULT_FLICKER;
    if (fault == MACHINE_FAULT_MISSING || fault == MACHINE_FAULT_DIRECTORY)
        remove_file(machine, file);
    else if (way == MACHINE_IN_PLACE)
        write_in_place(machine, file, content.bytes, content.length);
    else
        write_new_file(machine, file, content.bytes, content.length, fault == MACHINE_FAULT_UNREADABLE ? 0 : 0644);
    if (fault == MACHINE_FAULT_DIRECTORY) {
        full_path(machine, file->path, full, sizeof full);
        assert_int_equal(mkdir(full, 0755), 0);
    }
    return true;
}

void machine_heal(struct machine *machine, size_t index, enum machine_way way) {
    struct file *file = &machine->files[index];
    char full[512];
    struct stat status;
    file->broken = file->flickers = false;
    full_path(machine, file->path, full, sizeof full);
    if (lstat(full, &status) == 0 && S_ISDIR(status.st_mode))
        remove_file(machine, file);
    if (way == MACHINE_IN_PLACE)
        write_in_place(machine, file, file->bytes, file->length);
    else
        write_new_file(machine, file, file->bytes, file->length, 0644);
}

/* ---- life ---- */

struct machine *machine_create(void) {
    struct machine *machine = calloc(1, sizeof *machine);
    const char *temporary = getenv("TMPDIR");
    assert_non_null(machine);
    machine->seconds = 5000;
    machine->work = machine->seconds * machine_load[0];
    snprintf(machine->root, sizeof machine->root, "%s/perfadapt-XXXXXX", temporary ? temporary : "/tmp");
    assert_non_null(mkdtemp(machine->root));
    for (size_t i = 0; i < machine_gauge_count; i++)
        add_file(machine, machine_gauges[i].path);
    for (size_t i = 0; i < machine_counter_count; i++) {
        add_file(machine, machine_counters[i].path);
        machine->counters[i] = machine_counters[i].start;
    }
    for (size_t i = 0; i < machine_composition_count; i++)
        add_file(machine, machine_compositions[i].path);
    for (size_t i = 0; i < machine->count; i++)
        write_new_file(machine, &machine->files[i], "", 0, 0644);
    for (size_t i = 0; i < machine_link_count; i++)
        make_link(machine, machine_links[i].path, machine_links[i].target);
    make_device(machine, "/dev/dri/renderD129", 226, 129);
    machine_set_level(machine, 0);
    return machine;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void machine_destroy(struct machine *machine) {
    if (!machine)
        return;
    for (size_t i = 0; i < machine->count; i++)
        close_file(&machine->files[i]);
    nftw(machine->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(machine);
}
