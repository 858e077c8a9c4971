/*
 * The table of keys: one row a key. SPDX-License-Identifier: MIT
 *
 * ROW(key, member, kind, least, most, words, unit, otherwise, text)
 *
 * member: of struct perfadapt__settings. least, most: in the unit of the key; RATE, MILLISECONDS and NANOSECONDS also
 * take 0 for none. words: of a WORD alone, in the order of their enum. unit, otherwise (what holds where nothing is
 * given) and text are for people: only schema_text.c expands them, so that they stay out of the library.
 */
#ifndef PERFADAPT_CONFIG_SCHEMA_ROWS_H
#define PERFADAPT_CONFIG_SCHEMA_ROWS_H

/* clang-format off */
#define PERFADAPT__SCHEMA_ROWS(ROW)                                                                                    \
    ROW("policy.mode", mode, WORD, 0, 0, "auto|fixed|off",                                                             \
        "", "auto", "decide, or stand at the best, watching or not")                                                   \
    ROW("policy.prefer", prefer, WORD, 0, 0, "framerate|quality|quiet|battery",                                        \
        "", "framerate", "what is kept longest")                                                                       \
    ROW("policy.preset", preset, NAME, 0, 0, NULL,                                                                     \
        "", "auto", "the preset to start from; auto is what fits the device")                                          \
    ROW("policy.quality_min", quality_min, WHOLE, 0, 31, NULL,                                                         \
        "level", "0", "never a lower quality")                                                                         \
    ROW("policy.quality_max", quality_max, WHOLE, 0, 31, NULL,                                                         \
        "level", "the app's best", "never a higher quality")                                                           \
    ROW("policy.yield", yield, WORD, 0, 0, "on|off",                                                                   \
        "", "on", "unless interactive, give way to a session that is and is held down")                                \
    ROW("app.role", role, WORD, 0, 0, "interactive|background|export",                                                 \
        "", "the app's", "what the frames are for")                                                                    \
    ROW("frame.target_fps", target_ns, RATE, 1, 1000, NULL,                                                            \
        "frames per second", "the app's, else the preset's", "frames per second aimed at")                             \
    ROW("frame.slowest_fps", slowest_ns, RATE, 1, 1000, NULL,                                                          \
        "frames per second", "a third of the target", "never fewer frames per second, where their rate may move")      \
    ROW("frame.refresh_hz", refresh_ns, RATE, 1, 1000, NULL,                                                           \
        "Hz", "none", "of a panel with a fixed rate")                                                                  \
    ROW("thermal.limit_c", limit_c, NUMBER, 30, 125, NULL,                                                             \
        "°C", "the sensors' own", "limit beside the sensor's, degrees Celsius")                                        \
    ROW("thermal.margin_c", margin_c, NUMBER, 0, 30, NULL,                                                             \
        "°C", "1.5", "how far below the limit to stay")                                                                \
    ROW("memory.reserve", reserve_bytes, BYTES, 0, 1e15, NULL,                                                         \
        "bytes", "256M", "available memory left to others, at most an eighth of all")                                  \
    ROW("memory.share", memory_share, NUMBER, 0.05, 1, NULL,                                                           \
        "share", "1", "of the machine's or cgroup's memory, what the process is to stay under")                        \
    ROW("power.battery_busy", battery_busy, NUMBER, 0.1, 1, NULL,                                                      \
        "share", "1", "share of the GPU's time on battery")                                                            \
    ROW("record.incidents", incidents, WORD, 0, 0, "yes|no",                                                           \
        "", "yes", "keep a recording after throttling by heat, a lost device, a failed allocation")                    \
    ROW("preset.target_fps", target_ns, RATE, 1, 1000, NULL,                                                           \
        "frames per second", "by the app's role", "as frame.target_fps; for preset files")                             \
    ROW("preset.quality_min", quality_share_min, NUMBER, 0, 1, NULL,                                                   \
        "share", "0", "never a lower quality: a share of the app's levels")                                            \
    ROW("preset.quality_max", quality_share_max, NUMBER, 0, 1, NULL,                                                   \
        "share", "1", "never a higher quality: a share of the app's levels")                                           \
    ROW("preset.scale_min", scale_min, NUMBER, 0.25, 1, NULL,                                                          \
        "of each axis", "0.5", "lowest render scale, where it may move")                                               \
    ROW("preset.scale_max", scale_max, NUMBER, 0.25, 1, NULL,                                                          \
        "of each axis", "1", "highest render scale, where it may move")                                                \
    ROW("preset.frames_in_flight", frames_in_flight, WHOLE, 1, 16, NULL,                                               \
        "frames", "3", "frames ahead of the GPU")                                                                      \
    ROW("preset.memory_share", memory_share, NUMBER, 0.05, 1, NULL,                                                    \
        "share", "1", "as memory.share; for preset files")                                                             \
    ROW("preset.dispatch_ms", dispatch_ns, MILLISECONDS, 0.1, 10000, NULL,                                             \
        "ms", "none", "longest single submission")                                                                     \
    ROW("preset.dispatch_ns", dispatch_ns, NANOSECONDS, 1e5, 1e10, NULL,                                               \
        "ns", "none", "as preset.dispatch_ms, in nanoseconds")                                                         \
    ROW("preset.worker_threads", worker_threads, WHOLE, 1, 1024, NULL,                                                 \
        "threads", "by the machine", "threads beside the render thread")
/* clang-format on */

#endif
