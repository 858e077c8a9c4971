/* Temperature sensors as JSON, and what other parts of the document say alike. SPDX-License-Identifier: MIT */
#ifndef TUI_DOCUMENT_SENSOR_H
#define TUI_DOCUMENT_SENSOR_H

#include <perfadapt/snapshot.h>

#include "json.h"

/* Those of a snapshot, as the array "sensors". */
void document_sensors(struct json *json, const struct perfadapt_snapshot *snapshot);

/* The value of the last read, whole where its unit is; null where there is none. */
void document_metric(struct json *json, const char *key, const struct perfadapt_metric *metric);

/* Words for enum perfadapt_why, null where nothing is wrong. */
void document_why(struct json *json, const char *key, uint32_t why);

#endif
