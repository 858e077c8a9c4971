/* SPDX-License-Identifier: MIT */
#include "core/watch.h"

#include "core/clock.h"
#include "core/fs.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 16

static const int64_t longest_sleep_ns = PERFADAPT__NS_PER_S;
/* After the timer: by then it has not woken us, because it is gone. */
static const int64_t timer_late_ns = 100 * PERFADAPT__NS_PER_MS;

bool perfadapt__watch_init(struct perfadapt__watch *watch) {
    watch->epoll_fd = perfadapt__fs_lift(epoll_create1(EPOLL_CLOEXEC));
    watch->timer_fd = perfadapt__fs_lift(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (watch->timer_fd >= 0 && perfadapt__watch_add(watch, watch->timer_fd, EPOLLIN))
        return true;
    perfadapt__watch_finish(watch);
    return false;
}

void perfadapt__watch_finish(struct perfadapt__watch *watch) {
    if (watch->timer_fd >= 0)
        close(watch->timer_fd);
    if (watch->epoll_fd >= 0)
        close(watch->epoll_fd);
    watch->epoll_fd = watch->timer_fd = -1;
}

bool perfadapt__watch_add(const struct perfadapt__watch *watch, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    return watch->epoll_fd >= 0 && epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void perfadapt__watch_remove(const struct perfadapt__watch *watch, int fd) {
    struct epoll_event unused = {0}; /* kernels before 2.6.9 look at it */
    if (watch->epoll_fd >= 0 && fd >= 0)
        epoll_ctl(watch->epoll_fd, EPOLL_CTL_DEL, fd, &unused);
}

/* A registration belongs to the open file, not to the number: of another file under that number epoll knows nothing. */
bool perfadapt__watch_holds(const struct perfadapt__watch *watch, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    return watch->epoll_fd >= 0 && fd >= 0 && epoll_ctl(watch->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0;
}

/* Setting a timer also makes it unreadable again: there is no need to read it. A deadline of 0 would disarm it. */
static bool set_timer(const struct perfadapt__watch *watch, int64_t deadline_ns) {
    const int64_t at_ns = deadline_ns > 0 ? deadline_ns : 1;
    const struct itimerspec timer = {
        .it_value = {.tv_sec = (time_t)(at_ns / PERFADAPT__NS_PER_S), .tv_nsec = (long)(at_ns % PERFADAPT__NS_PER_S)}};
    return timerfd_settime(watch->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL) == 0;
}

/* The numbers may be the host's by now: they are forgotten, not closed. */
static size_t sleep_instead(struct perfadapt__watch *watch, int64_t deadline_ns) {
    watch->epoll_fd = watch->timer_fd = -1;
    const int64_t latest_ns = perfadapt__now_ns() + longest_sleep_ns;
    perfadapt__sleep_until(deadline_ns < latest_ns ? deadline_ns : latest_ns);
    return 0;
}

/* A wait that is under way does not hear of its descriptors being closed: the timer is not relied on alone. */
static int latest_ms(int64_t deadline_ns) {
    const int64_t left_ns = deadline_ns - perfadapt__now_ns();
    const int64_t wait_ns = left_ns < 0 ? 0 : left_ns < longest_sleep_ns ? left_ns : longest_sleep_ns;
    return (int)((wait_ns + timer_late_ns) / PERFADAPT__NS_PER_MS);
}

size_t perfadapt__watch_wait(struct perfadapt__watch *watch, int64_t deadline_ns, struct perfadapt__watch_event *out,
                             size_t capacity) {
    struct epoll_event events[EVENTS_AT_ONCE];
    if (watch->epoll_fd < 0 || !set_timer(watch, deadline_ns))
        return sleep_instead(watch, deadline_ns);
    const int most = capacity < EVENTS_AT_ONCE ? (int)capacity : EVENTS_AT_ONCE;
    const int ready = epoll_wait(watch->epoll_fd, events, most, latest_ms(deadline_ns));
    if (ready < 0 && errno != EINTR)
        return sleep_instead(watch, deadline_ns);
    size_t count = 0;
    for (int i = 0; i < ready; i++)
        if (events[i].data.fd != watch->timer_fd)
            out[count++] = (struct perfadapt__watch_event){.fd = events[i].data.fd, .events = events[i].events};
    return count;
}
