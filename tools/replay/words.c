/* SPDX-License-Identifier: MIT */
#include "replay/words.h"

#include "replay/csv.h"

#include <math.h> /* NAN only */

const char *replay_words_format(const struct replay_run *run) {
    return run->source.header.format == REPLAY_FORMAT_MANGOHUD ? "mangohud" : "csv";
}

const char *replay_words_writer(const struct replay_run *run) {
    const bool mangohud = run->source.header.format == REPLAY_FORMAT_MANGOHUD;
    return mangohud ? "MangoHud" : replay_csv_writer(&run->source.header.columns);
}

const char *replay_words_rows(enum replay_rows rows) {
    static const char *const words[] = {"frames", "samples", "machine"};
    return words[rows];
}

const char *replay_words_work(enum replay_work work) {
    static const char *const words[] = {"gpu", "busy", "cpu", "frame", "none"};
    return words[work];
}

const char *replay_words_reason(size_t bit) {
    static const char *const words[] = {
#define REASON_ROW(name, bit, word) [bit] = (word),
        PERFADAPT_REASON_MAP(REASON_ROW)
#undef REASON_ROW
    };
    return bit < sizeof words / sizeof words[0] ? words[bit] : NULL;
}

const char *replay_words_role(enum replay_role role) {
    static const char *const words[REPLAY_ROLES] = {
        [REPLAY_TIME] = "time",
        [REPLAY_PERIOD] = "frame",
        [REPLAY_FPS] = "fps",
        [REPLAY_CPU] = "cpu",
        [REPLAY_GPU] = "gpu",
        [REPLAY_PRESENT] = "present",
        [REPLAY_TEMPERATURE] = "temp",
        [REPLAY_CPU_TEMPERATURE] = "cpu_temp",
        [REPLAY_LIMIT] = "limit",
        [REPLAY_MARGIN] = "margin",
        [REPLAY_BUSY] = "busy",
        [REPLAY_POWER] = "power",
        [REPLAY_CLOCK] = "clock",
        [REPLAY_CLOCK_MAX] = "clock_max",
        [REPLAY_MEMORY_SOME] = "mem_some",
        [REPLAY_MEMORY_FULL] = "mem_full",
        [REPLAY_MEMORY_AVAILABLE] = "mem_available",
        [REPLAY_MEMORY_TOTAL] = "mem_total",
        [REPLAY_MEMORY_USED] = "mem_used",
        [REPLAY_GPU_MEMORY_USED] = "gpu_mem_used",
        [REPLAY_GPU_MEMORY_BUDGET] = "gpu_mem_budget",
        [REPLAY_RESIDENT] = "rss",
        [REPLAY_ON_AC] = "ac",
        [REPLAY_THROTTLE] = "throttle",
        [REPLAY_FRAME_TYPE] = "frame_type",
        [REPLAY_OWNER] = "owner",
        [REPLAY_OWNER_PART] = "owner_part",
        [REPLAY_OWNER_DETAIL] = "owner_detail",
    };
    return words[role];
}

double replay_share(double part, double whole) {
    return whole > 0 ? part / whole : (double)NAN;
}
