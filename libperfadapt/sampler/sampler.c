/* SPDX-License-Identifier: MIT */
#include "sampler/sampler.h"

#include "core/clock.h"
#include "core/fork.h"
#include "core/log.h"
#include "core/watch.h"
#include "providers/fake.h"
#include "sampler/machine.h"
#include "sampler/schedule.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 16

static const int64_t errand_gap_ns = 250 * PERFADAPT__NS_PER_MS;

struct perfadapt__subscription {
    struct perfadapt__subscription *next;
    struct perfadapt__sampler *sampler;
    struct perfadapt__machine *machine;
    struct perfadapt__subscriber subscriber;
    struct perfadapt_log log;
    uint64_t fork_depth;
    struct errand *errands[PERFADAPT__ERRANDS_MAX]; /* NULL = none; the sampler's, once subscribed */
};

/* In a list to which subscribers add in front; the thread alone takes out and frees. */
struct errand {
    struct errand *next;
    struct perfadapt__errand told;
    _Atomic bool orphaned;
    bool done;
};

/* Lists and counts are under `sampler_lock`; the thread alone takes machines out of their list and frees them. */
struct perfadapt__sampler {
    struct perfadapt__machine *machines;
    struct perfadapt__subscription *subscriptions;
    struct errand *errands;
    int64_t errands_ran_ns;
    bool errands_busy; /* one wants to go on soon */
    bool stopping;     /* nobody is left: the thread ends, and frees all of this, as soon as it gets here */
    int wake_fd;
    struct perfadapt__watch watch; /* wake_fd, descriptors of subscribers and of providers */
};

/* The one sampler of the process, and the lock over it, its lists and the calls of subscribers. */
static pthread_mutex_t sampler_lock = PTHREAD_MUTEX_INITIALIZER;
static struct perfadapt__sampler *the_sampler;
static struct perfadapt__sampler *inherited; /* of the parent process: kept reachable, never touched */
static struct perfadapt__sampler *abandoned; /* the host has closed its descriptors: likewise */
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static int fork_error;

/* In the child: the thread does not exist there, and whoever held the lock neither. */
static void forget_parent(void) {
    pthread_mutex_init(&sampler_lock, NULL);
    if (the_sampler)
        inherited = the_sampler;
    the_sampler = NULL;
}

static void watch_forks(void) {
    fork_error = pthread_atfork(NULL, NULL, forget_parent);
}

/* Lines of a provider, on the sampler thread: its machine may outlive the subscriber that brought it. */
static void hand_log_on(void *user_data, enum perfadapt_log_level level, const char *message) {
    struct perfadapt__machine *machine = user_data;
    pthread_mutex_lock(&sampler_lock);
    const struct perfadapt__subscription *subscription = the_sampler ? the_sampler->subscriptions : NULL;
    while (subscription && (subscription->machine != machine || !subscription->log.write))
        subscription = subscription->next;
    if (subscription)
        perfadapt__log(&subscription->log, level, "%s", message);
    pthread_mutex_unlock(&sampler_lock);
}

static struct perfadapt__activity ask_activity(const struct perfadapt__sampler *sampler,
                                               const struct perfadapt__machine *machine, int64_t now_ns) {
    struct perfadapt__activity joined = perfadapt__schedule_rest();
    for (const struct perfadapt__subscription *s = sampler->subscriptions; s; s = s->next)
        if (s->machine == machine && s->subscriber.activity)
            joined = perfadapt__schedule_join(joined, s->subscriber.activity(s->subscriber.context, now_ns));
    return joined;
}

static void tell_subscribers(const struct perfadapt__sampler *sampler, const struct perfadapt__machine *machine,
                             int64_t now_ns) {
    for (const struct perfadapt__subscription *s = sampler->subscriptions; s; s = s->next)
        if (s->machine == machine)
            s->subscriber.sampled(s->subscriber.context, &machine->snapshot, now_ns);
}

/* With the lock held: takes machines without subscribers out of the list. */
static struct perfadapt__machine *take_unused(struct perfadapt__sampler *sampler) {
    struct perfadapt__machine *unused = NULL;
    struct perfadapt__machine **link = &sampler->machines;
    while (*link) {
        struct perfadapt__machine *machine = *link;
        if (machine->users) {
            link = &machine->next;
            continue;
        }
        *link = machine->next;
        machine->next = unused;
        unused = machine;
    }
    return unused;
}

/* Without the lock: providers may log while they close. */
static void destroy_machines(struct perfadapt__machine *machines) {
    while (machines) {
        struct perfadapt__machine *next = machines->next;
        perfadapt__machine_destroy(machines);
        machines = next;
    }
}

/* Reads, without the lock, what is due; returns when the next read is. Subscribers only ever add in front of `machines`. */
static int64_t sample_machines(struct perfadapt__sampler *sampler, struct perfadapt__machine *machines) {
    int64_t earliest_ns = INT64_MAX;
    for (struct perfadapt__machine *machine = machines; machine; machine = machine->next) {
        const int64_t now_ns = perfadapt__now_ns();
        pthread_mutex_lock(&sampler_lock);
        const struct perfadapt__activity activity = ask_activity(sampler, machine, now_ns);
        pthread_mutex_unlock(&sampler_lock);
        if (perfadapt__machine_sample(machine, &activity, now_ns)) {
            pthread_mutex_lock(&sampler_lock);
            tell_subscribers(sampler, machine, now_ns);
            pthread_mutex_unlock(&sampler_lock);
        }
        const int64_t due_ns = perfadapt__machine_due_ns(machine, &activity);
        earliest_ns = due_ns < earliest_ns ? due_ns : earliest_ns;
    }
    return earliest_ns;
}

/* Without the lock, and seldom enough to cost nothing. */
static void run_errands(struct perfadapt__sampler *sampler, struct errand *errands, bool stopping) {
    const int64_t now_ns = perfadapt__now_ns();
    if (!stopping && now_ns - sampler->errands_ran_ns < errand_gap_ns)
        return;
    sampler->errands_ran_ns = now_ns;
    sampler->errands_busy = false;
    for (struct errand *errand = errands; errand; errand = errand->next) {
        const bool orphaned = atomic_load_explicit(&errand->orphaned, memory_order_acquire);
        const bool busy = errand->told.run(errand->told.context, now_ns, orphaned);
        errand->done = !busy && orphaned;
        sampler->errands_busy |= busy;
    }
}

/* With the lock held: takes those that are done out of the list. */
static struct errand *take_done(struct perfadapt__sampler *sampler) {
    struct errand *done = NULL;
    struct errand **link = &sampler->errands;
    while (*link) {
        struct errand *errand = *link;
        if (!errand->done) {
            link = &errand->next;
            continue;
        }
        *link = errand->next;
        errand->next = done;
        done = errand;
    }
    return done;
}

static void finish_errands(struct errand *errand) {
    while (errand) {
        struct errand *next = errand->next;
        errand->told.finish(errand->told.context);
        free(errand);
        errand = next;
    }
}

static void clear_wake(const struct perfadapt__sampler *sampler) {
    uint64_t woken;
    if (read(sampler->wake_fd, &woken, sizeof woken) < 0) {
        /* EAGAIN: woken for nothing, which is as good. */
    }
}

/* With the lock held: the descriptor may be one that has just been unsubscribed. */
static bool serve_subscriber(const struct perfadapt__sampler *sampler, int fd) {
    for (struct perfadapt__subscription *s = sampler->subscriptions; s; s = s->next) {
        if (s->subscriber.watch_fd != fd)
            continue;
        s->subscriber.watched(s->subscriber.context);
        return true;
    }
    return false;
}

static void serve(const struct perfadapt__sampler *sampler, const struct perfadapt__watch_event *event) {
    if (event->fd == sampler->wake_fd) {
        clear_wake(sampler);
        return;
    }
    pthread_mutex_lock(&sampler_lock);
    const bool served = serve_subscriber(sampler, event->fd);
    struct perfadapt__machine *machine = sampler->machines;
    pthread_mutex_unlock(&sampler_lock);
    while (!served && machine && !perfadapt__machine_triggered(machine, event->fd, event->events))
        machine = machine->next;
    if (!served && !machine) /* nobody's any more: it would be ready for ever */
        perfadapt__watch_remove(&sampler->watch, event->fd);
}

static void wait_for_work(struct perfadapt__sampler *sampler, int64_t due_ns) {
    struct perfadapt__watch_event events[EVENTS_AT_ONCE];
    const int64_t latest_ns = perfadapt__now_ns() + (sampler->errands_busy ? errand_gap_ns : PERFADAPT__NS_PER_S);
    const int64_t deadline_ns = due_ns < latest_ns ? due_ns : latest_ns;
    const size_t count = perfadapt__watch_wait(&sampler->watch, deadline_ns, events, EVENTS_AT_ONCE);
    for (size_t i = 0; i < count; i++)
        serve(sampler, &events[i]);
}

/* False where the host has closed every descriptor that it does not know: our numbers may stand for its files. */
static bool has_its_descriptors(const struct perfadapt__sampler *sampler) {
    return perfadapt__watch_holds(&sampler->watch, sampler->wake_fd, EPOLLIN);
}

static void destroy_sampler(struct perfadapt__sampler *sampler) {
    destroy_machines(sampler->machines);
    finish_errands(sampler->errands);
    perfadapt__watch_finish(&sampler->watch);
    if (sampler->wake_fd >= 0)
        close(sampler->wake_fd);
    free(sampler);
}

/* With the lock held. Who subscribes from now on gets a sampler that has its own. */
static void lose_descriptors(struct perfadapt__sampler *sampler) {
    if (the_sampler == sampler)
        the_sampler = NULL;
    for (struct perfadapt__machine *machine = sampler->machines; machine; machine = machine->next)
        perfadapt__machine_lose(machine);
}

/* To close what may be the host's would be worse than to keep some memory. */
static void end_sampler(struct perfadapt__sampler *sampler) {
    if (has_its_descriptors(sampler)) {
        destroy_sampler(sampler);
        return;
    }
    pthread_mutex_lock(&sampler_lock);
    abandoned = sampler;
    pthread_mutex_unlock(&sampler_lock);
}

static void *run(void *argument) {
    struct perfadapt__sampler *sampler = argument;
    prctl(PR_SET_NAME, "perfadapt");
    for (;;) {
        pthread_mutex_lock(&sampler_lock);
        const bool stopping = sampler->stopping;
        const bool holds = has_its_descriptors(sampler);
        if (!holds)
            lose_descriptors(sampler);
        struct perfadapt__machine *unused = holds && !stopping ? take_unused(sampler) : NULL;
        struct errand *done = holds && !stopping ? take_done(sampler) : NULL;
        struct perfadapt__machine *machines = sampler->machines;
        struct errand *errands = sampler->errands;
        pthread_mutex_unlock(&sampler_lock);
        destroy_machines(unused);
        finish_errands(done);
        if (holds)
            run_errands(sampler, errands, stopping);
        if (stopping && !(holds && sampler->errands_busy))
            break;
        wait_for_work(sampler, stopping ? INT64_MAX : sample_machines(sampler, machines));
    }
    end_sampler(sampler);
    return NULL;
}

static void wake(const struct perfadapt__sampler *sampler) {
    const uint64_t one = 1;
    if (!has_its_descriptors(sampler))
        return; /* it looks around every second */
    if (write(sampler->wake_fd, &one, sizeof one) < 0) {
        /* EAGAIN: the counter is full, so it is awake. */
    }
}

/* Every signal is blocked in the thread: the host's handlers run on the host's threads. */
static int start_thread(struct perfadapt__sampler *sampler) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error)
        return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* Not the opener's: that may be a real-time thread pinned to the processor where frames are drawn. */
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
    cpu_set_t allowed;
    if (sched_getaffinity(getpid(), sizeof allowed, &allowed) == 0)
        pthread_attr_setaffinity_np(&attributes, sizeof allowed, &allowed);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    error = pthread_create(&thread, &attributes, run, sampler);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

static enum perfadapt_result start_sampler(void) {
    struct perfadapt__sampler *sampler = calloc(1, sizeof *sampler);
    if (!sampler)
        return PERFADAPT_ERROR_NO_MEMORY;
    sampler->wake_fd = perfadapt__fs_lift(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!perfadapt__watch_init(&sampler->watch) || !perfadapt__watch_add(&sampler->watch, sampler->wake_fd, EPOLLIN) ||
        start_thread(sampler)) {
        destroy_sampler(sampler);
        return PERFADAPT_ERROR_SYSTEM;
    }
    the_sampler = sampler;
    return PERFADAPT_OK;
}

static enum perfadapt_result find_machine(const struct perfadapt__sampler_options *options,
                                          struct perfadapt__machine **out_machine) {
    struct perfadapt__machine *machine = the_sampler ? the_sampler->machines : NULL;
    const bool is_own = options->sysroot && (!*options->sysroot || strcmp(options->sysroot, "/") == 0);
    const char *sysroot = is_own ? NULL : options->sysroot;
    while (machine && !perfadapt__machine_is(machine, sysroot, options->simulate))
        machine = machine->next;
    if (machine) {
        *out_machine = machine;
        return PERFADAPT_OK;
    }
    return perfadapt__machine_create(sysroot, options->simulate, out_machine);
}

/* With the lock held. */
static enum perfadapt_result add_subscription(const struct perfadapt__sampler_options *options,
                                              struct perfadapt__subscription *subscription) {
    struct perfadapt__machine *machine = NULL;
    enum perfadapt_result result = find_machine(options, &machine);
    if (result)
        return result;
    const bool is_new = machine->users == 0 && !machine->log.write;
    if (!the_sampler && (result = start_sampler()) != PERFADAPT_OK) {
        perfadapt__machine_destroy(machine);
        return result;
    }
    if (is_new) {
        machine->log = (struct perfadapt_log){.write = hand_log_on, .user_data = machine};
        machine->watch = &the_sampler->watch;
        machine->next = the_sampler->machines;
        the_sampler->machines = machine;
    }
    machine->users++;
    subscription->machine = machine;
    subscription->sampler = the_sampler;
    subscription->next = the_sampler->subscriptions;
    the_sampler->subscriptions = subscription;
    for (size_t i = 0; i < PERFADAPT__ERRANDS_MAX && subscription->errands[i]; i++) {
        subscription->errands[i]->next = the_sampler->errands;
        the_sampler->errands = subscription->errands[i];
    }
    if (subscription->subscriber.watch_fd >= 0)
        perfadapt__watch_add(&the_sampler->watch, subscription->subscriber.watch_fd, EPOLLIN);
    wake(the_sampler);
    return PERFADAPT_OK;
}

static void free_subscription(struct perfadapt__subscription *subscription) {
    for (size_t i = 0; i < PERFADAPT__ERRANDS_MAX; i++)
        free(subscription->errands[i]);
    free(subscription);
}

/* NULL: no memory. */
static struct perfadapt__subscription *make_subscription(const struct perfadapt__sampler_options *options,
                                                         const struct perfadapt__subscriber *subscriber) {
    struct perfadapt__subscription *subscription = calloc(1, sizeof *subscription);
    if (!subscription)
        return NULL;
    for (size_t i = 0; i < PERFADAPT__ERRANDS_MAX && options->errands[i].run; i++) {
        subscription->errands[i] = calloc(1, sizeof *subscription->errands[i]);
        if (!subscription->errands[i]) {
            free_subscription(subscription);
            return NULL;
        }
        subscription->errands[i]->told = options->errands[i];
    }
    subscription->subscriber = *subscriber;
    subscription->log = options->log ? *options->log : (struct perfadapt_log){0};
    subscription->fork_depth = perfadapt__fork_depth();
    return subscription;
}

enum perfadapt_result perfadapt__sampler_subscribe(const struct perfadapt__sampler_options *options,
                                                   const struct perfadapt__subscriber *subscriber,
                                                   struct perfadapt__subscription **out_subscription) {
    pthread_once(&fork_once, watch_forks);
    if (fork_error)
        return PERFADAPT_ERROR_NO_MEMORY;
    const struct perfadapt__fake_plant *plant;
    double speed;
    if (options->simulate && !perfadapt__fake_parse(options->simulate, &plant, &speed))
        return PERFADAPT_ERROR_INVALID;
    struct perfadapt__subscription *subscription = make_subscription(options, subscriber);
    if (!subscription)
        return PERFADAPT_ERROR_NO_MEMORY;
    pthread_mutex_lock(&sampler_lock);
    const enum perfadapt_result result = add_subscription(options, subscription);
    pthread_mutex_unlock(&sampler_lock);
    if (result)
        free_subscription(subscription);
    else
        *out_subscription = subscription;
    return result;
}

void perfadapt__sampler_unsubscribe(struct perfadapt__subscription **subscription_pointer) {
    struct perfadapt__subscription *subscription = *subscription_pointer;
    *subscription_pointer = NULL;
    if (!subscription)
        return;
    if (subscription->fork_depth == perfadapt__fork_depth()) {
        struct perfadapt__sampler *sampler = subscription->sampler;
        pthread_mutex_lock(&sampler_lock);
        struct perfadapt__subscription **link = &sampler->subscriptions;
        while (*link != subscription)
            link = &(*link)->next;
        *link = subscription->next;
        perfadapt__watch_remove(&sampler->watch, subscription->subscriber.watch_fd);
        subscription->machine->users--;
        for (size_t i = 0; i < PERFADAPT__ERRANDS_MAX && subscription->errands[i]; i++)
            atomic_store_explicit(&subscription->errands[i]->orphaned, true, memory_order_release);
        if (!sampler->subscriptions) {
            sampler->stopping = true;
            if (the_sampler == sampler)
                the_sampler = NULL;
        }
        wake(sampler);
        pthread_mutex_unlock(&sampler_lock);
    }
    free(subscription);
}

bool perfadapt__sampler_snapshot(const struct perfadapt__subscription *subscription, struct perfadapt_snapshot *out) {
    return perfadapt__machine_snapshot(subscription->machine, out);
}
