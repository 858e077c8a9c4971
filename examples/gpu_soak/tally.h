/* What the frames came to: a row every 100 ms, and the summary. SPDX-License-Identifier: MIT */
#ifndef GPU_SOAK_TALLY_H
#define GPU_SOAK_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "machine.h"

struct tally_frame {
    int64_t now_ns;
    int64_t frame_ns; /* of the budget */
    uint32_t quality;
    double work; /* in frames of the best quality */
};

struct tally {
    FILE *csv;      /* NULL: none */
    double limit_c; /* the user's; NAN: the sensor's own */
    int64_t start_ns;
    int64_t row_ns; /* of the last row */
    uint64_t frames;
    uint64_t switches;
    uint32_t quality;
    double work;
    double row_gpu_ns;         /* since the last row */
    double temperature_most_c; /* NAN: never known */
    double known_s, above_s;   /* temperature known; above the limit */
};

/* path: NULL = no rows. What failed is said on stderr. */
bool tally_open(struct tally *tally, const char *path, double limit_c, int64_t now_ns);
void tally_gpu(struct tally *tally, int64_t gpu_ns);
/* True: a row is due, and tally_row() is to be called. */
bool tally_frame(struct tally *tally, const struct tally_frame *frame);
void tally_row(struct tally *tally, const struct tally_frame *frame, const struct machine *machine);
/* False: not everything could be written. */
bool tally_close(struct tally *tally, int64_t now_ns);

#endif
