/*
 * Whether a device may be touched: it is neither woken, nor kept from falling asleep. SPDX-License-Identifier: MIT
 *
 * Every provider that reads a device asks that device's one gate first. What it asks, the device's runtime power status
 * and its PCI power state, wakes nothing (kernel: Documentation/power/runtime_pm.rst).
 *
 * A read of a GPU that is awake and idle starts its autosuspend delay anew, so that a sampler faster than the delay keeps
 * it awake for ever. After five idle samples such a GPU is left alone for longer than the delay.
 */
#ifndef PERFADAPT_PROVIDERS_GATE_H
#define PERFADAPT_PROVIDERS_GATE_H

#include "core/fs.h"

#define PERFADAPT__GATES_MAX 72

enum perfadapt__gate_answer {
    PERFADAPT__GATE_OPEN = 0,
    PERFADAPT__GATE_ASLEEP = 1,  /* or on its way there or back: a read would wake it, or block */
    PERFADAPT__GATE_RESTING = 2, /* awake and idle: left alone so that it can fall asleep */
    PERFADAPT__GATE_FAULTY = 3,  /* its power management failed, or could not be asked: not touched */
    PERFADAPT__GATE_GONE = 4
};

struct perfadapt__gate {
    char device[256]; /* canonical path */
    bool is_gpu;      /* has to be left alone to fall asleep */
    int status_fd;    /* -1 = not open */
    int power_fd;
    int64_t status_absent_ns; /* until then the file is taken to be missing still; 0 = look */
    int64_t power_absent_ns;
    int64_t asked_ns; /* of `answer`; 0 = never */
    enum perfadapt__gate_answer answer;
    uint32_t faulty_why; /* enum perfadapt_why of the last FAULTY */

    int64_t autosuspend_ns; /* -1 = does not suspend by itself; -2 = not asked yet */
    int64_t counted_ns;     /* of the last sample that counted */
    double busy;            /* as last told; NAN unknown */
    bool was_in_use;
    uint32_t idle_samples;
    uint32_t rests; /* in a row that ended with the device awake */
    int64_t rest_until_ns;
    uint64_t opens; /* answers OPEN, for tests and statistics */
};

struct perfadapt__gates {
    const struct perfadapt__root *root;
    size_t count;
    struct perfadapt__gate gates[PERFADAPT__GATES_MAX];
};

void perfadapt__gates_init(struct perfadapt__gates *gates, const struct perfadapt__root *root);
void perfadapt__gates_finish(struct perfadapt__gates *gates);

/* The gate of a device by its canonical path, made where there is none yet; NULL where there are too many. */
struct perfadapt__gate *perfadapt__gates_find(struct perfadapt__gates *gates, const char *device, bool is_gpu);

/*
 * May the device be touched now? One look for each `now_ns`, whoever asks. `in_use`: this process draws with it, or may.
 */
enum perfadapt__gate_answer perfadapt__gate_ask(const struct perfadapt__root *root, struct perfadapt__gate *gate,
                                                bool in_use, int64_t now_ns);

/* What a read found: 0 … 1, NAN unknown. Idle is below 2 %, or unknown while this process does not draw. */
void perfadapt__gate_busy(struct perfadapt__gate *gate, double busy);

/* The device is looked for anew: closes what was open. */
void perfadapt__gate_forget(struct perfadapt__gate *gate);

#endif
