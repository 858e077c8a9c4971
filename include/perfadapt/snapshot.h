/* What the sampler last read of the machine. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_SNAPSHOT_H
#define PERFADAPT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include <perfadapt/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Whether a metric can be believed. Unknown is a state, never a value of 0. @since 0.1 */
enum perfadapt_state {
    PERFADAPT_STATE_INIT = 0,        /**< not read yet */
    PERFADAPT_STATE_OK = 1,          /**< value and timestamp are those of the last read */
    PERFADAPT_STATE_STALE = 2,       /**< value is an old one, its timestamp tells how old */
    PERFADAPT_STATE_ASLEEP = 3,      /**< the device sleeps and is not woken to ask */
    PERFADAPT_STATE_UNSUPPORTED = 4, /**< the machine does not have it */
    PERFADAPT_STATE_ERROR = 5        /**< it is there and cannot be read or believed */
};

/** Unit of a metric's value. @since 0.1 */
enum perfadapt_unit {
    PERFADAPT_UNIT_NONE = 0,
    PERFADAPT_UNIT_CELSIUS = 1,
    PERFADAPT_UNIT_BYTES = 2,
    PERFADAPT_UNIT_PERCENT = 3,
    PERFADAPT_UNIT_MICROSECONDS = 4,
    PERFADAPT_UNIT_RATIO = 5, /**< 0 … 1 */
    PERFADAPT_UNIT_WATT = 6,
    PERFADAPT_UNIT_MEGAHERTZ = 7,
    PERFADAPT_UNIT_COUNT = 8 /**< a number of things; of processors with fractions */
};

/** A value with what is needed to judge it. @since 0.1 */
struct perfadapt_metric {
    double value;         /**< in `unit`; NAN unless the state is OK or STALE */
    int64_t timestamp_ns; /**< CLOCK_MONOTONIC of the read that gave the value; 0 = never */
    uint32_t unit;        /**< enum perfadapt_unit */
    uint32_t state;       /**< enum perfadapt_state */
};

/** Why a reading or a limit is missing or not believed: X(name, number, word). @since 0.1 */
#define PERFADAPT_WHY_MAP(X)                                                                                           \
    X(NONE, 0, "-")                                                                                                    \
    X(MISSING, 1, "no such file")                                                                                      \
    X(DENIED, 2, "permission denied")                                                                                  \
    X(EMPTY, 3, "empty file")                                                                                          \
    X(GARBAGE, 4, "not a number")                                                                                      \
    X(IO_ERROR, 5, "read error")                                                                                       \
    X(VANISHED, 6, "device gone")                                                                                      \
    X(IMPLAUSIBLE, 7, "outside -20..125 C")                                                                            \
    X(FAULT_FLAG, 8, "fault flag set")                                                                                 \
    X(DISABLED, 9, "disabled")                                                                                         \
    X(BUSY, 10, "temporarily unavailable")                                                                             \
    X(TOO_OLD, 11, "not read for too long")                                                                            \
    X(STUCK, 12, "unchanged for 10 minutes of varying load")                                                           \
    X(RESTING, 13, "left alone so that the device can sleep")                                                          \
    X(SPIKE, 14, "a jump that its neighbours do not share")                                                            \
    X(ZERO, 15, "0 C beside warmer sensors of its chip")                                                               \
    X(IGNORED, 16, "ignored by configuration")                                                                         \
    X(AVOIDED, 17, "never read: reading it costs the machine")                                                         \
    X(LIMIT, 18, "a limit outside 50..130 C")                                                                          \
    X(REVISION, 19, "a format of unknown revision")                                                                    \
    X(NO_LIBRARY, 20, "the vendor's library is missing")

enum perfadapt_why {
#define PERFADAPT_WHY_ENUMERATOR(name, number, word) PERFADAPT_WHY_##name = (number),
    PERFADAPT_WHY_MAP(PERFADAPT_WHY_ENUMERATOR)
#undef PERFADAPT_WHY_ENUMERATOR
};

/** Why a device runs slower than it could: X(name, number, word). Only heat is answered with less heat. */
#define PERFADAPT_THROTTLING_MAP(X)                                                                                    \
    X(UNKNOWN, 0, "unknown")                                                                                           \
    X(NONE, 1, "none")                                                                                                 \
    X(THERMAL, 2, "thermal")                                                                                           \
    X(POWER, 3, "power")                                                                                               \
    X(CURRENT, 4, "current")                                                                                           \
    X(POLICY, 5, "policy")

/** @since 0.1 */
enum perfadapt_throttling {
#define PERFADAPT_THROTTLING_ENUMERATOR(name, number, word) PERFADAPT_THROTTLING_##name = (number),
    PERFADAPT_THROTTLING_MAP(PERFADAPT_THROTTLING_ENUMERATOR)
#undef PERFADAPT_THROTTLING_ENUMERATOR
};

/** What a sensor measures: X(name, number, word). OTHER is shown and never steers. */
#define PERFADAPT_SENSOR_ROLE_MAP(X)                                                                                   \
    X(OTHER, 0, "other")                                                                                               \
    X(CPU, 1, "cpu")                                                                                                   \
    X(GPU, 2, "gpu")                                                                                                   \
    X(GPU_MEMORY, 3, "gpu_memory")                                                                                     \
    X(BOARD, 4, "board")                                                                                               \
    X(SKIN, 5, "skin")

/** @since 0.1 */
enum perfadapt_sensor_role {
#define PERFADAPT_SENSOR_ROLE_ENUMERATOR(name, number, word) PERFADAPT_SENSOR_##name = (number),
    PERFADAPT_SENSOR_ROLE_MAP(PERFADAPT_SENSOR_ROLE_ENUMERATOR)
#undef PERFADAPT_SENSOR_ROLE_ENUMERATOR
};

/** Where a sensor's limit comes from. @since 0.1 */
enum perfadapt_limit_source {
    PERFADAPT_LIMIT_NONE = 0,      /**< no limit is known */
    PERFADAPT_LIMIT_CRIT = 1,      /**< hwmon tempN_crit */
    PERFADAPT_LIMIT_MAX = 2,       /**< hwmon tempN_max */
    PERFADAPT_LIMIT_TRIP = 3,      /**< a trip point of the thermal zone */
    PERFADAPT_LIMIT_TABLE = 4,     /**< the driver states none: a default for the chip */
    PERFADAPT_LIMIT_SIMULATED = 5, /**< the simulated plant's */
    PERFADAPT_LIMIT_MARGIN = 6,    /**< temperature plus the margin to throttling that the driver states */
    PERFADAPT_LIMIT_USER = 7       /**< set by the user for this sensor */
};

/** One temperature sensor. @since 0.1 */
struct perfadapt_sensor {
    char id[96];        /**< stable over reboots: where the device sits, chip, label. NUL-terminated */
    char chip[32];      /**< the driver's name of the chip or zone, "k10temp". NUL-terminated */
    char label[32];     /**< "Tctl", "junction", or "temp1" where the driver gives none. NUL-terminated */
    uint32_t role;      /**< enum perfadapt_sensor_role */
    uint32_t steers;    /**< 1: the controller watches it; 0: shown only */
    uint32_t simulated; /**< 1: not this machine's, a simulated plant's */
    uint32_t why;       /**< enum perfadapt_why: what is wrong where temperature is not OK */
    struct perfadapt_metric temperature; /**< °C */
    struct perfadapt_metric limit;       /**< °C at which the device throttles; UNSUPPORTED = none known */
    uint32_t limit_source;               /**< enum perfadapt_limit_source */
    float headroom;                      /**< max(0, 1 - (limit - T) / 30 °C); NAN unknown */
    double slope_c_per_s;                /**< over the newest samples; NAN unknown */
    double steering_c;                   /**< °C that decisions use: the median of the newest three; NAN unknown */
    int64_t time_to_limit_ns;            /**< at the slope of now; 0 = there already, -1 not foreseen, -2 unknown */
    float confidence;                    /**< 0 … 1: how far temperature, limit and slope can be believed */
    uint32_t limit_why;                  /**< enum perfadapt_why: what was wrong with a limit that was not taken */
};

/** One line of a pressure file: the share of time some or all tasks stalled. @since 0.1 */
struct perfadapt_stall {
    struct perfadapt_metric avg10;  /**< percent over 10 s */
    struct perfadapt_metric avg60;  /**< percent over 60 s */
    struct perfadapt_metric avg300; /**< percent over 300 s */
    struct perfadapt_metric total;  /**< microseconds since boot */
};

/** A pressure file (kernel: Documentation/accounting/psi.rst). @since 0.1 */
struct perfadapt_pressure {
    struct perfadapt_stall some; /**< at least one task stalled */
    struct perfadapt_stall full; /**< all non-idle tasks stalled; UNSUPPORTED for cpu, where it means nothing */
};

/** Pressure files that are read. @since 0.1 */
enum perfadapt_resource {
    PERFADAPT_RESOURCE_CPU = 0,
    PERFADAPT_RESOURCE_MEMORY = 1,
    PERFADAPT_RESOURCE_IO = 2,
    PERFADAPT_RESOURCE_CGROUP_MEMORY = 3, /**< the own cgroup's memory.pressure */
    PERFADAPT_RESOURCE_CGROUP_CPU = 4,    /**< the own cgroup's cpu.pressure; its "full" means something */
    PERFADAPT_RESOURCE_CGROUP_IO = 5,     /**< the own cgroup's io.pressure */
    PERFADAPT_RESOURCE_IRQ = 6            /**< has only "full"; not every kernel has it */
};
#define PERFADAPT_RESOURCE_COUNT 7

/**
 * Memory of the machine, the cgroup and the process. The cgroup's two values are of the same level: of the own cgroup or
 * of the visible ancestor that leaves the least room.
 * @since 0.1
 */
struct perfadapt_memory {
    struct perfadapt_metric total;            /**< bytes, MemTotal */
    struct perfadapt_metric available;        /**< bytes, MemAvailable */
    struct perfadapt_metric swap_total;       /**< bytes */
    struct perfadapt_metric swap_free;        /**< bytes */
    struct perfadapt_metric cgroup_limit;     /**< bytes; UNSUPPORTED = no level has one */
    struct perfadapt_metric cgroup_current;   /**< bytes, without inactive file pages */
    struct perfadapt_metric process_resident; /**< bytes, RSS */
    struct perfadapt_metric process_shared;   /**< bytes of RSS that are file or shmem pages */

    struct perfadapt_metric process_anonymous; /**< bytes of RSS that are anonymous pages */
    struct perfadapt_metric process_swap;      /**< bytes in swap */
    struct perfadapt_metric
        process_proportional;                   /**< bytes, PSS: shared pages divided among their users. Read seldom */
    struct perfadapt_metric heap_used;          /**< bytes that malloc has handed out. Read seldom */
    struct perfadapt_metric heap_free;          /**< bytes that malloc keeps for later. Read seldom */
    struct perfadapt_metric cgroup_swap_limit;  /**< bytes; UNSUPPORTED = no level has one */
    struct perfadapt_metric cgroup_swap;        /**< bytes, of the own cgroup */
    struct perfadapt_metric cgroup_high_events; /**< times the own cgroup was throttled at memory.high */
    struct perfadapt_metric cgroup_max_events;  /**< times its limit was about to be exceeded */
    struct perfadapt_metric cgroup_oom_kills;   /**< processes of it that the kernel has killed */
};

/**
 * What a source says of a device that runs slower than it could. `claims` is the source's word, `believed` what is left
 * of it beside temperatures and the other sources: a driver that says "throttled" at 34 °C is not taken for heat.
 * @since 0.1
 */
struct perfadapt_evidence {
    char source[24];      /**< "amdgpu", "nvml", "thermal_throttle", "cooling_device". NUL-terminated */
    char device[40];      /**< the GPU's id, "package 0", "thermal-cpufreq-0". NUL-terminated */
    char text[96];        /**< the source's own words: "SwPowerCap", "reason_pl1". NUL-terminated */
    uint32_t subject;     /**< enum perfadapt_sensor_role: CPU or GPU, OTHER where it is not known */
    uint32_t state;       /**< enum perfadapt_state of the source */
    uint32_t claims;      /**< bit 1 << enum perfadapt_throttling; 0 = nothing said */
    uint32_t believed;    /**< likewise */
    int64_t timestamp_ns; /**< CLOCK_MONOTONIC of the last look; 0 = never */
};

/** Most sources of evidence in a snapshot. @since 0.1 */
#define PERFADAPT_EVIDENCE_MAX 24

/** A verdict on throttling, with its proof. @since 0.1 */
struct perfadapt_throttle {
    uint32_t verdict; /**< enum perfadapt_throttling; UNKNOWN where nothing can tell */
    uint32_t subject; /**< enum perfadapt_sensor_role: whose the proof is */
    int64_t since_ns; /**< CLOCK_MONOTONIC since when it is so; 0 = unknown */
    char proof[224];  /**< one line: the evidence that decided, with its figures. NUL-terminated */
};

/** The processors together. @since 0.1 */
struct perfadapt_processor {
    struct perfadapt_metric busy;        /**< ratio of the time since the last read, over all processors */
    struct perfadapt_metric clock;       /**< MHz, the highest of the clock domains that were read */
    struct perfadapt_metric clock_limit; /**< MHz that policy allows at present, of the fastest domain */
    struct perfadapt_metric clock_max;   /**< MHz that the hardware can do, of the fastest domain */
    struct perfadapt_metric online;      /**< count of processors */
    struct perfadapt_metric quota;       /**< count of processors that the cgroup allows; UNSUPPORTED = all of them */
    struct perfadapt_metric throttled;   /**< microseconds of thermal throttling since boot, the worst package */
    struct perfadapt_throttle throttle;
};

/** Most GPUs in a snapshot. @since 0.1 */
#define PERFADAPT_GPUS_MAX 8

/** One GPU. Values are of the whole device unless they say otherwise. @since 0.1 */
struct perfadapt_gpu {
    char id[40];                  /**< where it sits: "0000:03:00.0", or the platform device's name. NUL-terminated */
    char driver[16];              /**< the kernel's: "amdgpu", "i915", "xe", "nvidia". NUL-terminated */
    char name[64];                /**< as the driver calls it; "" = unknown. NUL-terminated */
    uint32_t state;               /**< enum perfadapt_state: ASLEEP = it sleeps, or is left alone so that it can */
    uint32_t why;                 /**< enum perfadapt_why */
    struct perfadapt_metric busy; /**< ratio */
    struct perfadapt_metric own_busy;     /**< ratio, of this process */
    struct perfadapt_metric power;        /**< W */
    struct perfadapt_metric power_limit;  /**< W */
    struct perfadapt_metric clock;        /**< MHz, of the shader engines */
    struct perfadapt_metric clock_max;    /**< MHz */
    struct perfadapt_metric memory_used;  /**< bytes of its own memory */
    struct perfadapt_metric memory_total; /**< bytes */
    struct perfadapt_metric shared_used;  /**< bytes of system memory that it uses (GTT) */
    struct perfadapt_metric shared_total; /**< bytes of system memory that it may use */
    struct perfadapt_metric own_memory;   /**< bytes, of this process */
    struct perfadapt_throttle throttle;
};

/** Where power comes from, and what the user asked of it. @since 0.1 */
struct perfadapt_power {
    struct perfadapt_metric on_ac;         /**< 1 or 0; UNSUPPORTED = neither mains nor battery is known */
    struct perfadapt_metric battery;       /**< ratio of charge, all system batteries together */
    struct perfadapt_metric battery_power; /**< W out of them; charging counts as 0 */
    struct perfadapt_metric package_power; /**< W of the processor packages (RAPL); ERROR where only root may read it */
    uint32_t profile_state;                /**< enum perfadapt_state of `profile` */
    uint32_t reserved;                     /**< 0 */
    char profile[24];                      /**< the platform profile: "low-power", "balanced". NUL-terminated */
};

/** Most sensors a snapshot holds; what a machine has beyond is counted in sensors_left_out. @since 0.1 */
#define PERFADAPT_SENSORS_MAX 64

/**
 * The machine as last read. Set `size` to sizeof(struct perfadapt_snapshot) before a call fills it. About 28 KiB.
 * @since 0.1
 */
struct perfadapt_snapshot {
    size_t size;          /**< sizeof(struct perfadapt_snapshot), set by the caller */
    uint64_t generation;  /**< grows by one with every sample; 0 = nothing read yet */
    int64_t timestamp_ns; /**< CLOCK_MONOTONIC of the sample */
    uint32_t simulated;   /**< 1: temperatures are a simulated plant's */
    uint32_t psi_trigger; /**< enum perfadapt_state of the memory pressure trigger: OK = the kernel wakes us */
    struct perfadapt_pressure pressure[PERFADAPT_RESOURCE_COUNT]; /**< by enum perfadapt_resource */
    struct perfadapt_memory memory;
    struct perfadapt_power power;
    struct perfadapt_processor processor;
    struct perfadapt_throttle throttle; /**< the machine's: the worst of the processor's and the GPUs' */
    uint32_t gpu_count;                 /**< valid entries of gpus[] */
    uint32_t evidence_count;            /**< valid entries of evidence[] */
    struct perfadapt_gpu gpus[PERFADAPT_GPUS_MAX];
    struct perfadapt_evidence evidence[PERFADAPT_EVIDENCE_MAX];
    uint32_t sensor_count;     /**< valid entries of sensors[] */
    uint32_t sensors_left_out; /**< found beyond PERFADAPT_SENSORS_MAX */
    struct perfadapt_sensor sensors[PERFADAPT_SENSORS_MAX];
};

/**
 * Names as they are printed: "ok", "unsupported"; "cpu", "gpu_memory"; "crit", "trip"; "permission denied".
 * A value out of range gives "unknown".
 *
 * @return a static string, never NULL. Do not free it.
 * @threadsafety Any thread, at any time.
 * @since 0.1
 */
PERFADAPT_API const char *perfadapt_state_name(uint32_t state);
/** As perfadapt_state_name(), of enum perfadapt_sensor_role. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_sensor_role_name(uint32_t role);
/** As perfadapt_state_name(), of enum perfadapt_unit: "C", "bytes", "W". @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_unit_name(uint32_t unit);
/** As perfadapt_state_name(), of enum perfadapt_limit_source. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_limit_source_name(uint32_t limit_source);
/** As perfadapt_state_name(), of enum perfadapt_throttling. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_throttling_name(uint32_t throttling);
/** As perfadapt_state_name(), of enum perfadapt_why. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_why_text(uint32_t why);

#ifdef __cplusplus
}
#endif

#endif
