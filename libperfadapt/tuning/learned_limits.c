/* SPDX-License-Identifier: MIT */
#include "tuning/learned_limits.h"

#include "config/text_file.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/user_directory.h"
#include "tuning/machine_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t write_gap_ns = 30 * PERFADAPT__NS_PER_S;
static const int64_t forgotten_s = 30 * INT64_C(86400);
static const int32_t risen_dc = 10; /* one that rises is written a degree at a time, and as it is at the end */

void perfadapt__learned_limits_init(struct perfadapt__learned_limits *learned, const struct perfadapt__root *root,
                                    const struct perfadapt__variables *variables, const struct perfadapt_log *log) {
    memset(learned, 0, offsetof(struct perfadapt__learned_limits, limits.list));
    learned->root = root;
    learned->variables = variables;
    learned->log = log;
}

/* ---- for the session ---- */

/* NULL: there is none, or it is made up. */
static const char *sensor_id(const struct perfadapt_snapshot *snapshot, uint32_t key) {
    const bool real = key > 0 && key <= snapshot->sensor_count && !snapshot->sensors[key - 1].simulated;
    return real ? snapshot->sensors[key - 1].id : NULL;
}

static struct perfadapt__learned_limit *find(struct perfadapt__learned_limits *learned, const char *sensor) {
    return sensor ? perfadapt__limits_find(&learned->limits, learned->machine, sensor) : NULL;
}

void perfadapt__learned_limits_recall(struct perfadapt__learned_limits *learned,
                                      const struct perfadapt_snapshot *snapshot, struct perfadapt__reading *reading) {
    for (uint32_t i = 0; i < reading->heat_count; i++) {
        const struct perfadapt__learned_limit *limit = find(learned, sensor_id(snapshot, reading->heat[i].key));
        reading->heat[i].remembered_c = limit ? learned->now_c[limit - learned->limits.list] : (double)NAN;
    }
}

/* Where it is, or is to be; NULL: nowhere. */
static double *place_of(struct perfadapt__learned_limits *learned, const char *sensor) {
    struct perfadapt__limits *limits = &learned->limits;
    struct perfadapt__learned_limit *limit = find(learned, sensor);
    if (!limit) {
        if (!sensor || limits->count == PERFADAPT__LIMITS_MAX)
            return NULL;
        limit = &limits->list[limits->count++];
        *limit = (struct perfadapt__learned_limit){.limit_dc = 0};
        memcpy(limit->machine, learned->machine, sizeof limit->machine);
        memcpy(limit->sensor, sensor, sizeof limit->sensor);
    }
    return &learned->now_c[limit - limits->list];
}

/* One that has risen to what the sensor states is kept as that; control will not take it. */
void perfadapt__learned_limits_take(struct perfadapt__learned_limits *learned,
                                    const struct perfadapt_snapshot *snapshot,
                                    const struct perfadapt__thermal_control *thermal) {
    for (int i = 0; learned->loaded && i < PERFADAPT__HEAT_SENSORS; i++) {
        const struct perfadapt__heat_channel *channel = &thermal->channels[i];
        const double celsius = channel->learned_limit_c;
        double *place = isnan(celsius) ? NULL : place_of(learned, sensor_id(snapshot, channel->key));
        if (place)
            *place = celsius < PERFADAPT__LIMIT_MOST_C ? celsius : PERFADAPT__LIMIT_MOST_C;
    }
}

/* ---- the file, read ---- */

struct dates {
    char today[PERFADAPT__DATE_BYTES], oldest[PERFADAPT__DATE_BYTES];
};

static void find_dates(struct dates *out) {
    const int64_t now_s = perfadapt__realtime_ns() / PERFADAPT__NS_PER_S;
    perfadapt__date_print(now_s, out->today);
    perfadapt__date_print(now_s - forgotten_s, out->oldest);
}

/* 0 or -errno; what is refused counts as empty. `log` NULL: what is wrong has been told. */
static int read_file(struct perfadapt__learned_limits *learned, const struct dates *dates, const char *machine,
                     const struct perfadapt_log *log, struct perfadapt__limits *out) {
    const char *path = learned->path;
    const int fd = perfadapt__fs_lift(open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    const struct perfadapt__text_file file =
        perfadapt__text_file_read(fd >= 0 ? fd : -errno, PERFADAPT__LIMITS_BYTES_MAX, true);
    const struct perfadapt__limits_wanted wanted = {
        .machine = machine, .oldest = dates->oldest, .today = dates->today, .name = path, .log = log};
    if (*file.why)
        perfadapt__log(log, PERFADAPT_LOG_WARNING, "%.300s: %s; the file is not used", path, file.why);
    learned->given_up = !perfadapt__limits_parse(file.text ? file.text : "", file.length, &wanted, out);
    free(file.text);
    return file.error == ELOOP || file.error == EACCES ? 0 : -file.error;
}

/* A sum of what tells machines apart: /etc/machine-id is told to nobody (machine-id(5)). The host's name may come and go
 * with a network. */
static void name_machine(struct perfadapt__learned_limits *learned) {
    struct perfadapt__machine_facts_store store;
    char id[40];
    memset(&store, 0, sizeof store);
    memset(id, 0, sizeof id);
    perfadapt__machine_facts_read(learned->root, NULL, 0, &store);
    perfadapt__fs_read_once(learned->root, "/etc/machine-id", id, sizeof id);
    const size_t bytes = offsetof(struct perfadapt__machine_facts_store, host) -
                         offsetof(struct perfadapt__machine_facts_store, dmi_vendor);
    const uint64_t hash = perfadapt__hash(PERFADAPT__HASH_START, store.dmi_vendor, bytes);
    perfadapt__hash_print(perfadapt__hash(hash, id, sizeof id), learned->machine);
}

static void load(struct perfadapt__learned_limits *learned) {
    const struct perfadapt__variables *variables = learned->variables;
    struct dates dates;
    learned->loaded = true;
    name_machine(learned);
    if (!perfadapt__user_path(variables->state_home, variables->home, "/.local/state",
                              learned->root->confined ? "/limits-sysroot.ini" : "/limits.ini", learned->path,
                              sizeof learned->path)) {
        learned->path[0] = '\0';
        return;
    }
    find_dates(&dates);
    (void)read_file(learned, &dates, learned->machine, learned->log, &learned->limits);
    if (learned->given_up)
        perfadapt__log(learned->log, PERFADAPT_LOG_INFO,
                       "%.300s: of a newer version, so neither used nor written over; it may be deleted",
                       learned->path);
    for (size_t i = 0; i < learned->limits.count; i++)
        learned->now_c[i] = learned->limits.list[i].limit_dc / 10.0;
}

/* ---- the file, written ---- */

/* Rounded down: below what the device bears, not above. */
static int32_t now_dc(const struct perfadapt__learned_limits *learned, size_t i) {
    return (int32_t)(learned->now_c[i] * 10);
}

static bool has_news(const struct perfadapt__learned_limits *learned, size_t i, bool at_end) {
    const int32_t kept = learned->limits.list[i].limit_dc;
    const int32_t now = now_dc(learned, i);
    return kept == 0 || now < kept || now >= kept + (at_end ? 1 : risen_dc);
}

/* The newest comes last; where there is no place, the first goes. */
static void merge(struct perfadapt__limits *all, const struct perfadapt__learned_limit *news, int32_t limit_dc,
                  const char *today) {
    struct perfadapt__learned_limit limit = *news;
    struct perfadapt__learned_limit *gone = perfadapt__limits_find(all, limit.machine, limit.sensor);
    limit.limit_dc = INT32_MAX;
    if (gone)
        limit = *gone;
    else if (all->count == PERFADAPT__LIMITS_MAX)
        gone = all->list;
    if (gone)
        memmove(gone, gone + 1, (size_t)((char *)&all->list[all->count--] - (char *)(gone + 1)));
    if (limit_dc < limit.limit_dc) {
        limit.times++;
        memcpy(limit.learned, today, sizeof limit.learned);
    }
    limit.limit_dc = limit_dc;
    all->list[all->count++] = limit;
}

/*
 * What is not finished has one name, and who has its lock may write it: nothing is left lying about where a process ends
 * meanwhile, and no other's news is lost. The descriptor, or -errno; EAGAIN while another writes.
 */
static int open_new(const char *path) {
    struct stat ours;
    struct stat named;
    const int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    const int fd = perfadapt__fs_lift(open(path, flags, 0600));
    if (fd < 0)
        return -errno;
    int error = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
    /* It may have become the file itself before the lock was ours. */
    if (error == 0 && (fstat(fd, &ours) != 0 || fstatat(AT_FDCWD, path, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
                       named.st_ino != ours.st_ino))
        error = -EAGAIN;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

/* Not to the disk: that may take seconds, and after a power cut it is learned again. The end of a second descriptor makes
 * network file systems tell of a full disk, and keeps the lock. */
static int replace(int fd, const char *unfinished, const char *path, const char *text, size_t length) {
    errno = ENOSPC;
    if (ftruncate(fd, 0) == 0 && write(fd, text, length) == (ssize_t)length &&
        close(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) == 0 &&
        renameat(AT_FDCWD, unfinished, AT_FDCWD, path) == 0)
        return 0;
    const int error = -errno;
    unlinkat(AT_FDCWD, unfinished, 0);
    return error;
}

struct work {
    struct perfadapt__limits all;
    char text[PERFADAPT__LIMITS_BYTES_MAX];
};

static int write_file(struct perfadapt__learned_limits *learned, int fd, const char *unfinished, bool at_end) {
    struct dates dates;
    struct work *work = malloc(sizeof *work);
    if (!work)
        return -ENOMEM;
    find_dates(&dates);
    int error = read_file(learned, &dates, NULL, NULL, &work->all); /* not to be replaced by less than it holds */
    for (size_t i = 0; i < learned->limits.count; i++)
        if (has_news(learned, i, at_end))
            merge(&work->all, &learned->limits.list[i], now_dc(learned, i), dates.today);
    const size_t length = perfadapt__limits_print(&work->all, work->text);
    if (error == 0 && !learned->given_up)
        error = replace(fd, unfinished, learned->path, work->text, length);
    for (size_t i = 0; i < learned->limits.count && error == 0; i++)
        if (has_news(learned, i, at_end))
            learned->limits.list[i].limit_dc = now_dc(learned, i);
    free(work);
    return error;
}

static int store(struct perfadapt__learned_limits *learned, bool at_end) {
    char unfinished[sizeof learned->path + 4];
    snprintf(unfinished, sizeof unfinished, "%s.new", learned->path);
    int error = *learned->path ? perfadapt__make_directories(learned->path) : -ENOENT;
    if (error == 0 && perfadapt__is_anothers(learned->path))
        error = -EPERM;
    const int fd = error == 0 ? open_new(unfinished) : error;
    if (fd < 0)
        return fd;
    error = write_file(learned, fd, unfinished, at_end);
    close(fd);
    return error;
}

void perfadapt__learned_limits_run(struct perfadapt__learned_limits *learned, int64_t now_ns, bool at_end) {
    bool news = false;
    if (!learned->loaded && !at_end)
        load(learned);
    for (size_t i = 0; i < learned->limits.count; i++)
        news |= has_news(learned, i, at_end);
    if (!news || learned->given_up || (!at_end && learned->tried_ns && now_ns - learned->tried_ns < write_gap_ns))
        return;
    const int error = store(learned, at_end);
    if (error == -EAGAIN)
        return;
    learned->tried_ns = now_ns;
    if (error != 0 && !learned->told)
        perfadapt__log(learned->log, PERFADAPT_LOG_INFO, "%.300s: learned limits are not kept (errno %d)",
                       *learned->path ? learned->path : "XDG_STATE_HOME and HOME", -error);
    learned->told |= error != 0;
}
