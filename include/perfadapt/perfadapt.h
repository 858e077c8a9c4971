/*
 * libperfadapt: lets a render app adapt to the machine it runs on. This header is the whole of what an app needs.
 * SPDX-License-Identifier: MIT
 *
 * A session is one render loop. Around each frame the app calls perfadapt_frame_begin() and perfadapt_frame_end(),
 * then reads the budget and stays inside it:
 *
 *     perfadapt *session = NULL;
 *     struct perfadapt_options options = {.size = sizeof options, .app_name = "viewer", .quality_levels = 5,
 *                                         .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_FRAME_NS};
 *     perfadapt_open(&options, &session);
 *     struct perfadapt_budget budget = {.size = sizeof budget, .quality = 4, .render_scale = 1};
 *     while (running) {
 *         perfadapt_wait_next_frame(session);
 *         uint64_t frame = perfadapt_frame_begin(session);
 *         perfadapt_get_budget(session, &budget);
 *         render(budget.quality);
 *         perfadapt_frame_end(session);
 *     }
 *     perfadapt_close(&session);
 *
 * A NULL session is a no-op in every function, so the loop above runs unchanged where open failed: what the app put
 * into `budget` beforehand then stays. In a forked child a session is inert in the same way; close it there or leave it.
 * No function exits, raises a signal, changes the locale or writes to the standard streams.
 */
#ifndef PERFADAPT_PERFADAPT_H
#define PERFADAPT_PERFADAPT_H

#include <stddef.h>
#include <stdint.h>

#include <perfadapt/budget.h>
#include <perfadapt/error.h>
#include <perfadapt/profile.h>
#include <perfadapt/snapshot.h>
#include <perfadapt/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A session: one render loop. @since 0.1 */
typedef struct perfadapt perfadapt;

/** What the loop is for. While an interactive session of the same user is held below its best, the others go to their
    minimum, unless the configuration says policy.yield=off. @since 0.1 */
enum perfadapt_role {
    PERFADAPT_ROLE_INTERACTIVE = 0, /**< someone looks at every frame */
    PERFADAPT_ROLE_BACKGROUND = 1,  /**< may be slow: previews, thumbnails */
    PERFADAPT_ROLE_EXPORT = 2       /**< as many frames as possible, none on time; PERFADAPT_OUTPUT_FRAME_NS lets it be
                                         slowed down for others */
};

/** Bits of perfadapt_options.outputs: what of the budget may move. @since 0.1 */
enum perfadapt_output {
    PERFADAPT_OUTPUT_QUALITY = 1,
    PERFADAPT_OUTPUT_RENDER_SCALE = 2,
    PERFADAPT_OUTPUT_FRAME_NS = 4
};

/** What an app can tell of: X(name, number, word). */
#define PERFADAPT_EVENT_MAP(X)                                                                                         \
    X(GPU_TIMEOUT, 1, "gpu-timeout")             /* the driver ended work that took too long */                        \
    X(DEVICE_LOST, 2, "device-lost")             /* VK_ERROR_DEVICE_LOST and its like */                               \
    X(OUT_OF_MEMORY, 3, "out-of-memory")         /* an allocation of host memory failed */                             \
    X(GPU_OUT_OF_MEMORY, 4, "gpu-out-of-memory") /* an allocation of device memory failed */                           \
    X(SHADER_COMPILE, 5, "shader-compile")       /* this frame pays for a pipeline or an upload */                     \
    X(SCENE_CUT, 6, "scene-cut")                 /* this frame begins another scene */

/** @since 0.1 */
enum perfadapt_event {
#define PERFADAPT_EVENT_ENUMERATOR(name, number, word) PERFADAPT_EVENT_##name = (number),
    PERFADAPT_EVENT_MAP(PERFADAPT_EVENT_ENUMERATOR)
#undef PERFADAPT_EVENT_ENUMERATOR
};

/**
 * Name of an event as it is printed: "gpu-timeout". A value out of range gives "unknown".
 *
 * @return a static string, never NULL. Do not free it.
 * @threadsafety Any thread, at any time.
 * @since 0.1
 */
PERFADAPT_API const char *perfadapt_event_name(uint32_t event);

/** Bits of perfadapt_options.flags. @since 0.1 */
enum perfadapt_flag {
    PERFADAPT_FLAG_NO_PUBLISH = 1 /**< do not show this session to perfadapt-top */
};

/** Severity of a log line. @since 0.1 */
enum perfadapt_log_level {
    PERFADAPT_LOG_ERROR = 0,
    PERFADAPT_LOG_WARNING = 1,
    PERFADAPT_LOG_INFO = 2,
    PERFADAPT_LOG_DEBUG = 3
};

/** Where the library's messages go. @since 0.1 */
struct perfadapt_log {
    /**
     * Called with one line without a newline, from the calling thread or the sampler thread, one at a time per session.
     * It must not call a perfadapt function, block, or wait for a lock that is held around a call of one. NULL = messages are dropped.
     */
    void (*write)(void *user_data, enum perfadapt_log_level level, const char *message);
    void *user_data;
};

/** How to open a session. Zero in any member but `size` means its default. @since 0.1 */
struct perfadapt_options {
    size_t size;              /**< sizeof(struct perfadapt_options) */
    const char *app_name;     /**< as shown by perfadapt-top; NULL = the process's name. Copied, cut at 63 bytes */
    uint32_t role;            /**< enum perfadapt_role */
    uint32_t quality_levels;  /**< steps of quality the app has, up to 32; 0 = 1 */
    int64_t target_frame_ns;  /**< frame time aimed at; 0 = the preset's, and until a device is known 60 Hz interactive,
                                  30 Hz background, none for export */
    const double *cost_hint;  /**< relative GPU cost per quality level, quality_levels entries, best first, positive,
                                  falling; NULL = 0.86 per step. Copied */
    uint32_t outputs;         /**< mask of enum perfadapt_output; what is not in it never moves */
    uint32_t flags;           /**< mask of enum perfadapt_flag */
    const char *sysroot;      /**< directory read in place of "/"; NULL = "/". Copied */
    const char *config_dir;   /**< directory whose perfadapt.ini and perfadapt.d are read in place of /etc/perfadapt and
                                  the user's; NULL = those. Copied */
    struct perfadapt_log log; /**< where messages go */
    const char *simulate;     /**< "PLANT" or "PLANT:SPEED" plays a simulated device's temperature, heated by this
                                  process's own GPU busy time, in place of the real sensors: rpi4, handheld, laptop,
                                  datacentre, h200; SPEED 0.1…1000 is simulated seconds per second. NULL = none.
                                  The environment's PERFADAPT_SIMULATE, where set, wins. Copied */
    const struct perfadapt_device *device; /**< the GPU that the app renders on, as <perfadapt/vulkan.h> fills it from a
                                  VkPhysicalDevice: no other is probed. NULL = not known yet. Copied */
};

/**
 * Opens a session. The first open of a process starts the sampler thread, with every signal blocked in it; nothing
 * here blocks on a sensor. A session that cannot be published, or a machine without sensors, is not an error.
 *
 * @param options NULL = all defaults.
 * @param[out] out_session the session, closed with perfadapt_close(); NULL after a failure.
 * @retval PERFADAPT_OK
 * @retval PERFADAPT_ERROR_INVALID out_session is NULL, or an option is out of range
 * @retval PERFADAPT_ERROR_ABI options->size is not understood, or a member unknown to this version is set
 * @retval PERFADAPT_ERROR_NOT_FOUND no such sysroot
 * @retval PERFADAPT_ERROR_NO_MEMORY
 * @retval PERFADAPT_ERROR_SYSTEM no thread or file descriptor to be had
 * @threadsafety Any thread.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_open(const struct perfadapt_options *options, perfadapt **out_session);

/**
 * Closes a session and nulls the pointer. Never waits for a read in progress: the sampler thread, when the last session
 * goes, ends by itself. No other thread may be inside a call on the session.
 *
 * @param session pointer to the session; NULL or pointing to NULL does nothing.
 * @threadsafety Any thread, as the only one that uses the session.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_close(perfadapt **session);

/**
 * Marks the start of a frame's work: call it after pacing and after acquiring the image, so that no wait counts as work.
 * No system call, lock or allocation.
 *
 * @return the frame's number, from 1, for perfadapt_frame_gpu(); 0 for a NULL or inert session.
 * @threadsafety The session's render thread: the one that calls begin, applied, end and wait.
 * @since 0.1
 */
PERFADAPT_API uint64_t perfadapt_frame_begin(perfadapt *session);

/**
 * Marks the end of a frame's work, just before present or the last submit, and lets the controller take one step. CPU
 * time is begin to end, period is end to end. Without a begin before it, nothing happens. No lock, no allocation and
 * no system call, but for one non-blocking write per budget change where perfadapt_budget_fd() is in use.
 *
 * @threadsafety The session's render thread.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_frame_end(perfadapt *session);

/**
 * Hands in a frame's GPU time when its timestamps have arrived: frames later, in any order, or never. Numbers more than
 * 64 frames old and times below 0 or above 10 s are ignored.
 *
 * @param frame what perfadapt_frame_begin() returned.
 * @param gpu_ns time the GPU worked on it, in nanoseconds.
 * @threadsafety Any thread. No lock, no allocation, no system call.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_frame_gpu(perfadapt *session, uint64_t frame, int64_t gpu_ns);

/**
 * Says what the frame between begin and end really used; its cost is booked on that. Without it, the budget as it
 * stood at begin is assumed.
 *
 * @param quality 0 … quality_levels - 1; above is taken as the best.
 * @param render_scale of each axis, 0.25 … 1; out of range is clamped, NAN is taken as the budget's.
 * @threadsafety The session's render thread.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_frame_applied(perfadapt *session, uint32_t quality, float render_scale);

/**
 * Optional pacing: returns when the next frame is due by the budget's frame_ns, at once where it is 0 or already late.
 * Its wait is not work. The only call on the render thread that sleeps.
 *
 * @threadsafety The session's render thread.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_wait_next_frame(perfadapt *session);

/**
 * Tells of something that the times alone do not: see enum perfadapt_event. A timeout halves dispatch_ns, a lost device
 * or a failed allocation lowers what the budget allows; after a while without another one it recovers step by step.
 * Frames marked as compiling a shader or cutting to another scene are left out of what is learned of costs.
 *
 * @param event unknown ones are ignored.
 * @param value GPU_TIMEOUT: how long the work had taken, in ns; OUT_OF_MEMORY, GPU_OUT_OF_MEMORY: bytes in use;
 *              SHADER_COMPILE, SCENE_CUT: how many frames from this one on, 0 = one. 0 = unknown.
 * @threadsafety Any thread. No lock, no allocation, no system call but one write where perfadapt_budget_fd() is in use, and
 *               sched_yield() where a thread was stopped in mid-step and what is told would else be lost.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_report(perfadapt *session, enum perfadapt_event event, int64_t value);

/**
 * Says how much device memory the process uses and may use, as VK_EXT_memory_budget tells; gpu_memory_bytes follows.
 *
 * @param used, budget in bytes; PERFADAPT_NO_LIMIT = unknown.
 * @threadsafety Any thread. No lock, no allocation, no system call.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_set_gpu_memory(perfadapt *session, uint64_t used, uint64_t budget);

/**
 * Freezes the budget: while a GPU capture or a profiler runs nothing may change. Holds nest; the controller goes on
 * watching, and what it decided meanwhile is applied, once, by the last perfadapt_release().
 *
 * @threadsafety Any thread. No system call but those that perfadapt_report() names; no lock, no allocation.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_hold(perfadapt *session);

/** Ends one perfadapt_hold(); without one, nothing happens. @threadsafety As perfadapt_hold(). @since 0.1 */
PERFADAPT_API void perfadapt_release(perfadapt *session);

/**
 * Copies the newest budget. Lock-free with a bounded number of retries: where all collide with a writer, which takes a
 * writer stopped in mid-update, *out keeps what it held.
 *
 * @param[in,out] out out->size says how much of it the caller knows; untouched for a NULL session.
 * @threadsafety Any thread.
 * @since 0.1
 */
PERFADAPT_API void perfadapt_get_budget(const perfadapt *session, struct perfadapt_budget *out);

/**
 * A file descriptor (eventfd) that is readable when the budget has changed; read 8 bytes from it to rearm. Made at the
 * first call, owned by the session, closed by perfadapt_close().
 *
 * @return the descriptor, or -1 for a NULL or inert session or where none is to be had.
 * @threadsafety Any thread.
 * @since 0.1
 */
PERFADAPT_API int perfadapt_budget_fd(perfadapt *session);

/**
 * Says which GPU the session renders on, where that was not known at perfadapt_open(): the preset that fits it takes
 * the place of the one in force within a second.
 *
 * @param device as <perfadapt/vulkan.h> fills it from a VkPhysicalDevice. Copied.
 * @retval PERFADAPT_OK
 * @retval PERFADAPT_ERROR_INVALID session or device is NULL
 * @retval PERFADAPT_ERROR_ABI device->size is not understood
 * @retval PERFADAPT_ERROR_NO_MEMORY
 * @retval PERFADAPT_ERROR_FORKED
 * @threadsafety Any thread. Reads files: not between begin and end of a frame.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_set_device(perfadapt *session, const struct perfadapt_device *device);

/**
 * Copies what is known of the device and the machine, and why the preset in force fits it. While a probe runs its state
 * is PERFADAPT_STATE_INIT; perfadapt_budget_fd() tells of the change that may follow.
 *
 * @param[in,out] out out->size says how much of it the caller knows.
 * @retval PERFADAPT_OK
 * @retval PERFADAPT_ERROR_INVALID session or out is NULL
 * @retval PERFADAPT_ERROR_ABI out->size is not understood
 * @retval PERFADAPT_ERROR_FORKED
 * @threadsafety Any thread. Takes a lock for the time of a copy: not for a render thread in mid-frame.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_get_profile(const perfadapt *session, struct perfadapt_profile *out);

/**
 * Copies what the sampler last read.
 *
 * @param[in,out] out out->size says how much of it the caller knows.
 * @retval PERFADAPT_OK generation 0 and states INIT where nothing has been read yet
 * @retval PERFADAPT_ERROR_INVALID session or out is NULL
 * @retval PERFADAPT_ERROR_ABI out->size is not understood
 * @retval PERFADAPT_ERROR_AGAIN every retry collided with the writer
 * @retval PERFADAPT_ERROR_FORKED
 * @threadsafety Any thread. No lock, no allocation, no system call.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_get_snapshot(const perfadapt *session, struct perfadapt_snapshot *out);

#ifdef __cplusplus
}
#endif

#endif
