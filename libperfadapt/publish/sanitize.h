/* Makes what came from another process fit to be shown: see publish/reader.h. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PUBLISH_SANITIZE_H
#define PERFADAPT_PUBLISH_SANITIZE_H

#include <perfadapt/monitor.h>

/* The structs below are local copies: their enumerations become known values, their numbers finite and bounded or NAN. */
void perfadapt__sanitize_budget(struct perfadapt_budget *budget);
void perfadapt__sanitize_frame(struct perfadapt_frame *frame);
void perfadapt__sanitize_decision(struct perfadapt_decision *decision);
/* Sensors beyond sensor_count, which a writer does not store, become zero. */
void perfadapt__sanitize_snapshot(struct perfadapt_snapshot *snapshot);

#endif
