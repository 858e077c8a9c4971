/* Reads a log of frame times as MangoHud writes it, whatever its version. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_FRAME_LOG_H
#define PERFADAPT_TOOLS_SIM_FRAME_LOG_H

#include "sim/plant.h"

struct sim_logged_frame {
    double period_ms;
    double work_ms; /* GPU time where the log has it, else the period */
};

struct sim_frame_log {
    struct sim_logged_frame *frames;
    size_t count; /* at least 1 */
    size_t capacity;
};

/* Columns are found by name in the first line that has a "frametime"; microseconds and milliseconds are told apart.
 * False: `message` says why, as "file:line: what". */
bool sim_frame_log_read(const char *path, struct sim_frame_log *out_log, char message[SIM_MESSAGE_MAX]);
void sim_frame_log_free(struct sim_frame_log *log);

#endif
