/* Words and figures that both reports have. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_WORDS_H
#define PERFADAPT_TOOLS_REPLAY_WORDS_H

#include "replay/run.h"

/* "mangohud", "presentmon", "nvidia-smi", "csv"; "MangoHud", ... */
const char *replay_words_format(const struct replay_run *run);
const char *replay_words_writer(const struct replay_run *run);
/* "frames", "samples", "machine" */
const char *replay_words_rows(enum replay_rows rows);
/* "gpu", "busy", "cpu", "frame", "none" */
const char *replay_words_work(enum replay_work work);
/* "time", "frame", "temperature", ... */
const char *replay_words_role(enum replay_role role);
/* Of a bit of enum perfadapt_reason; NULL beyond the last. */
const char *replay_words_reason(size_t bit);

/* One part of all; NAN where there is none. */
double replay_share(double part, double whole);

#endif
