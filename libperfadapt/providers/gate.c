/* SPDX-License-Identifier: MIT */
#include "providers/gate.h"

#include "core/clock.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdio.h>
#include <string.h>

#define NEVER_SUSPENDS (-1)
#define NOT_ASKED (-2)

static const double idle_below = 0.02;
static const uint32_t idle_samples_most = 5;
static const int64_t sample_gap_ns = 500 * PERFADAPT__NS_PER_MS;  /* ten reads a second are not ten idle samples */
static const int64_t absent_period_ns = 10 * PERFADAPT__NS_PER_S; /* only PCI devices have a power_state */
static const int64_t default_autosuspend_ns = 5 * PERFADAPT__NS_PER_S;
static const int64_t rest_margin_ns = 2 * PERFADAPT__NS_PER_S;
static const int64_t longest_rest_ns = 30 * PERFADAPT__NS_PER_S;

void perfadapt__gates_init(struct perfadapt__gates *gates, const struct perfadapt__root *root) {
    gates->root = root;
    gates->count = 0;
}

void perfadapt__gate_forget(struct perfadapt__gate *gate) {
    perfadapt__kernel_file_close(&gate->status_fd);
    perfadapt__kernel_file_close(&gate->power_fd);
    gate->asked_ns = gate->status_absent_ns = gate->power_absent_ns = 0;
    gate->autosuspend_ns = NOT_ASKED;
    gate->idle_samples = gate->rests = 0;
    gate->rest_until_ns = 0;
    gate->busy = (double)NAN;
}

void perfadapt__gates_finish(struct perfadapt__gates *gates) {
    for (size_t i = 0; i < gates->count; i++)
        perfadapt__gate_forget(&gates->gates[i]);
    gates->count = 0;
}

struct perfadapt__gate *perfadapt__gates_find(struct perfadapt__gates *gates, const char *device, bool is_gpu) {
    for (size_t i = 0; i < gates->count; i++) {
        if (strcmp(gates->gates[i].device, device) != 0)
            continue;
        gates->gates[i].is_gpu |= is_gpu;
        return &gates->gates[i];
    }
    const size_t length = strlen(device);
    if (gates->count == PERFADAPT__GATES_MAX || length >= sizeof gates->gates[0].device)
        return NULL;
    struct perfadapt__gate *gate = &gates->gates[gates->count++];
    *gate = (struct perfadapt__gate){.is_gpu = is_gpu, .status_fd = -1, .power_fd = -1};
    memcpy(gate->device, device, length + 1);
    perfadapt__gate_forget(gate);
    return gate;
}

/* ---- what the power management says ---- */

/* OPEN with the content of a file of the device, "" where there is no such file. What exists and cannot be read (also
 * for want of descriptors) may be that of a device that sleeps. */
static enum perfadapt__gate_answer read_word(const struct perfadapt__root *root, struct perfadapt__gate *gate,
                                             const char *file, int *fd, int64_t *absent_ns, char *word,
                                             size_t capacity) {
    char path[320];
    word[0] = path[0] = '\0';
    if (*fd < 0 && gate->asked_ns < *absent_ns)
        return PERFADAPT__GATE_OPEN;
    if (*fd < 0) /* the path is for opening only */
        snprintf(path, sizeof path, "%s/%s", gate->device, file);
    const ssize_t length = perfadapt__kernel_file_read(root, path, fd, word, capacity);
    perfadapt__fs_trim(word);
    if (length == -ENODEV || length == -ENXIO)
        return PERFADAPT__GATE_GONE;
    const bool absent = length == -ENOENT || length == -ENOTDIR;
    *absent_ns = absent ? gate->asked_ns + absent_period_ns : 0;
    if (length >= 0 || absent)
        return PERFADAPT__GATE_OPEN;
    gate->faulty_why = (uint32_t)perfadapt__fs_why((int)length);
    return PERFADAPT__GATE_FAULTY;
}

/* Only "active", and "unsupported" where there is no power management, say that a read wakes nothing up. */
static enum perfadapt__gate_answer judge_status(struct perfadapt__gate *gate, const char *status) {
    if (!*status || strcmp(status, "active") == 0 || strcmp(status, "unsupported") == 0)
        return PERFADAPT__GATE_OPEN;
    gate->faulty_why = PERFADAPT_WHY_BUSY;
    return strcmp(status, "error") == 0 ? PERFADAPT__GATE_FAULTY : PERFADAPT__GATE_ASLEEP;
}

static enum perfadapt__gate_answer power_of(const struct perfadapt__root *root, struct perfadapt__gate *gate) {
    char word[24];
    enum perfadapt__gate_answer answer =
        read_word(root, gate, "power/runtime_status", &gate->status_fd, &gate->status_absent_ns, word, sizeof word);
    if (answer == PERFADAPT__GATE_OPEN)
        answer = judge_status(gate, word);
    if (answer != PERFADAPT__GATE_OPEN)
        return answer;
    answer = read_word(root, gate, "power_state", &gate->power_fd, &gate->power_absent_ns, word, sizeof word);
    if (answer != PERFADAPT__GATE_OPEN)
        return answer;
    return word[0] == 'D' && word[1] != '0' ? PERFADAPT__GATE_ASLEEP : PERFADAPT__GATE_OPEN;
}

/* ---- rest ---- */

/* "auto" with a delay of 0 or more suspends; "on" keeps the device awake whatever is read of it. */
static int64_t find_autosuspend(const struct perfadapt__root *root, const struct perfadapt__gate *gate) {
    char path[320];
    char text[32];
    int64_t delay_ms;
    snprintf(path, sizeof path, "%s/power/control", gate->device);
    if (perfadapt__fs_read_once(root, path, text, sizeof text) < 0 || strncmp(text, "auto", 4) != 0)
        return NEVER_SUSPENDS;
    snprintf(path, sizeof path, "%s/power/autosuspend_delay_ms", gate->device);
    const ssize_t length = perfadapt__fs_read_once(root, path, text, sizeof text);
    if (perfadapt__kernel_file_number(text, length, sizeof text, &delay_ms) != PERFADAPT_WHY_NONE)
        return default_autosuspend_ns; /* EIO: the driver does not use autosuspend, but may suspend on its own */
    if (delay_ms < 0)
        return NEVER_SUSPENDS;
    return delay_ms < 3600000 ? delay_ms * PERFADAPT__NS_PER_MS : NEVER_SUSPENDS;
}

static bool is_idle(const struct perfadapt__gate *gate, bool in_use) {
    return isnan(gate->busy) ? !in_use : gate->busy < idle_below;
}

/* Each rest from which the device did not fall asleep, because others use it, makes the next one longer. */
static int64_t rest_ns(const struct perfadapt__gate *gate) {
    int64_t length_ns = gate->autosuspend_ns + rest_margin_ns;
    for (uint32_t i = 0; i < gate->rests && length_ns < longest_rest_ns; i++)
        length_ns *= 2;
    const int64_t least_ns = gate->autosuspend_ns + rest_margin_ns;
    return length_ns < longest_rest_ns || least_ns > longest_rest_ns ? length_ns : longest_rest_ns;
}

static void count_sample(struct perfadapt__gate *gate, bool in_use, int64_t now_ns) {
    if (now_ns - gate->counted_ns < sample_gap_ns)
        return;
    gate->counted_ns = now_ns;
    if (!is_idle(gate, in_use)) {
        gate->idle_samples = gate->rests = 0;
        return;
    }
    /* After a rest one idle sample is enough. */
    if (++gate->idle_samples < (gate->rests > 0 ? 2 : idle_samples_most + 1))
        return;
    gate->rest_until_ns = now_ns + rest_ns(gate);
    gate->rests++;
    gate->idle_samples = 0;
}

static enum perfadapt__gate_answer rest_or_open(const struct perfadapt__root *root, struct perfadapt__gate *gate,
                                                bool in_use, int64_t now_ns) {
    if (!gate->is_gpu)
        return PERFADAPT__GATE_OPEN;
    if (gate->autosuspend_ns == NOT_ASKED)
        gate->autosuspend_ns = find_autosuspend(root, gate);
    if (gate->autosuspend_ns == NEVER_SUSPENDS)
        return PERFADAPT__GATE_OPEN;
    if (in_use && !gate->was_in_use)
        gate->rest_until_ns = 0;
    gate->was_in_use = in_use;
    if (now_ns >= gate->rest_until_ns)
        count_sample(gate, in_use, now_ns);
    return now_ns < gate->rest_until_ns ? PERFADAPT__GATE_RESTING : PERFADAPT__GATE_OPEN;
}

enum perfadapt__gate_answer perfadapt__gate_ask(const struct perfadapt__root *root, struct perfadapt__gate *gate,
                                                bool in_use, int64_t now_ns) {
    if (gate->asked_ns == now_ns && now_ns != 0)
        return gate->answer;
    gate->asked_ns = now_ns;
    gate->answer = power_of(root, gate);
    if (gate->answer == PERFADAPT__GATE_OPEN) {
        gate->answer = rest_or_open(root, gate, in_use, now_ns);
    } else { /* what was idle has fallen asleep: when it wakes somebody wants it */
        gate->idle_samples = gate->rests = 0;
        gate->rest_until_ns = 0;
        gate->busy = (double)NAN;
    }
    gate->opens += gate->answer == PERFADAPT__GATE_OPEN;
    return gate->answer;
}

void perfadapt__gate_busy(struct perfadapt__gate *gate, double busy) {
    gate->busy = busy;
}
