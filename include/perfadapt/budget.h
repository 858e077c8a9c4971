/* The budget: the one small struct an app stays inside. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_BUDGET_H
#define PERFADAPT_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include <perfadapt/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** memory_bytes and gpu_memory_bytes where no limit is known. @since 0.1 */
#define PERFADAPT_NO_LIMIT UINT64_MAX

/** time_to_throttle_ns where the forecast never reaches the limit, and where nothing is known. @since 0.1 */
#define PERFADAPT_THROTTLE_NOT_FORESEEN INT64_C(-1)
#define PERFADAPT_THROTTLE_UNKNOWN INT64_C(-2)

/** How near the device is to its thermal limit. @since 0.1 */
enum perfadapt_thermal_state {
    PERFADAPT_THERMAL_UNKNOWN = 0, /**< no believable sensor with a limit */
    PERFADAPT_THERMAL_COOL = 1,    /**< headroom below 0.5 */
    PERFADAPT_THERMAL_WARM = 2,    /**< headroom 0.5 or more */
    PERFADAPT_THERMAL_HOT = 3,     /**< at the temperature the controller steers to, or above */
    PERFADAPT_THERMAL_CRITICAL = 4 /**< at the limit, or above */
};

/** How short memory is, for the process, its cgroup or the machine. @since 0.1 */
enum perfadapt_memory_state {
    PERFADAPT_MEMORY_UNKNOWN = 0,
    PERFADAPT_MEMORY_RELAXED = 1,
    PERFADAPT_MEMORY_TIGHT = 2,   /**< tasks stall for memory, or little is available: free caches, stop growing */
    PERFADAPT_MEMORY_CRITICAL = 3 /**< everything stalls, or next to nothing is available: free all you can */
};

/** What the frame time is limited by. @since 0.1 */
enum perfadapt_bottleneck {
    PERFADAPT_BOTTLENECK_UNKNOWN = 0,
    PERFADAPT_BOTTLENECK_CPU = 1,
    PERFADAPT_BOTTLENECK_GPU = 2,
    PERFADAPT_BOTTLENECK_VSYNC = 3, /**< neither: the frame waits for its time */
    PERFADAPT_BOTTLENECK_MEMORY = 4
};

/** Why the budget is not higher: X(name, bit, word as printed). New bits are added at the end. */
#define PERFADAPT_REASON_MAP(X)                                                                                        \
    X(FRAME_LATE, 0, "frame-late")   /* frames cost more than the frame time allows */                                 \
    X(FRAME_COST, 1, "frame-cost")   /* the next better step would cost more than the frame time allows */             \
    X(THERMAL, 2, "thermal")         /* at the thermal target, or forecast to reach it */                              \
    X(SENSOR_LOST, 3, "sensor-lost") /* a temperature that counted can no longer be read */                            \
    X(MEMORY, 4, "memory")           /* memory pressure */                                                             \
    X(SETTLING, 5, "settling")       /* better is possible, the dwell time is not over */                              \
    X(EVENT, 6, "event")             /* after a timeout, a lost device or failed allocation that was reported */       \
    X(POWER, 7, "power")             /* the power policy */                                                            \
    X(POLICY, 8, "policy")           /* pinned by the configuration */                                                 \
    X(YIELD, 9, "yield")             /* an interactive session on this machine needs it */

/** Bits of perfadapt_budget.reasons. @since 0.1 */
enum perfadapt_reason {
#define PERFADAPT_REASON_ENUMERATOR(name, bit, word) PERFADAPT_REASON_##name = 1 << (bit),
    PERFADAPT_REASON_MAP(PERFADAPT_REASON_ENUMERATOR)
#undef PERFADAPT_REASON_ENUMERATOR
};

/**
 * What the app may use. Set `size` to sizeof(struct perfadapt_budget) before a call fills it: the library writes no
 * more than that, so an app built against an older header runs with a newer library.
 * @since 0.1
 */
struct perfadapt_budget {
    size_t size;                 /**< sizeof(struct perfadapt_budget), set by the caller */
    uint64_t generation;         /**< grows by one with every change */
    int64_t timestamp_ns;        /**< CLOCK_MONOTONIC of the change */
    int64_t frame_ns;            /**< do not start frames faster than this; 0 = as fast as they come */
    int64_t cpu_ns;              /**< CPU work per frame, from begin to end; 0 = no limit */
    int64_t gpu_ns;              /**< GPU work per frame; 0 = no limit */
    uint32_t quality;            /**< 0 = lowest … quality_levels - 1 = best */
    uint32_t quality_levels;     /**< as opened, at least 1 */
    float render_scale;          /**< 0.25 … 1, of each axis */
    uint32_t frames_in_flight;   /**< frames the CPU may be ahead of the GPU, at least 1 */
    uint64_t memory_bytes;       /**< resident total the process should stay under; PERFADAPT_NO_LIMIT = none known */
    uint64_t gpu_memory_bytes;   /**< likewise, of device memory */
    int64_t dispatch_ns;         /**< longest single GPU submission; 0 = no limit */
    uint32_t worker_threads;     /**< threads worth running beside the render thread, at least 1 */
    float thermal_headroom;      /**< max(0, 1 - (limit - T) / 30 °C): 0 cool, 1 at the limit or more; NAN unknown */
    int64_t time_to_throttle_ns; /**< from now; PERFADAPT_THROTTLE_NOT_FORESEEN or PERFADAPT_THROTTLE_UNKNOWN */
    uint32_t thermal_state;      /**< enum perfadapt_thermal_state */
    uint32_t memory_state;       /**< enum perfadapt_memory_state */
    uint32_t bottleneck;         /**< enum perfadapt_bottleneck */
    uint32_t reasons;            /**< mask of enum perfadapt_reason: why it is not higher */
    float confidence;            /**< 0 … 1: how much of what the decision needs is known */
    uint32_t reserved;           /**< 0 */
};

/**
 * Names as they are printed: "warm", "tight", "gpu". A value out of range gives "unknown".
 *
 * @return a static string, never NULL. Do not free it.
 * @threadsafety Any thread, at any time.
 * @since 0.1
 */
PERFADAPT_API const char *perfadapt_thermal_state_name(uint32_t thermal_state);
/** As perfadapt_thermal_state_name(), of enum perfadapt_memory_state. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_memory_state_name(uint32_t memory_state);
/** As perfadapt_thermal_state_name(), of enum perfadapt_bottleneck. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_bottleneck_name(uint32_t bottleneck);

/**
 * Writes the words of a reasons mask, comma separated ("thermal,memory"), or "-" for an empty mask.
 *
 * @param reasons mask of enum perfadapt_reason; unknown bits are left out.
 * @param[out] out_text always NUL-terminated where capacity is not 0; cut after a whole word where it is too small.
 *             128 bytes hold every mask.
 * @param capacity size of out_text in bytes.
 * @threadsafety Any thread, at any time.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_reasons_text(uint32_t reasons, char *out_text, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
