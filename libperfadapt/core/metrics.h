/* Every metric of a snapshot with its unit, listed in one place. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_METRICS_H
#define PERFADAPT_CORE_METRICS_H

#include <perfadapt/snapshot.h>

typedef void perfadapt__metric_visit(struct perfadapt_metric *metric, enum perfadapt_unit unit);

/* All metrics but the sensors'; of the GPUs, those that are in use. */
void perfadapt__metrics_of_snapshot(struct perfadapt_snapshot *snapshot, perfadapt__metric_visit *visit);
void perfadapt__metrics_of_gpu(struct perfadapt_gpu *gpu, perfadapt__metric_visit *visit);

#endif
