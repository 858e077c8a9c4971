/* What a tick knows of the machine: numbers without files, in the units of the decisions. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_READING_H
#define PERFADAPT_CONTROL_READING_H

#include <perfadapt/snapshot.h>

/* Sensors that steer, beyond which the hottest are taken. */
#define PERFADAPT__HEAT_SENSORS 4

/* One temperature that steers, raw: what is a spike is decided in thermal. */
struct perfadapt__heat_reading {
    uint32_t key;         /* tells one sensor from another; stable while the session runs */
    uint32_t state;       /* enum perfadapt_state */
    int64_t timestamp_ns; /* of the read */
    double temperature_c; /* NAN unknown */
    double limit_c;       /* the sensor's; NAN unknown */
    double remembered_c;  /* where an earlier session has learned that the device throttles; NAN none */
};

/* Stall times since boot. NAN unknown. */
struct perfadapt__stall_reading {
    double some_us, full_us;
    double some_avg10, some_avg60; /* percent */
};

/* NAN is unknown throughout. */
struct perfadapt__reading {
    int64_t now_ns;
    uint32_t heat_count;
    uint32_t throttle; /* enum perfadapt_throttling */
    struct perfadapt__heat_reading heat[PERFADAPT__HEAT_SENSORS];
    uint64_t withdrawn; /* bit key - 1: a sensor that does not steer, or not any more: not lost, but none */
    double busy;        /* of the whole GPU, 0 … 1, since the last reading */
    double power_w;
    double clock_mhz, clock_max_mhz;
    struct perfadapt__stall_reading machine_memory, cgroup_memory;
    double cpu_some_us;
    double memory_total, memory_available, cgroup_limit, cgroup_current, resident, resident_shared; /* bytes */
    double gpu_memory_used, gpu_memory_budget;                                                      /* bytes */
    double cpu_quota;      /* processors that the cgroup allows */
    double on_ac;          /* 1 or 0 */
    uint64_t peer_reasons; /* of enum perfadapt_reason: all that holds interactive sessions of others down; 0 = none */
};

/* Everything unknown. */
void perfadapt__reading_init(struct perfadapt__reading *reading, int64_t now_ns);

void perfadapt__reading_from_snapshot(struct perfadapt__reading *reading, const struct perfadapt_snapshot *snapshot,
                                      int64_t now_ns);

#endif
