/* One ICD manifest: a JSON file that names a driver's library. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_MANIFEST_H
#define PERFADAPT_PROBE_MANIFEST_H

#include "probe/icds.h"

/*
 * Fills all of *out_icd but the path, which says where it lies; whatever is wrong with it is told in left_out. Never
 * blocks. False where there is no such file, or something else of that name.
 */
bool probe_manifest_read(const struct perfadapt__root *root, struct probe_icd *icd);

#endif
