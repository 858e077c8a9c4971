/* SPDX-License-Identifier: MIT */
#include "replay/csv.h"

#include <string.h>
#include <strings.h>

static const double mib = 1048576;

/*
 * By preference within a role. Ours take a unit as their end (temp_c, frame_ms, mem_total_mib); without one they are as
 * in `perfadapt drive`. PresentMon counts CPUStart in a unit that its options choose and its files do not tell: the sum
 * of its frame times says the same.
 */
const struct replay_name replay_csv_names[] = {
    {"t", REPLAY_TIME, 0},
    {"time", REPLAY_TIME, 0},
    {"elapsed", REPLAY_TIME, 0},
    {"TimeInSeconds", REPLAY_TIME, 1e9},
    {"TimeInMs", REPLAY_TIME, 1e6},
    {"timestamp", REPLAY_TIME, 1e9},
    {"date", REPLAY_TIME, 1e9},

    {"frame", REPLAY_PERIOD, 0},
    {"frametime", REPLAY_PERIOD, 1e6},
    {"frame_time", REPLAY_PERIOD, 1e6},
    {"period", REPLAY_PERIOD, 0},
    {"MsBetweenPresents", REPLAY_PERIOD, 1e6},
    {"MsBetweenAppStart", REPLAY_PERIOD, 1e6},
    {"fps", REPLAY_FPS, 1},
    {"cpu", REPLAY_CPU, 0},
    {"cpu_time", REPLAY_CPU, 0},
    {"MsCPUBusy", REPLAY_CPU, 1e6},
    {"CPUBusy", REPLAY_CPU, 1e6},
    {"gpu", REPLAY_GPU, 0},
    {"gpu_time", REPLAY_GPU, 0},
    {"MsGPUBusy", REPLAY_GPU, 1e6},
    {"GPUBusy", REPLAY_GPU, 1e6},
    {"MsGPUActive", REPLAY_GPU, 1e6},
    {"MsInPresentAPI", REPLAY_PRESENT, 1e6},
    {"FrameType", REPLAY_FRAME_TYPE, 1},
    {"Application", REPLAY_OWNER, 1},
    {"ProcessID", REPLAY_OWNER_PART, 1},
    {"SwapChainAddress", REPLAY_OWNER_DETAIL, 1},

    {"temp", REPLAY_TEMPERATURE, 1},
    {"temperature", REPLAY_TEMPERATURE, 1},
    {"temperature.gpu", REPLAY_TEMPERATURE, 1},
    {"gpu_temp", REPLAY_TEMPERATURE, 1},
    {"cpu_temp", REPLAY_CPU_TEMPERATURE, 1},
    {"limit", REPLAY_LIMIT, 1},
    {"temperature.gpu.tlimit", REPLAY_MARGIN, 1},
    {"busy", REPLAY_BUSY, 1},
    {"utilization.gpu", REPLAY_BUSY, 0.01},
    {"gpu_busy", REPLAY_BUSY, 1},
    {"gpu_load", REPLAY_BUSY, 0.01},
    {"cpu_pct", REPLAY_BUSY, 0.01},
    {"power", REPLAY_POWER, 1},
    {"power.draw", REPLAY_POWER, 1},
    {"power.draw.instant", REPLAY_POWER, 1},
    {"power.draw.average", REPLAY_POWER, 1},
    {"gpu_power", REPLAY_POWER, 1},
    {"mhz_real_firmware", REPLAY_CLOCK, 1},
    {"mhz_reported", REPLAY_CLOCK, 1},
    {"mhz_cluster0", REPLAY_CLOCK, 1},
    {"clock", REPLAY_CLOCK, 1},
    {"clocks.current.graphics", REPLAY_CLOCK, 1},
    {"clocks.gr", REPLAY_CLOCK, 1},
    {"clocks.current.sm", REPLAY_CLOCK, 1},
    {"clocks.sm", REPLAY_CLOCK, 1},
    {"gpu_core_clock", REPLAY_CLOCK, 1},
    {"clock_max", REPLAY_CLOCK_MAX, 1},
    {"clocks.max.graphics", REPLAY_CLOCK_MAX, 1},
    {"clocks.max.gr", REPLAY_CLOCK_MAX, 1},
    {"clocks.max.sm", REPLAY_CLOCK_MAX, 1},
    {"throttle", REPLAY_THROTTLE, 1},
    {"clocks_event_reasons.active", REPLAY_THROTTLE, 1},
    {"clocks_throttle_reasons.active", REPLAY_THROTTLE, 1},
    {"mem_some", REPLAY_MEMORY_SOME, 0},
    {"mem_full", REPLAY_MEMORY_FULL, 0},
    {"mem_available", REPLAY_MEMORY_AVAILABLE, 1},
    {"mem_total", REPLAY_MEMORY_TOTAL, 1},
    {"mem_used", REPLAY_MEMORY_USED, 1},
    {"gpu_mem_used", REPLAY_GPU_MEMORY_USED, 1},
    {"memory.used", REPLAY_GPU_MEMORY_USED, mib},
    {"gpu_mem_budget", REPLAY_GPU_MEMORY_BUDGET, 1},
    {"memory.total", REPLAY_GPU_MEMORY_BUDGET, mib},
    {"rss", REPLAY_RESIDENT, 1},
    {"ac", REPLAY_ON_AC, 1},
    {"index", REPLAY_OWNER, 1},
    {"uuid", REPLAY_OWNER, 1},
    {"pci.bus_id", REPLAY_OWNER, 1},
};
const size_t replay_csv_name_count = sizeof replay_csv_names / sizeof replay_csv_names[0];

const char *replay_csv_writer(const struct replay_columns *columns) {
    if (replay_columns_find(columns, "SwapChainAddress", 16) >= 0)
        return "PresentMon";
    const char *busy = replay_columns_name(columns, REPLAY_BUSY);
    const char *heat = replay_columns_name(columns, REPLAY_TEMPERATURE);
    if (strncmp(busy, "utilization.", 12) == 0 || strncmp(heat, "temperature.", 12) == 0)
        return "nvidia-smi";
    return "CSV";
}

bool replay_csv_is_made_up(const char *frame_type) {
    static const char *const own[] = {"", "Application", "NotSet", "Not Set", "NA", "Unspecified"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcasecmp(frame_type, own[i]) == 0)
            return false;
    return true;
}

bool replay_csv_is_compositor(const char *application) {
    return strcasecmp(application, "dwm.exe") == 0;
}
