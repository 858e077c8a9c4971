/*
 * What a thread waits for: descriptors, and a point in time. epoll and a timerfd. SPDX-License-Identifier: MIT
 *
 * A host that closes every descriptor it does not know closes these too. The wait then becomes a plain sleep: what was
 * watched is still read at its own pace.
 */
#ifndef PERFADAPT_CORE_WATCH_H
#define PERFADAPT_CORE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perfadapt__watch {
    int epoll_fd; /* -1 = lost: sleeps only */
    int timer_fd;
};

struct perfadapt__watch_event {
    int fd;
    uint32_t events; /* EPOLLIN, EPOLLPRI, EPOLLERR, EPOLLHUP */
};

/* False, and nothing is held, where descriptors are short. */
bool perfadapt__watch_init(struct perfadapt__watch *watch);
void perfadapt__watch_finish(struct perfadapt__watch *watch);

/* Any thread. `events` is EPOLLIN or EPOLLPRI; errors are always watched for. False where it cannot be watched. */
bool perfadapt__watch_add(const struct perfadapt__watch *watch, int fd, uint32_t events);
/* Any thread; before the descriptor is closed. -1 is ignored. */
void perfadapt__watch_remove(const struct perfadapt__watch *watch, int fd);

/* Any thread. True where `fd`, added with these events, is still the file that was added, and not one of the host's under
 * its number. */
bool perfadapt__watch_holds(const struct perfadapt__watch *watch, int fd, uint32_t events);

/* Waits until CLOCK_MONOTONIC reaches `deadline_ns`, something is to be seen to, or a second is over: how many events were
 * written. */
size_t perfadapt__watch_wait(struct perfadapt__watch *watch, int64_t deadline_ns, struct perfadapt__watch_event *out,
                             size_t capacity);

#endif
