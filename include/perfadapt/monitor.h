/*
 * Watching from outside: every session of this user, and this machine. What perfadapt-top is built on.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_MONITOR_H
#define PERFADAPT_MONITOR_H

#include <stddef.h>
#include <stdint.h>

#include <perfadapt/budget.h>
#include <perfadapt/error.h>
#include <perfadapt/perfadapt.h>
#include <perfadapt/snapshot.h>
#include <perfadapt/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A watcher of sessions. @since 0.1 */
typedef struct perfadapt_monitor perfadapt_monitor;

/** How to open a monitor. Zero in any member but `size` means its default. @since 0.1 */
struct perfadapt_monitor_options {
    size_t size;              /**< sizeof(struct perfadapt_monitor_options) */
    const char *runtime_dir;  /**< NULL = $XDG_RUNTIME_DIR. Copied */
    const char *sysroot;      /**< as in perfadapt_options. Copied */
    uint32_t no_sampler;      /**< 1 = do not read this machine, sessions only */
    uint32_t reserved;        /**< 0 */
    struct perfadapt_log log; /**< where messages go */
};

/** What can be said of a session that was found. @since 0.1 */
enum perfadapt_app_state {
    PERFADAPT_APP_RUNNING = 0, /**< frames flow */
    PERFADAPT_APP_IDLE = 1,    /**< alive, no frame for 2 s */
    PERFADAPT_APP_SILENT = 2,  /**< no sign of life for 5 s: stopped, hanging or killed */
    PERFADAPT_APP_TORN = 3,    /**< the region never became consistent: its writer died inside an update */
    PERFADAPT_APP_VERSION = 4, /**< published by an incompatible version: identity only */
    PERFADAPT_APP_CORRUPT = 5, /**< not a region, truncated, or it contradicts itself */
    PERFADAPT_APP_DENIED = 6   /**< another user's */
};

/** A session as last read. Set `size` before a call fills it. @since 0.1 */
struct perfadapt_app {
    size_t size;                    /**< sizeof(struct perfadapt_app), set by the caller */
    uint64_t key;                   /**< stable while the session lives, unique among those of one monitor */
    uint32_t state;                 /**< enum perfadapt_app_state; beyond IDLE only the identity is meant to be shown */
    int32_t pid;                    /**< as the session's own pid namespace numbers it; 0 = unknown */
    char name[64];                  /**< printable, NUL-terminated */
    char version[16];               /**< of the library that publishes, NUL-terminated */
    uint32_t role;                  /**< enum perfadapt_role */
    uint32_t simulated;             /**< 1: steered by a simulated plant's temperatures */
    int64_t target_frame_ns;        /**< as opened; 0 = none */
    int64_t age_ns;                 /**< since the session opened; -1 unknown */
    int64_t silent_ns;              /**< since its last sign of life; -1 unknown */
    struct perfadapt_budget budget; /**< size 0 where it could not be read */

    /* Frame statistics over the frames of the last 10 s, at most PERFADAPT_FRAMES_MAX of them. */
    uint64_t frames_total;   /**< since the session opened */
    uint32_t frames_counted; /**< in the statistics; below 2 every one of them is NAN */
    uint32_t frames_late;    /**< of those counted, with a period beyond 1.05 x frame_ns */
    double fps;              /**< frames per second */
    double period_p50_ms;    /**< end to end */
    double period_p99_ms;
    double period_max_ms;
    double low_1_percent_fps; /**< from the mean of the slowest 1 % of periods, at least one */
    double cpu_p50_ms;        /**< begin to end */
    double gpu_p50_ms;        /**< NAN: no GPU times handed in */
};

/** Frames a session keeps for its watchers. @since 0.1 */
#define PERFADAPT_FRAMES_MAX 1024

/** One frame as published. @since 0.1 */
struct perfadapt_frame {
    uint64_t number;    /**< from 1 */
    int64_t end_ns;     /**< CLOCK_MONOTONIC */
    int64_t period_ns;  /**< end to end; -1 for the first */
    int64_t cpu_ns;     /**< begin to end */
    int64_t gpu_ns;     /**< -1 unknown */
    uint32_t quality;   /**< as applied */
    float render_scale; /**< as applied */
};

/** Which signal decided: X(name, number, word). @since 0.1 */
#define PERFADAPT_SIGNAL_MAP(X)                                                                                        \
    X(NONE, 0, "-")                                                                                                    \
    X(FRAME_TIME, 1, "frame time")                                                                                     \
    X(TEMPERATURE, 2, "temperature")                                                                                   \
    X(SENSOR, 3, "sensor")                                                                                             \
    X(MEMORY_PRESSURE, 4, "memory pressure")                                                                           \
    X(MEMORY_AVAILABLE, 5, "available memory")                                                                         \
    X(GPU_BUSY, 6, "GPU busy")                                                                                         \
    X(EVENT, 7, "event")                                                                                               \
    X(GPU_MEMORY, 8, "GPU memory")                                                                                     \
    X(CPU_PRESSURE, 9, "CPU pressure")                                                                                 \
    X(POLICY, 10, "policy") /* another preset, or other settings */                                                    \
    X(SESSION, 11, "another session")

enum perfadapt_signal {
#define PERFADAPT_SIGNAL_ENUMERATOR(name, number, word) PERFADAPT_SIGNAL_##name = (number),
    PERFADAPT_SIGNAL_MAP(PERFADAPT_SIGNAL_ENUMERATOR)
#undef PERFADAPT_SIGNAL_ENUMERATOR
};

/** Decisions a session keeps for its watchers. @since 0.1 */
#define PERFADAPT_DECISIONS_MAX 64

/** One budget change and its evidence. @since 0.1 */
struct perfadapt_decision {
    uint64_t generation;  /**< of the budget it led to */
    int64_t timestamp_ns; /**< CLOCK_MONOTONIC */
    uint32_t quality_from, quality_to;
    float render_scale_from, render_scale_to;
    int64_t frame_ns_from, frame_ns_to;
    uint64_t memory_bytes_from, memory_bytes_to;
    uint32_t frames_in_flight_from, frames_in_flight_to;
    uint32_t worker_threads_from, worker_threads_to;
    int64_t dispatch_ns_from, dispatch_ns_to;
    uint32_t reasons; /**< mask of enum perfadapt_reason after the change */
    uint32_t signal;  /**< enum perfadapt_signal: what decided */
    double
        value; /**< ms of work per frame, °C, percent, bytes; number of the event or throttling; of a session the mask of
                         its reasons; NAN none */
    double limit;    /**< what it was held against, same unit; NAN none */
    double forecast; /**< what it was foreseen to become, same unit; NAN none */
};

/**
 * Opens a monitor. Starts the process's sampler thread, or shares it, unless no_sampler is set.
 *
 * @param options NULL = all defaults.
 * @param[out] out_monitor closed with perfadapt_monitor_close(); NULL after a failure.
 * @retval PERFADAPT_OK also where there is no runtime directory: see perfadapt_monitor_refresh()
 * @retval PERFADAPT_ERROR_INVALID out_monitor is NULL
 * @retval PERFADAPT_ERROR_ABI options->size is not understood
 * @retval PERFADAPT_ERROR_NOT_FOUND no such sysroot
 * @retval PERFADAPT_ERROR_NO_MEMORY
 * @retval PERFADAPT_ERROR_SYSTEM no thread or file descriptor to be had
 * @threadsafety Any thread.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_monitor_open(const struct perfadapt_monitor_options *options,
                                                           perfadapt_monitor **out_monitor);

/** Closes a monitor and nulls the pointer; NULL does nothing. @threadsafety As the only user of it. @since 0.1 */
PERFADAPT_API void perfadapt_monitor_close(perfadapt_monitor **monitor);

/**
 * Looks for sessions that came, drops those that went and reads all of them. Never blocks on a session. Sockets that
 * nobody listens on are removed.
 *
 * @retval PERFADAPT_OK also with no session at all
 * @retval PERFADAPT_ERROR_INVALID monitor is NULL
 * @retval PERFADAPT_ERROR_NOT_FOUND neither runtime_dir nor XDG_RUNTIME_DIR is set: sessions cannot be found
 * @retval PERFADAPT_ERROR_PERMISSION the directory of sessions is not this user's, or open to others
 * @retval PERFADAPT_ERROR_NO_MEMORY sessions known before are kept
 * @retval PERFADAPT_ERROR_SYSTEM the directory cannot be read
 * @threadsafety One thread at a time per monitor; so for all the functions below.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_monitor_refresh(perfadapt_monitor *monitor);

/** Sessions found by the last refresh, in the order they were first seen; 0 for NULL. @threadsafety One at a time. @since 0.1 */
PERFADAPT_API size_t perfadapt_monitor_app_count(const perfadapt_monitor *monitor);

/**
 * Copies what is known of one session.
 *
 * @param index below perfadapt_monitor_app_count().
 * @param[in,out] out out->size says how much of it the caller knows.
 * @retval PERFADAPT_OK
 * @retval PERFADAPT_ERROR_INVALID monitor or out is NULL
 * @retval PERFADAPT_ERROR_ABI out->size is not understood
 * @retval PERFADAPT_ERROR_NOT_FOUND no such index
 * @threadsafety One thread at a time.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_monitor_get_app(const perfadapt_monitor *monitor, size_t index,
                                                              struct perfadapt_app *out);

/**
 * Copies a session's newest frames, oldest first.
 *
 * @param[out] out_frames room for `capacity` frames.
 * @return how many were written; 0 where there are none or the index is out of range.
 * @threadsafety One thread at a time.
 * @since 0.1
 */
PERFADAPT_API size_t perfadapt_monitor_get_frames(const perfadapt_monitor *monitor, size_t index, size_t capacity,
                                                  struct perfadapt_frame *out_frames);

/**
 * Copies a session's newest decisions, oldest first.
 *
 * @param[out] out_decisions room for `capacity` decisions.
 * @return how many were written; 0 where there are none or the index is out of range.
 * @threadsafety One thread at a time.
 * @since 0.1
 */
PERFADAPT_API size_t perfadapt_monitor_get_decisions(const perfadapt_monitor *monitor, size_t index, size_t capacity,
                                                     struct perfadapt_decision *out_decisions);

/**
 * Copies the snapshot that steers a session: its own sampler's, which may be simulated.
 *
 * @retval PERFADAPT_OK
 * @retval PERFADAPT_ERROR_INVALID monitor or out is NULL
 * @retval PERFADAPT_ERROR_ABI out->size is not understood
 * @retval PERFADAPT_ERROR_NOT_FOUND no such index
 * @retval PERFADAPT_ERROR_AGAIN the session has none yet, or it could not be read
 * @threadsafety One thread at a time.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_monitor_get_app_snapshot(const perfadapt_monitor *monitor, size_t index,
                                                                       struct perfadapt_snapshot *out);

/**
 * Copies the monitor's own view of the machine.
 *
 * @retval PERFADAPT_OK generation 0 and states INIT where nothing has been read yet
 * @retval PERFADAPT_ERROR_INVALID monitor or out is NULL
 * @retval PERFADAPT_ERROR_ABI out->size is not understood
 * @retval PERFADAPT_ERROR_UNSUPPORTED opened with no_sampler
 * @retval PERFADAPT_ERROR_AGAIN every retry collided with the writer
 * @threadsafety One thread at a time.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_monitor_get_snapshot(const perfadapt_monitor *monitor,
                                                                   struct perfadapt_snapshot *out);

/**
 * A file descriptor (eventfd) that is readable when the monitor's own snapshot has been renewed; read 8 bytes to rearm.
 * Owned by the monitor.
 *
 * @return the descriptor, or -1 where the monitor has no sampler.
 * @threadsafety One thread at a time.
 * @since 0.1
 */
PERFADAPT_API int perfadapt_monitor_snapshot_fd(const perfadapt_monitor *monitor);

/**
 * One line of English about a decision, with its evidence: "quality 4 -> 3: temperature 84.2 °C, limit 83.5, forecast
 * 86.0 (thermal)". Numbers are printed with a point whatever the locale.
 *
 * @param[out] out_text always NUL-terminated where capacity is not 0; cut where it is too small. 384 bytes hold all.
 * @threadsafety Any thread.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_decision_text(const struct perfadapt_decision *decision, char *out_text, size_t capacity);

/** Names as printed: "running", "silent"; "temperature". Static strings. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_app_state_name(uint32_t app_state);
/** As perfadapt_app_state_name(), of enum perfadapt_signal. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_signal_name(uint32_t signal);
/** As perfadapt_app_state_name(), of enum perfadapt_role. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_role_name(uint32_t role);

#ifdef __cplusplus
}
#endif

#endif
