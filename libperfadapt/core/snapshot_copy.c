/* SPDX-License-Identifier: MIT */
#include "core/snapshot_copy.h"

#include <string.h>

/* Whole words: where an ABI aligns 64-bit values to 4 bytes, parts begin and end inside one. */
static void store_part(_Atomic uint64_t *words, const struct perfadapt_snapshot *snapshot, size_t begin, size_t end) {
    const size_t from = begin / 8 * 8;
    const size_t to = (end + 7) / 8 * 8 < sizeof *snapshot ? (end + 7) / 8 * 8 : sizeof *snapshot;
    perfadapt__seqlock_store(words + from / 8, (const char *)snapshot + from, to - from);
}

void perfadapt__snapshot_store(struct perfadapt__seqlock *lock, _Atomic uint64_t *words,
                               const struct perfadapt_snapshot *snapshot) {
    const size_t gpus = offsetof(struct perfadapt_snapshot, gpus);
    const size_t evidence = offsetof(struct perfadapt_snapshot, evidence);
    const size_t sensor_count = offsetof(struct perfadapt_snapshot, sensor_count);
    const size_t sensors = offsetof(struct perfadapt_snapshot, sensors);
    perfadapt__seqlock_write_begin(lock);
    store_part(words, snapshot, 0, gpus + snapshot->gpu_count * sizeof snapshot->gpus[0]);
    store_part(words, snapshot, evidence, evidence + snapshot->evidence_count * sizeof snapshot->evidence[0]);
    store_part(words, snapshot, sensor_count, sensors + snapshot->sensor_count * sizeof snapshot->sensors[0]);
    perfadapt__seqlock_write_end(lock);
}

static uint32_t at_most(uint32_t count, uint32_t most) {
    return count < most ? count : most;
}

void perfadapt__snapshot_trim(struct perfadapt_snapshot *snapshot) {
    const uint32_t gpus = snapshot->gpu_count = at_most(snapshot->gpu_count, PERFADAPT_GPUS_MAX);
    const uint32_t evidence = snapshot->evidence_count = at_most(snapshot->evidence_count, PERFADAPT_EVIDENCE_MAX);
    const uint32_t sensors = snapshot->sensor_count = at_most(snapshot->sensor_count, PERFADAPT_SENSORS_MAX);
    memset(&snapshot->gpus[gpus], 0, (PERFADAPT_GPUS_MAX - gpus) * sizeof snapshot->gpus[0]);
    memset(&snapshot->evidence[evidence], 0, (PERFADAPT_EVIDENCE_MAX - evidence) * sizeof snapshot->evidence[0]);
    memset(&snapshot->sensors[sensors], 0, (PERFADAPT_SENSORS_MAX - sensors) * sizeof snapshot->sensors[0]);
}
