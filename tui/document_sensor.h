/* A temperature sensor as a JSON object. SPDX-License-Identifier: MIT */
#ifndef TUI_DOCUMENT_SENSOR_H
#define TUI_DOCUMENT_SENSOR_H

#include <perfadapt/snapshot.h>

#include "json.h"

void document_sensor(struct json *json, const struct perfadapt_sensor *sensor);

/* A whole number of bytes or microseconds, null for NAN. */
void document_bytes(struct json *json, const char *key, double bytes);

#endif
