/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const int64_t row_each_ns = 100000000;

static double seconds(int64_t duration_ns) {
    return (double)duration_ns * 1e-9;
}

bool tally_open(struct tally *tally, const char *path, double limit_c, int64_t now_ns) {
    *tally =
        (struct tally){.limit_c = limit_c, .start_ns = now_ns, .row_ns = now_ns, .temperature_most_c = (double)NAN};
    if (!path)
        return true;
    tally->csv = fopen(path, "we");
    if (!tally->csv) {
        fprintf(stderr, "gpu_soak: %s: %s\n", path, strerror(errno));
        return false;
    }
    fputs("t_s,temperature_c,limit_c,power_w,clock_mhz,quality,frame_ms,gpu_busy,work\n", tally->csv);
    return true;
}

void tally_gpu(struct tally *tally, int64_t gpu_ns) {
    tally->row_gpu_ns += (double)gpu_ns;
}

bool tally_frame(struct tally *tally, const struct tally_frame *frame) {
    tally->switches += tally->frames > 0 && frame->quality != tally->quality;
    tally->quality = frame->quality;
    tally->frames++;
    tally->work += frame->work;
    return frame->now_ns - tally->row_ns >= row_each_ns;
}

/* Empty where it is not known. */
static void write_number(FILE *file, double number, int decimals, char after) {
    if (!isnan(number))
        fprintf(file, "%.*f", decimals, number);
    fputc(after, file);
}

static void write_row(const struct tally *tally, const struct tally_frame *frame, const struct machine *machine,
                      double row_ns) {
    FILE *csv = tally->csv;
    write_number(csv, seconds(frame->now_ns - tally->start_ns), 3, ',');
    write_number(csv, machine->temperature_c, 1, ',');
    write_number(csv, fmin(machine->limit_c, tally->limit_c), 1, ','); /* fmin passes over NAN */
    write_number(csv, machine->power_w, 1, ',');
    write_number(csv, machine->clock_mhz, 0, ',');
    write_number(csv, frame->quality, 0, ',');
    write_number(csv, (double)frame->frame_ns * 1e-6, 3, ',');
    write_number(csv, tally->row_gpu_ns / row_ns, 3, ',');
    write_number(csv, tally->work, 3, '\n');
}

void tally_row(struct tally *tally, const struct tally_frame *frame, const struct machine *machine) {
    const int64_t row_ns = frame->now_ns - tally->row_ns;
    if (!isnan(machine->temperature_c)) {
        tally->known_s += seconds(row_ns);
        tally->above_s += machine->temperature_c > fmin(machine->limit_c, tally->limit_c) ? seconds(row_ns) : 0;
        tally->temperature_most_c = fmax(tally->temperature_most_c, machine->temperature_c);
    }
    if (tally->csv)
        write_row(tally, frame, machine, (double)row_ns);
    tally->row_gpu_ns = 0;
    tally->row_ns = frame->now_ns;
}

static void print_heat(const struct tally *tally) {
    if (tally->known_s > 0)
        printf("heat     at most %.1f °C; above the limit %.1f s of %.1f s\n", tally->temperature_most_c,
               tally->above_s, tally->known_s);
    else
        printf("heat     no temperature is known\n");
}

bool tally_close(struct tally *tally, int64_t now_ns) {
    const double elapsed_s = seconds(now_ns - tally->start_ns);
    printf("frames   %" PRIu64 " in %.1f s\n", tally->frames, elapsed_s);
    printf("work     %.1f, %.2f a second\n", tally->work, tally->work / elapsed_s);
    print_heat(tally);
    printf("quality  %" PRIu64 " changes, %.1f a minute\n", tally->switches, (double)tally->switches * 60 / elapsed_s);
    if (!tally->csv)
        return true;
    const bool failed = ferror(tally->csv) != 0;
    const bool closed = fclose(tally->csv) == 0;
    tally->csv = NULL;
    if (!failed && closed)
        return true;
    fprintf(stderr, "gpu_soak: --trace: not everything could be written\n");
    return false;
}
